"""Appeals: once for each decision, in time, by the one concerned, and looked at by somebody else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from court import Court, court
from domain.policies import Rules
from people import key_in
from stored import row_counts, sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture
async def place(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Court]:
    async with court(database_url, redis_url, tmp_path, Rules()) as opened:
        yield opened


async def test_an_appeal_is_made_once_and_a_double_click_is_one(place: Court) -> None:
    author = await place.user()
    result = await place.judged(await place.artwork(author))
    decision = result["decision"]["id"]

    made = await asyncio.gather(*(place.appeal(author, decision) for _ in range(3)))

    assert len({each["appeal"]["id"] for each in made}) == 1
    assert made[0]["appeal"]["decision"] == {"id": decision, "viewerCanAppeal": False}
    assert made[0]["appeal"]["outcome"] is None
    assert sql(place.database_url, "SELECT status, version FROM moderation_cases") == [("APPEALED", 3)]
    other = await place.appeal(author, decision, "And another thing.")
    assert (other["code"], other["message"]) == ("APPEAL_CLOSED", "This decision was appealed before.")


async def test_only_the_one_concerned_appeals_and_only_what_can_be(place: Court) -> None:
    author, reporter = await place.user(), await place.user()
    artwork = await place.artwork(author)
    report = (await place.report(reporter, artwork))["report"]
    result = await place.decide(place.mods[0], report["caseId"], "UPHELD", "HIDE")
    decision = result["decision"]["id"]
    fine = await place.judged(await place.artwork(author), "NONE")
    late = await place.judged(await place.artwork(author))
    key = key_in(late["decision"]["id"])
    with_time = "SET session_replication_role = replica; UPDATE moderation_decisions SET appealable_until = now()"
    sql(place.database_url, with_time + f" WHERE id = '{key}'")
    before = row_counts(place.database_url)

    for who in (reporter, place.mods[0]):
        assert (await place.appeal(who, decision))["code"] == "NOT_FOUND"
    for wrong in (f"ruling_{'0' * 32}", decision.replace("ruling", "case"), "\ud800"):
        assert (await place.appeal(author, wrong))["code"] == "NOT_FOUND"
    for text in ("", " \u200b\u3164 ", "x" * 2_001, "\x00"):
        refused = await place.appeal(author, decision, text)
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "text"])
    final = await place.appeal(author, fine["decision"]["id"])
    assert final["message"] == "This decision can not be appealed."
    assert (await place.appeal(author, late["decision"]["id"]))["message"] == "It is too late to appeal this decision."
    assert row_counts(place.database_url) == before


async def test_another_moderator_looks_at_it_where_there_is_one(place: Court) -> None:
    author = await place.user()
    result = await place.judged(await place.artwork(author))
    case, one, other = result["case"]["id"], *place.mods
    await place.appeal(author, result["decision"]["id"])
    before = row_counts(place.database_url)

    refused = await place.decide(one, case, "OVERTURNED", "NONE")
    assert (refused["code"], refused["path"]) == ("FORBIDDEN", None)
    assert refused["message"].startswith("You have made the decision that is appealed")
    for decision, effect in (("UPHELD", "HIDE"), ("REMOVED", "REMOVE")):
        assert (await place.decide(other, case, decision, effect))["path"] == ["input", "decision"]
    assert row_counts(place.database_url) == before

    final = await place.decide(other, case, "UPHELD_FINAL", "NONE")
    assert final["case"]["status"] == "UPHELD_FINAL"
    assert final["decision"]["appealableUntil"] is None
    assert sql(place.database_url, "SELECT hidden_at IS NULL FROM artworks") == [(False,)]
    assert (await place.appeal(author, final["decision"]["id"]))["code"] == "APPEAL_CLOSED"
    told = "{ viewer { moderationDecisions { nodes { outcome appeal { outcome { outcome } } } } } }"
    assert (await place.graph.run(told, None, author))["viewer"]["moderationDecisions"]["nodes"] == [
        {"outcome": "UPHELD_FINAL", "appeal": None},
        {"outcome": "UPHELD", "appeal": {"outcome": {"outcome": "UPHELD_FINAL"}}},
    ]


@pytest.mark.parametrize("why", ["alone", "concerned"])
async def test_the_only_moderator_looks_again(place: Court, why: str) -> None:
    # given one moderator, or another one who has reported the same
    one, other = place.mods
    author = await place.user()
    case = await place.case(await place.artwork(author), other if why == "concerned" else None)
    decision = (await place.decide(one, case, "UPHELD", "HIDE"))["decision"]["id"]
    await place.appeal(author, decision)
    if why == "alone":
        services = replace(place.graph.services, moderators=frozenset({key_in(one)}))
        place = replace(place, graph=replace(place.graph, services=services))
    assert (await place.decide(one, case, "OVERTURNED", "NONE"))["case"]["status"] == "OVERTURNED"
