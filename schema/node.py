"""Global ids: ``artwork_0198…``, the kind of thing and its key, so that any id can be looked up with ``node``."""

from functools import partial
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import Uuid

from domain.errors import NotFound
from planner import node_id, split_id

ID_DESCRIPTION = "Global id: stable, and enough to fetch this object with `node`."


@strawberry.interface(description="Anything that has a global id.")
class Node:
    """Anything that has a global id."""

    id: strawberry.ID = strawberry.field(description=ID_DESCRIPTION)


def identity(kind: str, *, found: bool = True) -> strawberry.ID:
    """Declare the field ``id`` of a type; ``node`` finds its objects, unless they are not to be ``found``."""
    field: strawberry.ID = node_id(kind, ID_DESCRIPTION, found=found)
    return field


def global_id(kind: str, key: UUID) -> strawberry.ID:
    """Return the global id of a row."""
    return strawberry.ID(f"{kind}_{key.hex}")


def key_of(kind: str, text: str) -> UUID | None:
    """Return the row's key in a global id of this kind, or None where it is none."""
    found = split_id(text)
    return UUID(hex=found[1]) if found and found[0] == kind else None


def read_key(argument: Any, *kinds: str) -> Any:  # noqa: ANN401 - an argument, and an SQL expression
    """Return the key in an argument that is an id of one of these kinds; NULL where it is none: it leads nowhere."""
    return argument.read(partial(_digits_of, kinds), Uuid())


def read_any_key(argument: Any) -> Any:  # noqa: ANN401 - an argument, and an SQL expression
    """Return the key in an argument that is an id of whatever kind; NULL where it is none."""
    return argument.read(lambda text: found[1] if (found := split_id(text)) else None, Uuid())


def _digits_of(kinds: tuple[str, ...], text: str) -> str | None:
    found = split_id(text)
    return found[1] if found and found[0] in kinds else None


def required_key(kind: str, text: str, *path: str) -> UUID:
    """Return the row's key in an id that a mutation was given at ``path`` of its input.

    Raises:
        NotFound: it is no id of this kind; answered like an id that leads nowhere.
    """
    key = key_of(kind, text)
    if key is None:
        raise NotFound(("input", *path))
    return key
