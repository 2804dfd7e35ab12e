"""The relay: everything that was committed is said once to those who listen, in order, whatever fails in between."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from audit import check_end
from db.outbox import Doorbell
from db.words import JobStatus
from domain import streams
from domain.ports import Position, Publication
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
    from uuid import UUID

    from app.embedded.server import EmbeddedServer
    from domain.ports import Event, Listener
    from workers.relay import Relay
    from workshop import Workshop

pytestmark = pytest.mark.anyio


class Interposed:
    """The real log, with something that happens after each event that was published."""

    def __init__(self, shop: Workshop, after_publish: Callable[[str], None]) -> None:
        self.log = shop.log
        self.after_publish = after_publish

    async def publish(
        self, stream: str, kind: str, data: Mapping[str, Any], key: str = "", *, is_last: bool = False
    ) -> None:
        await self.publish_all([Publication(stream, kind, data, key, is_last)])

    async def publish_all(self, publications: Sequence[Publication]) -> None:
        for each in publications:
            await self.log.publish_all([each])
            self.after_publish(each.kind)

    async def read_after(self, stream: str, position: Position) -> list[Event] | None:
        return await self.log.read_after(stream, position)

    async def tip(self, stream: str) -> Position:
        return await self.log.tip(stream)

    async def tips(self, names: Sequence[str]) -> list[Position]:
        return await self.log.tips(names)

    async def enter(self, stream: str, listener: Listener) -> None:
        await self.log.enter(stream, listener)

    def leave(self, stream: str, listener: Listener) -> None:
        self.log.leave(stream, listener)


@asynccontextmanager
async def running(shop: Workshop, *relays: Relay) -> AsyncIterator[None]:
    doorbells = [Doorbell(shop.database_url) for _ in relays]
    tasks = [asyncio.create_task(relay.run(doorbell)) for relay, doorbell in zip(relays, doorbells, strict=True)]
    yield
    for task, doorbell in zip(tasks, doorbells, strict=True):
        while not task.done():  # a statement that is cut off may raise an error of PostgreSQL, which a relay waits out
            task.cancel()
            await asyncio.wait({task}, timeout=1)
        await doorbell.close()


async def told(shop: Workshop, job: UUID) -> list[str]:
    """Return what the watchers of a job are told of its rows, in order."""
    events = await shop.log.read_after(streams.of_job(job), Position((0, 0), 0)) or []
    return [event.kind for event in events if event.kind not in {"progress", "queue_moved"}]


WHOLE = ["started", "image_ready", "image_ready", "completed"]


async def test_a_relay_that_dies_between_saying_and_committing_says_nothing_twice(shop: Workshop) -> None:
    user = await shop.user()
    job = await shop.job(user, count=2)
    await shop.painter().paint_waiting()

    # given relays that die after the first event, after the second, and so on
    told_of_jobs = "SELECT count(*) FROM outbox WHERE topic = 'event' AND starts_with(payload ->> 'stream', 'job:')"
    for last in range(sql(shop.database_url, "SELECT count(*) FROM outbox WHERE topic = 'event'")[0][0]):
        survived = iter(range(last))

        def die(kind: str, survived: Iterator[int] = survived) -> None:
            if next(survived, None) is None:
                raise MemoryError(kind)

        with pytest.raises(MemoryError):
            await shop.relay(Interposed(shop, die)).empty_once()
    assert sql(shop.database_url, told_of_jobs) == [(4,)]

    while await shop.relay().empty_once():
        pass
    assert await told(shop, job) == WHOLE
    assert [event.kind for event in await shop.log.read_after(streams.of_user(user), Position((0, 0), 0)) or []] == [
        *("CREDITS_CHANGED", "CREDITS_CHANGED", "JOB_QUEUED", "JOB_STARTED"),
        *("CREDITS_CHANGED", "JOB_IMAGE_READY") * 2,
        "JOB_COMPLETED",
    ]
    assert sql(shop.database_url, "SELECT count(*) FROM outbox") == [(0,)]


async def test_two_relays_at_once_say_everything_once_and_in_order(shop: Workshop) -> None:
    user = await shop.user()
    async with running(shop, shop.relay(), shop.relay()):
        jobs = [await shop.job(user, count=2) for _ in range(8)]
        await shop.painter().paint_waiting()
        for job in jobs:
            await until(lambda job=job: ended(shop, job))  # type: ignore[misc]  # mypy knows no defaults of lambdas

    assert [await told(shop, job) for job in jobs] == [WHOLE] * 8


async def ended(shop: Workshop, job: UUID) -> bool:
    return "completed" in await told(shop, job)


async def test_what_was_committed_while_valkey_was_away_is_said_when_it_is_back(
    shop: Workshop, spare_valkey: EmbeddedServer
) -> None:
    async with running(shop, shop.relay()):
        spare_valkey.kill()
        try:
            first, second = [await shop.job(await shop.user(), count=2) for _ in range(2)]
            await shop.painter().paint_waiting()
            assert (await shop.row(second)).status == JobStatus.SUCCEEDED
        finally:
            spare_valkey.start()

        for job in (first, second):
            await until(lambda job=job: ended(shop, job))  # type: ignore[misc]  # mypy knows no defaults of lambdas
            assert await told(shop, job) == WHOLE


async def test_places_that_could_not_be_told_are_told_later(shop: Workshop) -> None:
    # given a log that fails as the first place is told
    failures = [ConnectionError("gone")]

    def fail(kind: str) -> None:
        if kind == "queue_moved" and failures:
            raise failures.pop()

    async with running(shop, shop.relay(Interposed(shop, fail))):
        user = await shop.user()
        jobs = [await shop.job(user) for _ in range(3)]

        async def all_told() -> bool:
            events = [await shop.log.read_after(streams.of_job(job), Position((0, 0), 0)) or [] for job in jobs]
            return [sorted({event.data["position"] for event in heard}) for heard in events] == [[1], [2], [3]]

        await until(all_told)
    assert not failures


async def test_messages_that_come_twice_and_in_any_order_change_nothing(shop: Workshop) -> None:
    # given as many rings as anybody likes, two workers, and sweepers that rescue and ring all the while
    user = await shop.user()
    owners = [await shop.character(user) for _ in range(6)]
    jobs = [await shop.job(user, "a cat #fail:1", 2, owner) for owner in owners]
    painters, sweepers = [shop.painter() for _ in range(2)], [shop.sweeper() for _ in range(2)]

    async def ring(times: int) -> None:
        for _ in range(times):
            shop.bell.ring()
            await asyncio.gather(*(sweeper.rescue_lost() for sweeper in sweepers))
            await asyncio.gather(*(painter.paint_waiting() for painter in painters))

    await asyncio.gather(*(ring(3) for _ in range(4)))
    # and events that are relayed backwards, each twice
    messages = sql(shop.database_url, "SELECT id, payload FROM outbox WHERE topic = 'event' ORDER BY id DESC")
    for key, payload in messages:
        for _ in range(2):
            await shop.log.publish(**payload, key=str(key))
    assert {tuple(await told(shop, job)) for job in jobs} == {("completed",)}

    # then each job was painted once and each credit moved once
    assert sql(shop.database_url, "SELECT status, attempt, count(*) FROM generation_jobs GROUP BY 1, 2") == [
        ("PARTIAL", 0, 6)
    ]
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(94, 0)]
    assert sql(shop.database_url, "SELECT count(*) FROM ledger_entries") == [(1 + 6 + 12,)]
    assert sql(shop.database_url, "SELECT DISTINCT image_count, version FROM galleries") == [(1, 1)]
    check_end(shop.database_url, shop.stored())
