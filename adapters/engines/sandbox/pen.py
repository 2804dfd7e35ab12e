"""Pen and ink: the contours of a scene and hatching by its tones, with a wash of one colour."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from adapters.engines.sandbox.colour import Colour, lighter, mix, to_oklab
from adapters.engines.sandbox.noise import field, tiled
from adapters.engines.sandbox.scene import Form, Glow, Layer, Scene, Sky, Water
from adapters.engines.sandbox.sheet import Manner, Sheet

if TYPE_CHECKING:
    import numpy.typing as npt

_PAPER = (0.975, 0.962, 0.93)
_INK = (0.11, 0.12, 0.2)


def inked(scene: Scene, size: tuple[int, int]) -> Image.Image:
    """Return the scene as a drawing."""
    drawing = Sheet(_bleached(scene), size, Manner(contour=0.0026, drawn_clouds=True)).lay_all()
    tones = Sheet(scene, _third(size), Manner(glow=0.7, drawn_clouds=True)).lay_all().convert("L")
    rng = np.random.default_rng(scene.seed)
    grey: npt.NDArray[np.float32] = np.asarray(tones.resize(size, Image.Resampling.BILINEAR), np.float32) / np.float32(
        255
    )
    low, high = (float(value) for value in np.percentile(grey[::8, ::8], (3, 97)))
    stretched = np.float32(0.12) + (grey - np.float32(low)) * np.float32(0.88 / max(high - low, 0.2))
    ink = _hatching(stretched, rng, scene)
    pixels = np.asarray(drawing).astype(np.float32)
    pixels += (np.array(_INK, np.float32) * 255 - pixels) * ink[:, :, None]
    pixels += tiled(rng, size)[:, :, None] * np.float32(1.6)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _third(size: tuple[int, int]) -> tuple[int, int]:
    return max(1, size[0] // 3), max(1, size[1] // 3)


def _hatching(tone: npt.NDArray[np.float32], rng: np.random.Generator, scene: Scene) -> npt.NDArray[np.float32]:
    """Return ink coverage, 0 to 1: one direction of strokes in the middle tones, three in the dark."""
    height, width = tone.shape
    unit = min(height, width)
    small = (max(2, width // 4), max(2, height // 4))
    rough = Image.fromarray(field(rng, small, (6 * scene.frame.width, 6 * scene.frame.height), 3))
    wobble = np.asarray(rough.resize((width, height), Image.Resampling.BILINEAR))
    x, y = np.arange(width, dtype=np.float32)[None, :] / unit, np.arange(height, dtype=np.float32)[:, None] / unit
    spacing = max(1 / 130, 3.4 / unit)
    ink = np.zeros_like(tone)
    for degrees, threshold, weight in ((38, 0.62, 0.62), (-32, 0.4, 0.7), (4, 0.22, 0.8)):
        slant = math.radians(degrees)
        phase = (x * math.sin(slant) + y * math.cos(slant) + wobble * 0.035) / spacing
        stripe = np.abs(phase - np.floor(phase) - np.float32(0.5)) * 2
        thickness = np.clip((threshold - tone) * 1.5 + (wobble - 0.5) * 0.16, 0, 0.62)
        soft = np.float32(2 / (spacing * unit))
        np.maximum(ink, np.clip((thickness - stripe) / soft + (thickness > 0) * 0.5, 0, 1) * weight, out=ink)
    return ink


def _bleached(scene: Scene) -> Scene:
    """Return the scene in paper white, with only what shines or blooms washed in the accent colour."""
    sky = Sky(((0.0, _PAPER), (1.0, _PAPER)), _PAPER, 0, shapes=tuple(_white(form, scene) for form in scene.sky.shapes))
    return replace(
        scene,
        sky=sky,
        ink=_INK,
        sky_layers=tuple(_white(layer, scene) for layer in scene.sky_layers if isinstance(layer, Form)),
        layers=tuple(layer for each in scene.layers if (layer := _drawn(each, scene)) is not None),
    )


def _drawn(layer: Layer, scene: Scene) -> Layer | None:
    if isinstance(layer, Glow):
        return None
    if isinstance(layer, Water):
        return Water(layer.top, layer.bottom, _PAPER, _PAPER)
    return _white(layer, scene)


def _white(form: Form, scene: Scene) -> Form:
    """Return the form as paper, or as a light wash where its colour is close to the accent."""
    wash = mix(scene.accent, _PAPER, 0.35)
    near = _hue_distance(form.top, scene.accent)
    if form.bright and form.inked:
        return replace(form, top=wash, bottom=lighter(wash, 0.05), inked=True)
    if near < 0.1:
        return replace(form, top=wash, bottom=mix(wash, _PAPER, 0.3))
    if form.depth > 0.97 and to_oklab(form.top)[0] < 0.3:  # eyes and mouths
        return replace(form, top=_INK, bottom=_INK)
    if not form.inked:
        return replace(form, top=_PAPER, bottom=_PAPER, opacity=form.opacity * 0.5)
    return replace(form, top=_PAPER, bottom=_PAPER, opacity=1.0)


def _hue_distance(one: Colour, two: Colour) -> float:
    """Return the distance of two colours on OKLab's opponent axes, lightness left out."""
    first, second = to_oklab(one), to_oklab(two)
    return math.hypot(first[1] - second[1], first[2] - second[2])
