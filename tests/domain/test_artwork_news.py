"""What is told of likes: a few times a second at most, and the last change always."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from people import key_in, new_artwork, new_users, set_like
from stored import sql

if TYPE_CHECKING:
    from workshop import Workshop

pytestmark = pytest.mark.anyio

TOLD = "SELECT payload ->> 'kind' FROM outbox WHERE payload ->> 'stream' = %s"
WAITING = "SELECT delta FROM count_changes"


async def test_a_storm_of_likes_is_told_together(shop: Workshop) -> None:
    fans = await new_users(shop.db, *(f"fan_{number}" for number in range(10)))
    artwork = key_in(await new_artwork(shop.db, fans[0]))
    stream = f"artwork:{artwork}"

    async def like(who: str) -> None:
        async with shop.db.write() as tx:
            await set_like(tx, key_in(who), artwork)

    # given that a first like was told, and for half a minute no other one is to be
    await like(fans[0])
    assert sql(shop.database_url, TOLD, stream) == [("LIKES_CHANGED",)]
    sql(shop.database_url, "UPDATE artworks SET likes_told_at = now() + interval '30 seconds'")
    for fan in fans[1:]:
        await like(fan)
    assert sql(shop.database_url, TOLD, stream) == [("LIKES_CHANGED",)]
    assert sql(shop.database_url, WAITING) == [(0,)]

    # then the sweeper tells of the last
    await shop.sweeper().fold_counts()
    assert sql(shop.database_url, TOLD, stream) == [("LIKES_CHANGED",)] * 2
    assert sql(shop.database_url, WAITING) == []
    assert sql(shop.database_url, "SELECT like_count FROM artworks") == [(10,)]
    # and once there was a pause, whoever likes does
    sql(shop.database_url, "UPDATE artworks SET likes_told_at = now() - interval '1 second'")
    async with shop.db.write() as tx:
        await set_like(tx, key_in(fans[0]), artwork, on=False)
    assert sql(shop.database_url, TOLD, stream) == [("LIKES_CHANGED",)] * 3
    assert sql(shop.database_url, WAITING) == []
