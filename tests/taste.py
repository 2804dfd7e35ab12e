"""People who publish, like, see and are recommended artworks, as rows: what tests of recommendations begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from domain import publishing, recommendations, recommending_sources
from domain.publishing import Publication
from people import set_like
from stored import new_asset, sql

if TYPE_CHECKING:
    from domain.recommending import Scored
    from workshop import Workshop


async def publish(shop: Workshop, author: UUID, *tags: str, **more: object) -> UUID:
    """Publish an image; return the artwork's key."""
    image = UUID(new_asset(shop.database_url, f"user_{author.hex}").partition("_")[2])
    given = Publication((image,), "x", tags=tags, **more)  # type: ignore[arg-type]  # as the test says
    async with shop.db.write() as tx:
        return await publishing.publish(tx, author, given)


async def like(shop: Workshop, user: UUID, *artworks: UUID) -> None:
    """Let a user like artworks, one after the other."""
    for artwork in artworks:
        async with shop.db.write() as tx:
            await set_like(tx, user, artwork)


async def put_together(shop: Workshop, user: UUID) -> list[Scored]:
    """Return what a user's list would hold now."""
    async with shop.db.read() as tx:
        return await recommendations.put_together(tx, user, await recommending_sources.pool(tx))


async def stir(shop: Workshop, *users: UUID) -> None:
    """Let users have acted, long enough ago for their lists to be due."""
    for user in users:
        async with shop.db.write() as tx:
            await recommendations.stir(tx, user)
    sql(shop.database_url, "UPDATE tastes SET due_at = now() WHERE user_id = ANY(%s)", list(users))


def listed(shop: Workshop, user: UUID | None) -> list[UUID]:
    """Return what a user's present list, or everybody's, holds."""
    found = sql(
        shop.database_url,
        "SELECT artwork_id FROM recommendations r JOIN recommendation_lists l ON l.id = list_id"
        " WHERE l.user_id IS NOT DISTINCT FROM %s AND replaced_at IS NULL ORDER BY rank",
        user,
    )
    return [artwork for (artwork,) in found]
