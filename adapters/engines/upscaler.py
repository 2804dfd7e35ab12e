"""The engine of UPSCALE where a model is set: a pipeline of diffusers, like Stable Diffusion's fourfold upscaler."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageOps

from adapters.engines.memory import made_within_memory, reliefs
from adapters.engines.pipeline_loading import load_pipeline
from adapters.engines.pipeline_run import words_of
from adapters.engines.sources import source_of
from adapters.engines.tuning import tune
from adapters.engines.without_model import made_without_model, painted_one_by_one, thumbnail
from db.words import Operation
from domain.ports import EngineUnavailable, Painted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.engines.pipeline_loading import LoadedPipeline
    from adapters.engines.progress import Progress
    from adapters.engines.recipes import PipelineRecipe
    from domain.ports import ImageTask, NotPainted, PaintRequest, PaintStep

GUIDANCE: Final = {"StableDiffusionUpscalePipeline": 9.0, "StableDiffusionLatentUpscalePipeline": 0.0}
"""The classes of diffusers that enlarge by words and steps, each with the guidance that its documentation advises."""
_STEPS: Final = 25
"""The job's steps and guidance are those of the engine that it names, which may be made for two steps."""
_LARGEST_SIDE: Final = 768
"""Pixels: longer sources are enlarged without the model, whose memory and time grow with the square and more."""


class Upscaler:
    """An engine, as ``domain.ports.Engine``, that enlarges; images go through its pipeline one by one."""

    key = "upscaler"
    batch_size = 1

    def __init__(self, recipe: PipelineRecipe, device: str | None = None) -> None:
        """Name the pipeline; nothing is loaded yet. Without ``device`` it goes to the best there is."""
        self.revision = ""
        self._recipe = recipe
        self._device = device
        self._loaded: LoadedPipeline | None = None
        self._reliefs: Iterator[str] = iter(())

    def load(self) -> None:
        """Load the pipeline, once.

        Raises:
            EngineUnavailable: it can not be loaded here, or does not enlarge.
        """
        self.pipeline()

    def pipeline(self) -> LoadedPipeline:
        """Return the pipeline, loaded.

        Raises:
            EngineUnavailable: see ``load``.
        """
        if self._loaded is None:
            loaded = load_pipeline(self._recipe, self._device, None, "DiffusionPipeline")
            kind = type(loaded.call).__name__
            if kind not in GUIDANCE:
                choices = ", ".join(GUIDANCE)
                raise EngineUnavailable(f"the model {self._recipe.model!r} is a {kind}, which is none of {choices}")
            tune(loaded)
            self.revision = loaded.revision
            self._reliefs = reliefs(loaded)
            self._loaded = loaded
        return self._loaded

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        """Enlarge the source of each task to the request's size.

        Each outcome's method is the name of the model, or ``lanczos`` where a source is too large for it. Where memory
        does not suffice, what is not needed is moved out of it, as other engines do.

        Raises:
            EngineUnavailable: see ``load``.
        """
        loaded = self.pipeline()

        def make(task: ImageTask, progress: Progress) -> Painted:
            return self._enlarged(loaded, task, (request.width, request.height), progress)

        return painted_one_by_one(request, on_step, _STEPS, make)

    def _enlarged(self, loaded: LoadedPipeline, task: ImageTask, size: tuple[int, int], progress: Progress) -> Painted:
        source = source_of(task)
        if max(source.size) > _LARGEST_SIDE:
            plain = made_without_model(Operation.UPSCALE, task, size)
            progress.report(1, 1, [thumbnail(plain.image)])
            return plain
        prompt, negative_prompt = words_of(task.brief)
        preview = thumbnail(source)

        def after_step(step: int) -> None:
            progress.report(step + 1, _STEPS, [preview])

        def call() -> Image.Image:
            result = loaded.call(
                prompt=prompt,
                negative_prompt=negative_prompt,
                image=_tiled(source),
                num_inference_steps=_STEPS,
                guidance_scale=GUIDANCE[type(loaded.call).__name__],
                generator=loaded.torch.Generator("cpu").manual_seed(task.seed),
                **_step_callback(loaded.call, after_step),
            )
            large: Image.Image = result.images[0]
            return large.convert("RGB")

        large = made_within_memory(call, self._reliefs, loaded.torch)
        return Painted(ImageOps.fit(large, size, Image.Resampling.LANCZOS), self._recipe.name)


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
