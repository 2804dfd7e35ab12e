"""``node`` and ``nodes``: anything by its global id, as far as the viewer may see it."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import strawberry

from domain.errors import BadUserInput
from schema.accounts import Session, User
from schema.artworks import Artwork, Comment
from schema.context import Context, Info
from schema.credits import CreditAccount, LedgerEntry
from schema.generation import GenerationJob, GenerationSlot
from schema.loaders import ByKey, Loaders
from schema.media import MediaAsset
from schema.node import Node, key_of

MAXIMUM_IDS = 100


@strawberry.type
class NodeQueries:
    """Root fields of the Node interface."""

    @strawberry.field(description="The object with this global id; null where there is none that the viewer may see.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")],  # noqa: A002
    ) -> Node | None:
        """Return one node."""
        return await _find(info.context, id)

    @strawberry.field(description="The objects with these global ids, in their order; null for each that is not found.")
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, a hundred at most.")],
    ) -> list[Node | None]:
        """Return several nodes."""
        if len(ids) > MAXIMUM_IDS:
            raise BadUserInput(f"`ids` may hold at most {MAXIMUM_IDS}; there are {len(ids)}.")
        return list(await asyncio.gather(*(_find(info.context, text) for text in ids)))


_KINDS: dict[str, tuple[Callable[[Loaders], ByKey[Any]], Callable[[Any], Node]]] = {
    "user": (lambda loaders: loaders.users, User.of),
    "session": (lambda loaders: loaders.sessions, Session.of),
    "credits": (lambda loaders: loaders.credit_accounts, CreditAccount.of),
    "entry": (lambda loaders: loaders.entries, LedgerEntry.of),
    "job": (lambda loaders: loaders.jobs, GenerationJob.of),
    "slot": (lambda loaders: loaders.single_slots, GenerationSlot.of),
    "asset": (lambda loaders: loaders.assets, MediaAsset.of),
    "artwork": (lambda loaders: loaders.artworks, Artwork.of),
    "comment": (lambda loaders: loaders.single_comments, Comment.of),
}


async def _find(context: Context, text: str) -> Node | None:
    kind = text.rpartition("_")[0]
    key = key_of(kind, text)
    if key is None or kind not in _KINDS:
        return None
    look_up, node_of = _KINDS[kind]
    row = await look_up(context.loaders).get(key)
    return None if row is None else node_of(row)
