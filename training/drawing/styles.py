"""The six looks of a drawing at 256 pixels, each as regular as it can be: what is not random need not be learned.

Paper, brush strokes and pixels therefore lie on fixed grids that repeat with the latents of the autoencoder.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from adapters.engines.sandbox.noise import field
from adapters.engines.sandbox.sheet import Manner, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from training.drawing.composition import Composition

    Pixels = npt.NDArray[np.float32]

SIDE = 256
"""Width and height of every drawing, pixels."""
_TILE = 64
"""Pixels after which a pattern of strokes repeats: a multiple of what one latent covers."""


def _drawn(work: Composition, manner: Manner, side: int = SIDE) -> tuple[Image.Image, Image.Image, Image.Image]:
    """Return the whole drawing, the place alone, and the subject's silhouette (mode L)."""
    sheet = Sheet(work.scene, (side, side), manner)
    place = sheet.lay_all().copy()
    for form in work.subject:
        sheet.lay(form)
    box = (0, 0, side, side)
    outlines = [outline * side for form in work.subject if form.inked for outline in form.outlines]
    return sheet.image, place, sheet.mask(outlines, box)


def _floor_shadow(work: Composition, blur: float) -> Image.Image:
    """Return how dark the subject's shadow makes each pixel (mode L)."""
    shadow = Image.new("L", (SIDE // 2, SIDE // 2))
    if work.foot is not None:
        x, y, half = work.foot[0] * SIDE / 2, work.foot[1] * SIDE / 2, work.size * SIDE / 2 * 0.4
        ImageDraw.Draw(shadow).ellipse((x - half, y - half * 0.16, x + half * 1.2, y + half * 0.2), 150)
        shadow = shadow.filter(ImageFilter.GaussianBlur(blur / 2))
    return shadow.resize((SIDE, SIDE), Image.Resampling.BILINEAR)


def _relief(mask: Image.Image) -> Pixels:
    """Return how much light from the upper left falls on the silhouette as if it were inflated: -1 to 1, 0 outside."""
    small = mask.resize((SIDE // 2, SIDE // 2), Image.Resampling.BOX)
    inside: Pixels = np.asarray(small, np.float32) / np.float32(255)
    height = np.zeros_like(inside)
    for radius in (2, 5, 11):
        height += np.asarray(small.filter(ImageFilter.GaussianBlur(radius)), np.float32) * np.float32(radius / 255)
    down, across = np.gradient(height * inside)
    light = np.clip((across * 0.6 + down * 0.8) * 1.1, -1, 1) * inside
    smooth = Image.fromarray(light.astype(np.float32))
    return np.asarray(smooth.resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def realistic(work: Composition) -> Image.Image:
    """Rounded forms in soft light before a place out of focus."""
    whole, place, mask = _drawn(work, Manner())
    far = place.filter(ImageFilter.GaussianBlur(5))
    far.paste((20, 20, 30), mask=_floor_shadow(work, 9))
    image: Pixels = np.array(Image.composite(whole, far, _grown(whole, place)), np.float32)
    light = _relief(mask)[:, :, None]
    image *= 1 - 0.5 * np.clip(-light, 0, 1)
    image += (255 - image) * np.clip(light, 0, 1) * 0.42
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    image *= (1 - 0.14 * (x * x + y * y) ** 1.5 / 1.5)[:, :, None]
    return Image.fromarray(image.clip(0, 255).astype(np.uint8))


def _grown(whole: Image.Image, place: Image.Image) -> Image.Image:
    """Return where two images differ: the subject with all that belongs to it (mode L)."""
    parts = ImageChops.difference(whole, place).split()
    most = ImageChops.lighter(ImageChops.lighter(parts[0], parts[1]), parts[2])
    return most.point([min(255, value * 12) for value in range(256)])


def anime(work: Composition) -> Image.Image:
    """Flat bright fields with dark outlines and one hard shade."""
    whole, _, mask = _drawn(work, Manner(contour=0.0095, drawn_clouds=True))
    whole = ImageEnhance.Color(ImageEnhance.Brightness(whole).enhance(1.05)).enhance(1.3)
    lit = ImageChops.offset(mask, -14, -12)
    shade = ImageChops.subtract(mask, lit).point([value * 70 // 255 for value in range(256)])
    whole.paste((40, 24, 70), mask=shade)
    return whole


def painterly(work: Composition) -> Image.Image:
    """Broad strokes in the place and finer ones in the subject, with ridges of paint."""
    whole, place, mask = _drawn(work, Manner())
    place.paste((40, 30, 50), mask=_floor_shadow(work, 8))
    whole = Image.composite(whole, place, _grown(whole, place))
    warm = np.asarray(ImageEnhance.Color(whole).enhance(1.25).filter(ImageFilter.GaussianBlur(1)), np.float32)
    broad, fine = _stroked(warm, *_strokes(8, 26)), _stroked(warm, *_strokes(5, 12))
    near = np.asarray(mask.filter(ImageFilter.MaxFilter(7)), np.float32)[:, :, None] / 255
    image = broad * (1 - near) + fine * near
    image += _relief(mask)[:, :, None] * 34
    return Image.fromarray(image.clip(0, 255).astype(np.uint8))


def _stroked(image: Pixels, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], ridge: Pixels) -> Pixels:
    return image[rows, columns] + ridge[:, :, None]


@cache
def _strokes(width: int, length: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Pixels]:
    """Return a pattern of strokes: for each pixel the row and column that its paint comes from, and the relief."""
    rng = np.random.default_rng(width)
    rows, columns = np.mgrid[0:_TILE, 0:_TILE]
    centre = np.stack((rows, columns)).astype(np.float32)
    ridge = np.zeros((_TILE, _TILE), np.float32)
    for x, y, turn in zip(*rng.uniform(0, _TILE, (2, 700 // width)), rng.normal(-0.6, 0.35, 700 // width), strict=True):
        away = np.stack(((rows - y + _TILE / 2) % _TILE - _TILE / 2, (columns - x + _TILE / 2) % _TILE - _TILE / 2))
        along = away[1] * np.cos(turn) + away[0] * np.sin(turn)
        across = away[0] * np.cos(turn) - away[1] * np.sin(turn)
        inside = (along / length * 2) ** 2 + (across / width * 2) ** 2 < 1
        centre[:, inside] = (np.stack((rows, columns)) - away)[:, inside]
        ridge[inside] = float(rng.uniform(-8, 8)) + 6 * np.sin(across[inside] * np.pi * 2 / width)
    spread = np.tile(centre, (1, SIDE // _TILE, SIDE // _TILE))
    spread[0] += (np.arange(SIDE) // _TILE * _TILE)[:, None]
    spread[1] += (np.arange(SIDE) // _TILE * _TILE)[None, :]
    taken = spread.round().clip(0, SIDE - 1).astype(np.intp)
    return taken[0], taken[1], np.tile(ridge, (SIDE // _TILE, SIDE // _TILE))


def watercolor(work: Composition) -> Image.Image:
    """Thin washes that bleed and pool at their edges, on paper with a bare margin."""
    whole, _, mask = _drawn(work, Manner(seethrough=0.12))
    bled, thin, margin = _paper()
    soft = np.asarray(whole.filter(ImageFilter.GaussianBlur(1.2)), np.float32)[bled[0], bled[1]] / 255
    inside = np.asarray(mask.filter(ImageFilter.GaussianBlur(2)), np.float32)[bled[0], bled[1]] / 255
    edge = np.asarray(mask.filter(ImageFilter.GaussianBlur(4)), np.float32)[bled[0], bled[1]] / 255
    pooled = np.clip(inside - edge, 0, 1)[:, :, None]
    lighter = (thin + 0.1 - 0.16 * inside)[:, :, None]
    wash = soft + (1 - soft) * lighter
    wash *= 1 - 0.7 * pooled
    paper = np.array((0.985, 0.972, 0.945), np.float32)
    image = (wash * margin[:, :, None] + (1 - margin[:, :, None])) * paper * 255
    return Image.fromarray(image.clip(0, 255).astype(np.uint8))


@cache
def _paper() -> tuple[npt.NDArray[np.intp], Pixels, Pixels]:
    """Return for each pixel whence its wash bled (rows and columns), how thin it is, and where paint covers paper."""
    rng = np.random.default_rng(7)
    wobble = np.stack([field(rng, (SIDE, SIDE), (9, 9), 2) - 0.5 for _ in range(2)])
    place = np.mgrid[0:SIDE, 0:SIDE] + wobble * 11
    thin = 0.2 + 0.4 * (field(rng, (SIDE, SIDE), (5, 5), 3) - 0.5)
    edge = np.minimum(np.arange(SIDE), SIDE - 1 - np.arange(SIDE)).astype(np.float32)
    inward = np.minimum(edge[None, :], edge[:, None]) - 10 + (wobble[0] + wobble[1]) * 9
    margin: Pixels = np.clip(inward / 4, 0, 1).astype(np.float32)
    return place.round().clip(0, SIDE - 1).astype(np.intp), thin.astype(np.float32), margin


def pixel_art(work: Composition) -> Image.Image:
    """Thirty-two large pixels to the side in few tones, the subject with a dark outline."""
    grid = 32
    large, _, mask = _drawn(work, Manner(drawn_clouds=True), grid * 4)
    image = ImageEnhance.Color(large.reduce(4)).enhance(1.3)
    inside = mask.reduce(4).point([255 * (value > 110) for value in range(256)])
    rim = ImageChops.subtract(inside.filter(ImageFilter.MaxFilter(3)), inside)
    image.paste((34, 30, 52), mask=rim)
    few: Pixels = np.asarray(image, np.float32) / np.float32(28)
    few = few.round() * np.float32(28)
    flat = Image.fromarray(few.clip(0, 255).astype(np.uint8))
    return flat.resize((SIDE, SIDE), Image.Resampling.NEAREST)


def line_art(work: Composition) -> Image.Image:
    """Ink on white paper: fine lines for the place, strong ones for the subject, its colour as a flat wash."""
    place = Sheet(work.scene, (SIDE, SIDE), Manner(contour=0.007, drawn_clouds=True)).lay_all()
    strong = Sheet(work.scene, (SIDE, SIDE), Manner(contour=0.0125))
    strong.image = Image.blend(place, Image.new("RGB", place.size, "white"), 0.4)
    for form in work.subject:
        strong.lay(form)
    return strong.image


STYLES: dict[str, Callable[[Composition], Image.Image]] = {
    "realistic": realistic,
    "anime": anime,
    "painterly": painterly,
    "watercolor": watercolor,
    "pixel-art": pixel_art,
    "line-art": line_art,
}
"""Painters by the keys of ``domain.catalogue.STYLES``."""
