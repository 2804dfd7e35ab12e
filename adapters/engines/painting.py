"""A request on its way through a pipeline: in parts of one strength each, smaller ones where memory is short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.engines.memory import is_out_of_memory
from adapters.engines.pipeline_run import PipelineRun, steps_of
from adapters.engines.progress import Progress
from adapters.engines.sources import Canvas, Unusable, canvas_of
from db.words import Operation
from domain.ports import NotPainted, Painted
from domain.words import FailureCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.engines.pipelines import Pipelines
    from domain.ports import PaintRequest, PaintStep

Part = list[int]
"""Places in the request of images that are painted together."""


class Painting:
    """Paints one request, which may ask for pictures from different materials."""

    def __init__(self, pipelines: Pipelines, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> None:
        """Take what to paint with, what to paint, and whom to tell of steps."""
        self._pipelines = pipelines
        self._request = request
        self._progress = Progress(on_step, len(request.images))
        self._canvases: dict[int, Canvas] = {}
        self._outcomes: dict[int, Painted | NotPainted] = {}
        self.largest_part = 0
        """How many images were painted at once at most."""
        self.was_short = False
        """Whether a part did not fit into memory."""

    def paint(self) -> list[Painted | NotPainted]:
        """Return the outcomes of all images, in their order."""
        waiting = self._parts()
        while waiting:
            part = waiting.pop(0)
            self._progress.begin(part, sum(self._steps(other) for other in waiting))
            shortage = self._attempt(part)
            if shortage is not None:  # outside of any except, so that the failed attempt is let go of
                self._pipelines.torch.cuda.empty_cache()
                waiting[:0] = self._smaller(part, shortage)
        return [self._outcomes[place] for place in range(len(self._request.images))]

    def _parts(self) -> list[Part]:
        """Return the images of each strength; what brings unusable material has its outcome here."""
        request, parts = self._request, dict[float, Part]()
        for place, task in enumerate(request.images):
            try:
                if request.operation is not Operation.TEXT_TO_IMAGE:
                    size = (request.width, request.height)
                    self._canvases[place] = canvas_of(request.operation, task, size)
            except Unusable as error:
                self._outcomes[place] = NotPainted(error.code, str(error))
            else:
                parts.setdefault(self._strength(place), []).append(place)
        return list(parts.values())

    def _strength(self, place: int) -> float:
        return self._canvases[place].strength if place in self._canvases else 1.0

    def _steps(self, part: Part) -> int:
        return steps_of(self._request, self._strength(part[0]))

    def _attempt(self, part: Part) -> str | None:
        """Paint a part and return None, or what was said where memory did not suffice."""
        try:
            run = PipelineRun(self._pipelines, self._request, self._progress)
            tasks = [self._request.images[place] for place in part]
            canvases = [self._canvases[place] for place in part if place in self._canvases]
            self._outcomes.update(zip(part, run.paint(tasks, canvases), strict=True))
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error, self._pipelines.torch):
                raise
            return (str(error).splitlines() or ["no memory"])[0]
        self._progress.end()
        self.largest_part = max(self.largest_part, len(part))
        return None

    def _smaller(self, part: Part, shortage: str) -> list[Part]:
        """Return what to try instead of ``part``: its halves, or itself with less in memory; [] gives it up."""
        self.was_short = True
        if len(part) > 1:
            half = len(part) // 2
            return [part[:-half], part[-half:]]
        if self._pipelines.relieve():
            return [part]
        self._outcomes[part[0]] = NotPainted(FailureCode.OUT_OF_MEMORY, shortage)
        return []
