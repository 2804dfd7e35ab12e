"""Following a job: no event is lost and none is told twice, whatever happens between any two steps of the watcher."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from adapters.event_log import RedisEventLog
from adapters.hub import Hub, redis_client
from domain.errors import BadCursor, Unauthenticated
from domain.ports import Event, Position, Publication
from domain.streams import COMPLETED, of_job
from domain.watching import Snapshot, cursor_of, follow, position_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from app.embedded.server import EmbeddedServer
    from domain.ports import LiveEvents

pytestmark = pytest.mark.anyio

POINTS = (
    "before subscribe",
    "after subscribe",
    "before read",
    "after read",
    "before tip",
    "after tip",
    "before look",
    "after look",
    "before snapshot",
    "after snapshot",
    "before next",
    "while next",
)
"""Every moment at which the world can change between two steps of a watcher, in the order in which they come."""
KINDS = ("image_ready", "image_failed", COMPLETED)


@dataclass
class Story:
    """A job whose events happen at chosen points of its watcher's way."""

    log: RedisEventLog
    stream: str = field(default_factory=lambda: of_job(uuid4()))
    plan: list[tuple[int, Callable[[], Awaitable[None]]]] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    """What the rows show: kinds of all that has been committed."""
    told: list[tuple[Snapshot | Event, list[str]]] = field(default_factory=list)
    """What the watcher was told, each with the rows as they were then."""

    def at(self, point: str, *actions: Callable[[], Awaitable[None]]) -> None:
        self.plan.extend((POINTS.index(point), action) for action in actions)

    async def reach(self, point: str) -> None:
        """Let everything happen that was planned up to this point."""
        while self.plan and self.plan[0][0] <= POINTS.index(point):
            await self.plan.pop(0)[1]()

    def happens(self, kind: str) -> tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]:
        """Return how an event is committed, and how it is then published."""

        async def commit() -> None:
            self.rows.append(kind)

        async def publish() -> None:
            await self.log.publish(self.stream, kind, {"n": KINDS.index(kind)}, kind, is_last=kind == COMPLETED)

        return commit, publish

    async def forget(self) -> None:
        """Empty the log, as a flush does."""
        await self.log._redis.delete(*(f"easel:{{{self.stream}}}:{part}" for part in ("events", "meta", "once")))

    async def has_ended(self) -> bool:
        await self.reach("before look")
        answer = COMPLETED in self.rows
        await self.reach("after look")
        return answer

    async def watch(self, after: Position | None = None) -> Story:
        """Follow the job to its end."""
        async with asyncio.timeout(20):
            async for step in follow(_Interposed(self), self.stream, after, self.has_ended, look_s=1):
                await self.reach("before snapshot")
                self.told.append((step, list(self.rows)))
                await self.reach("after snapshot")
        return self

    def check(self) -> None:
        """Nothing was lost, nothing told twice, and the stream ended with ``completed``."""
        seen: set[str] = set()
        at: Position | None = None
        for step, rows in self.told:
            if isinstance(step, Snapshot):
                at = step.position
                seen.update(rows)
            else:
                assert at, "the first step is a snapshot"
                assert step.position.sequence == at.sequence + 1, self
                at = step.position
                seen.add(step.kind)
        assert seen == set(KINDS), self
        last, _ = self.told[-1]
        assert isinstance(last, Event)
        assert last.kind == COMPLETED
        stamps = [step.position for step, _ in self.told if isinstance(step, Event)]
        assert len(stamps) == len(set(stamps)), self


class _Interposed:
    """The real log, with a stop before and after each step."""

    def __init__(self, story: Story) -> None:
        self.story = story

    async def publish(
        self, stream: str, kind: str, data: Mapping[str, Any], key: str = "", *, is_last: bool = False
    ) -> None:
        await self.story.log.publish(stream, kind, data, key, is_last=is_last)

    async def publish_all(self, publications: Sequence[Publication]) -> None:
        await self.story.log.publish_all(publications)

    async def read_after(self, stream: str, position: Position) -> list[Event] | None:
        await self.story.reach("before read")
        events = await self.story.log.read_after(stream, position)
        await self.story.reach("after read")
        return events

    async def tip(self, stream: str) -> Position:
        await self.story.reach("before tip")
        position = await self.story.log.tip(stream)
        await self.story.reach("after tip")
        return position

    async def tips(self, streams: Sequence[str]) -> list[Position]:
        return await self.story.log.tips(streams)

    @asynccontextmanager
    async def subscribe(self, stream: str) -> AsyncIterator[_InterposedEvents]:
        await self.story.reach("before subscribe")
        async with self.story.log.subscribe(stream) as live:
            await self.story.reach("after subscribe")
            yield _InterposedEvents(live, self.story)


class _InterposedEvents:
    def __init__(self, live: LiveEvents, story: Story) -> None:
        self.live = live
        self.story = story

    async def next(self, wait_s: float) -> Event | None:
        await self.story.reach("before next")
        happening = asyncio.create_task(self.story.reach("while next"))
        try:
            return await self.live.next(wait_s)
        finally:
            await happening


@asynccontextmanager
async def open_log(redis_url: str) -> AsyncIterator[RedisEventLog]:
    hub, redis = Hub(redis_url), redis_client(redis_url)
    await hub.connect()
    try:
        yield RedisEventLog(redis, hub)
    finally:
        await hub.disconnect()
        await redis.aclose()


def outage(server: EmbeddedServer) -> tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]:
    """Return how the server dies, and how it comes back. It must be started from the main thread to outlive us."""

    async def kill() -> None:
        server.kill()

    async def start() -> None:
        server.start()

    return kill, start


async def watch_all(stories: Sequence[Story], after: Position | None = None) -> None:
    await asyncio.gather(*(story.watch(after) for story in stories))
    for story in stories:
        assert not story.plan, "every point was reached"
        story.check()


async def test_events_at_every_point_are_told_once(spare_redis_url: str) -> None:
    async with open_log(spare_redis_url) as log:
        stories = []
        for points in combinations_with_replacement(POINTS, len(KINDS)):
            story = Story(log)
            for point, kind in zip(points, KINDS, strict=True):
                story.at(point, *story.happens(kind))
            stories.append(story)

        await watch_all(stories)


async def test_events_that_are_published_long_after_they_were_committed_are_told_once(spare_redis_url: str) -> None:
    async with open_log(spare_redis_url) as log:
        stories = []
        for points in combinations_with_replacement(POINTS, 2):
            # given rows that change at one point, and their events that are published together at a later one
            story = Story(log)
            commits, publishes = zip(*map(story.happens, KINDS), strict=True)
            story.at(points[0], *commits)
            story.at(points[1], *publishes)
            stories.append(story)

        await asyncio.gather(*(story.watch() for story in stories))

        for story in stories:
            story.check()


@pytest.mark.parametrize("told_before", [0, 1, 2])
async def test_a_watcher_who_comes_back_is_told_the_rest_once(spare_redis_url: str, told_before: int) -> None:
    async with open_log(spare_redis_url) as log:
        stories = []
        for points in combinations_with_replacement(POINTS, len(KINDS) - told_before):
            story = Story(log)
            await log.publish(story.stream, "started", {})
            for kind in KINDS[:told_before]:
                for act in story.happens(kind):
                    await act()
            for point, kind in zip(points, KINDS[told_before:], strict=True):
                story.at(point, *story.happens(kind))
            stories.append(story)
        positions = [await log.tip(story.stream) for story in stories]

        await asyncio.gather(*(story.watch(after) for story, after in zip(stories, positions, strict=True)))

        for story in stories:
            first, rows = story.told[0]
            assert isinstance(first, Snapshot)
            assert first.resumed
            assert [step.kind for step, _ in story.told[1:] if isinstance(step, Event)] == list(KINDS[told_before:])
            assert rows[:told_before] == list(KINDS[:told_before])
            story.check()


async def test_a_log_that_is_emptied_at_any_point_loses_nothing(spare_redis_url: str) -> None:
    async with open_log(spare_redis_url) as log:
        stories = []
        for flushed in range(len(KINDS) + 1):
            for points in combinations_with_replacement(POINTS, 2):
                # given events that happen at two points, and a flush between two of them
                story = Story(log)
                acts = [act for kind in KINDS for act in story.happens(kind)]
                acts.insert(2 * flushed, story.forget)
                story.at(points[0], *acts[: 2 * flushed + 1])
                story.at(points[1], *acts[2 * flushed + 1 :])
                stories.append(story)

        await asyncio.gather(*(story.watch() for story in stories))

        for story in stories:
            story.check()


async def test_a_cursor_of_an_emptied_log_starts_over(spare_redis_url: str) -> None:
    async with open_log(spare_redis_url) as log:
        # given a watcher who had come as far as event 2 of a log that has since been emptied and filled anew
        story = Story(log)
        for _ in range(2):
            await log.publish(story.stream, "started", {})
        after = await log.tip(story.stream)
        await story.forget()
        for kind in KINDS:
            for act in story.happens(kind):
                await act()

        await story.watch(after)

        first, rows = story.told[0]
        assert isinstance(first, Snapshot)
        assert not first.resumed
        assert rows == list(KINDS)
        story.check()


async def test_a_server_that_is_killed_at_any_point_loses_nothing(
    spare_valkey: EmbeddedServer, spare_redis_url: str
) -> None:
    async with open_log(spare_redis_url) as log:
        kill, start = outage(spare_valkey)
        for point in POINTS:
            # given a server that dies at this point, and is back only when the rows have changed
            story = Story(log)
            (commit, *published), *rest = map(story.happens, KINDS)
            story.at(point, kill, commit, start, *published, *(act for happens in rest for act in happens))

            await story.watch()

            story.check()


async def test_watching_goes_on_by_the_rows_alone_while_the_server_is_away(
    spare_valkey: EmbeddedServer, spare_redis_url: str
) -> None:
    async with open_log(spare_redis_url) as log:
        story = Story(log)
        kill, start = outage(spare_valkey)
        story.at("before subscribe", kill)
        story.at("before next", *(story.happens(kind)[0] for kind in KINDS))
        try:
            await story.watch()
        finally:
            await start()

        story.check()


async def test_what_is_read_while_the_log_is_away_is_not_told_again_when_it_is_back(
    spare_valkey: EmbeddedServer, spare_redis_url: str
) -> None:
    async with open_log(spare_redis_url) as log:
        # given a job with two events, whose log is away when the watcher comes
        story = Story(log)
        for kind in KINDS[:2]:
            for act in story.happens(kind):
                await act()
        kill, start = outage(spare_valkey)
        story.at("before subscribe", kill)
        story.at("before next", start, *story.happens(COMPLETED))

        await story.watch()

        events = [step.kind for step, _ in story.told if isinstance(step, Event)]
        assert events == [COMPLETED]
        story.check()


async def test_what_the_look_at_the_rows_raises_ends_the_stream_and_the_subscription(spare_redis_url: str) -> None:
    async with open_log(spare_redis_url) as log:
        stream, allowed = of_job(uuid4()), [True, False]

        async def has_ended() -> bool:
            if not allowed.pop(0):
                raise Unauthenticated("The session has ended.")
            return False

        with pytest.raises(Unauthenticated):
            async for _ in follow(log, stream, None, has_ended, look_s=0.1):
                pass
        assert log._hub._subscribers == {}


async def test_a_reader_who_leaves_between_two_events_ends_the_subscription(spare_redis_url: str) -> None:
    async with open_log(spare_redis_url) as log:
        story = Story(log)
        steps = follow(log, story.stream, None, story.has_ended)
        assert isinstance(await anext(steps), Snapshot)
        await log.publish(story.stream, "started", {})
        assert isinstance(await anext(steps), Event)

        await steps.aclose()

        assert log._hub._subscribers == {}


def test_a_cursor_names_its_stream_its_place_and_its_end() -> None:
    stream, position = of_job(uuid4()), Position((1_700_000_000_000, 3), 17)

    assert position_of(stream, cursor_of(stream, position)) == (position, False)
    assert position_of(stream, cursor_of(stream, position, is_last=True)) == (position, True)
    with pytest.raises(BadCursor):
        position_of(of_job(uuid4()), cursor_of(stream, position))
    with pytest.raises(BadCursor):
        position_of(stream, "no cursor")
