"""What a change of an engine changes: fixed prompts and seeds painted before and after, side by side and as numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from adapters.engines.examples import paint_example
from domain.catalogue import STYLES
from domain.pictures.fingerprints import dhash
from domain.ports import Brief

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from domain.ports import Engine

PROMPTS: Final = ("a red mug on a table", "정원의 초록 나무", "a white cat by the sea at sunset", "a boat, from above")
SEEDS: Final = (7, 1_000_003)
_SIDE: Final = 128
"""Of a picture on the contact sheet, in pixels."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture of a fixed prompt, style and seed."""

    name: str
    image: Image.Image


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two pictures of the same prompt and seed are apart."""

    name: str
    pixels: float
    """Mean absolute difference of all channels, 0 (the same) to 1 (black to white)."""
    dhash: int
    """Bits in which the difference hashes differ, 0 to 64."""


def samples(engine: Engine) -> list[Sample]:
    """Paint each style's next prompt with each seed, at the engine's own size, steps and guidance.

    Raises:
        EngineUnavailable: it can not be loaded.
        RuntimeError: it does not paint one of them.
    """
    engine.load()
    return [
        Sample(f"{style}-{seed}", paint_example(engine, Brief(PROMPTS[number % len(PROMPTS)], "", style), seed))
        for number, style in enumerate(STYLES)
        for seed in SEEDS
    ]


def keep(folder: Path, revision: str, painted: Sequence[Sample]) -> None:
    """Write pictures below ``folder``, to be compared with later."""
    folder.mkdir(parents=True, exist_ok=True)
    for sample in painted:
        sample.image.save(folder / f"{sample.name}.png")
    (folder / "samples.json").write_text(
        json.dumps({"revision": revision, "names": [each.name for each in painted]}) + "\n"
    )


def kept(folder: Path) -> tuple[str, list[Sample]] | None:
    """Return revision and pictures that were kept in ``folder``; None where there are none."""
    try:
        manifest = json.loads((folder / "samples.json").read_text())
    except FileNotFoundError:
        return None
    return manifest["revision"], [
        Sample(name, Image.open(folder / f"{name}.png").convert("RGB")) for name in manifest["names"]
    ]


def differences(before: Sequence[Sample], after: Sequence[Sample]) -> list[Difference]:
    """Return how far the pictures of the same names are apart; those of another size are wholly so."""
    later = {sample.name: sample.image for sample in after}
    return [_difference(sample, later[sample.name]) for sample in before if sample.name in later]


def _difference(before: Sample, after: Image.Image) -> Difference:
    if before.image.size != after.size:
        return Difference(before.name, 1.0, 64)
    one, other = (np.asarray(image, np.float32) for image in (before.image, after))
    bits = (dhash(before.image) ^ dhash(after)) & (2**64 - 1)
    return Difference(before.name, round(float(np.abs(one - other).mean()) / 255, 6), bits.bit_count())


def contact_sheet(before: Sequence[Sample], after: Sequence[Sample]) -> Image.Image:
    """Return the pictures in two rows, those before above those after."""
    columns = max(len(before), len(after))
    sheet = Image.new("RGB", (columns * (_SIDE + 4) - 4, 2 * _SIDE + 4), "white")
    for row, painted in enumerate((before, after)):
        for column, sample in enumerate(painted):
            small = sample.image.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
            sheet.paste(small, (column * (_SIDE + 4), row * (_SIDE + 4)))
    return sheet
