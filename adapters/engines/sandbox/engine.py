"""The sandbox engine: the port's contract, with every outcome at the command of magic words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from adapters.engines.sandbox.magic import read_magic
from adapters.engines.sandbox.picture import Picture
from adapters.engines.sources import Unusable
from domain.ports import NotPainted, Painted, PaintStep

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

    from domain.ports import ImageTask, PaintRequest

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
        spells = [read_magic(task.brief.prompt)[0] for task in request.images]
        efforts = [_Effort(request, task) for task in request.images]
        is_slow, is_crash = any(magic.slow for magic in spells), any(magic.crash for magic in spells)
        halfway = max(1, request.steps // 2)
        for step in range(1, request.steps + 1):
            if is_slow:
                self._pause(SLOW_STEP_SECONDS)
            on_step(PaintStep(step, request.steps, tuple(effort.advance(step, halfway) for effort in efforts)))
            if step == halfway and is_crash:
                raise RuntimeError("the prompt asked for a crash")
            if step == halfway and all(effort.is_lost for effort in efforts):
                break
        return [effort.outcome() for effort in efforts]


class _Effort:
    """One image's way to a picture, or to the reason why there is none."""

    def __init__(self, request: PaintRequest, task: ImageTask) -> None:
        magic, subject = read_magic(task.brief.prompt)
        fate = magic.outcome(task.index)
        self._failure = None if fate is None else NotPainted(fate, "the prompt's magic word asked for it")
        self._picture: Picture | None = None
        try:
            self._picture = Picture(request, task, subject)
        except Unusable as error:
            self._failure = NotPainted(error.code, str(error))

    @property
    def is_lost(self) -> bool:
        """Whether no picture comes of it."""
        return self._failure is not None

    def advance(self, step: int, halfway: int) -> Image.Image | None:
        """Do a step and return its preview; what is lost goes on until ``halfway``, as far as it can be painted."""
        if self._picture is None or (self._failure is not None and step > halfway):
            return None
        try:
            return self._picture.advance(step)
        except Unusable as error:
            self._failure = NotPainted(error.code, str(error))
            return None

    def outcome(self) -> Painted | NotPainted:
        """Return what came of it, after the last step."""
        if self._failure is not None:
            return self._failure
        assert self._picture is not None
        assert self._picture.painted is not None, "the last step finishes the picture"
        return self._picture.painted
