"""Feeds of tags and of searches, as readers of feeds subscribe to them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from domain import popularity
from local_graph import ISSUER
from local_pages import FILL, executed, local_pages, plan_of
from people import key_in
from searching import MATURE, PRIVATE, UNLISTED, searched
from share_pages import xml_of
from stored import sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx2

    from searching import Gallery

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(
    spare_database_url: str, redis_url: str, folder: Path
) -> AsyncIterator[tuple[Gallery, httpx2.AsyncClient]]:
    async with (
        searched(spare_database_url, redis_url, folder) as gallery,
        local_pages(gallery.graph.services) as client,
    ):
        yield gallery, client


async def titles(client: httpx2.AsyncClient, path: str) -> list[str]:
    response = await client.get(f"/feeds/{path}")
    assert response.status_code == 200, response.text
    return [each["title"] for each in response.json()["items"]]


async def test_a_tag_has_a_feed_of_what_everybody_may_see(
    spare_database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with opened(spare_database_url, redis_url, tmp_path) as (gallery, client):
        bora, mina = await gallery.users("bora", "mina")
        await gallery.add(bora, "First", "고양이", "sea")
        await gallery.add(mina, "Second", "고양이")
        await gallery.add(mina, "Other", "고양이들")
        for title, hidden in (("Private", PRIVATE), ("Unlisted", UNLISTED), ("Mature", MATURE)):
            await gallery.add(bora, title, "고양이", **hidden)
        await gallery.look()

        # however it is written
        for written in ("고양이", "#고양이", "고양이"):
            path = f"tag/{quote(written)}.json"
            assert await titles(client, path) == ["Second", "First"]
            told = (await client.get(f"/feeds/{path}")).json()
            assert told["feed_url"] == f"{ISSUER}/feeds/tag/{quote('고양이')}.json"
            assert told["title"] == "Pictures on Easel tagged #고양이"
        assert await titles(client, "tag/SEA.json") == ["First"]
        assert await titles(client, "tag/nobody_used_it.json") == []
        rss = xml_of((await client.get(f"/feeds/tag/{quote('고양이')}.rss")).content)
        assert [each.findtext("title") for each in rss.iter("item")] == ["Second", "First"]


async def test_what_is_popular_has_a_feed_for_each_window(
    spare_database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with opened(spare_database_url, redis_url, tmp_path) as (gallery, client):
        # given an old artwork that many like, newer ones that few do, and others that are not for everybody
        (bora,) = await gallery.users("bora")
        added = [await gallery.add(bora, "Old", like_count=100)]
        gallery.born += timedelta(days=30)
        added += [await gallery.add(bora, f"New {likes}", like_count=likes) for likes in (9, 1)]
        added += [await gallery.add(bora, "Hidden", **hidden) for hidden in (PRIVATE, UNLISTED, MATURE)]
        async with gallery.graph.services.db.write() as tx:
            for artwork in added:
                await popularity.begin(tx, key_in(artwork))

        # then each window has its own order
        for window, told in (
            *(("", ["New 9", "New 1", "Old"]), ("?window=day", ["New 9", "New 1", "Old"])),
            *(("?window=ALL", ["Old", "New 9", "New 1"]), ("?window=month", ["New 9", "Old", "New 1"])),
        ):
            assert await titles(client, f"popular.json{window}") == told, window
        own = (await client.get("/feeds/popular.json?window=ALL")).json()["feed_url"]
        assert own == f"{ISSUER}/feeds/popular.json?window=all"
        assert (await client.get("/feeds/popular.json?window=week")).json()[
            "feed_url"
        ] == f"{ISSUER}/feeds/popular.json"
        etag = (await client.get("/feeds/popular.rss")).headers["etag"]
        assert (await client.get("/feeds/popular.rss", headers={"if-none-match": etag})).status_code == 304
        assert (await client.get("/feeds/popular.json?window=year")).status_code == 400
        # and what is hidden is gone at once
        sql(spare_database_url, "UPDATE artworks SET hidden_at = now() WHERE title = 'Old'")
        assert await titles(client, "popular.json?window=all") == ["New 9", "New 1"]


@pytest.mark.parametrize("tag", ["two words", "🎈", "a/b", "%00", "x" * 51, "#", "a.b", "<b>", "\u202e", "\u200b"])
async def test_what_is_no_tag_has_no_feed(spare_database_url: str, redis_url: str, tmp_path: Path, tag: str) -> None:
    async with opened(spare_database_url, redis_url, tmp_path) as (_, client):
        written = tag if "%" in tag else quote(tag, safe="")
        assert (await client.get(f"/feeds/tag/{written}.rss")).status_code == 404


async def test_a_search_has_a_feed_newest_first(spare_database_url: str, redis_url: str, tmp_path: Path) -> None:
    async with opened(spare_database_url, redis_url, tmp_path) as (gallery, client):
        bora, mina = await gallery.users("bora", "mina")
        await gallery.add(bora, "Harbour at dusk", "sea", like_count=100)
        await gallery.add(mina, "Harbour", "city")
        await gallery.add(mina, "A harbour nobody may see", **MATURE)
        await gallery.add(mina, "Mountain", "sea")
        await gallery.look()

        assert await titles(client, "search.json?q=harbour") == ["Harbour", "Harbour at dusk"]
        assert await titles(client, f"search.json?q={quote('#sea -mountain')}") == ["Harbour at dusk"]
        assert await titles(client, f"search.json?q={quote('@mina #sea')}") == ["Mountain"]
        assert await titles(client, f"search.json?q={quote('nothing of the kind')}") == []
        told = (
            await client.get(f"/feeds/search.atom?q={quote(' #sea & more ')}", headers={"accept-language": "ko"})
        ).text
        assert f"{ISSUER}/feeds/search.atom?q=%23sea+%26amp%3B+more".replace("%26amp%3B", "%26") in told
        assert "Easel 작품 검색: #sea &amp; more" in told
        # what is not for all any more is gone at once
        sql(spare_database_url, "UPDATE artworks SET visibility = 'PRIVATE' WHERE title = 'Harbour'")
        assert await titles(client, "search.json?q=harbour") == ["Harbour at dusk"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?q=", 400),
        ("?q=%20", 400),
        ("?query=x", 400),
        ("?q=" + "x" * 501, 400),
        ("?q=" + "+".join(f"w{number}" for number in range(30)), 400),
        ("?q=%00", 200),
        ("?q=%25_'%22;--", 200),
        ("?q=%F0%9F%8E%88", 200),
        ("?q=%ff%fe", 200),
    ],
)
async def test_searches_are_refused_or_find_nothing(
    spare_database_url: str, redis_url: str, tmp_path: Path, query: str, status: int
) -> None:
    async with opened(spare_database_url, redis_url, tmp_path) as (gallery, client):
        (bora,) = await gallery.users("bora")
        await gallery.add(bora, "Harbour")
        await gallery.look()
        response = await client.get(f"/feeds/search.json{query}")
        assert response.status_code == status
        if status == 200:
            assert response.json()["items"] == []


async def test_what_was_found_is_looked_up_by_its_keys(spare_database_url: str, redis_url: str, tmp_path: Path) -> None:
    sql(spare_database_url, FILL, 20_000)
    sql(
        spare_database_url,
        "INSERT INTO artwork_scores (artwork_id, day, week, month, ever) SELECT id, r, r, r, r FROM"
        " (SELECT id, random() AS r FROM artworks) each",
    )
    sql(spare_database_url, "ANALYZE")
    async with opened(spare_database_url, redis_url, tmp_path) as (_, client):
        with executed() as statements:
            for path in ("tag/sea.json", "search.json?q=harbour"):
                assert await titles(client, path) == []
            assert len(await titles(client, "popular.json")) == 50
    # how it is found is for the tests of search
    for statement, values in statements:
        plan = plan_of(spare_database_url, statement, values)
        for table in ("artworks", "artwork_images", "artwork_scores", "media_assets"):
            assert f"Seq Scan on {table}  (" not in plan, plan
