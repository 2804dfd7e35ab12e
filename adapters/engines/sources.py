"""The pictures that tasks bring, made fit to be painted from: mode, size, and what of them must stay as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

from db.words import Operation
from domain.words import FailureCode

if TYPE_CHECKING:
    from domain.ports import ImageTask, Material

Size = tuple[int, int]
_PAPER = (255, 255, 255)
"""What lies under transparent pixels."""
_LEADER = 0.7
"""Share of the reference whose turn it is in what REFERENCES starts from."""
_OUTPAINT_STRENGTH = 0.95
"""How far new margins may leave the edges that run out into them."""
_SMALLEST_STRENGTH = 0.01


class Unusable(Exception):
    """The material of a task can not be used."""

    def __init__(self, code: FailureCode, detail: str) -> None:
        """Take the outcome's code, and for the log what is wrong."""
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a picture is painted over."""

    picture: Image.Image
    """RGB, of the finished picture's size."""
    strength: float
    """How far the picture may be left, over 0 to 1."""
    mask: Image.Image | None = None
    """L, 255 where to paint anew and 0 elsewhere; None paints everywhere."""

    def finished(self, painted: Image.Image) -> Image.Image:
        """Return ``painted`` where to paint, and elsewhere this canvas' own pixels, bit by bit.

        Across the edge the two run into each other within the mask alone.
        """
        if self.mask is None:
            return painted
        return Image.composite(painted, self.picture, _feathered(self.mask))


def canvas_of(operation: Operation, task: ImageTask, size: Size) -> Canvas:
    """Return what ``operation`` paints ``task`` over, at ``size``.

    Pictures of another shape are cut to it around their middle; OUTPAINT fits the whole enlarged picture in. REFERENCES
    starts from one of its pictures in turn, mixed with the mean of the others: colours and rough places carry over, no
    likeness beyond them does.

    Raises:
        Unusable: a picture is missing or broken, or there is nothing to paint.
    """
    material = task.material
    strength = min(max(material.strength, _SMALLEST_STRENGTH), 1.0)
    if operation is Operation.REFERENCES:
        return Canvas(_mixture(material.references, task.index, size), strength)
    if operation is Operation.INPAINT:
        return Canvas(_cut(source_of(task), size), strength, _inner_mask(material, size))
    if operation is Operation.OUTPAINT:
        return _enlarged(source_of(task), material.margins, size)
    return Canvas(_cut(source_of(task), size), strength)


def source_of(task: ImageTask) -> Image.Image:
    """Return the task's source as RGB of its own size.

    Raises:
        Unusable: there is none, or it can not be read.
    """
    if task.material.source is None:
        raise Unusable(FailureCode.INVALID_SOURCE, "the task brings no source")
    return _as_rgb(task.material.source)


def _as_rgb(image: Image.Image) -> Image.Image:
    """Return the image of whatever mode as RGB: transparency over white, 16 bits scaled to 8.

    Raises:
        Unusable: its data can not be decoded.
    """
    try:
        if image.mode == "RGB":
            image.load()
            return image
        if image.mode.startswith("I"):
            grey = np.asarray(image, np.float32) / np.float32(257)
            return Image.fromarray(grey.round().clip(0, 255).astype(np.uint8)).convert("RGB")
        if image.has_transparency_data:
            opaque = Image.new("RGB", image.size, _PAPER)
            layer = image.convert("RGBA")
            opaque.paste(layer, mask=layer.getchannel("A"))
            return opaque
        return image.convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:  # Pillow's answers to broken data
        raise Unusable(FailureCode.INVALID_SOURCE, f"a picture can not be read: {error}") from error


def _cut(image: Image.Image, size: Size) -> Image.Image:
    return image if image.size == size else ImageOps.fit(image, size, Image.Resampling.LANCZOS)


def _mixture(references: tuple[Image.Image, ...], turn: int, size: Size) -> Image.Image:
    if not references:
        raise Unusable(FailureCode.INVALID_SOURCE, "the task brings no references")
    pictures = [_cut(_as_rgb(reference), size) for reference in references]
    leader = pictures.pop(turn % len(pictures))
    if not pictures:
        return leader
    others = np.mean([np.asarray(picture, np.float32) for picture in pictures], axis=0)
    mixed = np.asarray(leader, np.float32) * _LEADER + others * (1 - _LEADER)
    return Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8))


def _inner_mask(material: Material, size: Size) -> Image.Image:
    """Return the mask at ``size``, cut as the source is; one of another size than the source's is stretched to it."""
    if material.mask is None or material.source is None:
        raise Unusable(FailureCode.NOTHING_TO_PAINT, "the task brings no mask")
    try:
        grey = material.mask.convert("L")
    except (OSError, ValueError, SyntaxError) as error:
        raise Unusable(FailureCode.INVALID_SOURCE, f"the mask can not be read: {error}") from error
    if grey.size != material.source.size:
        grey = grey.resize(material.source.size, Image.Resampling.NEAREST)
    if grey.size != size:
        grey = ImageOps.fit(grey, size, Image.Resampling.NEAREST)
    mask = grey.point([0] * 128 + [255] * 128)
    if mask.getbbox() is None:
        raise Unusable(FailureCode.NOTHING_TO_PAINT, "the mask covers nothing")
    return mask


def _enlarged(source: Image.Image, margins: tuple[int, int, int, int], size: Size) -> Canvas:
    """Return the source with its margins fitted into ``size``; its edges run out into the margins, blurred."""
    left, top, right, bottom = (max(0, margin) for margin in margins)
    across, down = size[0] / (left + source.width + right), size[1] / (top + source.height + bottom)
    x, y = min(round(left * across), size[0] - 1), min(round(top * down), size[1] - 1)
    width = max(1, min(round(source.width * across), size[0] - x))
    height = max(1, min(round(source.height * down), size[1] - y))
    if (width, height) == size:
        raise Unusable(FailureCode.NOTHING_TO_PAINT, "the margins add nothing")
    inner = source if source.size == (width, height) else source.resize((width, height), Image.Resampling.LANCZOS)
    sides = ((y, size[1] - y - height), (x, size[0] - x - width), (0, 0))
    extended = Image.fromarray(np.pad(np.asarray(inner), sides, mode="edge"))
    picture = extended.filter(ImageFilter.GaussianBlur(min(size) / 48))
    picture.paste(inner, (x, y))
    mask = Image.new("L", size, 255)
    mask.paste(0, (x, y, x + width, y + height))
    return Canvas(picture, _OUTPAINT_STRENGTH, mask)


def _feathered(mask: Image.Image) -> Image.Image:
    """Return the mask softened on its inner side: 0 stays 0, and what is too narrow for an edge is half covered."""
    soft = mask.filter(ImageFilter.GaussianBlur(max(1.0, min(mask.size) / 128)))
    return ImageChops.multiply(mask, soft.point([min(255, max(128, 2 * value - 255)) for value in range(256)]))
