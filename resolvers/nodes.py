"""``node`` and ``nodes``: anything by its global id, as far as the viewer may see it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import strawberry

from domain import accounts, credits
from domain.errors import BadUserInput
from schema.accounts import Session, User
from schema.artworks import Artwork, Comment
from schema.context import Context, Info
from schema.credits import CreditAccount, LedgerEntry
from schema.generation import GenerationJob, GenerationSlot
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


async def _user(context: Context, key: UUID) -> Node | None:
    row = await context.loaders.users.get(key)
    return User.of(row) if row else None


async def _job(context: Context, key: UUID) -> Node | None:
    row = await context.loaders.jobs.get(key)
    return GenerationJob.of(row) if row else None


async def _slot(context: Context, key: UUID) -> Node | None:
    row = await context.loaders.single_slots.get(key)
    return GenerationSlot.of(row) if row else None


async def _asset(context: Context, key: UUID) -> Node | None:
    row = await context.loaders.assets.get(key)
    return MediaAsset.of(row) if row else None


async def _artwork(context: Context, key: UUID) -> Node | None:
    row = await context.loaders.artworks.get(key)
    return Artwork.of(row) if row else None


async def _comment(context: Context, key: UUID) -> Node | None:
    row = await context.loaders.single_comments.get(key)
    return Comment.of(row) if row else None


async def _credits(context: Context, key: UUID) -> Node | None:
    if context.viewer_id is None:
        return None
    async with context.services.db.read() as tx:
        row = await credits.account_of(tx, context.viewer_id)
    return CreditAccount.of(row) if row.id == key else None


async def _entry(context: Context, key: UUID) -> Node | None:
    row = await context.loaders.entries.get(key)
    return LedgerEntry.of(row) if row else None


async def _session(context: Context, key: UUID) -> Node | None:
    if context.viewer_id is None:
        return None
    async with context.services.db.read() as tx:
        rows = await accounts.sessions_of(tx, context.viewer_id)
    return next((Session.of(row, context.required_claims.session_id) for row in rows if row.id == key), None)


_FINDERS: dict[str, Callable[[Context, UUID], Awaitable[Node | None]]] = {
    "user": _user,
    "job": _job,
    "slot": _slot,
    "asset": _asset,
    "artwork": _artwork,
    "comment": _comment,
    "credits": _credits,
    "entry": _entry,
    "session": _session,
}


async def _find(context: Context, text: str) -> Node | None:
    kind = text.rpartition("_")[0]
    key = key_of(kind, text)
    return await _FINDERS[kind](context, key) if key and kind in _FINDERS else None
