"""A worker that is asked to stop ends, whatever its engine is doing."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from audit import check_rows
from conftest import install
from db.words import JobStatus
from domain import generation
from waiting import until
from workshop import small

if TYPE_CHECKING:
    from pathlib import Path

    from workshop import Workshop

pytestmark = pytest.mark.anyio


def listed(*options: str) -> str:
    return subprocess.run(["ps", "-ww", *options], capture_output=True, text=True, check=False).stdout


def engines_of(pid: int) -> list[int]:
    """Return the processes of a worker's engines."""
    lines = (line.split(maxsplit=2) for line in listed("-A", "-o", "pid=,ppid=,args=").splitlines())
    return [int(child) for child, parent, argv in lines if int(parent) == pid and "spawn_main" in argv]


def is_over(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has looked at its status yet."""
    return listed("-o", "stat=", "-p", str(pid)).strip()[:1] in {"", "Z"}


async def test_a_worker_does_not_wait_for_a_model_that_hangs(
    tmp_path: Path, shop: Workshop, spare_database_url: str, spare_redis_url: str
) -> None:
    # given a worker that was asked for a picture while the process of its engine stands still
    installation = install(tmp_path, spare_database_url, spare_redis_url, ENGINE="small")
    installation.start("worker")
    worker = installation.processes["worker"]
    assert worker.popen
    pid = worker.popen.pid
    (engine,) = await until(lambda: engines_of(pid))
    os.kill(engine, signal.SIGSTOP)
    try:
        user = await shop.user()
        async with shop.db.write() as tx:
            spec = replace(small(), engine="small", width=128, height=128)
            job = await generation.submit(tx, user, spec, uuid4().hex)
        await until(lambda: "worker ready" in worker.log.read_text())
        shop.bell.ring()
        await until(lambda: "job claimed" in worker.log.read_text())

        # when it is asked to stop
        status = worker.stop()
    finally:
        worker.kill()

    # then it ends soon and in good order, with its engine, and the job is back in the line
    assert status == 0
    await until(lambda: is_over(engine))
    row = await shop.row(job)
    assert (row.status, row.attempt, row.lease_owner) == (JobStatus.QUEUED, 0, None)
    check_rows(spare_database_url)
