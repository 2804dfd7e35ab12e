"""Moderation cases: who sees and takes them, and that of two moderators one decides."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from court import DECIDE, HATE, RELEASE, TAKE, Court, court
from domain import moderation
from stored import row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

QUEUE = """query($filter: ModerationCaseFilter, $first: Int, $after: Cursor) {
  moderationQueue(filter: $filter, first: $first, after: $after) {
    nodes { id status isTaken subject { __typename ... on Node { id } } owner { id } images { id } }
    pageInfo { hasNextPage endCursor } totalCount } }"""


@pytest.fixture
async def place(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Court]:
    async with court(database_url, redis_url, tmp_path) as opened:
        yield opened


async def queue(place: Court, who: str | None, **variables: Any) -> Any:  # noqa: ANN401 - an answer
    return (await place.graph.run(QUEUE, variables, who))["moderationQueue"]


async def test_the_queue_holds_what_waits_the_oldest_first_in_pages(place: Court) -> None:
    author = await place.user()
    asset = place.asset(author)
    artwork = await place.artwork(author, asset)
    subjects = [artwork, place.comment(author, artwork), asset, author]
    cases = [await place.case(subject) for subject in subjects]
    decided = await place.judged(await place.artwork(author), "WARN")

    seen: list[Any] = []
    page: Any = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
    while page["pageInfo"]["hasNextPage"]:
        page = await queue(place, place.mods[0], first=3, after=page["pageInfo"]["endCursor"])
        seen += page["nodes"]

    assert [(each["id"], each["subject"]["id"]) for each in seen] == list(zip(cases, subjects, strict=True))
    kinds = [each["subject"]["__typename"] for each in seen]
    assert kinds == ["Artwork", "Comment", "MediaAsset", "User"]
    assert [each["images"] for each in seen] == [[{"id": asset}], [], [{"id": asset}], []]
    filtered = {"status": "UPHELD", "subjectKind": "ARTWORK", "isTaken": False, "ownerId": author}
    found = await queue(place, place.mods[0], filter=filtered)
    assert [each["id"] for each in found["nodes"]] == [decided["case"]["id"]]
    for wrong in ({"ownerId": f"user_{'0' * 32}"}, {"ownerId": artwork}, {"status": "REMOVED"}, {"isTaken": True}):
        assert (await queue(place, place.mods[0], filter=wrong))["nodes"] == []


async def test_only_moderators_read_or_change_cases(place: Court) -> None:
    author, reporter = await place.user(), await place.user()
    case = await place.case(await place.artwork(author), reporter)
    before = row_counts(place.database_url)
    for who in (author, reporter):
        for document, more in ((TAKE, {}), (RELEASE, {}), (DECIDE, {**HATE, **given("UPHELD", "HIDE")})):
            refused = await place.ask(document, who, caseId=case, **more)
            assert (refused["code"], refused["message"]) == ("FORBIDDEN", "Only a moderator may do this.")
    for viewer, code in ((author, "FORBIDDEN"), (None, "UNAUTHENTICATED")):
        for root in ("moderationQueue", "auditLog"):
            with pytest.raises(AssertionError, match=code):
                await place.graph.run(f"{{ {root} {{ nodes {{ id }} }} }}", None, viewer)
    with pytest.raises(AssertionError, match="FORBIDDEN"):  # a moderator is no administrator
        await place.graph.run("{ auditLog { nodes { id } } }", None, place.mods[0])
    assert row_counts(place.database_url) == before


def given(decision: str, effect: str, version: int = 1) -> dict[str, Any]:
    return {"decision": decision, "effect": effect, "expectedVersion": version}


async def test_a_case_is_one_moderators_at_a_time_and_does_not_hang(place: Court) -> None:
    one, other = place.mods
    case = await place.case(await place.artwork(await place.user()))

    # when one takes it, twice
    taken = (await place.ask(TAKE, one, caseId=case))["case"]
    again = (await place.ask(TAKE, one, caseId=case))["case"]
    assert (taken["status"], taken["version"], taken["isTakenByViewer"]) == ("IN_REVIEW", 2, True)
    assert again["version"] == 2
    assert sql(place.database_url, "SELECT status FROM reports") == [("PROCESSING",)]

    # then the other can neither take nor decide it, and to let it go changes nothing
    for refused in (await place.ask(TAKE, other, caseId=case), await place.decide(other, case, "UPHELD", "HIDE")):
        assert (refused["code"], refused["version"], refused["status"]) == ("CASE_CONFLICT", 2, "IN_REVIEW")
        assert refused["takenUntil"] == again["takenUntil"]
    assert (await place.ask(RELEASE, other, caseId=case))["case"]["status"] == "IN_REVIEW"

    # but once the first has let go, or its time is over
    released = (await place.ask(RELEASE, one, caseId=case))["case"]
    assert (released["status"], released["version"], released["takenUntil"]) == ("OPEN", 3, None)
    await place.ask(TAKE, one, caseId=case)
    sql(place.database_url, "UPDATE moderation_cases SET taken_until = now() - interval '1 s'")
    assert (await queue(place, other, filter={"isTaken": False}))["nodes"][0]["id"] == case
    assert (await place.ask(TAKE, other, caseId=case))["case"]["isTakenByViewer"] is True
    assert (await place.decide(one, case, "UPHELD", "HIDE"))["code"] == "CASE_CONFLICT"
    assert (await place.decide(other, case, "UPHELD", "HIDE"))["case"]["status"] == "UPHELD"


async def test_of_two_moderators_who_decide_at_once_one_wins(place: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    # given two who look at the same version, and the first held up when it has the case
    case = await place.case(await place.artwork(await place.user()))
    locked, go_on = asyncio.Event(), asyncio.Event()
    impartial = moderation._require_impartial

    async def waits(*arguments: Any) -> None:  # noqa: ANN401 - as they are
        if not locked.is_set():
            locked.set()
            await go_on.wait()
        await impartial(*arguments)

    monkeypatch.setattr(moderation, "_require_impartial", waits)
    first = asyncio.create_task(place.decide(place.mods[0], case, "REMOVED", "REMOVE", expectedVersion=1))
    await locked.wait()

    # when the other decides meanwhile
    second = asyncio.create_task(place.decide(place.mods[1], case, "OVERTURNED", "NONE", expectedVersion=1))
    await until(lambda: sql(place.database_url, "SELECT 1 FROM pg_locks WHERE NOT granted"))
    go_on.set()

    # then the first decides, and the other is told
    assert (await first)["case"]["status"] == "REMOVED"
    refused = await second
    assert (refused["code"], refused["status"], refused["version"]) == ("CASE_CONFLICT", "REMOVED", 2)
    assert sql(place.database_url, "SELECT outcome FROM moderation_decisions") == [("REMOVED",)]


async def test_nobody_decides_about_their_own_things_or_reports(place: Court) -> None:
    one, other = place.mods
    own = await place.case(await place.artwork(one))
    reported = await place.case(await place.artwork(await place.user()), one)
    before = row_counts(place.database_url)

    assert [each["id"] for each in (await queue(place, one))["nodes"]] == [reported]
    assert (await place.graph.run("query($id: ID!) { node(id: $id) { id } }", {"id": own}, one))["node"] is None
    assert (await place.decide(one, own, "OVERTURNED", "NONE"))["code"] == "NOT_FOUND"
    assert (await place.ask(TAKE, one, caseId=own))["code"] == "NOT_FOUND"
    refused = await place.decide(one, reported, "UPHELD", "HIDE")
    assert refused["message"] == "You have reported this yourself: another moderator has to decide."
    assert row_counts(place.database_url) == before
    assert (await place.decide(other, reported, "UPHELD", "HIDE"))["case"]["status"] == "UPHELD"


SOON = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("kind", "wrong", "path"),
    [
        ("artwork", given("UPHELD", "NONE"), "effect"),
        ("artwork", given("UPHELD", "REMOVE"), "effect"),
        ("artwork", given("REMOVED", "HIDE"), "effect"),
        ("artwork", given("OVERTURNED", "WARN"), "effect"),
        ("artwork", given("HELD", "HIDE"), "decision"),
        ("artwork", given("UPHELD_FINAL", "NONE"), "decision"),
        ("user", given("UPHELD", "HIDE"), "effect"),
        ("comment", {**given("UPHELD", "RELABEL"), "contentLevel": "MATURE"}, "effect"),
        ("artwork", given("UPHELD", "RELABEL"), "contentLevel"),
        ("artwork", {**given("UPHELD", "RELABEL"), "contentLevel": "GENERAL"}, "contentLevel"),
        ("artwork", {**given("UPHELD", "HIDE"), "contentLevel": "MATURE"}, "contentLevel"),
        ("artwork", {**given("UPHELD", "HIDE"), "policy": "RIGHTS"}, "reason"),
        ("user", given("UPHELD", "RESTRICT"), "restrictUntil"),
        ("user", {**given("UPHELD", "RESTRICT"), "restrictUntil": "2020-01-01T00:00:00Z"}, "restrictUntil"),
        ("user", {**given("UPHELD", "RESTRICT"), "restrictUntil": "9999-01-01T00:00:00"}, "restrictUntil"),
        ("artwork", {**given("OVERTURNED", "NONE"), "restrictUntil": SOON}, "restrictUntil"),
        ("user", {**given("UPHELD", "RESTRICT"), "restrictUntil": SOON, "activities": []}, "activities"),
        ("artwork", {**given("UPHELD", "HIDE"), "text": "x" * 2_001}, "text"),
        ("artwork", {**given("UPHELD", "HIDE"), "text": "\x00"}, "text"),
        ("artwork", {**given("UPHELD", "HIDE"), "text": "\udfff"}, "text"),
    ],
)
async def test_decisions_that_make_no_sense_change_nothing(
    place: Court, kind: str, wrong: dict[str, Any], path: str
) -> None:
    author = await place.user()
    artwork = await place.artwork(author)
    subject = {"artwork": artwork, "user": author, "comment": place.comment(author, artwork)}[kind]
    case = await place.case(subject)
    before = row_counts(place.database_url)

    refused = await place.ask(DECIDE, place.mods[0], **{"caseId": case, **HATE, **wrong})

    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", path])
    assert row_counts(place.database_url) == before
    assert sql(place.database_url, "SELECT status, version FROM moderation_cases") == [("OPEN", 1)]


async def test_what_is_decided_is_decided(place: Court) -> None:
    result = await place.judged(await place.artwork(await place.user()), "HIDE", text="정말 \u200f그래요")
    case = result["case"]["id"]
    told = {"message": "This is hidden from others. It incites hatred.", "note": "정말 \u200f그래요"}
    stored = {"outcome": "UPHELD", "effect": "HIDE", "policyVersion": "1", "restrictedUntil": None}
    assert result["decision"].items() >= (HATE | told | stored).items()
    for who in place.mods:
        assert (await place.decide(who, case, "OVERTURNED", "NONE"))["path"] == ["input", "decision"]
        assert (await place.ask(TAKE, who, caseId=case))["code"] == "CASE_CONFLICT"
    assert sql(place.database_url, "SELECT status, closed_at IS NULL FROM reports") == [("ACTIONED", False)]
    # later reports gather in another case
    assert await place.case(await place.user()) != case


async def test_reports_of_what_is_in_order_are_not_acted_upon(place: Court) -> None:
    await place.judged(await place.artwork(await place.user()), "NONE")
    assert sql(place.database_url, "SELECT status FROM reports") == [("UNACTIONED",)]
    assert sql(place.database_url, "SELECT count(*) FROM strikes") == [(0,)]
    assert sql(place.database_url, "SELECT hidden_at FROM artworks") == [(None,)]
