"""UPSCALE with an upscaling pipeline of diffusers, like Stable Diffusion's fourfold one."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageOps

from adapters.engines.memory import is_out_of_memory
from adapters.engines.pipeline_loading import LoadedPipeline, load_pipeline
from adapters.engines.progress import Progress
from adapters.engines.sources import Unusable, source_of
from adapters.engines.tuning import tune
from adapters.engines.without_model import made_without_model, thumbnail
from domain.ports import EngineUnavailable, NotPainted, Painted
from domain.words import FailureCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.ports import ImageTask, PaintRequest, PaintStep

_LARGEST_SIDE = 768
"""Pixels: longer sources are enlarged without the model, whose memory and time grow with the square and more."""


class Upscaler:
    """An upscaling pipeline, loaded on first use; images go through it one by one."""

    def __init__(self, model: str, device: str | None, dtype: str | None) -> None:
        """Name the pipeline, a folder or a hub id; nothing is loaded yet."""
        self._model = model
        self._device = device
        self._dtype = dtype
        self._loaded: LoadedPipeline | None = None

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        """Enlarge the source of each task to the request's size.

        Each outcome's method is the name of the model, or ``lanczos`` where a source is too large for it.
        """
        progress = Progress(on_step, len(request.images))
        outcomes: list[Painted | NotPainted] = []
        for place, task in enumerate(request.images):
            progress.begin([place], (len(request.images) - place - 1) * request.steps)
            try:
                outcomes.append(self._enlarged(request, task, progress))
            except Unusable as error:
                outcomes.append(NotPainted(error.code, str(error)))
            except EngineUnavailable as error:
                outcomes.append(NotPainted(FailureCode.ENGINE_UNAVAILABLE, str(error)))
            except (MemoryError, RuntimeError) as error:
                if self._loaded is None or not is_out_of_memory(error, self._loaded.torch):
                    raise
                outcomes.append(NotPainted(FailureCode.OUT_OF_MEMORY, str(error)))
            progress.end()
        return outcomes

    def _enlarged(self, request: PaintRequest, task: ImageTask, progress: Progress) -> Painted:
        size = (request.width, request.height)
        source = source_of(task)
        if max(source.size) > _LARGEST_SIDE:
            plain = made_without_model(request.operation, task, size)
            progress.report(1, 1, [thumbnail(plain.image)])
            return plain
        loaded = self._pipeline()
        preview = thumbnail(source)

        def after_step(step: int) -> None:
            progress.report(step + 1, request.steps, [preview])

        result = loaded.call(
            prompt=task.brief.prompt,
            negative_prompt=task.brief.negative_prompt,
            image=_tiled(source),
            num_inference_steps=request.steps,
            guidance_scale=request.guidance,
            generator=loaded.torch.Generator("cpu").manual_seed(task.seed),
            **_step_callback(loaded.call, after_step),
        )
        large = result.images[0].convert("RGB")
        return Painted(ImageOps.fit(large, size, Image.Resampling.LANCZOS), Path(self._model).name)

    def _pipeline(self) -> LoadedPipeline:
        if self._loaded is None:
            self._loaded = load_pipeline(self._model, self._device, self._dtype, "DiffusionPipeline")
            tune(self._loaded)
        return self._loaded


def _tiled(source: Image.Image) -> Image.Image:
    """Return the source with sides that are multiples of 8, as denoisers need them, and 64 pixels at least."""
    return source.resize((max(64, round(source.width / 8) * 8), max(64, round(source.height / 8) * 8)))


def _step_callback(pipeline: Any, after_step: Callable[[int], None]) -> dict[str, Any]:  # noqa: ANN401 - any pipeline
    """Return the argument by which this pipeline tells of its steps, in the newer or the older way."""
    if "callback_on_step_end" in inspect.signature(type(pipeline).__call__).parameters:

        def newer(_pipeline: object, index: int, _time: object, state: dict[str, Any]) -> dict[str, Any]:
            after_step(index)
            return state

        return {"callback_on_step_end": newer}
    return {"callback": lambda index, _time, _latents: after_step(index)}
