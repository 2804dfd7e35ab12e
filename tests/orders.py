"""What engines are asked to paint, put together in one line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from db.words import Operation
from domain.ports import Brief, ImageTask, Material, PaintRequest

if TYPE_CHECKING:
    from collections.abc import Sequence


def painting(brief: Brief, size: tuple[int, int], steps: int, guidance: float, seeds: Sequence[int]) -> PaintRequest:
    """Return a request for one image from words for each seed."""
    tasks = tuple(ImageTask(index, seed, brief) for index, seed in enumerate(seeds))
    return PaintRequest(Operation.TEXT_TO_IMAGE, *size, steps, guidance, tasks)


def changing(operation: Operation, material: Material, size: tuple[int, int], seeds: Sequence[int]) -> PaintRequest:
    """Return a request for one image from ``material`` for each seed, in four steps."""
    brief = Brief("a cat under the moon", "blurry", "anime")
    tasks = tuple(ImageTask(index, seed, brief, material) for index, seed in enumerate(seeds))
    return PaintRequest(operation, *size, 4, 5.0, tasks)


def rephrased(request: PaintRequest, **words: Any) -> PaintRequest:  # noqa: ANN401 - as dataclasses.replace
    """Return the request with other fields of the brief of all its images."""
    images = tuple(replace(task, brief=replace(task.brief, **words)) for task in request.images)
    return replace(request, images=images)
