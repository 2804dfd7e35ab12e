"""oEmbed 1.0 (https://oembed.com) as consumers ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from share_pages import HOSTILE, Document, published, reader_of, renamed, xml_of
from stored import sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio


async def an_artwork(easel: Installation, database_url: str, width: int = 768, height: int = 1024) -> str:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)
    sql(database_url, "UPDATE media_assets SET width = %s, height = %s", width, height)
    return artwork


def ask(easel: Installation, artwork: str, **more: object) -> str:
    query = "".join(f"&{name}={quote(str(value))}" for name, value in more.items())
    return f"/oembed?url={quote(f'{easel.url}/a/{artwork}', safe='')}{query}"


async def test_json_and_xml_tell_the_same(easel: Installation, database_url: str) -> None:
    artwork = await an_artwork(easel, database_url)
    reader = reader_of(easel)

    answers = [await reader.get(ask(easel, artwork, format=form)) for form in ("json", "xml")]
    told: dict[str, Any] = answers[0].json()
    page = f"{easel.url}/a/{artwork}"

    assert answers[0].headers["content-type"] == "application/json"
    assert answers[1].headers["content-type"] == "text/xml; charset=utf-8"
    assert {each.headers["access-control-allow-origin"] for each in answers} == {"*"}
    html = told.pop("html")
    assert told == {
        "version": "1.0",
        "type": "rich",
        "title": "Harbour",
        "author_name": "Bora",
        "author_url": f"{easel.url}/u/bora",
        "provider_name": "Easel",
        "provider_url": f"{easel.url}/",
        "cache_age": 3600,
        "width": 492,
        "height": 720,
        "thumbnail_url": f"{page}/image",
        "thumbnail_width": 768,
        "thumbnail_height": 1024,
    }
    assert {each.tag: each.text for each in xml_of(answers[1].content)} == {
        **{name: str(value) for name, value in told.items()},
        "html": html,
    }
    ((tag, frame),) = Document(html).elements
    assert tag == "iframe"
    assert frame["src"] == f"{page}/embed"
    assert (frame["width"], frame["height"]) == ("492", "720")
    assert frame["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    assert (await reader.json(ask(easel, artwork)))["html"] == html, "JSON by default"


@pytest.mark.parametrize(
    ("bounds", "frame", "thumbnail"),
    [
        ({"maxwidth": 400}, (400, 597), (192, 256)),
        ({"maxheight": 300}, (320, 300), (192, 256)),
        ({"maxwidth": 700}, (492, 720), (480, 640)),
        ({"maxwidth": 100_000, "maxheight": 100_000}, (492, 720), (768, 1024)),
        ({"maxwidth": 100, "maxheight": 100}, (100, 100), None),
        ({"maxwidth": 1, "maxheight": 1}, (1, 1), None),
    ],
)
async def test_nothing_is_larger_than_was_asked_for(
    easel: Installation,
    database_url: str,
    bounds: dict[str, int],
    frame: tuple[int, int],
    thumbnail: tuple[int, int] | None,
) -> None:
    artwork = await an_artwork(easel, database_url)

    told = await reader_of(easel).json(ask(easel, artwork, **bounds))

    assert (told["width"], told["height"]) == frame
    assert f'width="{frame[0]}" height="{frame[1]}"' in told["html"]
    if thumbnail:
        assert (told["thumbnail_width"], told["thumbnail_height"]) == thumbnail
    else:
        assert not {"thumbnail_url", "thumbnail_width", "thumbnail_height"} & told.keys()


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("{base}/a/{artwork}", 200),
        ("{base}/a/{artwork}/embed", 200),
        ("{base}/a/{artwork}?utm_source=x#top", 200),
        ("https{rest}/a/{artwork}", 200),
        ("{base}/a/{artwork}/image", 404),
        ("{base}/u/bora", 404),
        ("{base}/a/../a/{artwork}", 404),
        ("{base}.example/a/{artwork}", 404),
        ("https://evil.example/a/{artwork}", 404),
        ("//evil.example/a/{artwork}", 404),
        ("ftp{rest}/a/{artwork}", 404),
        ("javascript:alert(1)", 404),
        ("http://[", 404),
        ("", 404),
        ("\x00", 404),
        ("x" * 8_000, 404),
    ],
)
async def test_it_tells_of_our_own_pages_alone(easel: Installation, database_url: str, url: str, status: int) -> None:
    artwork = await an_artwork(easel, database_url)
    asked = url.format(base=easel.url, rest=easel.url.removeprefix("http"), artwork=artwork)
    response = await reader_of(easel).get(f"/oembed?url={quote(asked, safe='')}")
    assert response.status_code == status


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("format=json", 400),
        ("url={url}&format=html", 501),
        ("url={url}&format=", 501),
        ("url={url}&maxwidth=0", 400),
        ("url={url}&maxwidth=-1", 400),
        ("url={url}&maxwidth=1e3", 400),
        ("url={url}&maxheight=٣", 400),
        ("url={url}&maxheight=99999999999999999999", 400),
        ("url={url}&maxheight=", 400),
    ],
)
async def test_what_can_not_be_understood_is_refused(
    easel: Installation, database_url: str, query: str, status: int
) -> None:
    artwork = await an_artwork(easel, database_url)
    response = await reader_of(easel).get("/oembed?" + query.format(url=f"{easel.url}/a/{artwork}"))
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/plain")


async def test_titles_stay_text(easel: Installation, database_url: str) -> None:
    artwork = await an_artwork(easel, database_url)
    renamed(database_url, artwork, HOSTILE)
    reader = reader_of(easel)

    told = await reader.json(ask(easel, artwork))
    xml = xml_of((await reader.get(ask(easel, artwork, format="xml"))).content)

    ((tag, frame),) = Document(told["html"]).elements
    assert tag == "iframe"
    assert frame["title"] == told["title"] == xml.findtext("title")
    assert told["title"].startswith("\"><script>alert('1')</script>&amp; ]]> gnp.exe")
