"""Pages beside the graph as HTTP has them: methods, encodings, rates, what is kept, and what happens in a fault."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from adapters.storage.s3 import S3Bucket, S3Store
from app.cache import AnswerCache
from app.share.links import PictureLinks
from db.session import Database
from graph_client import http_client
from local_graph import local_graph
from local_pages import FILL, executed, local_pages
from share_pages import published, reader_of
from stored import sql

if TYPE_CHECKING:
    from pathlib import Path

    from app.share.page import Page
    from conftest import Installation

pytestmark = pytest.mark.anyio


async def every_path(easel: Installation, database_url: str) -> list[str]:
    """Return a path of each route, of an artwork that is there."""
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)
    page = f"/a/{artwork}"
    paths = [page, f"{page}/embed", f"{page}/image", f"{page}/image/card", "/u/bora", "/"]
    paths += [f"/oembed?url={easel.url}{page}", "/feeds/latest.rss", "/feeds/user/bora.json"]
    return [*paths, "/sitemap.xml", f"/sitemaps/{'0' * 32}.xml", "/robots.txt"]


async def test_head_has_the_headers_of_get(easel: Installation, database_url: str) -> None:
    reader = reader_of(easel)
    for path in await every_path(easel, database_url):
        whole, head = await reader.get(path), await reader.get(path, "HEAD")
        assert (head.status_code, head.content) == (whole.status_code, b"")
        told = [{**each.headers, "date": "", "x-request-id": ""} for each in (whole, head)]
        assert told[0] == told[1]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_nothing_can_be_changed(easel: Installation, database_url: str, method: str) -> None:
    for path in await every_path(easel, database_url):
        response = await reader_of(easel).get(path, method)
        assert response.status_code == 405
        assert {*response.headers["allow"].split(", ")} == {"GET", "HEAD"}


async def test_every_page_tells_how_long_it_may_be_kept(easel: Installation, database_url: str) -> None:
    for path in await every_path(easel, database_url):
        response = await reader_of(easel).get(path)
        seconds = 600 if "image" in path or "sitemap" in path or "robots" in path else 60
        assert response.headers["cache-control"] == f"public, max-age={seconds}", path
        assert ("etag" in response.headers) == (response.status_code == 200)
        assert response.headers["referrer-policy"] == "no-referrer"
        if response.status_code == 200:
            again = await reader_of(easel).get(path, if_none_match=response.headers["etag"])
            assert (again.status_code, again.content) == (304, b"")


async def test_scripts_of_any_page_read_what_is_made_for_them(easel: Installation, database_url: str) -> None:
    for path in await every_path(easel, database_url):
        response = await reader_of(easel).get(path, origin="https://blog.example")
        is_for_scripts = path.startswith(("/oembed", "/feeds/"))
        assert response.headers.get("access-control-allow-origin") == ("*" if is_for_scripts else None)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_pages_come_compressed(easel: Installation, database_url: str, encoding: str) -> None:
    page, *_ = await every_path(easel, database_url)
    reader = reader_of(easel)
    plain, small = await reader.get(page), await reader.get(page, accept_encoding=encoding)
    assert small.headers["content-encoding"] == encoding
    assert int(small.headers["content-length"]) < len(plain.content) / 2
    assert plain.headers["etag"] != small.headers["etag"]
    if encoding == "gzip":
        assert small.content == plain.content


async def test_measures_tell_routes_apart_and_no_address(easel: Installation, database_url: str) -> None:
    for path in await every_path(easel, database_url):
        await reader_of(easel).get(path)
    async with http_client() as http:
        measures = (await http.get(f"{easel.url}/metrics")).text
    for route in ("/a/", "/u/", "/oembed", "/feeds/", "/sitemap.xml", "/sitemaps/", "/robots.txt"):
        assert f'easel_http_requests_total{{method="GET",route="{route}"' in measures
    assert "artwork_" not in measures


async def test_a_head_that_is_too_large_is_refused(easel: Installation) -> None:
    response = await reader_of(easel).get("/feeds/latest.rss?" + "x" * 17_000)
    assert response.status_code in {414, 431}


async def test_an_address_may_ask_so_often(database_url: str, redis_url: str, tmp_path: Path) -> None:
    async with (
        local_graph(database_url, redis_url, tmp_path) as graph,
        local_pages(graph.services, limit=2) as client,
    ):
        answers = [await client.get(path) for path in ("/feeds/latest.rss", "/a/x", "/robots.txt", "/a/x")]
        pictures = [await client.get(f"/a/x/image{more}") for more in ("", "/card", "", "/thumb")]
    assert [each.status_code for each in answers] == [200, 404, 429, 429]
    assert [each.status_code for each in pictures] == [404, 404, 404, 429], "counted by themselves"
    assert 0 < int(answers[2].headers["retry-after"]) <= 450, "a half of what was asked is out of the sliding window"
    assert answers[2].headers["cache-control"] == "no-store"
    assert answers[2].headers["content-type"].startswith("text/plain")


async def test_no_answer_leads_to_where_the_request_says(easel: Installation, database_url: str) -> None:
    reader = reader_of(easel)
    for path in await every_path(easel, database_url):
        for asked in (path, f"{path}/", f"/{path}", f"//evil.example{path}"):
            response = await reader.get(asked, host="evil.example", x_forwarded_host="evil.example")
            assert "evil.example" not in response.headers.get("location", "")
            assert b"evil.example" not in response.content


def test_pictures_may_come_from_a_bucket_elsewhere() -> None:
    bucket = S3Bucket("easel", "id", "secret", "us-east-1", "http://s3.internal", "https://media.example")
    assert PictureLinks(S3Store(bucket)).origin == "https://media.example"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_page_is_made_once_for_all_who_ask_in_the_same_second(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    sql(database_url, FILL, 3)
    ((key,),) = sql(database_url, "SELECT id FROM artworks LIMIT 1")
    page, clock = f"/a/artwork_{key.hex}", Clock()
    cache: AnswerCache[Page] = AnswerCache(1, 1_000_000, clock)
    async with local_graph(database_url, redis_url, tmp_path) as graph, local_pages(graph.services, cache) as client:
        with executed() as statements:
            # given many who ask at once, each with parameters that mean nothing
            await asyncio.gather(*(client.get(f"{page}?cache={number}") for number in range(20)))
            once = len(statements)
            assert once == 2
            # then what was made is sent to others, in their encoding, and made anew for another language
            small = await client.get(page, headers={"accept-encoding": "gzip"})
            assert small.headers["content-encoding"] == "gzip"
            assert len(statements) == once
            await client.get(page, headers={"accept-language": "ko"})
            assert len(statements) == 2 * once
        # and a second later it is what it is then
        sql(database_url, "UPDATE artworks SET visibility = 'PRIVATE'")
        assert (await client.get(page)).status_code == 200
        clock.now = 1.0
        assert (await client.get(page)).status_code == 404
        sql(database_url, "UPDATE artworks SET visibility = 'PUBLIC'")
        assert (await client.get(page)).status_code == 200, "what is not shown is not kept"


async def test_while_the_database_is_away_readers_are_told_to_come_again(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing", statement_timeout_s=0.2)
    async with local_graph(database_url, redis_url, tmp_path) as graph:
        services = replace(graph.services, db=nowhere)
        async with local_pages(services) as client:
            answers = [await client.get(path) for path in ("/feeds/latest.rss", "/u/bora", "/robots.txt")]
    await nowhere.close()
    assert [each.status_code for each in answers] == [503, 503, 200]
    assert (answers[0].headers["retry-after"], answers[0].headers["cache-control"]) == ("5", "no-store")
