"""The diffusion engine: any text-to-image pipeline of diffusers, by local folder or hub id, in every operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.engines.batch_invariance import make_batch_invariant
from adapters.engines.memory import CudaMeter
from adapters.engines.painting import Painting
from adapters.engines.pipeline_loading import load_pipeline
from adapters.engines.pipelines import Pipelines
from adapters.engines.recipes import PipelineRecipe
from adapters.engines.tuning import tune
from adapters.engines.without_model import WITHOUT_MODEL, paint_without_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.ports import NotPainted, Painted, PaintRequest, PaintStep

_CPU_BATCH = 4


class DiffusersEngine:
    """Paints with one pipeline, which is loaded on first use and stays loaded.

    Where it was not given, ``batch_size`` is 4 from ``load`` on; on a CUDA device it is 1 until the first image has
    shown how much memory one takes, and then what fits. It shrinks where memory turns out to be short.
    """

    def __init__(
        self,
        model: str | PipelineRecipe,
        *,
        device: str | None = None,
        dtype: str | None = None,
        batch_size: int | None = None,
    ) -> None:
        """Name the pipeline; nothing is loaded yet, and the revision is told by ``load``.

        Args:
            model: Folder, hub id like ``owner/name@commit``, or how the pipeline is to be had.
            device: ``cuda``, ``cuda:1``, ``mps``, ``cpu``; None takes the best there is.
            dtype: Name of a torch type, like ``float16``; None takes what suits the device.
            batch_size: How many images to paint at once; None chooses by device.
        """
        self._recipe = PipelineRecipe(model=model) if isinstance(model, str) else model
        self.key = self._recipe.key
        self.revision = ""
        self._device = device
        self._dtype = dtype
        self._chosen_batch_size = batch_size
        self._pipelines: Pipelines | None = None
        self._meter: CudaMeter | None = None
        self.batch_size = batch_size or 1

    def load(self) -> None:
        """Load the pipeline, once.

        Raises:
            EngineUnavailable: it can not be loaded here.
        """
        self.pipelines()

    def pipelines(self) -> Pipelines:
        """Return the pipelines, loaded.

        Raises:
            EngineUnavailable: they can not be loaded here.
        """
        if self._pipelines is None:
            loaded = load_pipeline(self._recipe, self._device, self._dtype)
            self.revision = loaded.revision
            tune(loaded)
            if loaded.device == "cpu":
                make_batch_invariant(loaded.call, loaded.torch)
            self._pipelines = Pipelines(loaded)
            if loaded.device.startswith("cuda"):
                self._meter = CudaMeter(loaded.torch, loaded.device)
            elif self._chosen_batch_size is None:
                self.batch_size = _CPU_BATCH
        return self._pipelines

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        """Paint the images of ``request``, those of one strength as one batch.

        Where memory does not suffice, a batch is halved; an image that does not fit alone is tried with what is not
        needed moved out of memory, and given up if that does not help. What is tried again counts its steps anew, and
        ``total_steps`` are those of all parts together.

        Raises:
            EngineUnavailable: the pipeline is not loaded and can not be.
            ValueError: diffusers has no image-to-image pipeline for this kind of model.
        """
        if request.operation in WITHOUT_MODEL:
            return paint_without_model(request, on_step)
        painting = Painting(self.pipelines(), request, on_step)
        if self._meter is not None:
            self._meter.begin()
        outcomes = painting.paint()
        self._learn(painting, request.width * request.height)
        return outcomes

    def _learn(self, painting: Painting, pixels: int) -> None:
        """Set ``batch_size`` by what fitted of a request of images of ``pixels``, and what did not."""
        if painting.was_short:
            self.batch_size = max(1, min(self.batch_size, painting.largest_part))
        elif painting.largest_part and self._meter is not None and self._chosen_batch_size is None:
            self.batch_size = self._meter.end(painting.largest_part, pixels)
