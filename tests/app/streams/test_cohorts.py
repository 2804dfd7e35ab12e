"""Cohorts while their server dies, while others leave, and while nobody is in a hurry."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from domain.errors import Unauthenticated
from domain.streams import COMPLETED
from stories import KINDS, POINTS, Story, open_log

if TYPE_CHECKING:
    from app.embedded.server import EmbeddedServer
    from app.streams.cohorts import Step
    from stories import Act

pytestmark = pytest.mark.anyio


def outage(server: EmbeddedServer) -> tuple[Act, Act]:
    """Return how the server dies, and how it comes back. It must be started from the main thread to outlive us."""

    async def kill() -> None:
        server.kill()

    async def start() -> None:
        server.start()

    return kill, start


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
