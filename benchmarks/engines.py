"""What a worker adds to its engine: time outside the pipeline, progress, and what it gains by painting jobs together.

A painter runs in this process over embedded servers; its engines have processes of their own, as a worker's have.
Jobs are submitted with ``domain.generation.submit``; pictures have 256 × 256 pixels.

- Share inside: seconds in ``Engine.paint``, within the engine's process, of all seconds from the claim of a job to its
  end, jobs of four images by the small model, one after another. Progress: seconds in ``on_step`` and in making
  previews of those in ``Engine.paint``.
- Together: 16 jobs of one image, of 16 users, that wait before the painter starts, by an engine that takes four images
  at once and by one that takes one; images by seconds from start to the end of the last job, best of three each.
- Memory: what this process and those of the engines have (PSS, which shares common pages between them), after 30 and
  after 210 jobs of one image in two steps, ten at a time by each of three models, of which two are in memory: the
  small model, and pipelines of the Stable Diffusion and of the FLUX type with random weights.
- Pick-up: see ``benchmarks/pickup.py``.

On a machine with CUDA the first two are measured there too.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import re
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import numpy as np

from adapters.checkers.in_turn import InTurn
from adapters.engines.diffusion import DiffusersEngine
from adapters.engines.hosting import HostedEngine, Residents
from adapters.engines.latent_preview import previews
from adapters.engines.recipes import PipelineRecipe
from benchmarks import ROOT, machine, pickup
from benchmarks.installation import installation
from benchmarks.report import report, spread
from db.words import JobStatus
from domain import generation
from domain.ports import Engines
from stored import sql
from tiny_pipeline import build_tiny_flux, build_tiny_pipeline
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
BLOCKS, JOBS_OF_BLOCK = 21, 10
INSIDE: Final = {"cpu": 0.95, "cuda": 0.97}
GAIN: Final = {"cpu": 1.3, "cuda": 3.0}
SPAWN: Final = multiprocessing.get_context("spawn")


class Watch:
    """Seconds that an engine's process counts and this one reads."""

    def __init__(self) -> None:
        """Begin at 0."""
        self.inside = SPAWN.Value("d", 0.0)
        self.reporting = SPAWN.Value("d", 0.0)


class Stopwatch(DiffusersEngine):
    """The engine, with the time that its calls and what they report take."""

    def __init__(self, model: str, device: str, batch_size: int, watch: Watch) -> None:
        """Name the pipeline, where it runs, how many images it takes at once, and where its seconds are counted."""
        super().__init__(model, device=device, batch_size=batch_size)
        self._watch = watch

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        """See ``Engine.paint``."""

        def timed(step: PaintStep) -> None:
            began = time.perf_counter()
            on_step(step)
            self._watch.reporting.value += time.perf_counter() - began

        began = time.perf_counter()
        outcomes = super().paint(request, timed)
        self._watch.inside.value += time.perf_counter() - began
        return outcomes


class Successes(Tally):
    """Counts nothing, and wants no job to end otherwise."""

    def job_ended(self, outcome: str) -> None:
        """Hear that a job ended."""
        assert outcome == JobStatus.SUCCEEDED, outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pickups", type=int, default=50, help="how many jobs are picked up (50)")
    asked = parser.parse_args()
    described = machine.describe()
    rows: list[Row] = []
    with installation() as place:
        urls = place.environment["DATABASE_URL"], place.environment["REDIS_URL"]
        for device in _devices():
            rows += asyncio.run(_measure(urls, place.folder, device))
        rows += asyncio.run(_growth(urls, place.folder))
    with installation("relay", "sweeper") as place:
        easel, _ = asyncio.run(pickup.measure(place, asked.pickups))
    waits = spread(easel.starts)
    rows += [_row("-", f"idle submit → actor starts, {key}", waits[key], pickup.STARTS) for key in ("p50 ms", "p99 ms")]
    report("engines", rows, described)


def _devices() -> Sequence[str]:
    import torch  # noqa: PLC0415 - for this question alone

    if torch.cuda.is_available():
        return "cpu", "cuda"
    print("There is no CUDA device: its rows are skipped.")
    return ("cpu",)


async def _measure(urls: tuple[str, str], folder: Path, device: str) -> list[Row]:
    async with workshop(*urls, folder) as shop:
        users = [await shop.user(10_000) for _ in range(USERS)]
        watch, residents = Watch(), Residents(2)
        alone, together = (
            HostedEngine("diffusers", partial(Stopwatch, MODEL, device, batch_size, watch), residents)
            for batch_size in (1, BATCH)
        )
        try:
            for engine in (alone, together):
                await _paint(
                    shop, engine, users[:1], _wanted(count=BATCH, steps=2)
                )  # it loads, and its kernels wake up
            return [
                *await _shares(shop, together, watch, users[0], device),
                *await _gain(shop, alone, together, users, device),
            ]
        finally:
            alone.close()
            together.close()


async def _shares(
    shop: Workshop, engine: HostedEngine, watch: Watch, user: UUID, device: str, jobs: int = 5
) -> list[Row]:
    watch.inside.value = watch.reporting.value = 0.0
    sql(shop.database_url, "UPDATE generation_jobs SET queued_at = queued_at - interval '1 day'")
    for _ in range(jobs):
        await _paint(shop, engine, [user], _wanted(count=BATCH))
    query = (
        "SELECT sum(extract(epoch FROM finished_at - started_at))::float8 FROM generation_jobs"
        " WHERE queued_at > now() - interval '12 hours'"
    )
    ((seconds,),) = sql(shop.database_url, query)
    inside, progress = watch.inside.value, watch.reporting.value + jobs * STEPS * _seconds_of_previews()
    what = f"a job of {BATCH} images, {STEPS} steps: "
    return [
        _row(device, what + "share inside the pipeline", inside / seconds, f"≥ {INSIDE[device]}"),
        _row(device, what + "seconds", seconds / jobs, ""),
        _row(device, what + "progress and previews", progress / inside, "≤ 0.01"),
    ]


def _seconds_of_previews() -> float:
    """Return how long the previews of one step take."""
    latents = np.zeros((BATCH, 20, SIDE // 16, SIDE // 16), np.float32)
    began = time.perf_counter()
    for _ in range(20):
        previews(latents, (SIDE, SIDE), 1.0)
    return (time.perf_counter() - began) / 20


async def _gain(
    shop: Workshop, alone: HostedEngine, together: HostedEngine, users: Sequence[UUID], device: str
) -> list[Row]:
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


async def _growth(urls: tuple[str, str], folder: Path) -> list[Row]:
    residents, rows = Residents(2), []
    models = {
        "small": MODEL,
        "sd15": str(build_tiny_pipeline(folder / "sd")),
        "flux-schnell": str(build_tiny_flux(folder / "flux")),
    }
    engines = [
        HostedEngine(key, partial(DiffusersEngine, PipelineRecipe(model=model, key=key), device="cpu"), residents)
        for key, model in models.items()
    ]
    async with workshop(*urls, folder) as shop:
        user = await shop.user(10_000)
        for block in range(BLOCKS):
            engine = engines[block % len(engines)]
            for _ in range(JOBS_OF_BLOCK):
                await _paint(shop, engine, [user], replace(_wanted(steps=2), engine=engine.key))
            if block + 1 in (len(engines), BLOCKS):
                pids = [os.getpid(), *(each.pid for each in engines if each.pid)]
                what = f"{(block + 1) * JOBS_OF_BLOCK} jobs over {len(engines)} models, MB in {len(pids)} processes"
                rows.append(_row("cpu", what, sum(map(_megabytes, pids)), ""))
    for engine in engines:
        engine.close()
    return rows


def _megabytes(pid: int) -> float:
    told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.findall(r"^Pss: +(\d+) kB$", told, re.MULTILINE)[0]) * 1024 / 1e6


def _wanted(count: int = 1, steps: int = STEPS) -> GenerationSpec:
    return replace(small("a red house by the sea", count), engine="diffusers", width=SIDE, height=SIDE, steps=steps)


async def _paint(shop: Workshop, engine: HostedEngine, users: Sequence[UUID], wanted: GenerationSpec) -> float:
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
