"""The pages that people share: what browsers show and scrapers read of them."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from graph_client import http_client
from share_pages import HOSTILE, Document, published, reader_of, renamed
from stored import sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio
HERE = re.compile(r'(?:src|href|content)="(https?://[^"]*)"')


async def test_a_page_tells_scrapers_what_they_ask_for(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    given = {"title": "Harbour at dusk", "description": "Two\nlines", "tags": ["Sea", "고양이"]}
    artwork = await published(author, database_url, **given)
    sql(database_url, "UPDATE media_assets SET width = 768, height = 1024, alt_text = 'A quay'")

    page = await reader_of(easel).document(f"/a/{artwork}")

    url, user = f"{easel.url}/a/{artwork}", f"{easel.url}/u/bora"
    expected = {
        "og:site_name": "Easel",
        "og:type": "article",
        "og:title": "Harbour at dusk",
        "og:description": "Two lines",
        "og:url": url,
        "og:locale": "en_US",
        "og:image": f"{url}/image",
        "og:image:type": "image/webp",
        "og:image:width": "768",
        "og:image:height": "1024",
        "og:image:alt": "A quay",
        "article:author": user,
        "twitter:card": "summary_large_image",
        "twitter:title": "Harbour at dusk",
        "twitter:description": "Two lines",
        "twitter:image": f"{url}/image",
        "twitter:image:alt": "A quay",
        "description": "Two lines",
        "author": "Bora",
    }
    assert {name: page.meta.get(name) for name in expected} == expected
    assert [each["content"] for each in page.all("meta", property="article:tag")] == ["sea", "고양이"]
    assert page.all("link", rel="canonical") == [{"rel": "canonical", "href": url}]
    assert page.all("a", rel="author") == [{"rel": "author", "href": user}]
    oembed = page.all("link", type="application/json+oembed") + page.all("link", type="text/xml+oembed")
    asked = [parse_qs(urlsplit(each["href"]).query) for each in oembed]
    assert asked == [{"url": [url], "format": ["json"]}, {"url": [url], "format": ["xml"]}]
    feeds = [(each["type"], each["href"]) for each in page.all("link", rel="alternate") if "feeds" in each["href"]]
    assert feeds == [
        ("application/atom+xml", f"{easel.url}/feeds/user/bora.atom"),
        ("application/rss+xml", f"{easel.url}/feeds/user/bora.rss"),
        ("application/feed+json", f"{easel.url}/feeds/user/bora.json"),
        ("application/atom+xml", f"{easel.url}/feeds/latest.atom"),
        ("application/atom+xml", f"{easel.url}/feeds/popular.atom"),
    ]
    assert "robots" not in page.meta


async def test_a_page_shows_every_picture_by_links_to_variants_alone(easel: Installation) -> None:
    author = await easel.signed_up("bora")
    job = (await author.submit("a secret lighthouse", "1", count=2, steps=1))["job"]["id"]
    events = [event async for event in author.watch(job)]
    assets = [event["slot"]["image"]["id"] for event in events if event["__typename"] == "GenerationImageReady"]
    artwork = (await author.core("publish", {"assetIds": assets, "title": "Lights"}))["artwork"]["id"]

    page = await reader_of(easel).document(f"/a/{artwork}")

    pictures = page.all("img")
    assert [each["alt"] for each in pictures] == ["Lights", "Lights"]
    async with http_client() as http:
        for each in pictures:
            links = {each["src"], *(part.split()[0] for part in each["srcset"].split(", "))}
            assert {link.partition("?")[0].rpartition("/")[2] for link in links} == {"full.webp", "card.webp"}
            for link in links:
                response = await http.get(link)
                assert (response.status_code, response.headers["content-type"]) == (200, "image/webp")
                assert b"lighthouse" not in response.content
    assert "original" not in str(page.elements)


@pytest.mark.parametrize("path", ["/a/{artwork}", "/a/{artwork}/embed", "/u/bora", "/a/none", "/a/none/embed"])
async def test_a_page_is_whole_in_itself_and_runs_nothing(easel: Installation, database_url: str, path: str) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)

    response = await reader_of(easel).get(path.format(artwork=artwork))

    page = Document(response.text)
    policy = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
    style = re.search(r"<style>(.*)</style>", response.text, re.DOTALL)
    assert style
    digest = b64encode(sha256(style[1].encode()).digest()).decode()
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == f"'sha256-{digest}'"
    assert policy["img-src"] == f"'self' {easel.url}"
    assert policy.get("frame-ancestors") == (None if "embed" in path else "'none'")
    assert "x-frame-options" not in response.headers
    assert not page.all("script")
    assert not [each for each in page.all("link") if each["rel"] == "stylesheet"]
    assert not [each for _, each in page.elements if "style" in each]
    assert {urlsplit(link).netloc for link in HERE.findall(response.text)} <= {urlsplit(easel.url).netloc}
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in response.headers


async def test_pages_speak_the_reader_s_language(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)

    english, korean = [await reader_of(easel, each).document(f"/a/{artwork}") for each in ("en", "ko-KR,en;q=0.5")]

    assert english.all("html")[0]["lang"] == "en"
    assert korean.all("html")[0]["lang"] == "ko"
    assert english.meta["og:description"] == "A picture by Bora on Easel."
    assert korean.meta["og:description"] == "Easel에 올라온 Bora님의 작품입니다."
    assert korean.meta["og:locale"] == "ko_KR"
    assert "좋아요" in korean.text
    response = await reader_of(easel).get(f"/a/{artwork}")
    assert "Accept-Language" in response.headers["vary"]


@pytest.mark.parametrize("path", ["/a/{artwork}", "/a/{artwork}/embed", "/u/bora", "/"])
async def test_what_people_write_stays_text(easel: Installation, database_url: str, path: str) -> None:
    # given hostile texts wherever there can be any
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url, tags=["sea"])
    renamed(database_url, artwork, HOSTILE)
    sql(database_url, "UPDATE artworks SET description = %s", HOSTILE)
    sql(database_url, "UPDATE users SET display_name = %s, bio = %s", HOSTILE, HOSTILE)
    sql(database_url, "UPDATE tags SET name = %s", HOSTILE)
    sql(database_url, "UPDATE media_assets SET alt_text = %s", HOSTILE)

    page = await reader_of(easel).document(path.format(artwork=artwork))

    # then no element came of them, and they are read as they were written
    assert not page.all("script")
    assert {name for name, _ in page.elements} <= {
        *("html", "head", "meta", "title", "link", "style", "body", "header", "main", "div", "section", "article"),
        *("a", "img", "span", "h1", "br", "bdi", "p", "ul", "li", "dl", "dt", "dd", "time", "footer"),
    }
    known = {"charset", "name", "content", "property", "rel", "href", "type", "title", "class", "lang", "prefix", "dir"}
    known |= {"src", "srcset", "sizes", "width", "height", "alt", "loading", "datetime", "target", "aria-hidden"}
    assert {name for _, attributes in page.elements for name in attributes} <= known
    visible = HOSTILE.replace("\u0085", "")
    assert visible.partition(" \u202e")[0] in page.text
    if path == "/a/{artwork}":
        # in one line of plain text nothing turns what stands around it
        assert "\u202e" not in page.meta["og:title"]
        assert page.meta["og:title"].startswith("\"><script>alert('1')</script>&amp; ]]> gnp.exe 👩‍👩‍👧‍👦")


async def test_a_title_of_a_thousand_characters_is_shortened_where_it_is_told(
    easel: Installation, database_url: str
) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)
    renamed(database_url, artwork, "긴" * 1_000)

    page = await reader_of(easel).document(f"/a/{artwork}")

    assert page.meta["og:title"] == "긴" * 99 + "…"
    assert "긴" * 1_000 in page.text


async def test_the_picture_s_address_leads_to_a_fresh_link(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)
    reader = reader_of(easel)

    for path, name in (("image", "full"), ("image/card", "card"), ("image/thumb", "thumb")):
        response = await reader.get(f"/a/{artwork}/{path}")
        link = urlsplit(response.headers["location"])
        assert response.status_code == 302
        assert link.path.endswith(f"/{name}.webp")
        # the way may be remembered for a shorter time than the link lives
        seconds = int(response.headers["cache-control"].removeprefix("public, max-age="))
        assert seconds == 600
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    for path in ("image/original", "image/full", "image/%2e%2e"):
        assert (await reader.get(f"/a/{artwork}/{path}")).status_code == 404


async def test_a_picture_that_is_too_large_for_social_networks_is_shared_as_a_card(
    easel: Installation, database_url: str
) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)
    sql(database_url, "UPDATE media_assets SET width = 8000, height = 2000")
    reader = reader_of(easel)

    page = await reader.document(f"/a/{artwork}")

    assert (page.meta["og:image:width"], page.meta["og:image:height"]) == ("640", "160")
    assert "/card.webp?" in (await reader.get(f"/a/{artwork}/image")).headers["location"]


async def test_an_embed_stays_in_its_frame(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url)

    page = await reader_of(easel).document(f"/a/{artwork}/embed")

    links = page.all("a")
    assert [each["href"] for each in links] == [f"{easel.url}/a/{artwork}"] * 2 + [f"{easel.url}/u/bora"]
    assert {(each["target"], each["rel"]) for each in links} == {("_blank", "noopener")}
    assert page.meta["robots"] == "noindex"
    assert page.all("link", rel="canonical")[0]["href"] == f"{easel.url}/a/{artwork}"


async def test_a_user_s_page_shows_their_newest_public_artworks(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    first, second = [await published(author, database_url, title=title) for title in ("First", "Second")]
    await published(author, database_url, title="Unlisted", visibility="UNLISTED")
    sql(database_url, "UPDATE users SET bio = 'I paint\nharbours' WHERE handle = 'bora'")
    reader = reader_of(easel)

    page = await reader.document("/u/bora")

    links = [f"{easel.url}/", *(f"{easel.url}/a/{each}" for each in (second, first))]
    assert [each["href"] for each in page.all("a")] == links
    # and so does the page that all lead to, and feeds and oEmbed name as theirs
    home = await reader.document("/")
    assert [each["href"] for each in home.all("a")] == links
    assert home.all("link", rel="canonical") == [{"rel": "canonical", "href": links[0]}]
    assert home.meta["og:type"] == "website"
    assert page.meta["og:type"] == "profile"
    assert page.meta["profile:username"] == "bora"
    assert page.meta["og:description"] == "I paint harbours"
    assert page.meta["og:image"] == f"{easel.url}/a/{second}/image"
    assert "Unlisted" not in page.text
    for path in ("/u/BORA", "/u/@bora"):
        assert (await reader.document(path)).all("link", rel="canonical") == page.all("link", rel="canonical")
    for path in ("/u/nobody", "/u/@@bora", "/u/%00", "/u/" + "x" * 3_000, "/u/%ff"):
        assert (await reader.get(path)).status_code == 404


async def test_a_user_without_artworks_has_a_page(easel: Installation) -> None:
    await easel.signed_up("bora")

    page = await reader_of(easel, "ko").document("/u/bora")

    assert "아직 공개된 작품이 없습니다." in page.text
    assert page.meta["twitter:card"] == "summary"
    assert "og:image" not in page.meta
