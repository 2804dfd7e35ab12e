"""Joining a cohort while others look after its members, and leaving it while something is written for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from adapters.event_log import RedisEventLog, event_of
from adapters.hub import Hub, redis_client
from app.streams.cohorts import Cohort, Member
from domain import streams
from domain.ports import Event, Position
from domain.topics import Topic
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from app.streams.cohorts import Step

pytestmark = pytest.mark.anyio


@dataclass
class Outlet:
    """Remembers what one client is told."""

    is_paused: bool = False
    told: list[bytes] = field(default_factory=list)

    def next(self, payload: bytes, step: Step | None) -> None:  # noqa: ARG002 - as the port has it
        self.told.append(payload)

    def end(self) -> None:
        self.told.append(b"the end")


async def goes_on() -> bool:
    return False


async def test_who_is_looked_after_while_joining_is_told_one_snapshot(redis_url: str) -> None:
    # given a member that joins, and waits for the rows of its snapshot
    asked, rows = asyncio.Event(), asyncio.Event()

    async def written() -> bytes:
        asked.set()
        await rows.wait()
        return b"snapshot"

    outlet = Outlet()
    async with asyncio.timeout(10), redis_client(redis_url) as redis, asyncio.TaskGroup() as tasks:
        log = RedisEventLog(redis, Hub(redis_url, event_of))
        topic = Topic(log, streams.of_job(uuid4()))
        member = Member(Cohort(topic, lambda _step: written()), outlet, lambda _member: None)
        tasks.create_task(member.join(log, None, goes_on))
        await asked.wait()
        # when all members are looked after meanwhile
        member.catch_up(log)
        rows.set()
    # then it was told how things are once
    assert outlet.told == [b"snapshot"]


async def test_what_is_read_for_those_who_leave_at_once_is_begun_and_ended(redis_url: str) -> None:
    # given an event for which rows are read
    ends: list[str] = []

    async def read() -> bytes:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("ended")
        return b"rows"

    async def written(reading: Awaitable[bytes]) -> bytes:
        return await reading

    async with asyncio.timeout(10), redis_client(redis_url) as redis:
        cohort = Cohort(
            Topic(RedisEventLog(redis, Hub(redis_url)), streams.of_job(uuid4())), lambda _step: written(read())
        )
        cohort.tell(Event(Position((1, 0), 1), "started", {}))
        # when nobody wants it any more in the same moment
        cohort.close()
        # then it is not left lying about
        await until(lambda: ends == ["ended"])
