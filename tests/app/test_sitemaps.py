"""The sitemap: complete, in bounded parts that are found by an index, and without what nobody is to find."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

import pytest

from local_graph import ISSUER, local_graph
from local_pages import FILL, executed, local_pages, plan_of
from share_pages import xml_of
from stored import sql

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

pytestmark = pytest.mark.anyio
NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
COUNT = 4_001
ADD: LiteralString = """
    WITH a AS (
        INSERT INTO artworks (id, author_id, title, description, visibility, prompt, prompt_visibility, style,
                              like_count, comment_count, created_at)
        SELECT 'ffffffff-ffff-7fff-8fff-ffffffffffff', author_id, 'x', '', 'PUBLIC', '', 'PUBLIC', '', 0, 0, now()
        FROM artworks LIMIT 1 RETURNING id
    )
    INSERT INTO artwork_images (artwork_id, asset_id, position)
    SELECT a.id, i.asset_id, 0 FROM a, (SELECT asset_id FROM artwork_images LIMIT 1) i"""


async def places(client: httpx2.AsyncClient, path: str, kind: str) -> list[str]:
    """Return the addresses of an index or a part, as they stand there."""
    response = await client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    root = xml_of(response.content)
    assert root.tag == NAMESPACE + {"sitemap": "sitemapindex", "url": "urlset"}[kind]
    assert {each.tag for each in root} <= {NAMESPACE + kind}
    return [each.findtext(f"{NAMESPACE}loc") or "" for each in root]


async def test_parts_are_bounded_and_hold_everything_once(database_url: str, redis_url: str, tmp_path: Path) -> None:
    sql(database_url, FILL, COUNT)
    sql(database_url, "ANALYZE")
    keys = sql(database_url, "SELECT id FROM artworks ORDER BY id")
    async with local_graph(database_url, redis_url, tmp_path) as graph, local_pages(graph.services) as client:
        # given an index of three parts
        index = await places(client, "/sitemap.xml", "sitemap")
        parts = [await places(client, each, "url") for each in index]
        assert [len(part) for part in parts] == [2_000, 2_000, 1]
        assert [url for part in parts for url in part] == [f"{ISSUER}/a/artwork_{key.hex}" for (key,) in keys]

        # when some are shown no more, and others come
        first, second = keys[0][0], keys[2_000][0]
        sql(database_url, "UPDATE artworks SET visibility = 'UNLISTED' WHERE id = ANY(%s)", [first, second])
        sql(database_url, "UPDATE artworks SET content_level = 'MATURE' WHERE id = %s", keys[1][0])
        sql(database_url, ADD)

        # then the parts are those that they were
        assert await places(client, "/sitemap.xml", "sitemap") == index
        after = [await places(client, each, "url") for each in index]
        assert [len(part) for part in after] == [1_998, 1_999, 2]
        async with local_pages(graph.services) as other:
            again = await places(other, "/sitemap.xml", "sitemap")
            told = [url for each in again for url in await places(other, each, "url")]
        assert told == [url for part in after for url in part]


async def test_a_part_tells_when_and_has_nothing_without_a_picture(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    sql(database_url, FILL, 3)
    sql(database_url, "UPDATE artworks SET created_at = '2026-01-02T03:04:05.678Z'")
    async with local_graph(database_url, redis_url, tmp_path) as graph, local_pages(graph.services) as client:
        (part,) = await places(client, "/sitemap.xml", "sitemap")
        root = xml_of((await client.get(part)).content)
        assert [each.findtext(f"{NAMESPACE}lastmod") for each in root] == ["2026-01-02T03:04:05Z"] * 3
        sql(database_url, "UPDATE media_assets SET status = 'HIDDEN'")
        assert await places(client, part, "url") == []


@pytest.mark.parametrize("name", ["", "x", "0" * 31, "0" * 33, "0" * 32 + "-", "G" * 32, "0" * 32 + "-" + "0" * 33])
async def test_other_parts_are_not_there(database_url: str, redis_url: str, tmp_path: Path, name: str) -> None:
    async with local_graph(database_url, redis_url, tmp_path) as graph, local_pages(graph.services) as client:
        assert (await client.get(f"/sitemaps/{name}.xml")).status_code == 404


async def test_robots_may_read_pages_and_pictures_but_not_the_graph(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with local_graph(database_url, redis_url, tmp_path) as graph, local_pages(graph.services) as client:
        response = await client.get("/robots.txt")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    lines = response.text.splitlines()
    assert lines[0] == "User-agent: *"
    assert [line for line in lines if line.startswith("Disallow")] == [
        *("Disallow: /graphql", "Disallow: /graphiql", "Disallow: /deposits/", "Disallow: /metrics")
    ]
    assert lines[-1] == f"Sitemap: {ISSUER}/sitemap.xml"


async def test_every_statement_of_every_page_is_carried_by_an_index(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    # given many artworks of many authors
    sql(database_url, FILL, 20_001)
    ((key, handle),) = sql(
        database_url, "SELECT a.id, handle FROM artworks a JOIN users u ON u.id = author_id ORDER BY a.id LIMIT 1"
    )
    sql(
        database_url,
        "INSERT INTO share_links (code, user_id, artwork_id, channel, created_at) SELECT left(md5(id::text), 12),"
        " author_id, id, 'LINK', now() FROM artworks",
    )
    ((code,),) = sql(database_url, "SELECT code FROM share_links WHERE artwork_id = %s", key)
    sql(database_url, "ANALYZE")
    artwork = f"/a/artwork_{key.hex}"
    async with local_graph(database_url, redis_url, tmp_path) as graph, local_pages(graph.services) as client:
        index = await places(client, "/sitemap.xml", "sitemap")
        paths = [artwork, f"{artwork}/embed", f"/s/{code}", f"/u/{handle}", f"/oembed?url={ISSUER}{artwork}"]
        paths += ["/feeds/latest.rss", f"/feeds/user/{handle}.atom", "/sitemap.xml", index[-1]]
        with executed() as statements:
            for path in paths:
                assert (await client.get(path)).status_code in {200, 302}, path

    # then no plan reads a large table from end to end
    for statement, values in statements:
        plan = plan_of(database_url, statement, values)
        for table in ("artworks", "artwork_images", "share_links", "media_assets"):
            assert f"Seq Scan on {table}" not in plan, f"{statement}\n{plan}"
