"""Engines, styles and aspect ratios as data: what a generation may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

from db.words import Operation

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """An engine that jobs may name, and its limits."""

    key: str
    name: str
    default_steps: int
    max_steps: int
    default_guidance: float
    max_guidance: float
    base_side: int
    """Pixels: images have about ``base_side`` ** 2 pixels, whatever their ratio."""
    max_prompt_length: int
    """Characters."""
    price: int
    """Credits for one image."""
    smallest_side: int
    """Pixels."""
    largest_side: int
    """Pixels."""
    side_multiple: int = 8
    """Width and height are multiples of so many pixels."""
    operations: frozenset[Operation] = frozenset(Operation)
    """What it can do."""

    @property
    def prices(self) -> Mapping[Operation, int]:
        """Credits for one image of each operation."""
        return dict.fromkeys(self.operations, self.price)


@dataclass(frozen=True, slots=True)
class Style:
    """A look, and the recipe that turns a prompt into it."""

    key: str
    name_en: str
    name_ko: str
    recipe: str
    """English prompt template with one ``{prompt}``."""
    negative: str
    """Added to the negative prompt."""


ENGINES: dict[str, EngineSpec] = {
    spec.key: spec
    for spec in (
        EngineSpec("sandbox", "Sandbox painter", 12, 50, 5.0, 20.0, 1024, 2_000, 1, 64, 2048),
        EngineSpec("diffusers", "Diffusion pipeline", 25, 100, 7.5, 20.0, 512, 2_000, 1, 64, 1536),
    )
}

STYLES: dict[str, Style] = {
    style.key: style
    for style in (
        Style("realistic", "Realistic", "실사", "photo of {prompt}, natural light, detailed", "drawing, painting"),
        Style("anime", "Anime", "애니메이션", "anime illustration of {prompt}, clean lines, vivid", "photo"),
        Style("painterly", "Painterly", "회화", "oil painting of {prompt}, visible brush strokes", "photo"),
        Style("watercolor", "Watercolor", "수채화", "watercolor of {prompt}, soft washes, paper texture", "photo"),
        Style("pixel-art", "Pixel art", "픽셀 아트", "pixel art of {prompt}, limited palette", "blurry, photo"),
        Style("line-art", "Line art", "선화", "line art of {prompt}, ink on white paper", "colour, photo"),
    )
}

RATIOS: dict[str, tuple[int, int]] = {
    "1:1": (1, 1),
    "3:4": (3, 4),
    "4:3": (4, 3),
    "9:16": (9, 16),
    "16:9": (16, 9),
}


def size_of(ratio: str, base_side: int, multiple: int = 8) -> tuple[int, int]:
    """Return width and height: the ratio at about ``base_side`` ** 2 pixels, both multiples of ``multiple``."""
    across, down = RATIOS[ratio]
    scale = base_side / (across * down) ** 0.5
    return multiple * round(across * scale / multiple), multiple * round(down * scale / multiple)


def ratio_of(width: int, height: int, engine: EngineSpec) -> str:
    """Return the name of the ratio that has this size with ``engine``, else the reduced fraction: ``13:19``."""
    sizes = {size_of(ratio, engine.base_side, engine.side_multiple): ratio for ratio in RATIOS}
    divisor = gcd(width, height)
    return sizes.get((width, height)) or f"{width // divisor}:{height // divisor}"
