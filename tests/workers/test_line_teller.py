"""Several relays: one of them has news of the line, whoever empties the outbox, and another when that one is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.outbox import LINE, Doorbell
from domain.catalogue import ENGINES
from domain.ports import Position
from domain.streams import of_job, of_queue
from waiting import until

if TYPE_CHECKING:
    from uuid import UUID

    from workers.relay import Relay
    from workshop import Workshop

pytestmark = pytest.mark.anyio


class Working:
    """A relay that goes one step at a time."""

    def __init__(self, shop: Workshop) -> None:
        self.relay: Relay = shop.relay()
        self.doorbell = Doorbell(shop.database_url)

    async def go_on(self, at_most_s: float = 0) -> frozenset[str]:
        """Wait for a ring, say what is there to be said, and tell what is due; return what was rung for."""
        topics = await self.doorbell.wait(at_most_s)
        await self.relay.answer(topics)
        while await self.relay.empty_once():
            pass
        await self.relay.tell_of_line(is_first=self.doorbell.is_first)
        return topics


async def lengths_told(shop: Workshop) -> list[int]:
    """Return how often the length of each line was told."""
    return [tip.sequence for tip in await shop.log.tips([of_queue(engine) for engine in ENGINES])]


async def places_told(shop: Workshop, job: UUID) -> list[int]:
    """Return the places in the line that the watchers of a job were told."""
    events = await shop.log.read_after(of_job(job), Position((0, 0), 0)) or []
    return [event.data["position"] for event in events if event.kind == "queue_moved"]


async def test_one_relay_alone_has_news_of_the_line(shop: Workshop) -> None:
    # given two relays
    user = await shop.user()
    first, second = Working(shop), Working(shop)
    for each in (first, second, first, second):
        await each.go_on()
    assert (first.doorbell.is_first, second.doorbell.is_first) == (True, False)
    assert await lengths_told(shop) == [1] * len(ENGINES)

    # when the line changes, and the second one empties the outbox
    job = await shop.job(user)
    assert LINE in await second.go_on(10)
    assert await places_told(shop, job) == []

    # then the first one has heard it, too, and tells the place and the length, each once
    async def both_told() -> bool:
        for each in (first, second):
            await each.go_on()
        return bool(await places_told(shop, job)) and max(await lengths_told(shop)) > 1

    await until(both_told)
    assert await places_told(shop, job) == [1]
    assert sorted(await lengths_told(shop)) == [1] * (len(ENGINES) - 1) + [2]
    await first.doorbell.close()
    await second.doorbell.close()


async def test_another_relay_tells_everything_when_the_first_one_is_gone(shop: Workshop) -> None:
    first, second = Working(shop), Working(shop)
    for each in (first, second):
        await each.go_on()
    job = await shop.job(await shop.user())

    # given a first relay that ends before it has told where the job stands
    await first.doorbell.close()
    assert not first.doorbell.is_first

    # then the second one does
    async def is_first() -> bool:
        await second.go_on()
        return second.doorbell.is_first

    await until(is_first)
    assert await places_told(shop, job) == [1]
    assert await lengths_told(shop) == [2] * len(ENGINES)
    await second.doorbell.close()
