"""Feeds of every kind: what stands in them and why, and page by page while artworks come, leave and are liked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, LiteralString

import pytest

from db.tables import Block, HiddenTag, Mute, TagFollow
from domain import feeds, popularity
from forging import forged, parts_of
from stored import sql
from town import NEWER, PAGE, Town, a_town
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture
async def town(spare_database_url: str, spare_redis_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(spare_database_url, spare_redis_url, tmp_path) as town:
        await town.person("ann", "ben", "cleo", "me")
        yield town


@pytest.fixture(params=["few", "many"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let those who follow anybody count as following few, or many, among three newest artworks."""
    monkeypatch.setattr(feeds, "FEW_PEOPLE", 400 if request.param == "few" else 0)
    monkeypatch.setattr(feeds, "FEW_TAGS", 50 if request.param == "few" else 0)
    monkeypatch.setattr(feeds, "NEWEST", 3)


@pytest.mark.usefixtures("way")
async def test_each_feed_has_what_belongs_there_and_says_why(town: Town) -> None:
    await town.publish("ann", "a1", tags=("Sea", "sky"))
    await town.publish("ben", "b1", tags=("sea",))
    await town.publish("ben", "b2")
    await town.publish("cleo", "c1", tags=("sky",))
    await town.follow("me", "cleo")
    await town.add(TagFollow(user_id=town.people["me"], tag_id=await town.tag_id("sea")))

    assert await town.titles("me", "LATEST") == ["c1", "b2", "b1", "a1"]
    assert await town.titles("me", "TAG", filter={"tag": " #SEA "}) == ["b1", "a1"]
    assert await town.titles(None, "TAG", filter={"tag": "sky"}) == ["c1", "a1"]
    first = await town.tagged(None, "sky", first=1)
    after = await town.tagged(None, "sky", first=1, after=first["pageInfo"]["endCursor"])
    assert [page["edges"][0]["node"]["title"] for page in (first, after)] == ["c1", "a1"]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, after)] == [True, False]
    assert await town.titles("me", "FOLLOWING") == ["c1", "b1", "a1"]
    author = f"user_{town.people['ben'].hex}"
    assert await town.titles("me", "LATEST", filter={"authorId": author, "style": "anime"}) == ["b2", "b1"]
    assert await town.titles("me", "LATEST", filter={"style": "none"}) == []

    for kind, given, count in (("LATEST", None, 4), ("FOLLOWING", None, None), ("TAG", {"tag": "sea"}, None)):
        counted = "query($kind: FeedKind!, $filter: FeedFilter) { feed(kind: $kind, filter: $filter) { totalCount } }"
        assert (await town.ask(counted, "me", kind=kind, filter=given))["feed"]["totalCount"] == count

    reasons = [edge["reason"] for edge in (await town.page("me", "FOLLOWING"))["edges"]]
    assert reasons == [
        {"kind": "FOLLOWED_AUTHOR", "tag": None, "author": {"handle": "cleo"}},
        {"kind": "FOLLOWED_TAG", "tag": "sea", "author": None},
        {"kind": "FOLLOWED_TAG", "tag": "sea", "author": None},
    ]
    for kind, given, tag in (("LATEST", {}, None), ("POPULAR", {}, None), ("TAG", {"tag": "#Sky"}, "sky")):
        edges = (await town.page("me", kind, filter=given))["edges"]
        assert [edge["reason"] for edge in edges] == [{"kind": kind, "tag": tag, "author": None}] * len(edges)


@pytest.mark.usefixtures("way")
async def test_nobody_is_shown_what_they_do_not_want(town: Town) -> None:
    await town.person("dan", "eve", "mia")
    for handle in ("ann", "ben", "cleo", "dan"):
        await town.publish(handle, handle, tags=("sea",))
    await town.publish("eve", "hidden", tags=("sea", "spider"))
    await town.publish("eve", "mature", tags=("sea",), level="MATURE")
    await town.publish("me", "mine", tags=("sea", "spider"))
    me = town.people["me"]
    await town.follow("me", "ann", "ben", "cleo", "dan", "eve")
    await town.add(
        TagFollow(user_id=me, tag_id=await town.tag_id("sea")),
        HiddenTag(user_id=me, tag_id=await town.tag_id("spider")),
        Mute(user_id=me, muted_id=town.people["ben"]),
        Block(user_id=me, other_id=town.people["cleo"], is_own=True),
        Block(user_id=me, other_id=town.people["dan"], is_own=False),
    )

    for kind, given in (("LATEST", None), ("POPULAR", None), ("FOLLOWING", None), ("TAG", {"tag": "sea"})):
        assert await town.titles("me", kind, filter=given) == ["mine", "ann"], kind
    assert [edge["node"]["title"] for edge in (await town.tagged("me", "sea"))["edges"]] == ["mine", "ann"]
    since = (await town.page("me", "LATEST"))["edges"][-1]["cursor"]
    await town.publish("ben", "ben 2")
    assert (await town.ask(NEWER, "me", kind="LATEST", since=since))["feed"]["newerCount"] == 1
    for kind, given in (("LATEST", None), ("POPULAR", None), ("TAG", {"tag": "sea"})):
        assert "mature" not in await town.titles(None, kind, filter=given)
    assert await town.code(PAGE, None, kind="FOLLOWING") == "UNAUTHENTICATED"


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("kind", ["LATEST", "POPULAR", "FOLLOWING", "TAG"])
async def test_pages_have_neither_repeat_nor_gap_while_artworks_come_leave_and_are_liked(town: Town, kind: str) -> None:
    for number in range(9):
        await town.publish(("ann", "ben", "cleo")[number % 3], f"{number}", tags=("sea", "sky"))
    await town.follow("me", "ann", "ben")
    await town.publish("me", "warm")
    for name in ("sea", "sky"):
        await town.add(TagFollow(user_id=town.people["me"], tag_id=await town.tag_id(name)))
    await town.round()

    async def between(number: int) -> None:
        if number > 3:
            return
        await town.publish("ann", f"new {number}", tags=("sea",))
        await town.unpublish(("ann", "ben", "cleo")[number % 3], f"{number}")
        for title in ("0", "4", "7"):
            await town.like(title, 50 * number)
        await town.round()

    asked = {"filter": {"tag": "sea"}} if kind == "TAG" else {"window": "ALL"} if kind == "POPULAR" else {}
    found = await town.pages("me", between, kind=kind, **asked)

    assert len(found) == len(set(found))
    # what was there all the while is there once, and in its order
    stayed = [title for title in found if title in {"8", "7", "6", "5", "4", "0"}]
    assert set(stayed) == {"8", "7", "6", "5", "4", "0"}
    if kind != "POPULAR":
        assert stayed == ["8", "7", "6", "5", "4", "0"]


async def test_what_is_liked_stands_before_what_is_not(town: Town, spare_database_url: str) -> None:
    await town.publish("ann", "first", "second", "third")
    assert await town.titles(None, "POPULAR") == ["third", "second", "first"]
    cursor = (await town.page(None, "POPULAR", first=1))["pageInfo"]["endCursor"]

    # when the first is liked, and the second even more
    await town.like("first", 3)
    await town.like("second", 8)
    assert await town.titles(None, "POPULAR") == ["third", "second", "first"]
    assert await town.round() == 2
    for window in ("DAY", "WEEK", "MONTH", "ALL"):
        assert await town.titles(None, "POPULAR", window=window) == ["second", "first", "third"]

    # then who reads on does so as it was, and is told that others stand before by now
    assert await town.titles(None, "POPULAR", after=cursor) == ["second", "first"]
    assert (await town.ask(NEWER, None, kind="POPULAR", since=cursor))["feed"]["newerCount"] == 2

    # and after half an hour as of the oldest round that is kept
    await town.like("third", 100)
    assert await town.round(40) == 1
    assert await town.round(40) == 0
    assert await town.titles(None, "POPULAR") == ["third", "second", "first"]
    assert await town.titles(None, "POPULAR", after=cursor) == []
    assert sql(spare_database_url, "SELECT count(*) FROM artwork_scores") == [(3,)]
    assert sql(spare_database_url, "SELECT count(*) FROM score_marks") == [(0,)]


async def test_what_leaves_while_a_round_is_held_is_in_no_ranking(town: Town, spare_database_url: str) -> None:
    await town.publish("ann", "leaves", "stays")
    await town.like("leaves", 5)
    scores: LiteralString = "SELECT count(*) FROM artwork_scores WHERE artwork_id = %s"

    # given a round that has scored both, but has not ended
    async with town.graph.services.db.write() as tx:
        assert await popularity.score_anew(tx) == 1
        leaving = asyncio.create_task(town.unpublish("ann", "leaves"))
        await until(lambda: sql(spare_database_url, "SELECT pid FROM pg_locks WHERE NOT granted"))
    await leaving

    # then nothing of it is left, and nothing that was left out comes twice when it is back
    assert sql(spare_database_url, scores, town.artworks["leaves"]) == [(0,)]
    assert await town.titles(None, "POPULAR") == ["stays"]


@pytest.mark.usefixtures("way")
async def test_newer_ones_are_counted_as_far_as_it_matters(town: Town) -> None:
    await town.publish("ann", "old", tags=("sea",))
    await town.follow("me", "ann")
    feeds_ = [("LATEST", {}), ("FOLLOWING", {}), ("TAG", {"filter": {"tag": "sea"}})]
    since = {kind: (await town.page("me", kind, **asked))["edges"][0]["cursor"] for kind, asked in feeds_}
    for kind, asked in feeds_:
        assert (await town.ask(NEWER, "me", kind=kind, since=since[kind], **asked))["feed"]["newerCount"] == 0

    await town.publish("ann", *(f"{n}" for n in range(5)), tags=("sea",))
    await town.unpublish("ann", "3")
    for kind, asked in feeds_:
        assert (await town.ask(NEWER, "me", kind=kind, since=since[kind], **asked))["feed"]["newerCount"] == 4


async def test_a_cursor_of_another_feed_is_refused(town: Town) -> None:
    await town.publish("ann", *(f"{n}" for n in range(3)), tags=("sea", "sky"))
    await town.follow("me", "ann")
    ann = f"user_{town.people['ann'].hex}"
    asked: list[dict[str, Any]] = [
        {"kind": "LATEST"},
        {"kind": "LATEST", "filter": {"authorId": ann}},
        {"kind": "LATEST", "filter": {"style": "anime"}},
        {"kind": "POPULAR"},
        {"kind": "POPULAR", "window": "DAY"},
        {"kind": "FOLLOWING"},
        {"kind": "TAG", "filter": {"tag": "sea"}},
        {"kind": "TAG", "filter": {"tag": "sky"}},
    ]
    cursors = [(await town.page("me", first=1, **each))["pageInfo"]["endCursor"] for each in asked]
    for one, given in enumerate(asked):
        for other, cursor in enumerate(cursors):
            expected = None if one == other else "BAD_CURSOR"
            assert await town.code(PAGE, "me", after=cursor, **given) == expected, (given, asked[other])
            if "window" not in given:
                assert await town.code(NEWER, "me", since=cursor, **given) == expected

    # and one that was changed
    version, place, moment, score, key = parts_of(cursors[3])
    for parts in (
        (moment, "x", key),
        (moment, True, key),
        (5, score, key),
        (moment, score, "x"),
        (moment, score),
        (moment, str(score), key),
    ):
        cursor = forged(version, place, *parts)
        assert await town.code(PAGE, "me", kind="POPULAR", after=cursor) == "BAD_CURSOR", parts
    for moved in ("1900-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        cursor = forged(version, place, moved, score, key)
        assert await town.titles("me", "POPULAR", after=cursor) == ["1", "0"]


async def test_what_a_kind_does_not_take_is_refused_by_its_name(town: Town) -> None:
    sea, author = {"tag": "sea"}, f"user_{town.people['me'].hex}"
    kinds = ("LATEST", "POPULAR", "FOLLOWING", "TAG", "RECOMMENDED")
    given: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
        ("window", {"window": "DAY"}, ("POPULAR",)),
        ("tag", {"filter": sea}, ("TAG",)),
        ("style", {"filter": {"style": "anime"}}, ("LATEST",)),
        ("authorId", {"filter": {"authorId": author}}, ("LATEST",)),
    ]
    for name, asked, takers in given:
        for kind in kinds:
            told = await town.refusal(PAGE, "me", kind=kind, **asked)
            assert bool(told) is (kind not in takers), (kind, name)
            assert told is None or (told[0] == "BAD_USER_INPUT" and name in told[1]), told
    for filter_ in (None, {}, sea | {"style": "anime"}):
        assert await town.code(PAGE, "me", kind="TAG", filter=filter_) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "tag", ["", "   ", "#", "🌊", "a b", "\x00", "\ud800", "x" * 10_000, "\u202esea", "se\u200ba", "%", "' OR 1=1 --"]
)
async def test_what_is_no_tag_has_no_artworks(town: Town, tag: str) -> None:
    await town.publish("ann", "a", tags=("sea",))
    assert await town.titles("me", "TAG", filter={"tag": tag}) == []
    assert await town.titles("me", "LATEST", filter={"style": tag}) == []
    assert await town.titles("me", "LATEST", filter={"authorId": tag}) == []
