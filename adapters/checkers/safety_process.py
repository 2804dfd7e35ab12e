"""What runs in the safety checker's process; torch and the model are in no other."""

from __future__ import annotations

import math
import os
import signal
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from adapters.engines.hosting import end_with_parent
from adapters.engines.pipeline_loading import best_device, libraries, loading

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.engines.recipes import PipelineRecipe


def begin() -> None:
    """Make this process one that outlives nobody who asks it, and leaves a terminal's Ctrl-C to them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()


def load(recipe: PipelineRecipe) -> None:
    """Load the model, after every file was compared with its pin.

    Raises:
        EngineUnavailable: packages are missing, or the model is not there, is not what was pinned, is broken, is
            another kind of model, or may not be loaded.
    """
    _loaded(recipe)


@cache
def _loaded(recipe: PipelineRecipe) -> _Model:
    folder, _ = recipe.prepare()
    torch, *_ = libraries("torch", "diffusers", "transformers")
    device = best_device(torch)
    if device == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)  # the core that engines leave free
    with loading(recipe.model):
        model = _read(folder, torch, device)
        model.flags(Image.new("RGB", (64, 64)))
    return model


def is_flagged(recipe: PipelineRecipe, picture: Image.Image) -> bool:
    """Return whether the model flags any part of an RGB picture."""
    return _loaded(recipe).flags(picture)


@dataclass(frozen=True, slots=True)
class _Model:
    checker: Any
    """A ``StableDiffusionSafetyChecker``."""
    processor: Any
    """Its ``CLIPImageProcessor``."""
    device: str

    def flags(self, picture: Image.Image) -> bool:
        squares = squares_of(picture)
        pixels = self.processor(images=squares, return_tensors="pt").pixel_values.to(self.device)
        nothing_to_blacken = [np.empty(0)] * len(squares)
        return any(self.checker(clip_input=pixels, images=nothing_to_blacken)[1])


def squares_of(picture: Image.Image) -> list[Image.Image]:
    """Return the fewest squares that cover the picture, evenly spaced: of anything else the model sees the middle."""
    side, length = min(picture.size), max(picture.size)
    count = math.ceil(length / side)
    starts = [round(place * (length - side) / max(1, count - 1)) for place in range(count)]
    is_wide = picture.width == length
    corners = [(start, 0) if is_wide else (0, start) for start in starts]
    return [picture.crop((x, y, x + side, y + side)) for x, y in corners]


def _read(folder: Path, torch: Any, device: str) -> _Model:  # noqa: ANN401 - an untyped module
    """Load a checker whose every number comes from its weights: one of chance, or no number, would let all pass."""
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker  # noqa: PLC0415
    from transformers import CLIPImageProcessor  # noqa: PLC0415

    checker, told = StableDiffusionSafetyChecker.from_pretrained(
        str(folder), local_files_only=True, use_safetensors=True, dtype=torch.float32, output_loading_info=True
    )
    missing = sorted({*told["missing_keys"], *told["mismatched_keys"]})
    if missing:
        raise ValueError(f"it is no safety checker, its weights lack {missing[0]}")
    for name, numbers in checker.named_parameters():
        if not numbers.isfinite().all():
            raise ValueError(f"its weights are no numbers: {name}")
    processor = CLIPImageProcessor.from_pretrained(str(folder), local_files_only=True)
    return _Model(checker.to(device), processor, device)
