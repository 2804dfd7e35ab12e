"""Stories of those who follow a stream: what happens is planned for any point between two steps of theirs."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING
from uuid import uuid4

from adapters.event_log import RedisEventLog, event_of
from adapters.hub import Hub, redis_client
from app.streams.cohorts import Cohort, Member
from domain.ports import Event
from domain.streams import COMPLETED, of_job
from domain.topics import Topics
from domain.watching import Snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from app.streams.cohorts import Step
    from domain.ports import Listener, Position

    Act = Callable[[], Awaitable[None]]

POINTS = (
    "before enter",
    "after enter",
    "before tip",
    "after tip",
    "before read",
    "after read",
    "before look",
    "after look",
    "before write",
    "after write",
    "after join",
)
"""Every moment at which the world can change between two steps of somebody who joins, in their order."""
KINDS = ("image_ready", "image_failed", COMPLETED)
WAYS = list(product((False, True), (False, True)))
"""Whether what is published is heard before anything else happens, and whether rows are waited for to tell it."""
TENDED_S = 1.0
"""Between two looks at those who follow, as their host does, while nothing comes."""


class Outlet:
    """Keeps what one client is told; takes one response at a time where it is slow."""

    def __init__(self, *, is_slow: bool = False) -> None:
        self.told: list[tuple[Step, list[str]]] = []
        """Each step, with the rows as they were when it was written."""
        self.is_slow = is_slow
        self.is_paused = False
        self.moved = asyncio.Event()
        self.over = asyncio.Event()

    def next(self, payload: bytes, step: Step | None) -> None:
        assert step
        assert not self.is_paused
        assert not self.over.is_set()
        said = json.loads(payload)
        assert said["at"] == [*step.position.stamp, step.position.sequence], "it tells what it is said to tell"
        self.told.append((step, said["rows"]))
        self.is_paused = self.is_slow
        self.moved.set()

    def end(self) -> None:
        assert not self.over.is_set()
        self.over.set()
        self.moved.set()

    def check(self) -> None:
        """Nothing was lost, nothing told twice, and the stream ended with ``completed``."""
        seen: set[str] = set()
        at: Position | None = None
        for step, rows in self.told:
            if isinstance(step, Snapshot):
                seen.update(rows)
            else:
                assert at, "the first step is a snapshot"
                assert step.position.sequence == at.sequence + 1, self.told
                seen.add(step.kind)
            at = step.position
        assert seen == set(KINDS), self.told
        last, _ = self.told[-1]
        assert isinstance(last, Event)
        assert last.kind == COMPLETED
        places = [step.position for step, _ in self.told if isinstance(step, Event)]
        assert len(places) == len(set(places)), self.told
        assert self.over.is_set()

    def kinds(self) -> list[str]:
        return [step.kind for step, _ in self.told if isinstance(step, Event)]


@dataclass
class Story:
    """A job whose events happen at chosen points of the way of those who follow it."""

    log: RedisEventLog
    is_heard: bool = False
    is_awaited: bool = True
    is_slow: bool = False
    stream: str = field(default_factory=lambda: of_job(uuid4()))
    plan: list[tuple[int, Act]] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    """What the rows show: kinds of all that has been committed."""
    outlets: list[Outlet] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.topics = Topics(_Interposed(self))
        self._cohort: Cohort | None = None
        self._acting = asyncio.Lock()
        self._heard = asyncio.Event()

    def at(self, point: str, *actions: Act) -> None:
        self.plan.extend((POINTS.index(point), action) for action in actions)

    async def reach(self, point: str) -> None:
        """Let everything happen that was planned up to this point."""
        async with self._acting:
            while self.plan and self.plan[0][0] <= POINTS.index(point):
                _, act = self.plan.pop(0)
                try:
                    await act()
                except ConnectionError as error:  # those who follow take it for their own, and try again
                    raise AssertionError(error) from error

    def happens(self, kind: str) -> tuple[Act, Act]:
        """Return how an event is committed, and how it is then published."""

        async def commit() -> None:
            self.rows.append(kind)

        async def publish() -> None:
            self._heard.clear()
            await self.log.publish(self.stream, kind, {"n": KINDS.index(kind)}, kind, is_last=kind == COMPLETED)
            if self.is_heard:
                await self._heard.wait()

        return commit, publish

    async def forget(self) -> None:
        """Empty the log, as a flush does, which takes longer than a stamp can tell."""
        before = await self.milliseconds()
        await self.log._redis.delete(*(f"easel:{{{self.stream}}}:{part}" for part in ("events", "meta", "once")))

        while await self.milliseconds() == before:
            pass

    async def milliseconds(self) -> int:
        seconds, microseconds = await self.log._redis.time()
        return int(seconds * 1_000 + microseconds // 1_000)

    def hear(self, _event: Event | None) -> None:
        self._heard.set()

    async def has_ended(self) -> bool:
        await self.reach("before look")
        answer = COMPLETED in self.rows
        await self.reach("after look")
        return answer

    async def write(self, step: Step) -> bytes:
        await self.reach("before write")
        written = self.written(step)
        await self.reach("after write")
        return written

    def written(self, step: Step) -> bytes:
        at = step.position
        return json.dumps({"at": [*at.stamp, at.sequence], "rows": self.rows}).encode()

    async def join(self, after: Position | None = None) -> Outlet:
        """Follow the job from now on."""
        outlet = Outlet(is_slow=self.is_slow)
        self.outlets.append(outlet)
        topic = await self.topics.enter(self.stream)
        if self._cohort is None:
            self._cohort = Cohort(topic, self.write if self.is_awaited else self.written)
        member = Member(self._cohort, outlet, self._left)
        try:
            await member.join(self.topics.log, after, self.has_ended)
        except BaseException:
            member.leave()
            raise
        return outlet

    async def watch(self, after: Position | None = None) -> Story:
        """Follow the job to its end, as one more who joins."""
        async with asyncio.timeout(40):
            if self.is_heard:
                await self.log.enter(self.stream, self.hear)
            await self.join(after)
            await self.reach("after join")
            await self.to_the_end()
            self.log.leave(self.stream, self.hear)
        return self

    async def to_the_end(self) -> None:
        """Take what comes until all were told of the end."""
        for outlet in self.outlets:
            while not outlet.over.is_set():
                outlet.moved.clear()
                self.go_on()
                try:
                    async with asyncio.timeout(TENDED_S):
                        await outlet.moved.wait()
                except TimeoutError:
                    self.tend()

    def go_on(self) -> None:
        """Let slow clients take the next response."""
        for member in tuple(self._cohort.members) if self._cohort else ():
            if isinstance(member.outlet, Outlet) and member.outlet.is_paused:
                member.outlet.is_paused = False
                member.catch_up(self.topics.log)

    def tend(self) -> None:
        """Look after all, as their host does."""
        for topic in self.topics:
            if COMPLETED in self.rows and not topic.is_over:
                topic.end()
            else:
                topic.look()
        for member in tuple(self._cohort.members) if self._cohort else ():
            member.catch_up(self.topics.log)

    def check(self) -> None:
        for outlet in self.outlets:
            outlet.check()
        assert not list(self.topics)
        assert self._cohort is None
        assert not self.log._hub._listeners

    def _left(self, member: Member) -> None:
        if not member.cohort.members:
            member.cohort.close()
            self._cohort = None
        self.topics.leave(member.cohort.topic)


class _Interposed(RedisEventLog):
    """The real log, with a stop before and after each step."""

    def __init__(self, story: Story) -> None:
        self.__dict__.update(story.log.__dict__)
        self.story = story

    async def read_after(self, stream: str, position: Position) -> list[Event] | None:
        await self.story.reach("before read")
        events = await super().read_after(stream, position)
        await self.story.reach("after read")
        return events

    async def tip(self, stream: str) -> Position:
        await self.story.reach("before tip")
        position = await super().tip(stream)
        await self.story.reach("after tip")
        return position

    async def enter(self, stream: str, listener: Listener) -> None:
        await self.story.reach("before enter")
        await super().enter(stream, listener)
        await self.story.reach("after enter")


@asynccontextmanager
async def open_log(redis_url: str) -> AsyncIterator[RedisEventLog]:
    hub, redis = Hub(redis_url, event_of), redis_client(redis_url)
    await hub.connect()
    try:
        yield RedisEventLog(redis, hub)
    finally:
        await hub.disconnect()
        await redis.aclose()
