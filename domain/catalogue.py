"""Engines, styles and aspect ratios as data: what a generation may ask for."""

from __future__ import annotations

from dataclasses import dataclass


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
    languages: frozenset[str]
    """Languages of prompts that it understands, as ISO 639-1 codes; other prompts are translated to English."""
    prompt_tokens: int | None
    """Tokens that its text encoder reads, those of the frame included; None where it reads all."""


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
        EngineSpec("sandbox", "Sandbox painter", 12, 50, 5.0, 20.0, 1024, 2_000, 1, frozenset({"en", "ko"}), None),
        EngineSpec("diffusers", "Diffusion pipeline", 25, 100, 7.5, 20.0, 512, 2_000, 1, frozenset({"en"}), 77),
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


def size_of(ratio: str, base_side: int) -> tuple[int, int]:
    """Return width and height in pixels: the ratio at about ``base_side`` ** 2 pixels, both multiples of 8."""
    across, down = RATIOS[ratio]
    scale = base_side / (across * down) ** 0.5
    return 8 * round(across * scale / 8), 8 * round(down * scale / 8)
