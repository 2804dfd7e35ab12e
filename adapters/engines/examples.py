"""One picture for a prompt, style and seed, at an engine's own size, steps and guidance: to look at, and to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PIL import Image

from db.words import Operation
from domain.catalogue import ENGINES, STYLES, size_of
from domain.ports import Brief, ImageTask, NotPainted, PaintRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from domain.ports import Engine

PROMPT: Final = "a red boat by the sea"
SEED: Final = 7
_GAP: Final = 4
"""Pixels between pictures side by side."""


def style_pictures(engine: Engine) -> Mapping[str, Image.Image]:
    """Return the same motif in each style, by its key.

    Raises:
        EngineUnavailable: the engine can not be loaded.
        RuntimeError: it does not paint one of them.
    """
    engine.load()
    return {style: paint_example(engine, Brief(PROMPT, "", style), SEED) for style in STYLES}


def side_by_side(pictures: Sequence[Image.Image], side: int = 160) -> Image.Image:
    """Return square pictures in one row, each ``side`` pixels wide."""
    sheet = Image.new("RGB", (len(pictures) * (side + _GAP) - _GAP, side), "white")
    for column, picture in enumerate(pictures):
        sheet.paste(picture.resize((side, side), Image.Resampling.LANCZOS), (column * (side + _GAP), 0))
    return sheet


def paint_example(engine: Engine, brief: Brief, seed: int) -> Image.Image:
    """Return a square picture, RGB, by a loaded engine.

    Raises:
        RuntimeError: it does not paint it.
    """
    spec = ENGINES[engine.key]
    width, height = size_of("1:1", spec.base_side, spec.side_multiple)
    request = PaintRequest(
        Operation.TEXT_TO_IMAGE,
        width,
        height,
        spec.default_steps,
        spec.default_guidance,
        (ImageTask(0, seed, brief),),
    )
    (outcome,) = engine.paint(request, lambda _step: None)
    if isinstance(outcome, NotPainted):
        raise RuntimeError(  # noqa: TRY004 - no type is wrong
            f"{brief.style}, seed {seed}: {outcome.code} ({outcome.detail})"
        )
    return outcome.image.convert("RGB")
