"""One call of a pipeline: images of one operation, size and strength, painted together."""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PIL import Image

from adapters.engines.latent_blend import LatentBlend
from adapters.engines.latent_preview import previews
from adapters.engines.without_model import thumbnail
from db.words import Operation
from domain.catalogue import STYLES
from domain.ports import NotPainted, Painted
from domain.words import FailureCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.engines.pipelines import Pipelines
    from adapters.engines.progress import Progress
    from adapters.engines.sources import Canvas
    from domain.ports import Brief, ImageTask, PaintRequest

_SCHEDULE_LIMIT = 1_000
"""Steps of the longest schedule, of which a small strength takes the last."""


class PipelineRun:
    """One call of the pipeline that does the request's operation."""

    def __init__(self, pipelines: Pipelines, request: PaintRequest, progress: Progress) -> None:
        """Take what to paint with, what to paint, and whom to tell of steps."""
        self._torch = pipelines.torch
        self._texts = pipelines.texts
        self._call = pipelines.of(request.operation)
        self._request = request
        self._progress = progress
        self._accepted = frozenset(inspect.signature(type(self._call).__call__).parameters)
        self._size = _supported_size(self._call, (request.width, request.height))
        self._blend: LatentBlend | None = None

    def paint(self, tasks: Sequence[ImageTask], canvases: Sequence[Canvas]) -> list[Painted | NotPainted]:
        """Paint ``tasks`` together, and return their outcomes in order.

        ``canvases``, of the request's size and all of one strength, are what they are painted over; () for words alone.
        """
        arguments = {**self._arguments(tasks), **self._starts(tasks, canvases)}
        result = self._call(**{name: value for name, value in arguments.items() if name in self._accepted})
        images = [_fitted(image, (self._request.width, self._request.height)) for image in result.images]
        if canvases:
            images = [canvas.finished(image) for canvas, image in zip(canvases, images, strict=True)]
        if "callback_on_step_end" not in self._accepted:
            self._progress.report(1, 1, [thumbnail(image) for image in images])
        flags = getattr(result, "nsfw_content_detected", None) or [False] * len(images)
        return [
            NotPainted(FailureCode.CONTENT_BLOCKED, "the pipeline's safety checker flagged it")
            if flagged
            else Painted(image)
            for image, flagged in zip(images, flags, strict=True)
        ]

    def _arguments(self, tasks: Sequence[ImageTask]) -> dict[str, Any]:
        """Return what every operation tells the pipeline.

        Noise is drawn on the CPU from a generator for each image: the same alone, in a batch and on any device.
        """
        request = self._request
        return {
            **self._texts.arguments([words_of(task.brief) for task in tasks], guided=request.guidance > 1),
            "width": self._size[0],
            "height": self._size[1],
            "num_inference_steps": request.steps,
            "guidance_scale": request.guidance,
            "generator": [self._torch.Generator("cpu").manual_seed(task.seed) for task in tasks],
            "callback_on_step_end": self._after_step,
        }

    def _starts(self, tasks: Sequence[ImageTask], canvases: Sequence[Canvas]) -> dict[str, Any]:
        """Return what the pipeline is told of pictures to start from, and encode those that have masks."""
        if not canvases:
            return {}
        shown = [_resized(canvas, self._size) for canvas in canvases]
        if self._request.operation in {Operation.INPAINT, Operation.OUTPAINT}:
            self._blend = LatentBlend(self._call, self._torch, shown, [task.seed for task in tasks])
        strength = canvases[0].strength
        return {
            "image": [canvas.picture for canvas in shown],
            "strength": strength,
            "num_inference_steps": _schedule_length(self._request.steps, strength),
        }

    def _after_step(self, pipeline: Any, index: int, _: Any, state: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
        """Report a step; the signature is that of ``callback_on_step_end``."""
        if self._blend is not None:
            state["latents"] = self._blend.blended(index, state["latents"])
        total = getattr(pipeline, "num_timesteps", self._request.steps)
        latents = state["latents"].detach().float().cpu().numpy()
        config = getattr(getattr(pipeline, "vae", None), "config", None)
        pictures = previews(latents, self._size, getattr(config, "scaling_factor", None) or 1.0)
        self._progress.report(index + 1, total, pictures)
        return state


def steps_of(request: PaintRequest, strength: float) -> int:
    """Return how many steps an image of the request will take, if the scheduler needs one call for each."""
    if request.operation is Operation.TEXT_TO_IMAGE:
        return request.steps
    return int(_schedule_length(request.steps, strength) * strength)


def _schedule_length(steps: int, strength: float) -> int:
    """Return how many steps to plan so that the last ``strength`` of them are at least one."""
    length = max(steps, math.ceil(1 / strength))
    while int(length * strength) < 1 and length < _SCHEDULE_LIMIT:  # products may be rounded down
        length += 1
    return length


def _supported_size(pipeline: Any, size: tuple[int, int]) -> tuple[int, int]:  # noqa: ANN401 - any pipeline
    """Return the size nearest to ``size`` in pixels that the pipeline's latents can have."""
    grain = getattr(pipeline, "vae_scale_factor", 8)
    if getattr(pipeline, "transformer", None) is not None:
        grain *= 2  # transformers see latents in patches of 2 × 2
    width, height = (max(grain, round(side / grain) * grain) for side in size)
    return width, height


def _fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    image = image.convert("RGB")
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _resized(canvas: Canvas, size: tuple[int, int]) -> Canvas:
    if canvas.picture.size == size:
        return canvas
    mask = canvas.mask.resize(size, Image.Resampling.NEAREST) if canvas.mask else None
    return replace(canvas, picture=_fitted(canvas.picture, size), mask=mask)


def words_of(brief: Brief) -> tuple[str, str]:
    """Return prompt and negative prompt with the recipe of the style, as tokenizers take them."""
    style = STYLES[brief.style]
    negative = ", ".join(part for part in (brief.negative_prompt.strip(), style.negative) if part)
    return _encodable(style.recipe.replace("{prompt}", brief.prompt)), _encodable(negative)


def _encodable(text: str) -> str:
    """Return the text without lone surrogates and NULs, which tokenizers refuse."""
    return text.encode("utf-8", "replace").decode().replace("\0", " ")
