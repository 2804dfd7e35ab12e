"""The engine of REMOVE_BACKGROUND where a model is set: semantic segmentation of transformers with a background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image, ImageOps

from adapters.engines.cutout import with_soft_edge
from adapters.engines.memory import made_within_memory
from adapters.engines.pipeline_loading import best_device, libraries, loading
from adapters.engines.sources import Unusable, source_of
from adapters.engines.tuning import leave_a_core
from adapters.engines.without_model import kept_cut, painted_one_by_one, thumbnail
from domain.ports import EngineUnavailable, Painted
from domain.words import FailureCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.engines.progress import Progress
    from adapters.engines.recipes import PipelineRecipe
    from domain.ports import ImageTask, NotPainted, PaintRequest, PaintStep

BACKGROUND: Final = "background"
"""The class that a model must have, in letters of any case."""
_SEEN_SIDE: Final = 512
"""Pixels: the model sees pictures stretched to this square, so that any shape takes the same memory."""
_CERTAIN: Final = 0.03
"""Probabilities that are closer to 0 or 1 than this count as that, so that no veil of the background stays."""
_LEAST: Final = 0.01
"""Share of the picture that a subject takes at least."""


@dataclass(frozen=True, slots=True)
class _Segmentation:
    """A model that is ready to be called."""

    torch: Any
    model: Any
    processor: Any
    background: int
    """Number of the class that is no subject."""

    def subject(self, picture: Image.Image) -> Image.Image:
        """Return how certainly each place shows anything but background (L, of the model's own size)."""
        seen = self.processor(images=picture.resize((_SEEN_SIDE, _SEEN_SIDE)), return_tensors="pt")
        with self.torch.inference_mode():
            logits = self.model(seen["pixel_values"].to(self.model.device)).logits
        subject = 1 - logits.float().softmax(1)[0, self.background]
        alpha = ((subject - _CERTAIN) / (1 - 2 * _CERTAIN)).clamp(0, 1)
        return Image.fromarray((alpha * 255).round().to(self.torch.uint8).cpu().numpy())


class Segmenter:
    """An engine, as ``domain.ports.Engine``, that cuts out all that its model does not take for background."""

    key = "segmenter"
    batch_size = 1

    def __init__(self, recipe: PipelineRecipe, device: str | None = None) -> None:
        """Name the model; nothing is loaded yet. Without ``device`` it goes to the best there is."""
        self.revision = ""
        self._recipe = recipe
        self._device = device
        self._loaded: _Segmentation | None = None

    def load(self) -> None:
        """Load the model, once.

        Raises:
            EngineUnavailable: it can not be loaded here, or knows no background.
        """
        self._segmentation()

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        """Cut the subject out of the source of each task, at the request's size; a step is an image.

        Each outcome's method is the name of the model.

        Raises:
            EngineUnavailable: see ``load``.
        """
        loaded = self._segmentation()

        def make(task: ImageTask, progress: Progress) -> Painted:
            picture = ImageOps.fit(source_of(task), (request.width, request.height), Image.Resampling.LANCZOS)
            alpha = made_within_memory(lambda: loaded.subject(picture), iter(()), loaded.torch)
            if (np.asarray(alpha) >= 128).mean() < _LEAST:
                raise Unusable(FailureCode.NO_SUBJECT, "the model takes all of the picture for background")
            cut = kept_cut(with_soft_edge(picture, alpha), task.material)
            progress.report(1, 1, [thumbnail(cut)])
            return Painted(cut, self._recipe.name)

        return painted_one_by_one(request, on_step, 1, make)

    def _segmentation(self) -> _Segmentation:
        if self._loaded is None:
            self._loaded, self.revision = _load(self._recipe, self._device)
        return self._loaded


def _load(recipe: PipelineRecipe, device: str | None) -> tuple[_Segmentation, str]:
    """Return the model of a recipe, and its revision.

    Raises:
        EngineUnavailable: packages are missing; the model is not what was pinned, is broken, may not be loaded, is made
            for something else, or has no class ``BACKGROUND``.
    """
    folder, revision = recipe.prepare()
    torch, transformers = libraries("torch", "transformers")
    trusted = {"local_files_only": True, "trust_remote_code": False}
    with loading(recipe.model):
        processor = transformers.AutoImageProcessor.from_pretrained(str(folder), **trusted)
        model, found = transformers.AutoModelForSemanticSegmentation.from_pretrained(
            str(folder), use_safetensors=True, output_loading_info=True, **trusted
        )
    if found["missing_keys"]:
        raise EngineUnavailable(f"the model {recipe.model!r} is not made for semantic segmentation")
    classes = {str(name).lower(): number for number, name in model.config.id2label.items()}
    if BACKGROUND not in classes:
        raise EngineUnavailable(f"the model {recipe.model!r} has no class {BACKGROUND!r}")
    processor.do_center_crop = False  # what is cut off at the edges would have no alpha
    target = device or best_device(torch)
    model.eval().to(target)
    if target == "cpu":
        leave_a_core(torch)
    return _Segmentation(torch, model, processor, classes[BACKGROUND]), revision
