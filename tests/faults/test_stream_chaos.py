"""Chaos: whatever is killed and when, each watcher of each job is told each event once and in order."""

from __future__ import annotations

import asyncio
import os
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pytest
import redis

from audit import check_end
from cutting import cuttable
from depth import depth
from graph_client import GraphClient
from stored import sql
from waiting import until
from watchers import LOST, Watcher, by_parts, by_server_sent, by_socket, check_alike

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.embedded.server import EmbeddedServer
    from conftest import Installation
    from cutting import CuttingProxy
    from workshop import Workshop

pytestmark = pytest.mark.anyio

CHAOS_S: Final = depth(0.0, 120.0)
"""After which no new round of faults begins; there is one at least."""
JOBS: Final = depth(12, 50)
"""In motion at any moment; a new one comes where one has ended."""
USERS: Final = JOBS // 2
WELCOME: Final = 100
"""Credits of each."""
WAYS: Final = (by_socket, by_socket, by_server_sent, by_parts)
"""Of the watchers of one job. Each of a user's sockets may be counted twice while the server misses its end."""
PICTURE: Final[dict[str, Any]] = depth({"size": {"width": 128, "height": 128}}, {"ratio": "1:1"})
SEED: Final = int(os.environ.get("CHAOS_SEED") or uuid.uuid4().int % 2**32)
PROMPTS: Final = ("a cat", "a cat", "a cat #slow", "a cat #fail:1", "a cat #block")
PATIENCE_S: Final = 60.0
"""For the crowd to be told the next things after a fault."""
TAIL_S: Final = 240.0
"""For what was in the line to be painted when all is well again: 20 s in good order, more where others want the CPU."""


@dataclass
class Crowd:
    """Who watches, and has ever watched."""

    watchers: list[Watcher] = field(default_factory=list)
    submitted: Counter[str] = field(default_factory=Counter)
    """Jobs by owner."""
    is_closing: bool = False
    """Whether no new jobs come."""

    def told(self) -> int:
        """Return how many messages all have been told."""
        return sum(len(watcher.told) for watcher in self.watchers)

    def arrived(self) -> int:
        """Return how many have been told anything."""
        return sum(bool(watcher.told) for watcher in self.watchers)

    async def stay(self, owner: GraphClient, place: int, chance: random.Random) -> None:
        """Submit one job after the other, and let four watch each to its end."""
        while not self.is_closing:
            key = f"{place} {self.submitted[owner.viewer_id]}"
            options = {"count": chance.randint(1, 2), "steps": 2, **PICTURE}
            job = await _submitted(owner, chance.choice(PROMPTS), key, options)
            self.submitted[owner.viewer_id] += 1
            watchers = [Watcher(owner, job, way) for way in WAYS]
            self.watchers += watchers
            await asyncio.gather(*(watcher.follow() for watcher in watchers))


async def _submitted(owner: GraphClient, prompt: str, key: str, options: dict[str, Any]) -> str:
    """Return the job that a client gets which asks again, with the same key, until it has heard the answer."""
    while True:
        try:
            job: str = (await owner.submit(prompt, key, **options))["job"]["id"]
        except LOST:
            await asyncio.sleep(0.2)
        else:
            return job


@dataclass
class Chaos:
    """Breaks one thing after the other."""

    installation: Installation
    valkey: EmbeddedServer
    proxy: CuttingProxy
    chance: random.Random
    happened: Counter[str] = field(default_factory=Counter)

    def faults(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Return what happens again and again, by name."""
        return {
            "sockets are cut": self.cut,
            "all sockets are cut": self.cut_all,
            "the API is killed": self.kill_api,
            "the API is stopped": self.stop_api,
            "the worker is killed": self.kill_worker,
            "the relay is killed": self.kill_relay,
            "Valkey is killed": self.kill_valkey,
            "Valkey is killed and stays away": self.miss_valkey,
        }

    async def reign(self, seconds: float, told: Callable[[], int]) -> None:
        """Let faults happen, each after something more was told, until time is up; the last empties Valkey."""
        faults, clock = self.faults(), asyncio.get_running_loop().time
        end = clock() + seconds
        while clock() < end or not self.happened:
            for name in self.chance.sample(sorted(faults), len(faults)):
                await self._until_more(told)
                await faults[name]()
                self.happened[name] += 1
        await self._until_more(told)
        await self.empty_valkey()

    async def _until_more(self, told: Callable[[], int]) -> None:
        goal = told() + self.chance.randint(1, 12 * JOBS)
        await until(lambda: told() >= goal, PATIENCE_S)

    async def cut(self) -> None:
        wires = list(self.proxy.wires)
        for wire in self.chance.sample(wires, self.chance.randint(0, len(wires))):
            (wire.cut if self.chance.random() < 0.5 else wire.cut_in_the_middle)()

    async def cut_all(self) -> None:
        for wire in list(self.proxy.wires):
            wire.cut()

    async def kill_api(self) -> None:
        self.installation.processes["api"].kill()
        self.installation.start("api")

    async def stop_api(self) -> None:
        await asyncio.to_thread(self.installation.processes["api"].stop)
        self.installation.start("api")

    async def kill_worker(self) -> None:
        self.installation.processes["worker"].kill()
        self.installation.start("worker")

    async def kill_relay(self) -> None:
        self.installation.processes["relay"].kill()
        self.installation.start("relay")

    async def kill_valkey(self) -> None:
        self.valkey.kill()
        self.valkey.start()

    async def miss_valkey(self) -> None:
        """Kill it while images are painted; start it when the API has answered and what was in hand is ready."""
        await self.installation.answering()
        before = self._painted()
        await until(lambda: self._painted() > before, PATIENCE_S)
        before = self._painted()
        self.valkey.kill()
        try:
            await self.installation.client().core("feed", kind="LATEST", first=1)
            await until(lambda: self._painted() > before or not self._is_painting(), PATIENCE_S)
        finally:
            self.valkey.start()

    def _painted(self) -> int:
        url = self.installation.environment["DATABASE_URL"]
        ((count,),) = sql(url, "SELECT count(*) FROM generation_slots WHERE finished_at IS NOT NULL")
        return int(count)

    def _is_painting(self) -> bool:
        url = self.installation.environment["DATABASE_URL"]
        return bool(sql(url, "SELECT id FROM generation_jobs WHERE status = 'RUNNING' LIMIT 1"))

    async def empty_valkey(self) -> None:
        with redis.Redis.from_url(self.valkey.url) as client:
            client.flushall()


@pytest.mark.timeout(CHAOS_S + TAIL_S + 4 * PATIENCE_S)
async def test_each_watcher_is_told_each_event_once_whatever_is_killed(
    fragile: Installation, inside: Workshop, spare_valkey: EmbeddedServer
) -> None:
    print(f"CHAOS_SEED={SEED}")  # noqa: T201 - pytest shows it where the test fails; set it to have the same chances
    chance, crowd = random.Random(SEED), Crowd()  # noqa: S311 - chance that can be repeated
    owners = await asyncio.gather(*(fragile.signed_up() for _ in range(USERS)))
    async with cuttable(fragile.url) as (url, proxy), asyncio.TaskGroup() as tasks:
        # given four clients who watch each job
        for place in range(JOBS):
            owner = owners[place % USERS]
            seat = GraphClient(url, owner.token)
            seat.viewer_id = owner.viewer_id
            tasks.create_task(crowd.stay(seat, place, random.Random(chance.random())))  # noqa: S311
        await until(lambda: crowd.arrived() >= JOBS * len(WAYS), PATIENCE_S)

        # when all breaks, again and again
        chaos = Chaos(fragile, spare_valkey, proxy, chance)
        await chaos.reign(CHAOS_S, crowd.told)

        # and is then let alone until all jobs have ended
        crowd.is_closing = True
        async with asyncio.timeout(TAIL_S):
            await until(lambda: all(watcher.is_over for watcher in crowd.watchers), TAIL_S)
    resumed, restarts = (sum(getattr(each, name) for each in crowd.watchers) for name in ("resumed", "restarts"))
    told = f"{len(crowd.watchers)} watchers were told {crowd.told()} messages, {resumed=}, {restarts=}"
    print(told, dict(chaos.happened))  # noqa: T201 - see above

    # then each was told each event once and in order (see Watcher), and all were told the same
    check_alike(crowd.watchers)
    assert resumed > depth(JOBS, restarts), "hardly anybody went on where they were"
    check_ends(inside.database_url, crowd)

    # and each job was painted once, and each credit spent once
    await inside.sweeper().remove_abandoned()
    check_end(inside.database_url)
    for owner in owners:
        account = (await owner.core("me"))["creditAccount"]
        assert account == {"balance": WELCOME - spent(inside.database_url, owner), "held": 0}


def check_ends(database_url: str, crowd: Crowd) -> None:
    """Assert that each watcher has seen how its job ended, and each job that was submitted is there once."""
    jobs = {
        f"job_{key.hex}": (status, set(ready))
        for key, status, ready in sql(
            database_url,
            "SELECT j.id, j.status, array_remove(array_agg(CASE WHEN s.status = 'READY' THEN s.index END), NULL)"
            " FROM generation_jobs j JOIN generation_slots s ON s.job_id = j.id GROUP BY j.id",
        )
    }
    assert len(jobs) == crowd.submitted.total()
    assert set(jobs) == {watcher.job for watcher in crowd.watchers}
    for watcher in crowd.watchers:
        status, ready = jobs[watcher.job]
        end = watcher.told[-1]["job"]
        assert (end["status"], end["succeededCount"], watcher.shown()) == (status, len(ready), ready)


def spent(database_url: str, owner: GraphClient) -> int:
    """Return how many images of a user are ready, each of which costs a credit."""
    ((count,),) = sql(
        database_url,
        "SELECT count(*) FROM generation_slots s JOIN generation_jobs j ON j.id = s.job_id"
        " WHERE s.status = 'READY' AND j.user_id = %s",
        UUID(owner.viewer_id.partition("_")[2]),
    )
    return int(count)
