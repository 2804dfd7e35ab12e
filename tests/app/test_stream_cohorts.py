"""Following a stream: nothing is lost or told twice, whatever happens between any two steps of those who follow it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from adapters.event_log import RedisEventLog, event_of
from adapters.hub import Hub, redis_client
from app.streams.cohorts import Cohort, Member
from domain.errors import Unauthenticated
from domain.ports import Event
from domain.streams import COMPLETED, of_job
from domain.topics import Topics
from domain.watching import Snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from app.embedded.server import EmbeddedServer
    from app.streams.cohorts import Step
    from domain.ports import Listener, Position

    Act = Callable[[], Awaitable[None]]

pytestmark = pytest.mark.anyio

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
                await self.plan.pop(0)[1]()

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
            topic.look()
            if COMPLETED in self.rows and not topic.is_over:
                topic.end()
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


def outage(server: EmbeddedServer) -> tuple[Act, Act]:
    """Return how the server dies, and how it comes back. It must be started from the main thread to outlive us."""

    async def kill() -> None:
        server.kill()

    async def start() -> None:
        server.start()

    return kill, start


async def watch_all(stories: Sequence[Story]) -> None:
    await asyncio.gather(*(story.watch() for story in stories))
    for story in stories:
        assert not story.plan, "every point was reached"
        story.check()


@pytest.mark.parametrize("is_slow", [False, True])
@pytest.mark.parametrize(("is_heard", "is_awaited"), WAYS)
async def test_events_at_every_point_are_told_once(
    spare_redis_url: str,
    is_heard: bool,  # noqa: FBT001 - given by name
    is_awaited: bool,  # noqa: FBT001
    is_slow: bool,  # noqa: FBT001
) -> None:
    async with open_log(spare_redis_url) as log:
        stories = []
        for points in combinations_with_replacement(POINTS, len(KINDS)):
            story = Story(log, is_heard, is_awaited, is_slow)
            for point, kind in zip(points, KINDS, strict=True):
                story.at(point, *story.happens(kind))
            stories.append(story)

        await watch_all(stories)


@pytest.mark.parametrize(("is_heard", "is_awaited"), WAYS)
async def test_events_that_are_published_long_after_they_were_committed_are_told_once(
    spare_redis_url: str,
    is_heard: bool,  # noqa: FBT001 - given by name
    is_awaited: bool,  # noqa: FBT001
) -> None:
    async with open_log(spare_redis_url) as log:
        stories = []
        for points in combinations_with_replacement(POINTS, 2):
            # given rows that change at one point, and their events that are published together at a later one
            story = Story(log, is_heard, is_awaited)
            commits, publishes = zip(*map(story.happens, KINDS), strict=True)
            story.at(points[0], *commits)
            story.at(points[1], *publishes)
            stories.append(story)

        await asyncio.gather(*(story.watch() for story in stories))

        for story in stories:
            story.check()


@pytest.mark.parametrize(("is_heard", "is_awaited"), WAYS)
async def test_others_who_join_at_any_point_are_told_the_same_once(
    spare_redis_url: str,
    is_heard: bool,  # noqa: FBT001 - given by name
    is_awaited: bool,  # noqa: FBT001
) -> None:
    async with open_log(spare_redis_url) as log:
        stories = []
        for entry, *points in combinations_with_replacement(POINTS[4:], 3):
            for number, before in product(range(len(KINDS)), (False, True)):
                # given one who follows already, and one who joins while events and a third come, in each order
                story = Story(log, is_heard, is_awaited)
                joining: list[asyncio.Task[Outlet]] = []

                async def enter(story: Story = story, joining: list[asyncio.Task[Outlet]] = joining) -> None:
                    joining.append(asyncio.create_task(story.join()))

                acts: list[tuple[str, Act]] = [(entry, enter)]
                for point, kind in zip((points[0], points[0], points[1]), KINDS, strict=True):
                    acts += [(point, act) for act in story.happens(kind)]
                acts.insert(2 * number + before, acts.pop(0))
                points_of = sorted(POINTS.index(point) for point, _ in acts)
                story.plan = list(zip(points_of, [act for _, act in acts], strict=True))
                stories.append((story, joining))

        async def run(story: Story, joining: list[asyncio.Task[Outlet]]) -> None:
            plan, story.plan = story.plan, []
            await story.join()
            story.plan = plan
            await story.watch()
            await asyncio.gather(*joining)
            await story.to_the_end()

        await asyncio.gather(*(run(*each) for each in stories))

        for story, _ in stories:
            assert len(story.outlets) == 3
            story.check()


@pytest.mark.parametrize("is_slow", [False, True])
@pytest.mark.parametrize("told_before", [0, 1, 2])
async def test_a_member_who_comes_back_is_told_the_rest_once(
    spare_redis_url: str,
    told_before: int,
    is_slow: bool,  # noqa: FBT001 - given by name
) -> None:
    async with open_log(spare_redis_url) as log:
        stories = []
        for points in combinations_with_replacement(POINTS, len(KINDS) - told_before):
            story = Story(log, is_slow=is_slow)
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
            (outlet,) = story.outlets
            first, rows = outlet.told[0]
            assert isinstance(first, Snapshot)
            assert first.resumed
            assert outlet.kinds() == list(KINDS[told_before:])
            assert rows[:told_before] == list(KINDS[:told_before])
            story.check()


@pytest.mark.parametrize("is_slow", [False, True])
@pytest.mark.parametrize(("is_heard", "is_awaited"), WAYS)
async def test_a_log_that_is_emptied_at_any_point_loses_nothing(
    spare_redis_url: str,
    is_heard: bool,  # noqa: FBT001 - given by name
    is_awaited: bool,  # noqa: FBT001
    is_slow: bool,  # noqa: FBT001
) -> None:
    async with open_log(spare_redis_url) as log:
        stories = []
        for flushed in range(len(KINDS) + 1):
            for points in combinations_with_replacement(POINTS, 2):
                # given events that happen at two points, and a flush between two of them
                story = Story(log, is_heard, is_awaited, is_slow)
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
        # given one who had come as far as event 2 of a log that has since been emptied and filled anew
        story = Story(log)
        for _ in range(2):
            await log.publish(story.stream, "started", {})
        after = await log.tip(story.stream)
        await story.forget()
        for kind in KINDS:
            for act in story.happens(kind):
                await act()

        await story.watch(after)

        first, rows = story.outlets[0].told[0]
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


async def test_following_goes_on_by_the_rows_alone_while_the_server_is_away(
    spare_valkey: EmbeddedServer, spare_redis_url: str
) -> None:
    async with open_log(spare_redis_url) as log:
        story = Story(log)
        kill, start = outage(spare_valkey)
        story.at("before enter", kill)
        story.at("after join", *(story.happens(kind)[0] for kind in KINDS))
        try:
            await story.watch()
        finally:
            await start()

        story.check()


async def test_what_is_read_while_the_log_is_away_is_not_told_again_when_it_is_back(
    spare_valkey: EmbeddedServer, spare_redis_url: str
) -> None:
    async with open_log(spare_redis_url) as log:
        # given a job with two events, whose log is away when somebody comes
        story = Story(log)
        for kind in KINDS[:2]:
            for act in story.happens(kind):
                await act()
        kill, start = outage(spare_valkey)
        story.at("before enter", kill)
        story.at("after join", start, *story.happens(COMPLETED))

        await story.watch()

        assert story.outlets[0].kinds() == [COMPLETED]
        story.check()


async def test_what_the_look_at_the_rows_raises_is_raised_and_nothing_is_followed(spare_redis_url: str) -> None:
    async with open_log(spare_redis_url) as log:
        story = Story(log)

        async def refuse() -> None:
            raise Unauthenticated("The session has ended.")

        story.at("before look", refuse)
        with pytest.raises(Unauthenticated):
            await story.join()

        assert story.outlets[0].told == []
        assert not list(story.topics)
        assert not log._hub._listeners


@pytest.mark.parametrize("steps", range(0, 40, 3))
async def test_who_leaves_at_any_step_ends_the_subscription(spare_redis_url: str, steps: int) -> None:
    async with open_log(spare_redis_url) as log:
        story = Story(log)
        before = asyncio.all_tasks()
        joining = asyncio.create_task(story.join())
        for _ in range(steps):
            await asyncio.sleep(0)

        joining.cancel()
        await asyncio.wait({joining})
        for member in tuple(story._cohort.members) if story._cohort else ():
            member.leave()

        assert not list(story.topics)
        assert not log._hub._listeners
        assert {
            task for task in asyncio.all_tasks() - before if not task.cancelling() and task.get_name() == ""
        } == set()


async def test_events_are_written_once_for_all_who_are_told_the_same(spare_redis_url: str) -> None:
    async with open_log(spare_redis_url) as log:
        story, writes = Story(log, is_awaited=False), []

        def written(step: Step, write: Any = story.written) -> bytes:  # noqa: ANN401 - bound
            writes.append(step)
            return bytes(write(step))

        story.written = written  # type: ignore[method-assign]
        for _ in range(20):
            await story.join()
        assert len(writes) == 20
        for kind in KINDS:
            for act in story.happens(kind):
                await act()
        await story.to_the_end()

        assert len(writes) == 20 + len(KINDS)
        assert all(outlet.kinds() == list(KINDS) for outlet in story.outlets)
        story.check()
