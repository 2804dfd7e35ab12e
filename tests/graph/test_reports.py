"""Reporting: by whoever sees a thing, once while nobody has answered, gathered in one case, never told to its owner."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from court import Court, court
from domain import blocks
from domain.policies import Rules
from people import key_in
from stored import row_counts, sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture
async def place(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Court]:
    rules = Rules(hold_at=2, reporter_age=timedelta(days=7))
    async with court(database_url, redis_url, tmp_path, rules) as opened:
        yield opened


async def test_reports_of_one_thing_gather_in_one_case(place: Court) -> None:
    author, one, other = [await place.user() for _ in range(3)]
    artwork = await place.artwork(author)

    first = (await place.report(one, artwork, text="  see ＜here＞ "))["report"]
    second = (await place.report(other, artwork, reason="SPAM"))["report"]

    told = {"status": "PENDING", "reason": "HATE", "text": "see ＜here＞", "reporter": {"id": one}}
    assert first.items() >= told.items()
    assert second["caseId"] == first["caseId"]
    queue = (
        "{ moderationQueue { nodes { id reportCount reportCounts { reason count } subject { ... on Node { id } } } } }"
    )
    (case,) = (await place.graph.run(queue, None, place.mods[0]))["moderationQueue"]["nodes"]
    counts = [{"reason": "SPAM", "count": 1}, {"reason": "HATE", "count": 1}]
    assert case == {"id": first["caseId"], "reportCount": 2, "reportCounts": counts, "subject": {"id": artwork}}


@pytest.mark.parametrize("kind", ["artwork", "comment", "asset", "user"])
async def test_a_double_click_is_one_report(place: Court, kind: str) -> None:
    author, reporter = await place.user(), await place.user()
    asset = place.asset(author)
    artwork = await place.artwork(author, asset)
    subject = {"artwork": artwork, "asset": asset, "user": author, "comment": place.comment(author, artwork)}[kind]

    made = await asyncio.gather(*(place.report(reporter, subject, reason=each) for each in ("SPAM", "HATE", "OTHER")))

    assert len({each["report"]["id"] for each in made}) == 1
    assert sql(place.database_url, "SELECT report_count, status FROM moderation_cases") == [(1, "OPEN")]
    assert sql(place.database_url, "SELECT count(*) FROM audit_entries WHERE action = 'CASE_OPENED'") == [(1,)]


async def test_what_one_can_not_see_or_owns_is_not_reported(place: Court) -> None:
    author, reporter, another, blocked = [await place.user() for _ in range(4)]
    asset = place.asset(author)
    private = await place.artwork(author, asset, visibility="PRIVATE")
    public = await place.artwork(author)
    mature = await place.artwork(author)
    sql(place.database_url, "UPDATE artworks SET content_level = 'MATURE' WHERE id = %s", key_in(mature))
    await block(place, author, blocked)
    unknown = [f"artwork_{'0' * 32}", f"user_{'0' * 32}", public.replace("artwork", "comment"), f"job_{'1' * 32}"]
    before = row_counts(place.database_url)

    for subject in (private, asset, mature, *unknown):
        assert (await place.report(reporter, subject))["code"] == "NOT_FOUND", subject
    for subject in ("", "x" * 10_000, "artwork_\x00", "\u202eartwork", "artwork_\ud800"):
        assert (await place.report(another, subject))["code"] == "NOT_FOUND", subject
    for subject in (public, author):
        assert (await place.report(blocked, subject))["code"] == "NOT_FOUND", subject
    for subject in (public, private, author):
        assert (await place.report(author, subject))["message"] == "You can not report yourself, or what is yours."
    for text in ("x" * 1_001, "a\x00b", "\ud800"):
        refused = await place.report(reporter, public, text=text)
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "text"])
    assert row_counts(place.database_url) == before


async def test_whom_one_has_blocked_one_can_report(place: Court) -> None:
    # given somebody who has blocked an author, and a comment of theirs under an artwork of another one
    author, artist, reporter = [await place.user() for _ in range(3)]
    asset = place.asset(author)
    artwork = await place.artwork(author, asset)
    things = [author, artwork, asset, place.comment(author, await place.artwork(artist))]
    private = await place.artwork(author, visibility="PRIVATE")
    await block(place, reporter, author)

    # then what they could see else is reported, and stays out of their sight
    for subject in things:
        assert "report" in await place.report(reporter, subject), subject
    assert (await place.report(reporter, private))["code"] == "NOT_FOUND"
    node = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert (await place.graph.run(node, {"ids": things}, reporter))["nodes"] == [None] * len(things)

    # and whom the other has blocked reports nothing, even where both have
    both = await place.user()
    await block(place, author, both)
    await block(place, both, author)
    before = row_counts(place.database_url)
    for subject in things:
        assert (await place.report(both, subject))["code"] == "NOT_FOUND", subject
    assert row_counts(place.database_url) == before


async def block(place: Court, who: str, whom: str) -> None:
    async with place.graph.services.db.write() as tx:
        await blocks.set_block(tx, key_in(who), key_in(whom), on=True)


async def test_who_reports_too_much_has_to_wait(place: Court) -> None:
    author, reporter = await place.user(), await place.user()
    artwork = await place.artwork(author)
    results = [await place.report(reporter, artwork) for _ in range(11)]
    assert [each.get("code") for each in results] == [None] * 10 + ["TOO_MANY_ATTEMPTS"]


async def test_nobody_but_moderators_learns_who_reported(place: Court) -> None:
    # given an artwork that was reported and hidden
    author, reporter, other = [await place.user() for _ in range(3)]
    artwork = await place.artwork(author)
    report = (await place.report(reporter, artwork))["report"]
    await place.decide(place.mods[0], report["caseId"], "UPHELD", "HIDE")

    # then everybody else sees neither report nor case, by whatever path
    nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Report { status reporter { id } } } }"
    for who, seen in ((author, [None] * 2), (other, [None] * 2), (None, [None] * 2), (reporter, [True, None])):
        found = (await place.graph.run(nodes, {"ids": [report["id"], report["caseId"]]}, who))["nodes"]
        assert [each and True for each in found] == seen, who
    for who in (reporter, place.mods[0]):
        found = (await place.graph.run(nodes, {"ids": [report["id"]]}, who))["nodes"]
        assert found == [{"id": report["id"], "status": "ACTIONED", "reporter": {"id": reporter}}]
    own = "{ viewer { reports { nodes { id status } } moderationDecisions { nodes { effect actor { id } } } } }"
    told = (await place.graph.run(own, None, author))["viewer"]
    assert told == {"reports": {"nodes": []}, "moderationDecisions": {"nodes": [{"effect": "HIDE", "actor": None}]}}
    told = (await place.graph.run(own, None, reporter))["viewer"]
    assert told["reports"]["nodes"] == [{"id": report["id"], "status": "ACTIONED"}]


async def test_many_reports_hide_a_thing_until_a_moderator_looks(place: Court) -> None:
    # given reports of accounts that are too young, and one that is not
    author, old, older = [await place.user() for _ in range(3)]
    place.age(old, older)
    artwork = await place.artwork(author)
    hidden = "SELECT hidden_at IS NOT NULL FROM artworks"
    for _ in range(3):
        await place.report(await place.user(), artwork)
    await place.report(old, artwork, reason="SPAM")
    assert sql(place.database_url, hidden) == [(False,)]

    # when one more comes that counts
    case = (await place.report(older, artwork, reason="SPAM"))["report"]["caseId"]

    # then it is hidden, and its case is open still
    assert sql(place.database_url, hidden) == [(True,)]
    shown = "query($id: ID!) { artwork(id: $id) { moderation { outcome effect reason viewerCanAppeal } } }"
    found = (await place.graph.run(shown, {"id": artwork}, author))["artwork"]["moderation"]
    assert found == {"outcome": "HELD", "effect": "HIDE", "reason": "SPAM", "viewerCanAppeal": False}
    assert sql(place.database_url, "SELECT status FROM moderation_cases") == [("OPEN",)]
    assert sql(place.database_url, "SELECT artwork_count FROM users WHERE id = %s", key_in(author)) == [(0,)]

    # and what a moderator has found to be in order is not held again
    await place.decide(place.mods[0], case, "OVERTURNED", "NONE")
    assert sql(place.database_url, hidden) == [(False,)]
    for who in (old, older):
        await place.report(who, artwork)
    assert sql(place.database_url, hidden) == [(False,)]
    assert sql(place.database_url, "SELECT artwork_count FROM users WHERE id = %s", key_in(author)) == [(1,)]
