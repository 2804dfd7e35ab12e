"""Worker processes that come and go: drained and stopped without losing a picture, or killed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from audit import check_end
from shell import easel_command
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from conftest import Installation

pytestmark = pytest.mark.anyio

SIZE = {"width": 64, "height": 64}
SLOW: dict[str, Any] = {"count": 2, "size": SIZE, "steps": 20}
"""Takes 16 s, in which a command is run."""
QUICK: dict[str, Any] = {"count": 1, "size": SIZE, "steps": 1}
JOBS = "SELECT status, attempt, worker_id FROM generation_jobs ORDER BY id"


@pytest.fixture
async def place(fragile: Installation, spare_database_url: str) -> Installation:
    """Return an Easel whose worker is of a release, and enrolled in the registry."""
    fragile.processes["worker"].kill()
    sql(spare_database_url, "DELETE FROM workers")
    fragile.start("worker", RELEASE="v7")
    await until(lambda: sql(spare_database_url, "SELECT id FROM workers"))
    return fragile


async def shell(place: Installation, *words: str) -> CompletedProcess[str]:
    return await asyncio.to_thread(easel_command, "workers", *words, **place.environment)


async def test_a_worker_is_drained_and_stopped_without_losing_a_picture(
    place: Installation, spare_database_url: str
) -> None:
    client = await place.signed_up()
    listed = await shell(place, "list")
    ((worker, status, in_hand, name, engines, release, *_),) = (line.split() for line in listed.stdout.splitlines())
    assert (status, in_hand, engines, release) == ("UP", "0", "sandbox", "v7")
    old = place.processes["worker"]
    assert old.popen
    assert name.endswith(f":{old.popen.pid}")

    # given a worker that paints, and is drained
    await client.submit("a cat #slow", "1", **SLOW)
    await until(lambda: sql(spare_database_url, "SELECT id FROM generation_jobs WHERE status = 'RUNNING'"))
    at_once = await shell(place, "drain", worker)
    assert (at_once.returncode, at_once.stdout) == (0, f"{worker} is DRAINING, with 1 jobs in hand.\n")

    # when its end is waited for, then it has delivered all that it had in hand, and takes nothing more
    drained = await shell(place, "drain", worker, "--wait", "30")
    assert (drained.returncode, drained.stdout) == (0, f"{worker} is DRAINED, with 0 jobs in hand.\n")
    ((ended, attempt, painter),) = sql(spare_database_url, JOBS)
    assert (ended, attempt, painter.hex) == ("SUCCEEDED", 0, worker.removeprefix("worker_"))
    other = (await client.submit("a cat", "2", **QUICK))["job"]["id"]

    # and a new one takes what came meanwhile, beside the old one, which then ends
    await until(lambda: "worker drains" in old.log.read_text())
    place.start("worker")
    assert [event async for event in client.watch(other)][-1]["job"]["status"] == "SUCCEEDED"
    new = sql(spare_database_url, "SELECT id FROM workers WHERE draining_since IS NULL")
    assert sql(spare_database_url, JOBS)[1] == ("SUCCEEDED", 0, *new[0])
    assert old.stop() == 0
    assert sql(spare_database_url, "SELECT id FROM workers") == new
    refused = await shell(place, "drain", worker)
    assert (refused.returncode, refused.stderr) == (1, f"There is no worker {worker}.\n")
    check_end(spare_database_url, stored_keys(place))


async def test_a_drained_worker_rests_and_paints_when_it_is_resumed(
    place: Installation, spare_database_url: str
) -> None:
    client, log = await place.signed_up(), place.processes["worker"].log
    drained = log.read_text().count("worker drains")
    ((key,),) = sql(spare_database_url, "UPDATE workers SET draining_since = now() RETURNING id")
    await until(lambda: log.read_text().count("worker drains") > drained)

    # given a job that it is rung for
    job = (await client.submit("a cat", "1", **QUICK))["job"]["id"]
    nobody = await shell(place, "resume", "nobody")
    assert (nobody.returncode, nobody.stderr) == (1, "There is no worker nobody.\n")
    assert sql(spare_database_url, JOBS) == [("QUEUED", 0, None)]

    resumed = await shell(place, "resume", f"worker_{key.hex}")

    assert (resumed.returncode, resumed.stdout) == (0, f"worker_{key.hex} takes jobs.\n")
    assert [event async for event in client.watch(job)][-1]["job"]["status"] == "SUCCEEDED"
    check_end(spare_database_url, stored_keys(place))


async def test_a_killed_worker_is_forgotten_and_its_job_rescued_before_that(
    place: Installation, spare_database_url: str
) -> None:
    client = await place.signed_up()
    await client.submit("a cat #slow", "1", **SLOW)
    await until(lambda: sql(spare_database_url, "SELECT id FROM generation_jobs WHERE status = 'RUNNING'"))

    place.processes["worker"].kill()

    # then its lease alone says when the job goes back to the line: the registry still believes in the worker
    await until(lambda: sql(spare_database_url, "SELECT id FROM generation_jobs WHERE attempt = 1"))
    assert sql(spare_database_url, "SELECT count(*) FROM workers WHERE draining_since IS NULL") == [(1,)]

    # and when it was not seen for twenty seconds, it is forgotten, and nothing is promised any more
    sql(spare_database_url, "UPDATE workers SET seen_at = seen_at - interval '20 s'")
    await until(lambda: not sql(spare_database_url, "SELECT id FROM workers"))
    status = (await client.data("{ serviceStatus { engines { isPossibleNow workerCount } } }"))["serviceStatus"]
    assert status["engines"] == [{"isPossibleNow": False, "workerCount": 0}]


def stored_keys(place: Installation) -> set[str]:
    media = place.folder / "media"
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}
