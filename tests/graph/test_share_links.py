"""createShareLink: a short link, the same for the same, with what each place needs."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from db.session import Database
from db.words import ShareChannel
from domain import sharing
from schema.node import key_of
from share_pages import HOSTILE, published, reader_of, renamed
from stored import row_counts, sql

if TYPE_CHECKING:
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

CREATE = """mutation($id: ID!, $channel: ShareChannel! = LINK) {
  createShareLink(input: {artworkId: $id, channel: $channel}) { __typename
    ... on CreateShareLinkSuccess { url text intentUrl artwork { id title } kakaoTemplate { objectType
      content { title description imageUrl imageWidth imageHeight link { webUrl mobileWebUrl } }
      social { likeCount commentCount } buttons { title link { webUrl mobileWebUrl } } } }
    ... on UserError { code message path retryable } } }"""


async def share(client: GraphClient, artwork: str, channel: str = "LINK") -> dict[str, Any]:
    result: dict[str, Any] = (await client.data(CREATE, {"id": artwork, "channel": channel}))["createShareLink"]
    return result


async def test_a_link_leads_to_the_page(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)

    made = await share(author, artwork)

    assert made == {
        "__typename": "CreateShareLinkSuccess",
        "url": made["url"],
        "text": "“Harbour” by Bora",
        "intentUrl": None,
        "artwork": {"id": artwork, "title": "Harbour"},
        "kakaoTemplate": None,
    }
    assert re.fullmatch(rf"{easel.url}/s/[0-9a-zA-Z]{{12}}", made["url"])
    response = await reader_of(easel).get(made["url"])
    assert response.status_code == 302
    assert response.headers["location"] == f"{easel.url}/a/{artwork}"
    assert response.headers["cache-control"] == "public, max-age=60"


async def test_the_same_is_shared_by_the_same_link(easel: Installation, database_url: str) -> None:
    author, other = await easel.signed_up("bora"), await easel.signed_up("mina")
    artworks = [await published(author, database_url) for _ in range(2)]

    asked = [(who, which, where) for who in (author, other) for which in artworks for where in ("LINK", "X")]
    first = [(await share(*each))["url"] for each in asked]
    again = [(await share(*each))["url"] for each in asked]

    assert first == again
    assert len(set(first)) == 8
    assert sql(database_url, "SELECT count(*) FROM share_links") == [(8,)]


async def test_two_who_click_at_once_get_the_same_link(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)
    user_id, artwork_id = key_of("user", author.viewer_id), key_of("artwork", artwork)
    assert user_id
    assert artwork_id
    db = Database(database_url)
    try:
        # given one transaction that has made the link and not ended
        async with db.write() as first:
            one = await sharing.link(first, user_id, artwork_id, ShareChannel.LINK)

            async def make() -> str:
                async with db.write() as second:
                    return (await sharing.link(second, user_id, artwork_id, ShareChannel.LINK)).code

            waiting = asyncio.create_task(make())
            while not sql(database_url, "SELECT 1 FROM pg_locks WHERE NOT granted"):
                assert not waiting.done()
                await asyncio.sleep(0)
        # when it ends, the other one finds it
        assert await waiting == one.code
    finally:
        await db.close()
    assert sql(database_url, "SELECT count(*) FROM share_links") == [(1,)]


async def test_kakao_is_given_a_whole_message(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora", language="ko")
    artwork = await published(author, database_url, description="첫 줄\n둘째 줄")
    sql(database_url, "UPDATE media_assets SET width = 768, height = 1024")
    sql(database_url, "UPDATE artworks SET like_count = 3, comment_count = 2")

    made = await share(author, artwork, "KAKAO")

    link = {"webUrl": made["url"], "mobileWebUrl": made["url"]}
    assert made["text"] == "Bora님의 작품 「Harbour」"
    assert made["intentUrl"] is None
    assert made["kakaoTemplate"] == {
        "objectType": "feed",
        "content": {
            "title": "Harbour",
            "description": "첫 줄 둘째 줄",
            "imageUrl": f"{easel.url}/a/{artwork}/image",
            "imageWidth": 768,
            "imageHeight": 1024,
            "link": link,
        },
        "social": {"likeCount": 3, "commentCount": 2},
        "buttons": [{"title": "작품 보기", "link": link}],
    }


@pytest.mark.parametrize(
    ("channel", "page", "names"),
    [
        ("X", "https://x.com/intent/post", {"url": "url", "text": "text"}),
        ("FACEBOOK", "https://www.facebook.com/sharer/sharer.php", {"u": "url"}),
        ("LINE", "https://social-plugins.line.me/lineit/share", {"url": "url", "text": "text"}),
    ],
)
async def test_other_channels_have_a_page_with_link_and_text(
    easel: Installation, database_url: str, channel: str, page: str, names: dict[str, str]
) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)
    renamed(database_url, artwork, HOSTILE)

    made = await share(author, artwork, channel)

    parts = urlsplit(made["intentUrl"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == page
    assert parse_qs(parts.query) == {name: [made[value]] for name, value in names.items()}
    assert "\u202e" not in made["text"]


@pytest.mark.parametrize(
    ("who", "change", "refusal"),
    [
        ("author", {"visibility": "PRIVATE"}, "INVALID_INPUT"),
        ("author", {"content_level": "MATURE"}, "INVALID_INPUT"),
        ("other", {"visibility": "PRIVATE"}, "NOT_FOUND"),
        ("other", {"content_level": "MATURE"}, "NOT_FOUND"),
        ("grown-up", {"content_level": "MATURE"}, "INVALID_INPUT"),
    ],
)
async def test_what_is_not_for_all_is_not_shared(
    easel: Installation, database_url: str, who: str, change: dict[str, str], refusal: str
) -> None:
    # given an artwork that a stranger would not see, and somebody who perhaps does
    author, other = await easel.signed_up("bora"), await easel.signed_up("mina")
    artwork = await published(author, database_url)
    ((name, value),) = change.items()
    sql(database_url, f"UPDATE artworks SET {name} = %s", value)
    if who == "grown-up":
        sql(database_url, "UPDATE users SET content_level = 'MATURE'")
    before = row_counts(database_url)

    refused = await share(author if who == "author" else other, artwork)

    assert refused["code"] == refusal
    assert refused["path"] == ["input", "artworkId"]
    assert refused["retryable"] is False
    assert row_counts(database_url) == before


@pytest.mark.parametrize(
    "artwork", ["", "x", "\x00", "artwork_" + "0" * 32, "user_" + "0" * 32, "artwork_" + "f" * 10_000, "١" * 40]
)
async def test_ids_of_nothing_are_not_found(easel: Installation, database_url: str, artwork: str) -> None:
    client = await easel.signed_up("bora")
    before = row_counts(database_url)
    assert (await share(client, artwork))["code"] == "NOT_FOUND"
    assert row_counts(database_url) == before


async def test_nobody_makes_links_without_signing_in(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)
    answer = await easel.client().post(CREATE, {"id": artwork})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert sql(database_url, "SELECT count(*) FROM share_links") == [(0,)]


async def test_sixty_in_five_minutes(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)
    results = [await share(author, artwork) for _ in range(61)]
    assert {each["__typename"] for each in results[:60]} == {"CreateShareLinkSuccess"}
    assert results[60]["code"] == "TOO_MANY_ATTEMPTS"
    assert results[60]["retryable"] is True


@pytest.mark.parametrize("code", ["", "a" * 11, "a" * 12, "a" * 13, "%00" * 12, "../../a/x", "-" * 12, "٣" * 12])
async def test_codes_of_nothing_lead_nowhere(easel: Installation, code: str) -> None:
    response = await reader_of(easel).get(f"/s/{code}")
    assert response.status_code == 404
    assert "location" not in response.headers
