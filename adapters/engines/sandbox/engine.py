"""The sandbox engine: the port's contract, with every outcome at the command of magic words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from adapters.engines.sandbox.magic import read_magic
from adapters.engines.sandbox.picture import Picture
from domain.ports import NotPainted, Painted, PaintStep

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.ports import PaintRequest
    from domain.words import FailureCode

SLOW_STEP_SECONDS = 0.4
"""How long ``#slow`` makes each step wait."""


class SandboxEngine:
    """Paints procedural pictures without any model; see the package's docstring for its magic words."""

    key = "sandbox"
    revision = "1"  # to be raised with every change of what a request and seed give
    batch_size = 1  # so that the images of a job appear one by one

    def __init__(self, pause: Callable[[float], None] = time.sleep) -> None:
        """Take how to wait between the steps of a ``#slow`` prompt."""
        self._pause = pause

    def load(self) -> None:
        """Do nothing: there are no weights."""

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        """Paint the images of ``request``; those that a magic word dooms stop halfway.

        Raises:
            RuntimeError: halfway, where the prompt says ``#crash``.
        """
        spells = [read_magic(task.brief.prompt) for task in request.images]
        pictures = [Picture(request, task, subject) for task, (_, subject) in zip(request.images, spells, strict=True)]
        doomed = [magic.outcome(task.index) for task, (magic, _) in zip(request.images, spells, strict=True)]
        is_slow, is_crash = any(magic.slow for magic, _ in spells), any(magic.crash for magic, _ in spells)
        halfway = max(1, request.steps // 2)
        for step in range(1, request.steps + 1):
            if is_slow:
                self._pause(SLOW_STEP_SECONDS)
            previews = tuple(
                picture.advance(step) if fate is None or step <= halfway else None
                for picture, fate in zip(pictures, doomed, strict=True)
            )
            on_step(PaintStep(step, request.steps, previews))
            if step == halfway and is_crash:
                raise RuntimeError("the prompt asked for a crash")
            if step == halfway and None not in doomed:
                break
        return [_outcome(picture, fate) for picture, fate in zip(pictures, doomed, strict=True)]


def _outcome(picture: Picture, fate: FailureCode | None) -> Painted | NotPainted:
    if fate is not None:
        return NotPainted(fate, "the prompt's magic word asked for it")
    assert picture.image is not None, "the last step finishes the picture"
    return Painted(picture.image)
