"""Who is concerned by a decision is notified, and who has reported; nobody else, and nobody of what came to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from court import Court, court
from domain import notifications_folding

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

LIST = "{ notifications { nodes { kind message itemCount actorCount actors { id } subject { ... on User { id } } } } }"


@pytest.fixture
async def place(spare_database_url: str, spare_redis_url: str, tmp_path: Path) -> AsyncIterator[Court]:
    async with court(spare_database_url, spare_redis_url, tmp_path) as opened:
        yield opened


async def told(place: Court, who: str) -> list[tuple[str, int]]:
    """Return of what somebody was notified, and of how many things."""
    async with place.graph.services.db.write() as tx:
        await notifications_folding.fold(tx)
    nodes: list[dict[str, Any]] = (await place.graph.run(LIST, None, who))["notifications"]["nodes"]
    assert all((node["actorCount"], node["actors"], node["subject"]) == (0, [], {"id": who}) for node in nodes)
    return [(node["kind"], node["itemCount"]) for node in nodes]


async def test_a_decision_and_its_appeal_are_told(place: Court) -> None:
    author, reporter, other = [await place.user() for _ in range(3)]
    case = await place.case(await place.artwork(author), reporter)
    decision = (await place.decide(place.mods[0], case, "UPHELD", "HIDE"))["decision"]["id"]
    assert await told(place, author) == [("MODERATION", 1)]
    assert await told(place, reporter) == [("REPORT", 1)]
    await place.appeal(author, decision)
    await place.decide(place.mods[1], case, "OVERTURNED", "NONE")
    assert await told(place, author) == [("MODERATION", 2)]
    assert await told(place, reporter) == [("REPORT", 1)]
    for who in (other, *place.mods):
        assert await told(place, who) == []
    (node,) = (await place.graph.run(LIST, None, reporter))["notifications"]["nodes"]
    assert node["message"] == "What you reported was looked at."


async def test_nobody_hears_of_reports_that_came_to_nothing(place: Court) -> None:
    author, reporter = await place.user(), await place.user()
    case = await place.case(await place.artwork(author), reporter)
    await place.decide(place.mods[0], case, "OVERTURNED", "NONE")
    assert await told(place, author) == []
    assert await told(place, reporter) == [("REPORT", 1)]


async def test_what_reports_have_hidden_is_told_and_that_it_is_seen_again(place: Court) -> None:
    author, people = await place.user(), [await place.user() for _ in range(5)]
    place.age(*people)
    artwork = await place.artwork(author)
    case = [(await place.report(who, artwork))["report"]["caseId"] for who in people][-1]
    assert await told(place, author) == [("MODERATION", 1)]
    await place.decide(place.mods[0], case, "OVERTURNED", "NONE")
    assert await told(place, author) == [("MODERATION", 2)]
    assert [await told(place, who) for who in people] == [[("REPORT", 1)]] * 5
