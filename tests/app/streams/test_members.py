"""Members of a cohort: who joins, who reads alone, side by side or late, and who leaves while rows are read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from app.streams.cohorts import Cohort, Member
from domain.ports import Event, Position
from domain.streams import COMPLETED, of_job
from domain.topics import HELD, Topic, Topics
from domain.watching import Snapshot
from stories import open_log
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from adapters.event_log import RedisEventLog
    from app.streams.cohorts import Encode, Step

pytestmark = pytest.mark.anyio

AT = Position((1, 0), 3)


@dataclass
class Outlet:
    """Keeps what one client is told."""

    is_paused: bool = False
    told: list[tuple[Step, bytes]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def next(self, payload: bytes, step: Step | None) -> None:
        assert step
        self.told.append((step, payload))

    def end(self) -> None:
        self.over.set()

    def words(self) -> list[str]:
        """Return what was told in words."""
        return ["snapshot" if isinstance(step, Snapshot) else step.kind for step, _ in self.told]


async def goes_on() -> bool:
    return False


def unheard(log: RedisEventLog) -> Topic:
    """Return a stream that nobody hears of by itself."""
    return Topic(log, of_job(uuid4()))


async def three_events(log: RedisEventLog, topic: Topic) -> Position:
    """Publish three events; return where the stream stood before."""
    before = await log.tip(topic.stream)
    for kind in ("a", "b", "c"):
        await log.publish(topic.stream, kind, {})
    topic.at = await log.tip(topic.stream)
    return before


def follow(topic: Topic, encode: Encode, members: int = 1) -> list[tuple[Member, Outlet]]:
    cohort = Cohort(topic, encode)
    outlets = [Outlet() for _ in range(members)]
    return [(Member(cohort, outlet, lambda _member: None), outlet) for outlet in outlets]


async def test_what_many_catch_up_with_side_by_side_is_written_once(redis_url: str) -> None:
    async with asyncio.timeout(20), open_log(redis_url) as log:
        topic = unheard(log)
        before = await three_events(log, topic)
        written: list[int] = []
        coming, all_read_on = iter(range(1, 6)), asyncio.Event()

        async def write(step: Step) -> bytes:
            written.append(step.position.sequence)
            await all_read_on.wait()
            return b"{}"

        def encode(step: Step) -> bytes | Coroutine[Any, Any, bytes]:
            if isinstance(step, Event):
                return write(step)
            if next(coming) == 5:
                all_read_on.set()
            return b"{}"

        followed = follow(topic, encode, members=5)
        await asyncio.gather(*(member.join(log, before, goes_on) for member, _ in followed))

        assert written == [1, 2, 3]
        assert [outlet.words() for _, outlet in followed] == [["snapshot", "a", "b", "c"]] * 5


@pytest.mark.parametrize("is_awaited", [False, True])
async def test_an_event_that_is_told_late_shows_the_newest_rows(redis_url: str, *, is_awaited: bool) -> None:
    async with asyncio.timeout(20), open_log(redis_url) as log:
        topic = unheard(log)
        before = await three_events(log, topic)
        rows = [b"as it was"]

        async def read() -> bytes:
            return rows[-1]

        (first, _), (second, outlet) = follow(topic, lambda _step: read() if is_awaited else rows[-1], members=2)
        await first.join(log, before, goes_on)

        # when the rows change, and somebody else comes back to the same events
        rows.append(b"as it is")
        await second.join(log, before, goes_on)

        assert [payload for _, payload in outlet.told] == [b"as it is"] * 4


async def test_what_nobody_waits_for_any_more_is_not_written(redis_url: str) -> None:
    async with asyncio.timeout(20), open_log(redis_url) as log:
        topic = unheard(log)
        before = await three_events(log, topic)
        begun, ended = asyncio.Event(), asyncio.Event()

        async def write() -> bytes:
            begun.set()
            try:
                await asyncio.get_running_loop().create_future()
                raise AssertionError
            finally:
                ended.set()

        ((member, outlet),) = follow(topic, lambda step: b"{}" if isinstance(step, Snapshot) else write())
        joining = asyncio.create_task(member.join(log, before, goes_on))
        await begun.wait()

        joining.cancel()
        await ended.wait()
        assert outlet.words() == ["snapshot"]


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

    async with asyncio.timeout(20), open_log(redis_url) as log:
        cohort = Cohort(unheard(log), lambda _step: written(read()))
        cohort.tell(Event(Position((1, 0), 1), "started", {}))
        # when nobody wants it any more in the same moment
        cohort.close()
        # then it is not left lying about
        await until(lambda: ends == ["ended"])


async def test_who_is_looked_after_while_joining_is_told_one_snapshot(redis_url: str) -> None:
    async with asyncio.timeout(20), open_log(redis_url) as log:
        # given a member that joins, and waits for the rows of its snapshot
        asked, rows = asyncio.Event(), asyncio.Event()

        async def written() -> bytes:
            asked.set()
            await rows.wait()
            return b"snapshot"

        ((member, outlet),) = follow(unheard(log), lambda _step: written())
        joining = asyncio.create_task(member.join(log, None, goes_on))
        await asked.wait()

        # when all members are looked after meanwhile
        member.catch_up(log)
        rows.set()
        await joining

        # then it was told how things are once
        assert outlet.words() == ["snapshot"]


async def test_who_did_not_take_the_snapshot_is_not_told_of_the_end_without_it(redis_url: str) -> None:
    steps: asyncio.Queue[tuple[Step, asyncio.Future[bytes]]] = asyncio.Queue()

    async def write(step: Step) -> bytes:
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        steps.put_nowait((step, answer))
        return await answer

    async def answered() -> Step:
        step, answer = await steps.get()
        answer.set_result(b"{}")
        return step

    async with asyncio.timeout(20), open_log(redis_url) as log:
        topic = await Topics(log).enter(of_job(uuid4()))
        # given a client that takes nothing while its stream starts over, because its rows have ended
        ((member, outlet),) = follow(topic, write)
        joining = asyncio.create_task(member.join(log, None, goes_on))
        await answered()
        await joining
        outlet.is_paused = True
        topic.end()
        assert isinstance(await answered(), Snapshot)
        end, told_end = await steps.get()
        assert isinstance(end, Event)

        # when it goes on just before the end is told
        outlet.is_paused = False
        member.catch_up(log)
        _, told_anew = await steps.get()
        told_end.set_result(b"{}")
        told_anew.set_result(b"{}")

        # then the snapshot comes before the end
        answering = asyncio.create_task(_each(answered))
        await outlet.over.wait()
        answering.cancel()
        assert outlet.words()[:2] == ["snapshot", "snapshot"]
        assert outlet.words()[-1] == COMPLETED


async def test_the_end_that_rows_tell_of_follows_what_the_log_has_to_tell(redis_url: str) -> None:
    async with asyncio.timeout(20), open_log(redis_url) as log:
        # given a member who has read more of the log than was heard
        topic = await Topics(log).enter(of_job(uuid4()))
        before = topic.at
        log.leave(topic.stream, topic._hear)
        for kind in ("a", "b", "c"):
            await log.publish(topic.stream, kind, {})
        ((member, outlet),) = follow(topic, lambda _step: b"{}")
        await member.join(log, before, goes_on)
        assert outlet.words() == ["snapshot", "a", "b", "c"]

        # when its rows say that it has ended
        topic.end()
        await outlet.over.wait()

        # then nobody is taken back behind what was told
        assert outlet.words() == ["snapshot", "a", "b", "c", "snapshot", COMPLETED]
        assert [step.position.sequence for step, _ in outlet.told] == [0, 1, 2, 3, 3, 4]


async def test_who_was_told_the_end_while_joining_is_told_no_snapshot_after_it(redis_url: str) -> None:
    async with asyncio.timeout(20), open_log(redis_url) as log:
        topic = await Topics(log).enter(of_job(uuid4()))
        ((member, outlet),) = follow(topic, lambda _step: b"{}")

        async def ends() -> bool:
            topic.end()
            await outlet.over.wait()
            return True

        await member.join(log, None, ends)

        assert outlet.words() == ["snapshot", COMPLETED]


async def _each(answered: Callable[[], Awaitable[Step]]) -> None:
    while True:
        await answered()


async def test_the_end_is_told_also_where_too_much_waited_before_it(redis_url: str) -> None:
    rows: asyncio.Future[bytes] = asyncio.Future()

    async def read() -> bytes:
        return await rows

    async with asyncio.timeout(20), open_log(redis_url) as log:
        topic = unheard(log)
        topic.at = AT
        ((member, outlet),) = follow(topic, lambda step: read() if _is_first(step) else b"{}")
        await member.join(log, None, goes_on)

        # given rows that can not be read while more happens than may wait, and the end
        for number in range(1, HELD + 3):
            kind = COMPLETED if number == HELD + 2 else "progress"
            topic._tell(Event(Position((1, number), AT.sequence + number), kind, {}))
        rows.set_result(b"{}")
        await _idle(member.cohort)
        member.catch_up(log)

        await outlet.over.wait()
        assert outlet.words() == ["snapshot", "progress", "snapshot", COMPLETED]


def _is_first(step: Step) -> bool:
    return isinstance(step, Event) and step.position.sequence == AT.sequence + 1


async def _idle(cohort: Cohort) -> None:
    """Wait until the cohort has handed over what waits."""
    task = cohort._task
    assert task
    await task
