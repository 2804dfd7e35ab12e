"""Artworks that are published, changed, taken back and deleted: what they show, where they are listed, and to whom."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

import pytest

from domain import comments
from domain.counters import COUNTERS, differences
from people import key_in, set_like
from publishing_client import Author, new_author
from stored import row_counts, sql

if TYPE_CHECKING:
    from local_graph import LocalGraph
    from workshop import Workshop

pytestmark = pytest.mark.anyio


@pytest.fixture
async def reader(graph: LocalGraph, shop: Workshop) -> Author:
    return await new_author(graph, shop)


def told(shop: Workshop) -> list[tuple[str, str]]:
    """Return what all watchers of feeds are told: what happened, and to which artwork."""
    query: LiteralString = (
        "SELECT payload->>'kind', payload->'data'->>'artwork' FROM outbox"
        " WHERE payload->>'stream' LIKE 'feed:%%'"
        " AND payload->'data'->>'level' = 'GENERAL' ORDER BY id"
    )
    return sql(shop.database_url, query)


def everything(shop: Workshop) -> list[Any]:
    """Return all that a refused mutation could have changed."""
    tables: tuple[LiteralString, ...] = ("artworks", "artwork_tags", "artwork_images", "tags", "users")
    rows: list[Any] = [sql(shop.database_url, "SELECT * FROM " + table + " ORDER BY 1, 2") for table in tables]
    return [row_counts(shop.database_url), *rows]


async def test_hashtags_of_the_text_follow_those_that_are_given(author: Author) -> None:
    artwork = await author.publish(
        title="바다 #Sea", description="＃하늘 and #sun, not #1 nor a#b", tags=["given", "#SUN"]
    )
    assert artwork["tags"] == ["given", "sun", "sea", "하늘"]
    assert (artwork["title"], artwork["description"]) == ("바다 #Sea", "＃하늘 and #sun, not #1 nor a#b")

    # and go with the text, while those that were given stay
    changed = await author.update(artwork["id"], description="#moon")
    assert changed["tags"] == ["given", "sun", "sea", "moon"]
    changed = await author.update(artwork["id"], tags=["moon"])
    assert changed["tags"] == ["moon", "sea"]
    changed = await author.update(artwork["id"], title="x", description="")
    assert changed["tags"] == ["moon"]
    assert (await author.update(artwork["id"], tags=[]))["tags"] == []


async def test_hashtags_of_the_text_take_what_room_is_left(author: Author) -> None:
    given = [f"t{n}" for n in range(19)]
    artwork = await author.publish(tags=given, description="#a #b #c")
    assert artwork["tags"] == [*given, "a"]
    assert (await author.update(artwork["id"], tags=given[:18]))["tags"] == [*given[:18], "a", "b"]


async def test_what_is_left_out_or_null_stays(author: Author) -> None:
    artwork = await author.publish(
        description="as it was", tags=["a"], license="CC_BY_4_0", visibility="UNLISTED", promptVisibility="PRIVATE"
    )
    assert artwork["licenseUrl"] == "https://creativecommons.org/licenses/by/4.0/"
    assert await author.update(artwork["id"]) == artwork
    nothing = dict.fromkeys(
        ("title", "description", "tags", "visibility", "promptVisibility", "license", "assetIds"), None
    )
    assert await author.update(artwork["id"], **nothing) == artwork
    given = {"title": "y", "description": "z", "promptVisibility": "PUBLIC", "license": "ALL_RIGHTS_RESERVED"}
    assert await author.update(artwork["id"], **given) == artwork | given | {"licenseUrl": None}


async def test_images_are_put_in_another_order_taken_out_and_added(author: Author, shop: Workshop) -> None:
    # given images of two styles, one of them for fewer people
    one, two, three = (author.image() for _ in range(3))
    change = "UPDATE media_assets SET style = 'oil', content_level = 'SENSITIVE' WHERE id = %s"
    sql(shop.database_url, change, key_in(three))
    artwork = await author.publish(assetIds=[one, two])

    for images in ([two, one], [three, two], [three], [one, two, three], [one]):
        changed = await author.update(artwork["id"], assetIds=images)
        assert [each["id"] for each in changed["images"]] == images
        assert changed["image"]["id"] == images[0]
        assert changed["style"] == ("oil" if images[0] == three else "anime")
        assert changed["contentLevel"] == ("SENSITIVE" if three in images else "GENERAL")

    # then those who watch feeds are told when it is for everybody, and when it is not
    key = str(key_in(artwork["id"]))
    assert told(shop) == [(kind, key) for kind in ("edge_added", "edge_removed", "edge_added")]


async def test_it_is_listed_counted_and_told_wherever_it_moves(author: Author, reader: Author, shop: Workshop) -> None:
    artwork = await author.publish(visibility="PRIVATE", tags=["a"], title="#b")
    key, was_listed, expected = str(key_in(artwork["id"])), False, []

    async def counted() -> dict[str, int]:
        async with shop.db.read() as tx:
            assert [each for counter in COUNTERS.values() for each in await differences(tx, counter)] == []
        return dict(sql(shop.database_url, "SELECT name, artwork_count FROM tags"))

    for visibility in ("PUBLIC", "UNLISTED", "PRIVATE", "UNLISTED", "PUBLIC", "PUBLIC", "PRIVATE", "PUBLIC"):
        changed = await author.update(artwork["id"], visibility=visibility)
        is_listed = visibility == "PUBLIC"
        if is_listed is not was_listed:
            expected.append(("edge_added" if is_listed else "edge_removed", key))
        was_listed = is_listed
        assert changed["visibility"] == visibility
        assert changed["author"]["artworkCount"] == int(is_listed)
        assert await reader.feed() == ([artwork["id"]] if is_listed else [])
        assert ((await reader.read(artwork["id"])) is None) is (visibility == "PRIVATE")
        assert told(shop) == expected
        assert await counted() == {"a": int(is_listed), "b": int(is_listed)}

    # and its tags count it as long as it has them
    await author.update(artwork["id"], tags=["b", "c"])
    assert await counted() == {"a": 0, "b": 1, "c": 1}
    await author.update(artwork["id"], tags=["a"], visibility="UNLISTED")
    await author.update(artwork["id"], tags=["c"])
    assert await counted() == {"a": 0, "b": 0, "c": 0}
    await author.update(artwork["id"], visibility="PUBLIC", description="#d")
    await author.ask("delete", artworkId=artwork["id"])
    assert await counted() == {"a": 0, "b": 0, "c": 0, "d": 0}


async def test_it_is_new_when_it_is_public_for_the_first_time(author: Author, shop: Workshop) -> None:
    hidden, later = await author.publish(visibility="PRIVATE"), await author.publish()
    assert await author.feed() == [later["id"]]

    # then the first time it stands before what was published meanwhile
    moments = [
        (await author.update(hidden["id"], visibility=visibility))["createdAt"]
        for visibility in ("UNLISTED", "PUBLIC", "PRIVATE", "PUBLIC")
    ]
    assert moments[0] == hidden["createdAt"]
    assert datetime.fromisoformat(moments[1]) > datetime.fromisoformat(later["createdAt"])
    assert len(set(moments[1:])) == 1
    assert await author.feed() == [hidden["id"], later["id"]]

    # and what was public at once never is new again
    for visibility in ("PRIVATE", "PUBLIC"):
        assert (await author.update(later["id"], visibility=visibility))["createdAt"] == later["createdAt"]
    assert sql(shop.database_url, "SELECT was_public FROM artworks") == [(True,), (True,)]


async def test_what_is_deleted_is_seen_by_nobody_and_then_removed(
    author: Author, reader: Author, shop: Workshop
) -> None:
    # given an artwork that somebody likes and has remixed
    artwork = await author.publish(tags=["a"], license="CC_BY_4_0")
    remix = await reader.publish(remixOf=artwork["id"])
    key = key_in(artwork["id"])
    async with shop.db.write() as tx:
        await set_like(tx, reader.key, key)
        await comments.add(tx, reader.key, key, "x", None, "key")

    gone = await author.ask("delete", artworkId=f"artwork_{key.hex.upper()}")

    assert gone == {"deletedId": artwork["id"], "author": {"id": author.id, "artworkCount": 0}}
    image = artwork["image"]["id"]
    for person in (author, reader):
        assert await person.read(artwork["id"]) is None
        assert artwork["id"] not in await person.feed()
    assert ("edge_removed", str(key)) in told(shop)
    assert (await reader.read(remix["id"]) or {})["remixOf"] is None
    refused = {"code": "NOT_FOUND", "path": ["input", "artworkId"]}
    for verb in ("delete", "update", "unpublish"):
        answer = await author.ask(verb, artworkId=artwork["id"])
        assert answer | {"message": ""} == refused | {"message": ""}

    # when the sweeper has passed
    await shop.sweeper().remove_artworks()

    # then nothing is left of it but its images and its remixes
    assert sql(shop.database_url, "SELECT id FROM artworks") == [(key_in(remix["id"]),)]
    for table in ("reactions", "comments", "artwork_tags"):
        assert row_counts(shop.database_url)[table] == 0
    assert (await author.publish(assetIds=[image]))["image"]["id"] == image


async def test_many_likes_are_removed_some_at_a_time(
    author: Author, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.removing.AT_ONCE", 2)
    monkeypatch.setattr("workers.sweeper.REMOVALS", 2)
    artwork = await author.publish()
    for _ in range(5):
        liker = await shop.user()
        async with shop.db.write() as tx:
            await set_like(tx, liker, key_in(artwork["id"]))
    await author.ask("delete", artworkId=artwork["id"])
    left = []
    for _ in range(2):
        await shop.sweeper().remove_artworks()
        left.append((row_counts(shop.database_url)["reactions"], row_counts(shop.database_url)["artworks"]))
        async with shop.db.read() as tx:
            assert await differences(tx, COUNTERS["artworks.like_count"]) == []
    assert left == [(1, 1), (0, 0)]


async def test_many_comments_are_removed_some_at_a_time_the_newest_first(
    author: Author, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.removing.AT_ONCE", 2)
    monkeypatch.setattr("workers.sweeper.REMOVALS", 1)
    artwork = key_in((await author.publish())["id"])
    async with shop.db.write() as tx:
        root = await comments.add(tx, author.key, artwork, "root", None, "root")
        answered = [await comments.add(tx, author.key, artwork, each, root, each) for each in "abc"]
        await comments.add(tx, author.key, artwork, "d", answered[2], "d")
        await comments.remove(tx, author.key, answered[2])
    await author.ask("delete", artworkId=f"artwork_{artwork.hex}")
    left = []
    for _ in range(3):
        await shop.sweeper().remove_artworks()
        left.append(sql(shop.database_url, "SELECT text, reply_count FROM comments ORDER BY created_at"))
        async with shop.db.read() as tx:
            assert [each for counter in COUNTERS.values() for each in await differences(tx, counter)] == []
    assert left == [[("root", 2), ("a", 0), ("b", 0)], [("root", 0)], []]
    assert row_counts(shop.database_url)["artworks"] == 0


BAD: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"title": ""}, "INVALID_INPUT", ["title"]),
    ({"title": "\u200b \u3164"}, "INVALID_INPUT", ["title"]),
    ({"title": "x" * 101}, "INVALID_INPUT", ["title"]),
    ({"title": "a\0"}, "INVALID_INPUT", ["title"]),
    ({"description": "x" * 10_000}, "INVALID_INPUT", ["description"]),
    ({"description": "\ud800"}, "INVALID_INPUT", ["description"]),
    ({"tags": ["a", "b c"]}, "INVALID_INPUT", ["tags", "1"]),
    ({"tags": ["🌊"]}, "INVALID_INPUT", ["tags", "0"]),
    ({"tags": ["x" * 51]}, "INVALID_INPUT", ["tags", "0"]),
    ({"tags": [f"t{n}" for n in range(21)]}, "INVALID_INPUT", ["tags"]),
    ({"assetIds": []}, "INVALID_INPUT", ["assetIds"]),
    ({"assetIds": ["own", "own"]}, "INVALID_INPUT", ["assetIds"]),
    ({"assetIds": ["own", "pending"]}, "INVALID_INPUT", ["assetIds", "1"]),
    ({"assetIds": ["foreign"]}, "NOT_FOUND", ["assetIds", "0"]),
    ({"assetIds": ["own", "user's"]}, "NOT_FOUND", ["assetIds", "1"]),
    ({"assetIds": ["\ud800"]}, "NOT_FOUND", ["assetIds", "0"]),
]


async def test_a_bad_value_is_named_and_nothing_is_written(author: Author, reader: Author, shop: Workshop) -> None:
    ids = {"own": author.image(), "pending": author.image("PENDING"), "foreign": reader.image(), "user's": author.id}
    artwork = await author.publish(tags=["a"])
    before = everything(shop)

    for change, code, path in BAD:
        good = {"title": "new #new", "tags": ["other"], "visibility": "PRIVATE", "license": "CC0_1_0"}
        given = good | change
        if "assetIds" in given:
            given["assetIds"] = [ids.get(name, name) for name in given["assetIds"]]
        refused = await author.ask("update", artworkId=artwork["id"], **given)
        assert (refused.get("code"), refused.get("path")) == (code, ["input", *path]), change

    assert everything(shop) == before


async def test_what_is_not_ones_own_can_not_be_changed(author: Author, reader: Author, shop: Workshop) -> None:
    artwork = await author.publish()
    before = everything(shop)
    for key in (artwork["id"], "artwork_" + "0" * 32, author.id, "", "\ud800", "x" * 10_000):
        for verb, given in (("update", {"title": "mine", "visibility": "PRIVATE"}), ("delete", {}), ("unpublish", {})):
            refused = await reader.ask(verb, artworkId=key, **given)
            assert (refused.get("code"), refused.get("path")) == ("NOT_FOUND", ["input", "artworkId"]), (verb, key)
    assert everything(shop) == before
