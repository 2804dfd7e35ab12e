"""A round: the images of one engine call, of one job or of several, and who is told of which step."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from domain.ports import ImageTask, PaintRequest, PaintStep
from workers.progress import ProgressReporter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from db.tables import GenerationSlot
    from domain.ports import Brief, Engine, EventLog, Material, NotPainted, Painted
    from workers.deliveries import Result
    from workers.in_hand import JobInHand


class NobodyWaits(Exception):
    """All jobs of a round were interrupted: the engine need not go on."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a round paints of one job; all parts of a round are compatible, see ``line.company``."""

    job: JobInHand
    slots: Sequence[GenerationSlot]
    brief: Brief
    material: Material


@dataclass(slots=True)
class Round:
    """The images of one engine call. One job's cancel does not stop it: that job's pictures are thrown away."""

    engine: Engine
    parts: Sequence[Part]
    is_abandoned: bool = field(default=False)
    """Whether the worker waits for it no longer."""

    def results(self, outcomes: Sequence[Painted | NotPainted]) -> Iterator[tuple[JobInHand, Sequence[Result]]]:
        """Yield for each job what became of its slots; ``outcomes`` are those of the request, in its order."""
        rest = iter(outcomes)
        for part in self.parts:
            yield part.job, list(zip(part.slots, islice(rest, len(part.slots)), strict=True))

    def one_by_one(self) -> Iterator[Round]:
        """Yield a round for each job alone."""
        return (Round(self.engine, [part]) for part in self.parts)

    def request(self) -> PaintRequest:
        """Return what to ask of the engine."""
        job = self.parts[0].job.job
        return PaintRequest(
            operation=job.operation,
            width=job.width,
            height=job.height,
            steps=job.steps,
            guidance=job.guidance,
            images=tuple(
                ImageTask(slot.index, slot.seed, part.brief, part.material)
                for part in self.parts
                for slot in part.slots
            ),
        )

    def check(self) -> None:
        """Let the engine go on as long as somebody waits for one of the images.

        Raises:
            NobodyWaits: nobody does.
        """
        if self.is_abandoned or all(part.job.reason for part in self.parts):
            raise NobodyWaits


class RoundReporter:
    """Tells the watchers of each job of its own images; create it on the event loop, call it from the GPU thread."""

    def __init__(self, log: EventLog, painted: Round) -> None:
        """Report the steps of a round."""
        self._parts = [
            (part, ProgressReporter(log, part.job.job.id, [slot.index for slot in part.slots]))
            for part in painted.parts
        ]

    def report(self, step: PaintStep) -> None:
        """Publish a step, but not to jobs that were interrupted."""
        begin = 0
        for part, reporter in self._parts:
            end = begin + len(part.slots)
            if part.job.reason is None:
                reporter.report(PaintStep(step.step, step.total_steps, step.previews[begin:end]))
            begin = end
