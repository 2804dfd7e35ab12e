"""What nobody but some may see is on no page beside the graph, and looks like what never was."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

import pytest

from share_pages import published, reader_of
from stored import sql

if TYPE_CHECKING:
    from conftest import Installation
    from share_pages import Reader

pytestmark = pytest.mark.anyio

CREATE = """mutation($id: ID!) { createShareLink(input: {artworkId: $id}) {
  ... on CreateShareLinkSuccess { url } ... on UserError { code } } }"""
UNPUBLISH = "mutation($id: ID!) { unpublishArtwork(input: {artworkId: $id}) { __typename } }"
BY_LINK = ["page", "embed", "image", "thumb", "short", "oembed", "oembed of short"]
LISTS = ["latest", "popular", "user", "profile", "home", "sitemap"]
NEVER = "artwork_0198f0a0b1c27d3e8f4a5b6c7d8e9f00"
HIDDEN: dict[str, LiteralString] = {
    "PRIVATE": "UPDATE artworks SET visibility = 'PRIVATE'",
    "SENSITIVE": "UPDATE artworks SET content_level = 'SENSITIVE'",
    "MATURE": "UPDATE artworks SET content_level = 'MATURE'",
    "its picture is hidden by moderation": "UPDATE media_assets SET status = 'HIDDEN'",
    "its picture is deleted": "UPDATE media_assets SET status = 'TRASHED', trashed_at = now()",
    "its picture is mature": "UPDATE media_assets SET content_level = 'MATURE'",
    "it is deleted": "DELETE FROM artworks",
}


def by_link(reader: Reader, artwork: str, code: str) -> dict[str, str]:
    """Return all addresses of an artwork."""
    page, short = f"/a/{artwork}", f"/s/{code}"
    return {
        "page": page,
        "embed": f"{page}/embed",
        "image": f"{page}/image",
        "thumb": f"{page}/image/thumb",
        "short": short,
        "oembed": f"/oembed?url={reader.url}{page}",
        "oembed of short": f"/oembed?url={reader.url}{short}",
    }


async def seen(reader: Reader, artwork: str, code: str) -> list[str]:
    """Return by which paths a stranger sees the artwork."""
    found = []
    for name, path in by_link(reader, artwork, code).items():
        response = await reader.get(path)
        assert response.status_code in {200, 302, 404}
        if response.status_code != 404:
            found.append(name)
    _, part = (await reader.get("/sitemap.xml")).text.split("<loc>")
    lists = {
        "latest": [f"/feeds/latest.{form}" for form in ("rss", "atom", "json")],
        "popular": [f"/feeds/popular.{form}" for form in ("rss", "atom", "json")],
        "user": [f"/feeds/user/bora.{form}" for form in ("rss", "atom", "json")],
        "profile": ["/u/bora"],
        "home": ["/"],
        "sitemap": [part.partition("</loc>")[0]],
    }
    for name, paths in lists.items():
        told = [artwork in (await reader.get(path)).text for path in paths]
        assert len(set(told)) == 1, name
        found += [name] * told[0]
    return found


async def shared(easel: Installation, database_url: str) -> tuple[str, str]:
    """Return an artwork's global id and the code of a short link to it."""
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)
    url: str = (await author.data(CREATE, {"id": artwork}))["createShareLink"]["url"]
    return artwork, url.rpartition("/")[2]


async def test_a_public_artwork_is_everywhere(easel: Installation, database_url: str) -> None:
    artwork, code = await shared(easel, database_url)
    assert await seen(reader_of(easel), artwork, code) == BY_LINK + LISTS


async def test_an_unlisted_artwork_is_found_by_its_links_alone_and_by_no_search_engine(
    easel: Installation, database_url: str
) -> None:
    artwork, code = await shared(easel, database_url)
    sql(database_url, "UPDATE artworks SET visibility = 'UNLISTED'")
    reader = reader_of(easel)

    assert await seen(reader, artwork, code) == BY_LINK
    assert (await reader.document(f"/a/{artwork}")).meta["robots"] == "noindex"
    for path in (f"/a/{artwork}", f"/a/{artwork}/image"):
        assert (await reader.get(path)).headers["x-robots-tag"] == "noindex"


@pytest.mark.parametrize("change", HIDDEN)
async def test_what_is_not_for_all_is_nowhere(easel: Installation, database_url: str, change: str) -> None:
    artwork, code = await shared(easel, database_url)
    sql(database_url, HIDDEN[change])
    assert await seen(reader_of(easel), artwork, code) == []


async def test_an_unpublished_artwork_is_gone_at_once(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)
    code = (await author.data(CREATE, {"id": artwork}))["createShareLink"]["url"].rpartition("/")[2]

    await author.data(UNPUBLISH, {"id": artwork})

    assert await seen(reader_of(easel), artwork, code) == []


async def test_a_block_is_between_two_people_and_hides_nothing_from_strangers(
    easel: Installation, database_url: str
) -> None:
    # given an author and somebody who is blocked by them
    artwork, code = await shared(easel, database_url)
    blocked = await easel.signed_up("mina")
    sql(
        database_url,
        "INSERT INTO blocks (user_id, other_id, is_own, created_at) SELECT a.id, b.id, a.handle = 'bora', now()"
        " FROM users a, users b WHERE a.id <> b.id",
    )

    # then these pages look at nobody's token, and the mutation, which does, knows of nothing
    reader = reader_of(easel)
    reader.headers = {"authorization": f"Bearer {blocked.token}"}
    assert await seen(reader, artwork, code) == BY_LINK + LISTS
    assert (await blocked.data(CREATE, {"id": artwork}))["createShareLink"] == {"code": "NOT_FOUND"}
    assert sql(database_url, "SELECT count(*) FROM share_links") == [(1,)]


async def test_a_page_knows_its_author_as_little_as_anybody_else(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url, visibility="PRIVATE")
    reader = reader_of(easel)
    reader.headers = {"authorization": f"Bearer {author.token}"}
    assert await seen(reader, artwork, "a" * 12) == []


async def test_what_is_hidden_looks_like_what_never_was(easel: Installation, database_url: str) -> None:
    artwork, code = await shared(easel, database_url)
    sql(database_url, "UPDATE artworks SET visibility = 'PRIVATE'")
    reader = reader_of(easel)

    hidden, never = by_link(reader, artwork, code), by_link(reader, NEVER, "a" * 12)
    for name, path in hidden.items():
        one, other = await reader.get(path), await reader.get(never[name])
        assert (one.status_code, one.content) == (other.status_code, other.content)
        varying = {"date", "x-request-id"}
        assert {*one.headers.items()} ^ {*other.headers.items()} <= {
            pair for each in (one, other) for pair in each.headers.items() if pair[0] in varying
        }
        assert one.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "text", ["", "x", "artwork_", "user_{key}", "artwork_{key}0", "ARTWORK_{key}", "%00", "%ff%fe"]
)
async def test_other_ids_lead_nowhere(easel: Installation, database_url: str, text: str) -> None:
    artwork, _ = await shared(easel, database_url)
    path = text.replace("{key}", artwork.partition("_")[2])
    for ending in ("", "/embed", "/image"):
        response = await reader_of(easel).get(f"/a/{path}{ending}")
        assert response.status_code == 404
