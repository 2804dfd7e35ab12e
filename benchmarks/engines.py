"""What a worker adds to its engine: time outside the pipeline, progress, and what it gains by painting jobs together.

A painter runs in this process over embedded servers and paints with the small model, which a worker would give a
process of its own. Jobs are submitted with ``domain.generation.submit``; pictures have 256 × 256 pixels.

- Share inside: seconds in ``Engine.paint`` of all seconds from the claim of a job to its end, jobs of four images, one
  after another. Progress: seconds in ``on_step`` and in making previews of those in ``Engine.paint``.
- Together: 16 jobs of one image, of 16 users, that wait before the painter starts, by an engine that takes four images
  at once and by one that takes one; images by seconds from start to the end of the last job, best of three each.
- Memory: resident size of the process after 20 and after 200 jobs of one image in two steps.
- Pick-up: see ``benchmarks/pickup.py``.

On a machine with CUDA the same is measured there too.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import numpy as np

from adapters.checkers.in_turn import InTurn
from adapters.engines.diffusion import DiffusersEngine
from adapters.engines.latent_preview import previews
from benchmarks import ROOT, machine, pickup
from benchmarks.installation import installation
from benchmarks.report import report, spread
from db.words import JobStatus
from domain import generation
from domain.ports import Engines
from stored import sql
from workers.deliveries import Outlet
from workers.painter import Painter
from workshop import LEASE, Tally, small, workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from benchmarks.report import Row
    from domain.generation import GenerationSpec
    from domain.ports import NotPainted, Painted, PaintRequest, PaintStep
    from workshop import Workshop

MODEL: Final = str(ROOT / "models" / "easel-small")
SIDE, STEPS, BATCH, USERS = 256, 20, 4, 16
INSIDE: Final = {"cpu": 0.95, "cuda": 0.97}
GAIN: Final = {"cpu": 1.3, "cuda": 3.0}


class Stopwatch(DiffusersEngine):
    """The engine, with the time that its calls and what they report take."""

    def __init__(self, model: str, device: str, batch_size: int) -> None:
        """Name the pipeline, where it runs, and how many images it takes at once."""
        super().__init__(model, device=device, batch_size=batch_size)
        self.inside = 0.0
        self.reporting = 0.0

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        """See ``Engine.paint``."""

        def timed(step: PaintStep) -> None:
            began = time.perf_counter()
            on_step(step)
            self.reporting += time.perf_counter() - began

        began = time.perf_counter()
        outcomes = super().paint(request, timed)
        self.inside += time.perf_counter() - began
        return outcomes


class Successes(Tally):
    """Counts nothing, and wants no job to end otherwise."""

    def job_ended(self, outcome: str) -> None:
        """Hear that a job ended."""
        assert outcome == JobStatus.SUCCEEDED, outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=200, help="how many jobs memory is measured after (200)")
    parser.add_argument("--pickups", type=int, default=50, help="how many jobs are picked up (50)")
    asked = parser.parse_args()
    described = machine.describe()
    rows: list[Row] = []
    with installation() as place:
        urls = place.environment["DATABASE_URL"], place.environment["REDIS_URL"]
        for device in _devices():
            rows += asyncio.run(_measure(urls, place.folder, device, asked.jobs))
    with installation("worker", "relay", "sweeper") as place:
        urls = place.environment["DATABASE_URL"], place.environment["REDIS_URL"]
        easel, _ = asyncio.run(pickup.measure(*urls, asked.pickups))
    waits = spread(easel)
    rows += [_row("-", f"idle submit → claimed, {key}", waits[key], pickup.BAR) for key in ("p50 ms", "p99 ms")]
    report("engines", rows, described)


def _devices() -> Sequence[str]:
    import torch  # noqa: PLC0415 - for this question alone

    if torch.cuda.is_available():
        return "cpu", "cuda"
    print("There is no CUDA device: its rows are skipped.")
    return ("cpu",)


async def _measure(urls: tuple[str, str], folder: Path, device: str, jobs: int) -> list[Row]:
    async with workshop(*urls, folder) as shop:
        users = [await shop.user(10_000) for _ in range(USERS)]
        alone, together = (Stopwatch(MODEL, device, batch_size) for batch_size in (1, BATCH))
        for engine in (alone, together):
            await _paint(shop, engine, users[:1], _wanted(count=BATCH, steps=2))  # it loads, and wakes its kernels up
        rows = await _shares(shop, together, users[0], device)
        rows += await _gain(shop, alone, together, users, device)
        rows += await _growth(shop, together, users, device, jobs)
        return rows


async def _shares(shop: Workshop, engine: Stopwatch, user: UUID, device: str, jobs: int = 5) -> list[Row]:
    engine.inside = engine.reporting = 0.0
    sql(shop.database_url, "UPDATE generation_jobs SET queued_at = queued_at - interval '1 day'")
    for _ in range(jobs):
        await _paint(shop, engine, [user], _wanted(count=BATCH))
    query = (
        "SELECT sum(extract(epoch FROM finished_at - started_at))::float8 FROM generation_jobs"
        " WHERE queued_at > now() - interval '12 hours'"
    )
    ((seconds,),) = sql(shop.database_url, query)
    progress = engine.reporting + jobs * STEPS * _seconds_of_previews()
    what = f"a job of {BATCH} images, {STEPS} steps: "
    return [
        _row(device, what + "share inside the pipeline", engine.inside / seconds, f"≥ {INSIDE[device]}"),
        _row(device, what + "seconds", seconds / jobs, ""),
        _row(device, what + "progress and previews", progress / engine.inside, "≤ 0.01"),
    ]


def _seconds_of_previews() -> float:
    """Return how long the previews of one step take."""
    latents = np.zeros((BATCH, 20, SIDE // 16, SIDE // 16), np.float32)
    began = time.perf_counter()
    for _ in range(20):
        previews(latents, (SIDE, SIDE), 1.0)
    return (time.perf_counter() - began) / 20


async def _gain(shop: Workshop, alone: Stopwatch, together: Stopwatch, users: Sequence[UUID], device: str) -> list[Row]:
    best = dict.fromkeys((alone, together), 0.0)
    for _ in range(3):
        for engine in best:
            took = await _paint(shop, engine, users, _wanted())
            best[engine] = max(best[engine], len(users) / took)
    what = f"{USERS} jobs of one image of {USERS} users"
    return [
        _row(device, f"{what}, one by one: images/s", best[alone], ""),
        _row(device, f"{what}, {BATCH} at once: images/s", best[together], ""),
        _row(device, f"{what}: at once by one by one", best[together] / best[alone], f"≥ {GAIN[device]}"),
    ]


async def _growth(shop: Workshop, engine: Stopwatch, users: Sequence[UUID], device: str, jobs: int) -> list[Row]:
    rows, painted = [], 0
    for count in (20, jobs):
        while painted < count:
            await _paint(shop, engine, users[: count - painted], _wanted(steps=2))
            painted += len(users[: count - painted])
        rows.append(_row(device, f"resident after {painted} jobs, MB", _resident(), ""))
    return rows


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def _wanted(count: int = 1, steps: int = STEPS) -> GenerationSpec:
    return replace(small("a red house by the sea", count), engine="diffusers", width=SIDE, height=SIDE, steps=steps)


async def _paint(shop: Workshop, engine: Stopwatch, users: Sequence[UUID], wanted: GenerationSpec) -> float:
    """Submit a job for each user, then paint them all; return the seconds of the painting."""
    for user in users:
        async with shop.db.write() as tx:
            await generation.submit(tx, user, wanted, uuid4().hex)
    outlet = Outlet(InTurn(()), shop.store)
    painter = Painter(shop.db, outlet, shop.log, Engines({engine.key: engine}), LEASE, Successes())
    began = time.perf_counter()
    await painter.paint_waiting()
    return time.perf_counter() - began


def _row(device: str, what: str, measured: float, bar: str) -> Row:
    return {"device": device, "what": what, "measured": round(measured, 4 if measured < 1 else 2), "bar": bar}


if __name__ == "__main__":
    main()
