"""Following a stream: nothing is lost or told twice, whatever happens between any two steps of those who follow it."""

from __future__ import annotations

import asyncio
from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING

import pytest

from domain.watching import Snapshot
from stories import KINDS, POINTS, WAYS, Story, open_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stories import Act, Outlet

pytestmark = pytest.mark.anyio


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
