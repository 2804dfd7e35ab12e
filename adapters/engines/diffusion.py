"""The diffusion engine: any text-to-image pipeline of diffusers, by local folder or hub id."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from PIL import Image

from adapters.engines.batch_invariance import make_batch_invariant
from adapters.engines.latent_preview import PREVIEW_SIDE, previews
from adapters.engines.pipeline_loading import LoadedPipeline, load_pipeline
from domain.catalogue import STYLES
from domain.ports import NotPainted, Painted, PaintStep
from domain.words import FailureCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.ports import Brief, ImageTask, PaintRequest

_CUDA_BATCH = 4


class DiffusersEngine:
    """Paints with one pipeline, which is loaded on first use and stays loaded.

    ``batch_size`` is 1 until ``load``; on a cuda device it then becomes 4, unless it was given.
    """

    key = "diffusers"

    def __init__(
        self, model: str, *, device: str | None = None, dtype: str | None = None, batch_size: int | None = None
    ) -> None:
        """Name the pipeline; nothing is loaded yet.

        Args:
            model: Folder, or hub id like ``owner/name``.
            device: ``cuda``, ``cuda:1``, ``mps``, ``cpu``; None takes the best there is.
            dtype: Name of a torch type, like ``float16``; None takes what suits the device.
            batch_size: How many images to paint at once; None chooses by device.
        """
        self._model = model
        self._device = device
        self._dtype = dtype
        self._chosen_batch_size = batch_size
        self._loaded: LoadedPipeline | None = None
        self.batch_size = batch_size or 1

    def load(self) -> None:
        """Load the pipeline, once.

        Raises:
            EngineUnavailable: it can not be loaded here.
        """
        self._pipeline()

    def _pipeline(self) -> LoadedPipeline:
        if self._loaded is None:
            self._loaded = load_pipeline(self._model, self._device, self._dtype)
            if self._loaded.device == "cpu":
                make_batch_invariant(self._loaded.call, self._loaded.torch)
            if self._chosen_batch_size is None and self._loaded.device.startswith("cuda"):
                self.batch_size = _CUDA_BATCH
        return self._loaded

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        """Paint the images of ``request`` as one batch, or one by one where memory does not suffice for that.

        Going one by one starts the count of steps anew, ``total_steps`` then being those of all images together.

        Raises:
            EngineUnavailable: the pipeline is not loaded and can not be.
        """
        loaded = self._pipeline()
        try:
            return _Run(loaded, request, on_step).paint(request.images)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error, loaded.torch):
                raise
        return self._paint_singly(loaded, request, on_step)  # outside except, so that the failed try is let go of

    def _paint_singly(
        self, loaded: LoadedPipeline, request: PaintRequest, on_step: Callable[[PaintStep], None]
    ) -> list[Painted | NotPainted]:
        outcomes: list[Painted | NotPainted] = []
        for place, task in enumerate(request.images):
            loaded.torch.cuda.empty_cache()
            try:
                outcomes += _Run(loaded, request, on_step, place).paint((task,))
            except (MemoryError, RuntimeError) as error:
                if not _is_out_of_memory(error, loaded.torch):
                    raise
                outcomes.append(NotPainted(FailureCode.OUT_OF_MEMORY, str(error).splitlines()[0]))
        loaded.torch.cuda.empty_cache()
        return outcomes


class _Run:
    """One call of the pipeline."""

    def __init__(
        self,
        loaded: LoadedPipeline,
        request: PaintRequest,
        on_step: Callable[[PaintStep], None],
        single: int | None = None,
    ) -> None:
        """Take what to paint; ``single`` is the place in the request of the one image that is painted on its own."""
        self._call = loaded.call
        self._torch = loaded.torch
        self._request = request
        self._on_step = on_step
        self._single = single
        self._accepted = frozenset(inspect.signature(type(loaded.call).__call__).parameters)
        self._size = _supported_size(loaded.call, (request.width, request.height))

    def paint(self, tasks: tuple[ImageTask, ...]) -> list[Painted | NotPainted]:
        """Paint ``tasks`` together, and return their outcomes in order."""
        result = self._call(**self._arguments(tasks))
        wanted = (self._request.width, self._request.height)
        images = [_fitted(image, wanted) for image in result.images]
        if "callback_on_step_end" not in self._accepted:
            self._report(1, 1, [_thumbnail(image) for image in images])
        flags = getattr(result, "nsfw_content_detected", None) or [False] * len(images)
        return [
            NotPainted(FailureCode.CONTENT_BLOCKED, "the pipeline's safety checker flagged it")
            if flagged
            else Painted(image)
            for image, flagged in zip(images, flags, strict=True)
        ]

    def _arguments(self, tasks: tuple[ImageTask, ...]) -> dict[str, Any]:
        """Return the call's arguments, as far as this pipeline takes them.

        Noise is drawn on the CPU from a generator for each image: the same alone, in a batch and on any device.
        """
        request = self._request
        words = [_words(task.brief) for task in tasks]
        arguments = {
            "prompt": [prompt for prompt, _ in words],
            "negative_prompt": [negative for _, negative in words],
            "width": self._size[0],
            "height": self._size[1],
            "num_inference_steps": request.steps,
            "guidance_scale": request.guidance,
            "generator": [self._torch.Generator("cpu").manual_seed(task.seed) for task in tasks],
            "callback_on_step_end": self._after_step,
        }
        return {name: value for name, value in arguments.items() if name in self._accepted}

    def _after_step(self, pipeline: Any, index: int, _: Any, state: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
        """Report a step; the signature is that of ``callback_on_step_end``."""
        total = getattr(pipeline, "num_timesteps", self._request.steps)
        latents = state["latents"].detach().float().cpu().numpy()
        config = getattr(getattr(pipeline, "vae", None), "config", None)
        pictures = previews(latents, self._size, getattr(config, "scaling_factor", None) or 1.0)
        self._report(index + 1, total, pictures)
        return state

    def _report(self, step: int, total: int, pictures: list[Image.Image | None]) -> None:
        if self._single is None:
            self._on_step(PaintStep(step, total, tuple(pictures)))
            return
        count = len(self._request.images)
        shown = tuple(pictures[0] if place == self._single else None for place in range(count))
        self._on_step(PaintStep(self._single * total + step, count * total, shown))


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


def _thumbnail(image: Image.Image) -> Image.Image:
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    return small


def _words(brief: Brief) -> tuple[str, str]:
    """Return prompt and negative prompt with the recipe of the style."""
    style = STYLES[brief.style]
    negative = ", ".join(part for part in (brief.negative_prompt.strip(), style.negative) if part)
    return _encodable(style.recipe.replace("{prompt}", brief.prompt)), _encodable(negative)


def _encodable(text: str) -> str:
    """Return the text without lone surrogates and NULs, which tokenizers refuse."""
    return text.encode("utf-8", "replace").decode().replace("\0", " ")


def _is_out_of_memory(error: Exception, torch: Any) -> bool:  # noqa: ANN401 - an untyped module
    """Return whether a device or the machine ran out of memory; mps and cpu say so in words alone."""
    text = str(error).lower()
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(
        sign in text for sign in ("out of memory", "can't allocate memory", "not enough memory")
    )
