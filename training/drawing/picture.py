"""Draws what a description says; the same description and seed give the same pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.drawing.composition import compose
from training.drawing.styles import STYLES

if TYPE_CHECKING:
    from PIL import Image

    from training.drawing.description import Description


def draw(description: Description, seed: int) -> Image.Image:
    """Return an RGB picture of 256 × 256 pixels."""
    return STYLES[description.style](compose(description, np.random.default_rng(seed)))
