"""Global ids: ``artwork_0198…``, the kind of thing and its key, so that any id can be looked up with ``node``."""

from uuid import UUID

import strawberry

from domain.errors import NotFound


@strawberry.interface(description="Anything that has a global id.")
class Node:
    """Anything that has a global id."""

    id: strawberry.ID = strawberry.field(description="Global id: stable, and enough to fetch this object with `node`.")


def global_id(kind: str, key: UUID) -> strawberry.ID:
    """Return the global id of a row."""
    return strawberry.ID(f"{kind}_{key.hex}")


def key_of(kind: str, text: str) -> UUID | None:
    """Return the row's key in a global id of this kind, or None where it is none."""
    found, _, digits = text.rpartition("_")
    if found != kind or len(digits) != 32 or not digits.isascii() or not digits.isalnum():
        return None
    try:
        return UUID(hex=digits)
    except ValueError:
        return None


def required_key(kind: str, text: str, *path: str) -> UUID:
    """Return the row's key in an id that a mutation was given at ``path`` of its input.

    Raises:
        NotFound: it is no id of this kind; answered like an id that leads nowhere.
    """
    key = key_of(kind, text)
    if key is None:
        raise NotFound(("input", *path))
    return key
