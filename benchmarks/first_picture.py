"""How long it takes from ``make run`` to the first finished picture, on a machine that knows Easel and on a new one.

The clock starts with the command and stops when a client's socket says that the first image is ready: the client asks
for the API every 20 ms, signs in as the demo user as soon as it answers, submits one image and watches its job.

*again*: everything is installed and the data folder exists; a first ``make run``, which is not counted, makes it in a
temporary folder. Each run starts all processes and both servers anew and ends with Ctrl-C. (There are five runs at
the most, because an account may sign in five times in a quarter of an hour.)

*cold*: the committed tree is cloned into a new folder, without ``.venv`` and data, with package caches that are empty;
``make run`` then installs all packages from where this machine's pip finds them, makes both databases and paints the
demo world.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from app.demo import DEMO
from app.embedded.folders import throwaway_home
from app.listening import answers
from benchmarks import ROOT, machine
from benchmarks.report import report
from conftest import free_port
from graph_client import GraphClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.report import Row

STAGES: Final = ("API answers", "signed in", "job submitted", "picture ready")
PATIENCE_S: Final = 300
STOP_WAIT_S: Final = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5, choices=range(1, 6), help="how many times again (5)")
    parser.add_argument("--no-cold", action="store_true", help="leave the cold start out")
    options = parser.parse_args()
    described = machine.describe()
    with throwaway_home() as folder:
        with _making(ROOT, folder / "data", folder / "cache") as (url, begun):
            asyncio.run(_answering(url, begun))
        rows = [_row("again", [_measure(ROOT, folder) for _ in range(options.count)], "≤ 6")]
        if not options.no_cold:
            tree = folder / "easel"
            subprocess.run(["git", "clone", "--quiet", ROOT, tree], check=True)
            rows.append(_row("cold", [_measure(tree, folder / "new")], "≤ 60"))
    report("first_picture", rows, described)


def _row(start: str, runs: list[list[float]], bar: str) -> Row:
    medians = [round(statistics.median(stage), 2) for stage in zip(*runs, strict=True)]
    stages = {f"{name} s": seconds for name, seconds in zip(STAGES, medians, strict=True)}
    slowest = round(max(run[-1] for run in runs), 2)
    return {"start": start, "runs": len(runs), **stages, "slowest s": slowest, "bar s": bar}


def _measure(tree: Path, folder: Path) -> list[float]:
    with _making(tree, folder / "data", folder / "cache") as (url, begun):
        return asyncio.run(_paint(url, begun))


@contextmanager
def _making(tree: Path, home: Path, cache: Path) -> Iterator[tuple[str, float]]:
    """Run ``make run`` in ``tree``; yield the API's URL and the instant of the command; end all of it by Ctrl-C."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    log = home.with_name("make-run.log")
    log.parent.mkdir(mode=0o711, exist_ok=True)
    with log.open("wb") as output:
        begun = time.monotonic()
        command = subprocess.Popen(
            ["make", "run", f"PORT={port}", f"EASEL_HOME={home}", "DATABASE_URL=", "REDIS_URL="],
            cwd=tree,
            env=environment | {"XDG_CACHE_HOME": str(cache)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield f"http://127.0.0.1:{port}", begun
    except BaseException:
        print(log.read_text())
        raise
    finally:
        os.killpg(command.pid, signal.SIGINT)
        try:
            command.wait(STOP_WAIT_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(command.pid, signal.SIGKILL)


async def _answering(url: str, begun: float) -> float:
    """Return how many seconds after ``begun`` the API first answers."""
    port = int(url.rpartition(":")[2])
    async with asyncio.timeout(PATIENCE_S):
        while not await answers("127.0.0.1", port, "/readyz"):  # noqa: ASYNC110 - another process, it sets no event
            await asyncio.sleep(0.02)
    return time.monotonic() - begun


async def _paint(url: str, begun: float) -> list[float]:
    """Return how many seconds after ``begun`` each of ``STAGES`` was reached."""
    stages = [await _answering(url, begun)]
    client = GraphClient(url)
    signed_in = await client.core("sign-in", {"email": DEMO.email, "password": DEMO.password})
    client.token = signed_in["session"]["accessToken"]
    stages.append(time.monotonic() - begun)
    submitted = await client.submit("a lighthouse at dusk", key=str(time.time_ns()), count=1)
    stages.append(time.monotonic() - begun)
    arrivals = {event["__typename"]: time.monotonic() async for event in client.watch(submitted["job"]["id"])}
    return [*stages, arrivals["GenerationImageReady"] - begun]


if __name__ == "__main__":
    main()
