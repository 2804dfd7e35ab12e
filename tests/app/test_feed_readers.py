"""RSS, Atom and JSON Feed as readers of feeds take them."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from share_pages import HOSTILE, Document, published, reader_of, renamed, xml_of
from stored import sql

if TYPE_CHECKING:
    from conftest import Installation
    from share_pages import Reader

pytestmark = pytest.mark.anyio

ATOM: Final = "{http://www.w3.org/2005/Atom}"
MEDIA: Final = "{http://search.yahoo.com/mrss/}"
CREATOR: Final = "{http://purl.org/dc/elements/1.1/}creator"
TYPES: Final = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
}
UNPUBLISH: Final = "mutation($id: ID!) { unpublishArtwork(input: {artworkId: $id}) { __typename } }"


async def read(reader: Reader, name: str) -> dict[str, list[dict[str, Any]]]:
    """Return what each format tells of the entries of a feed, in the same words; the formats' own rules hold."""
    told = {}
    for form, media_type in TYPES.items():
        response = await reader.get(f"/feeds/{name}.{form}")
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == media_type
        told[form] = {"rss": _rss, "atom": _atom, "json": _json}[form](response, f"{reader.url}/feeds/{name}.{form}")
    return told


def _rss(response: Any, url: str) -> list[dict[str, Any]]:  # noqa: ANN401
    """Read RSS 2.0 by https://www.rssboard.org/rss-specification and the profile's advice."""
    root = xml_of(response.content)
    (channel,) = root
    assert (root.tag, root.attrib, channel.tag) == ("rss", {"version": "2.0"}, "channel")
    assert all(channel.findtext(name) for name in ("title", "link", "description"))
    own = channel.find(f"{ATOM}link")
    assert own is not None
    assert (own.get("rel"), own.get("href"), own.get("type")) == ("self", url, "application/rss+xml")
    assert parsedate_to_datetime(channel.findtext("lastBuildDate") or "").tzinfo
    entries = []
    for item in channel.iterfind("item"):
        guid, enclosure, media = item.find("guid"), item.find("enclosure"), item.find(f"{MEDIA}content")
        assert guid is not None
        assert enclosure is not None
        assert media is not None
        assert guid.get("isPermaLink") == "false"
        assert (enclosure.get("length"), enclosure.get("type")) == ("0", "image/webp")
        assert (media.get("medium"), media.get("url")) == ("image", enclosure.get("url"))
        entries.append(
            {
                "title": item.findtext("title"),
                "url": item.findtext("link"),
                "html": item.findtext("description"),
                "author": item.findtext(CREATOR),
                "id": guid.text,
                "image": enclosure.get("url"),
                "published": parsedate_to_datetime(item.findtext("pubDate") or ""),
                "tags": [each.text for each in item.iterfind("category")],
            }
        )
    return entries


def _atom(response: Any, url: str) -> list[dict[str, Any]]:  # noqa: ANN401
    """Read Atom by RFC 4287, 4.1: what has to be there, and once."""
    root = xml_of(response.content)
    assert root.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert len(root.findall(f"{ATOM}{name}")) == 1
    links = {each.get("rel"): each.get("href") for each in root.findall(f"{ATOM}link")}
    assert links["self"] == root.findtext(f"{ATOM}id") == url
    assert links["alternate"]
    assert datetime.fromisoformat(root.findtext(f"{ATOM}updated") or "").tzinfo
    entries = []
    for entry in root.iterfind(f"{ATOM}entry"):
        for name in ("id", "title", "updated", "published", "content", "author"):
            assert len(entry.findall(f"{ATOM}{name}")) == 1
        content = entry.find(f"{ATOM}content")
        assert content is not None
        assert content.get("type") == "html"
        own = {each.get("rel"): each for each in entry.findall(f"{ATOM}link")}
        assert own["enclosure"].get("type") == "image/webp"
        entries.append(
            {
                "id": entry.findtext(f"{ATOM}id"),
                "title": entry.findtext(f"{ATOM}title"),
                "url": own["alternate"].get("href"),
                "html": content.text,
                "author": entry.findtext(f"{ATOM}author/{ATOM}name"),
                "image": own["enclosure"].get("href"),
                "published": datetime.fromisoformat(entry.findtext(f"{ATOM}published") or ""),
                "tags": [each.get("term") for each in entry.iterfind(f"{ATOM}category")],
            }
        )
    return entries


def _json(response: Any, url: str) -> list[dict[str, Any]]:  # noqa: ANN401
    """Read JSON Feed by https://www.jsonfeed.org/version/1.1/."""
    feed = response.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == url
    assert feed["title"]
    assert feed["home_page_url"]
    return [
        {
            "id": each["id"],
            "title": each["title"],
            "url": each["url"],
            "html": each["content_html"],
            "author": each["authors"][0]["name"],
            "image": each["attachments"][0]["url"],
            "published": datetime.fromisoformat(each["date_published"]),
            "tags": each["tags"],
        }
        for each in feed["items"]
    ]


@pytest.mark.parametrize("name", ["latest", "popular", "user/bora"])
async def test_all_formats_tell_the_same_newest_first(easel: Installation, database_url: str, name: str) -> None:
    author, other = await easel.signed_up("bora"), await easel.signed_up("mina")
    first = await published(author, database_url, title="First", description="One\n\ntwo", tags=["sea", "고양이"])
    second = await published(author, database_url, title="Second")
    await published(other, database_url, title="Third")

    told = await read(reader_of(easel), name)

    assert told["rss"] == told["atom"] == told["json"]
    titles = ["Third", "Second", "First"] if name != "user/bora" else ["Second", "First"]
    assert [each["title"] for each in told["json"]] == titles
    *_, newer, oldest = told["json"]
    assert newer["url"] == f"{easel.url}/a/{second}"
    html = Document(oldest.pop("html"))
    assert oldest == {
        "id": f"urn:uuid:{oldest['id'].removeprefix('urn:uuid:')}",
        "title": "First",
        "url": f"{easel.url}/a/{first}",
        "author": "Bora",
        "image": f"{easel.url}/a/{first}/image",
        "published": oldest["published"],
        "tags": ["sea", "고양이"],
    }
    assert oldest["id"].replace("-", "") == f"urn:uuid:{first.partition('_')[2]}"
    assert [each["src"] for each in html.all("img")] == [f"{easel.url}/a/{first}/image"]
    assert [each["href"] for each in html.all("a")] == [f"{easel.url}/a/{first}"]
    assert html.text.split() == ["One", "two"]


async def test_a_feed_has_the_fifty_newest(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    await published(author, database_url, title="Oldest")
    sql(
        database_url,
        "WITH asset AS (SELECT id, owner_id FROM media_assets), made AS (INSERT INTO artworks (id, author_id, title,"
        " description, visibility, prompt, prompt_visibility, style, like_count, comment_count, created_at) SELECT"
        " gen_random_uuid(), owner_id, n::text, '', 'PUBLIC', '', 'PUBLIC', '', 0, 0, now() + n * interval '1 s'"
        " FROM asset, generate_series(1, 60) n RETURNING id)"
        " INSERT INTO artwork_images (artwork_id, asset_id, position) SELECT made.id, asset.id, 0 FROM made, asset",
    )
    told = await read(reader_of(easel), "latest")
    assert [each["title"] for each in told["json"]] == [str(number) for number in range(60, 10, -1)]


async def test_an_empty_feed_is_one(easel: Installation) -> None:
    await easel.signed_up("bora")
    for name in ("latest", "user/bora"):
        assert await read(reader_of(easel), name) == {"rss": [], "atom": [], "json": []}


async def test_what_was_read_is_not_sent_again_until_something_changes(easel: Installation, database_url: str) -> None:
    # given a feed that was read, in a form and encoding
    author = await easel.signed_up("bora")
    first = await published(author, database_url)
    second = await published(author, database_url)
    reader = reader_of(easel)
    for form in TYPES:
        path = f"/feeds/latest.{form}"
        before = await reader.get(path)
        etag, modified = before.headers["etag"], before.headers["last-modified"]
        ((newest,),) = sql(database_url, "SELECT max(created_at) FROM artworks")
        assert parsedate_to_datetime(modified) == newest.replace(microsecond=0)

        # then it is not sent again
        for known in (etag, f'"x", W/{etag}', "*"):
            again = await reader.get(path, if_none_match=known)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == etag
            assert again.headers["cache-control"] == "public, max-age=60"
            assert again.headers["last-modified"] == modified
        assert (await reader.get(path, if_none_match='"other"')).status_code == 200
        compressed = await reader.get(path, accept_encoding="gzip")
        assert compressed.headers["content-encoding"] == "gzip"
        assert compressed.content == before.content
        assert compressed.headers["etag"] != etag

    # when what is not its newest entry leaves it, whose time it tells
    assert second
    await author.data(UNPUBLISH, {"id": first})
    after = await reader.get("/feeds/latest.json", if_none_match=etag, if_modified_since=modified)
    assert after.headers["last-modified"] == modified
    assert (after.status_code, first in after.text) == (200, False)
    late = await reader.get("/feeds/latest.json", if_modified_since=modified)
    assert late.status_code == 200, "a time alone can not tell that something left"


async def test_what_people_write_stays_text_in_every_format(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    artwork = await published(author, database_url, tags=["sea"])
    renamed(database_url, artwork, HOSTILE)
    sql(database_url, "UPDATE artworks SET description = %s", f"{HOSTILE}\u0001\ufffe\x1b")
    sql(database_url, "UPDATE users SET display_name = %s", f"{HOSTILE}\u0008")
    sql(database_url, "UPDATE tags SET name = %s", HOSTILE)

    told = await read(reader_of(easel), "user/bora")

    for form, entries in told.items():
        (entry,) = entries
        assert entry["title"].startswith("\"><script>alert('1')</script>&amp; ]]> gnp.exe"), form
        assert "\u202e" not in entry["title"] + entry["author"]
        html = Document(entry["html"])
        assert {name for name, _ in html.elements} == {"p", "a", "img"}
        assert "<script>alert('1')</script>&amp; ]]>" in html.text
        assert "\ufffd" in html.text, "what XML forbids is told as missing"
        assert not {"\u0001", "\ufffe", "\x1b"} & {*entry["html"]}


@pytest.mark.parametrize(
    "path",
    [
        *("latest", "latest.html", "latest.", "latest.rss.atom", "user/nobody.rss", "user/.rss", "user/%00.atom"),
        *("popular", "recommended.rss", "user/bora/x.rss", ""),
    ],
)
async def test_other_feeds_are_not_there(easel: Installation, path: str) -> None:
    await easel.signed_up("bora")
    assert (await reader_of(easel).get(f"/feeds/{path}")).status_code == 404


async def test_a_feed_s_own_words_are_in_the_reader_s_language(easel: Installation) -> None:
    await easel.signed_up("bora")
    titles = [(await reader_of(easel, each).json("/feeds/user/bora.json"))["title"] for each in ("en", "ko")]
    assert titles == ["Pictures by Bora on Easel", "Easel Bora님의 작품"]
