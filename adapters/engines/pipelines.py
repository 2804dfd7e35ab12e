"""The forms in which one loaded model paints: from words and from pictures, with the same weights."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from adapters.engines.memory import reliefs
from adapters.engines.text_cache import TextCache
from db.words import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.engines.pipeline_loading import LoadedPipeline


class Pipelines:
    """The pipelines of a model, made when they are first needed."""

    def __init__(self, loaded: LoadedPipeline) -> None:
        """Take the pipeline that paints from words; the others share its parts."""
        self.torch = loaded.torch
        self.device = loaded.device
        self.words = loaded.call
        self.texts = TextCache(loaded.call, loaded.torch)
        self._pictures: Any = None
        self._reliefs: Iterator[str] = reliefs(loaded)

    def of(self, operation: Operation) -> Any:  # noqa: ANN401 - any pipeline
        """Return the pipeline that does ``operation``.

        Raises:
            ValueError: there is none for this kind of model.
        """
        return self.words if operation is Operation.TEXT_TO_IMAGE else self._image_to_image()

    def relieve(self) -> bool:
        """Make all of them need less memory at the price of time; return False where nothing more can be done."""
        self._pictures = None
        return next(self._reliefs, None) is not None

    def _image_to_image(self) -> Any:  # noqa: ANN401
        if self._pictures is None:
            from diffusers import AutoPipelineForImage2Image  # noqa: PLC0415 - heavy; loaded with the model

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._pictures = AutoPipelineForImage2Image.from_pipe(self.words)
            self._pictures.set_progress_bar_config(disable=True)
        return self._pictures
