"""Publishing to a million followers: how long the transaction takes, and whether followers' feeds show it at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select
from sqlmodel import col

from benchmarks import cpu
from benchmarks.report import spread
from db.session import Database
from db.tables import Artwork, Follow, MediaAsset, OutboxMessage, User
from domain import feeds, publishing
from domain.publishing import Publication
from domain.words import FeedKind

if TYPE_CHECKING:
    from uuid import UUID

    from benchmarks.report import Row

BAR_MS: Final = 50.0
FOLLOWERS: Final = 50
"""How many of the followers' feeds are looked at."""


async def measure(url: str, publications: int) -> Row:
    """Publish so many artworks by the user with a million followers, and take them back."""
    db = Database(url)
    async with db.read() as tx:
        famous = (await tx.execute(select(col(User.id)).where(col(User.handle) == "famous"))).scalar_one()
        image = (await tx.execute(select(MediaAsset).limit(1))).scalar_one()
    made: list[UUID] = []
    async with db.write() as tx:
        image.owner_id = famous
        await tx.merge(image)
        backend = (await tx.execute(select(func.pg_backend_pid()))).scalar_one()  # one connection serves all of them
    times, spent = [], []
    for number in range(publications):
        before, began = _spent_ms(backend), time.perf_counter()
        async with db.write() as tx:
            publication = Publication((image.id,), f"No. {number}", tags=("tag1", "tag2", "tag3"))
            made.append(await publishing.publish(tx, famous, publication))
        times.append((time.perf_counter() - began) * 1e3)
        spent.append(_spent_ms(backend) - before)
    shown = await _shown(db, famous, made[-1])
    async with db.write() as tx:
        for artwork_id in made:
            await publishing.unpublish(tx, famous, artwork_id)
        await tx.execute(delete(Artwork).where(col(Artwork.id).in_(made)))
        await tx.execute(delete(OutboxMessage))
    await db.close()
    what = f"publish to 1,000,000 followers; {shown} of {FOLLOWERS} feeds show it at once"
    return {
        "feed": what,
        "reader": "famous",
        "page": "",
        "CPU p50 ms": spread(spent)["p50 ms"],
        "CPU p99 ms": spread(spent)["p99 ms"],
        **spread(times),
        "bar ms": BAR_MS,
        "indexes": "",
    }


def _spent_ms(backend: int) -> float:
    """Return what PostgreSQL and we have used of the processor."""
    return cpu.spent_ms(backend) + time.process_time() * 1e3


async def _shown(db: Database, author_id: UUID, artwork_id: UUID) -> int:
    """Return how many of the followers' feeds have an artwork."""
    async with db.read() as tx:
        some = select(col(Follow.follower_id)).where(col(Follow.followee_id) == author_id).limit(FOLLOWERS)
        followers = (await tx.execute(some)).scalars().all()
        shown = select(func.count()).where(col(Artwork.id) == artwork_id)
        counts = [
            (
                await tx.execute(shown.where(feeds.is_in(Artwork, follower, FeedKind.FOLLOWING, feeds.Filter())))
            ).scalar_one()
            for follower in followers
        ]
    return sum(counts)
