"""Pictures and masks to paint from, drawn on the spot."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw


def landscape(width: int = 64, height: int = 48) -> Image.Image:
    """Return an RGB picture of a red ball before sky and ground, with noise, so that no two pixels are alike."""
    image = Image.new("RGB", (width, height), (90, 160, 220))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, round(height * 0.8), width, height), (80, 140, 60))
    draw.ellipse((width * 0.3, height * 0.25, width * 0.7, height * 0.75), (200, 40, 40))
    noise = np.random.default_rng(1).integers(-6, 7, (height, width, 3))
    return Image.fromarray((np.asarray(image, np.int16) + noise).clip(0, 255).astype(np.uint8))


def middle_mask(width: int = 64, height: int = 48) -> Image.Image:
    """Return a mask (L) that covers a rectangle in the middle."""
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).rectangle((width // 4, height // 4, width * 3 // 4, height * 3 // 4), 255)
    return mask
