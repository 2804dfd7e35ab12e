"""Tags that are used more than usual, and those that go together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from db.tables.columns import now
from domain import trends
from people import key_in
from searching import MATURE, Gallery, searched
from stored import sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

TRENDING = """query($window: TrendWindow!) { trendingTags(window: $window) { uses rise tag { name } } }"""
RELATED = "query($name: String!) { tag(name: $name) { related { name } } }"


@pytest.fixture
async def gallery(spare_database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Gallery]:
    async with searched(spare_database_url, redis_url, tmp_path) as gallery:
        yield gallery


async def trending(gallery: Gallery, window: str, viewer: str | None = None) -> list[tuple[str, int]]:
    found = (await gallery.graph.run(TRENDING, {"window": window}, viewer))["trendingTags"]
    assert [each["rise"] for each in found] == sorted((each["rise"] for each in found), reverse=True)
    return [(each["tag"]["name"], each["uses"]) for each in found]


def count_tags(spare_database_url: str) -> None:
    """Count the artworks of tags, as publishing does."""
    sql(
        spare_database_url,
        "UPDATE tags SET artwork_count = (SELECT count(*) FROM artwork_tags WHERE tag_id = tags.id)",
    )


async def test_a_tag_rises_by_people_who_use_it_more_than_usual(gallery: Gallery, spare_database_url: str) -> None:
    # given a tag that is used each day alike, one that is new, and one that a single person pushes
    people = await gallery.users(*(f"user{number}" for number in range(5)))
    end = now().replace(minute=0, second=0, microsecond=0)

    async def use(tag: str, by: int, hours_ago: float, **more: Any) -> None:  # noqa: ANN401 - columns
        await gallery.add(people[by], "x", tag, created_at=end - timedelta(hours=hours_ago), **more)

    for day in range(8):
        for by in range(4):
            await use("usual", by, 24 * day + 5)
    for by in range(5):
        await use("new", by, 3)
    for number in range(9):
        await use("pushed", 0, 2 + number / 100)
    for by in range(5):
        await use("mature", by, 4, **MATURE)
    await gallery.look()
    count_tags(spare_database_url)
    async with gallery.graph.services.db.write() as tx:
        assert await trends.measure(tx, end)

    # then the new one is on top, within a day alone
    assert await trending(gallery, "DAY") == [("new", 5)]
    assert await trending(gallery, "WEEK") == [("usual", 28), ("new", 5)]
    assert {name for name, _ in await trending(gallery, "MONTH")} == {"usual", "new"}

    # and nobody is told of a tag that they hide
    sql(
        spare_database_url,
        "INSERT INTO hidden_tags SELECT %s, id, now() FROM tags WHERE name = 'new'",
        key_in(people[0]),
    )
    assert await trending(gallery, "DAY", people[0]) == []

    # and it is not measured again at once
    async with gallery.graph.services.db.write() as tx:
        assert not await trends.measure(tx, end + timedelta(seconds=59))
    async with gallery.graph.services.db.write() as tx:
        assert await trends.measure(tx, end + timedelta(days=200))
    assert await trending(gallery, "DAY") == []
    counts = "SELECT (SELECT count(*) FROM tag_hours), (SELECT count(*) FROM tag_users)"
    assert sql(spare_database_url, counts) == [(0, 0)]


async def test_who_publishes_again_and_again_is_counted_once_an_hour(gallery: Gallery, spare_database_url: str) -> None:
    nari, yuna = await gallery.users("nari", "yuna")
    at = now().replace(minute=30)
    for _ in range(3):
        await gallery.add(nari, "x", "pushed", created_at=at)
        await gallery.look()
        sql(spare_database_url, "UPDATE artworks SET visibility = 'PRIVATE'")
        await gallery.look()
    for author in (nari, yuna):
        await gallery.add(author, "x", "pushed", created_at=at)
    sql(spare_database_url, "UPDATE artworks SET visibility = 'PUBLIC'")
    await gallery.look()
    assert sql(spare_database_url, "SELECT uses FROM tag_hours") == [(2,)]


async def test_tags_of_the_same_artworks_go_together(gallery: Gallery, spare_database_url: str) -> None:
    viewer, nari = await gallery.users("viewer", "nari")
    for _ in range(3):
        await gallery.add(nari, "x", "cat", "night", "art")
    for _ in range(2):
        await gallery.add(nari, "x", "cat", "moon", "art")
    for _ in range(20):
        await gallery.add(nari, "x", "art")
    await gallery.add(nari, "x", "cat", "once")
    for _ in range(3):
        await gallery.add(nari, "x", "cat", "secret", **MATURE)
    await gallery.look()
    count_tags(spare_database_url)

    async def related(name: str, to: str | None = None) -> list[str]:
        found = (await gallery.graph.run(RELATED, {"name": name}, to))["tag"]["related"]
        return [each["name"] for each in found]

    assert await related("cat") == ["night", "moon", "art"]
    assert await related("once") == []
    sql(
        spare_database_url, "INSERT INTO hidden_tags SELECT %s, id, now() FROM tags WHERE name = 'moon'", key_in(viewer)
    )
    assert await related("cat", viewer) == ["night", "art"]
