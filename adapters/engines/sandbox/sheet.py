"""A raster on which the layers of a scene are laid, at any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from adapters.engines.sandbox.colour import Colour, mix
from adapters.engines.sandbox.noise import field
from adapters.engines.sandbox.scene import Form, Glow, Layer, Water

if TYPE_CHECKING:
    import numpy.typing as npt

    from adapters.engines.sandbox.scene import Points, Scene, Sky

Box = tuple[int, int, int, int]
_SMALL = 32_000
"""Pixels up to which a mask is drawn four times as large for smooth edges; larger ones twice as large."""


def rgb(colour: Colour) -> tuple[int, int, int]:
    """Return the colour in whole numbers from 0 to 255."""
    red, green, blue = (round(255 * value) for value in colour)
    return red, green, blue


@dataclass(frozen=True, slots=True)
class Manner:
    """How a style lays forms."""

    contour: float = 0.0
    """Width of outlines in units; 0 for none."""
    texture: float = 0.0
    """Strength of surface textures, 0 to 1."""
    glow: float = 1.0
    """Strength of light in the air."""
    drawn_clouds: bool = False
    """Clouds as shapes instead of soft mist."""
    seethrough: float = 0.0
    """How far each form lets show what lies beneath, 0 to 1."""


class Sheet:
    """The picture in the making: ``image`` is RGB of the size given."""

    def __init__(self, scene: Scene, size: tuple[int, int], manner: Manner) -> None:
        """Take the scene, the size in pixels and the manner; the sheet is black until something is laid."""
        self.image = Image.new("RGB", size)
        self.size = size
        self._scene = scene
        self._manner = manner
        self._scale = np.array((size[0] / scene.frame.width, size[1] / scene.frame.height))
        self._unit = min(size)
        self._rng = np.random.default_rng(scene.seed)
        self._grain: dict[int, Image.Image] = {}

    def lay_all(self) -> Image.Image:
        """Lay the whole scene, back to front, and return the image."""
        self.image.paste(gradient(self._scene.sky, self.size))
        for layer in self._scene.sky_layers:
            self.lay(layer)
        if self._manner.drawn_clouds:
            for cloud in self._scene.sky.shapes:
                self.lay(cloud)
        elif self._scene.sky.cloudiness > 0:
            self._lay_clouds(self._scene.sky)
        for layer in self._scene.layers:
            self.lay(layer)
        return self.image

    def lay(self, layer: Layer) -> None:
        """Lay one layer over what is there."""
        if isinstance(layer, Form):
            self._lay_form(layer)
        elif isinstance(layer, Glow):
            self._lay_glow(layer)
        else:
            self._lay_water(layer)

    def _lay_form(self, form: Form) -> None:
        if not form.outlines:
            return
        shapes = [outline * self._scale for outline in form.outlines]
        every = np.concatenate(shapes)
        low, high = every.min(axis=0), every.max(axis=0)
        contour = self._manner.contour * self._unit * (0.9 + 1.3 * form.depth) if form.inked else 0.0
        box = self._box(low - contour, high + contour)
        if box is None:
            return
        opacity = form.opacity * (1 - self._manner.seethrough)
        mask = self.mask(shapes, box)
        if opacity < 1:
            mask = mask.point([round(value * opacity) for value in range(256)])
        if contour > 0:  # below the fill: shapes that overlap share one contour
            ink = mix(self._scene.ink, form.bottom, 0.25)
            self.image.paste(rgb(ink), box, self.mask(shapes, box, line=contour))
        self._fill(form, (float(low[1]), float(high[1])), box, mask)

    def _box(self, low: Points, high: Points) -> Box | None:
        """Return the whole pixels between two corners, or None where they lie outside the sheet."""
        left, top = max(0, int(low[0] - 1)), max(0, int(low[1] - 1))
        right, bottom = min(self.size[0], int(high[0] + 2)), min(self.size[1], int(high[1] + 2))
        return (left, top, right, bottom) if right > left and bottom > top else None

    def mask(self, shapes: list[Points], box: Box, line: float = 0.0) -> Image.Image:
        """Return the coverage of ``shapes`` (in pixels) over ``box``, or of their contour ``line`` pixels wide."""
        width, height = box[2] - box[0], box[3] - box[1]
        enlarged = 4 if width * height <= _SMALL else 2
        mask = Image.new("L", (width * enlarged, height * enlarged))
        draw = ImageDraw.Draw(mask)
        corner = np.array(box[:2])
        for shape in shapes:
            points = ((shape - corner) * enlarged).ravel().tolist()
            if line:
                joint = "curve" if len(shape) < 12 else None  # on smooth lines joints cost much and show little
                draw.line([*points, *points[:2]], 255, max(1, round(line * enlarged)), joint)
            else:
                draw.polygon(points, 255)
        return mask.reduce(enlarged)

    def _fill(self, form: Form, extent: tuple[float, float], box: Box, mask: Image.Image) -> None:
        """Paint the form's gradient, which spans ``extent`` (top and bottom in pixels), through ``mask``."""
        width, height = box[2] - box[0], box[3] - box[1]
        if form.top == form.bottom or height < 10:
            self.image.paste(rgb(form.top), box, mask)
            return
        top, bottom = extent
        share = np.clip((np.arange(box[1], box[3]) + 0.5 - top) / max(bottom - top, 1), 0, 1)[:, None]
        strip = (np.array(form.top) * (1 - share) + np.array(form.bottom) * share) * 255
        rows = Image.fromarray(strip.round().astype(np.uint8)[:, None, :])
        fill = rows.resize((width, height), Image.Resampling.NEAREST)
        strength = round(form.texture * self._manner.texture * 4)
        if strength:
            fill = ImageChops.overlay(fill, self._surface(strength).crop(box))
        self.image.paste(fill, box, mask)

    def _surface(self, strength: int) -> Image.Image:
        """Return a sheet of grey relief, neutral at 128, for overlaying; ``strength`` is 1 to 4."""
        if strength not in self._grain:
            if 0 not in self._grain:
                half = (max(2, self.size[0] // 2), max(2, self.size[1] // 2))
                cells = (9 * self._scene.frame.width, 16 * self._scene.frame.height)
                rough = field(self._rng, half, cells, 5)
                lit = np.clip((np.roll(rough, (2, 2), (0, 1)) - rough) * 4.5 + (rough - 0.5) * 0.5, -1, 1)
                relief = Image.fromarray((lit * 127 + 128).astype(np.uint8))
                self._grain[0] = relief.resize(self.size, Image.Resampling.BILINEAR)
            levels = [round(128 + (value - 128) * strength * 0.14) for value in range(256)]
            grey = self._grain[0].point(levels)
            self._grain[strength] = Image.merge("RGB", (grey, grey, grey))
        return self._grain[strength]

    def _lay_glow(self, glow: Glow) -> None:
        strength = glow.strength * self._manner.glow
        centre, radius = np.array(glow.centre) * self._scale, glow.radius * self._unit
        box = self._box(centre - radius, centre + radius)
        if box is None or strength <= 0:
            return
        width, height = box[2] - box[0], box[3] - box[1]
        small = (max(2, min(128, width // 4)), max(2, min(128, height // 4)))
        x = (box[0] + (np.arange(small[0]) + 0.5) * width / small[0] - centre[0]) / radius
        y = (box[1] + (np.arange(small[1]) + 0.5) * height / small[1] - centre[1]) / radius
        fade = np.clip(1 - np.hypot(x[None, :], y[:, None]), 0, 1) ** 2 * strength
        light = (fade[:, :, None] * np.array(glow.colour) * 255).clip(0, 255).astype(np.uint8)
        shine = Image.fromarray(light).resize((width, height), Image.Resampling.BICUBIC)
        self.image.paste(ImageChops.screen(self.image.crop(box), shine), box)

    def _lay_clouds(self, sky: Sky) -> None:
        small = (max(2, self.size[0] // 3), max(2, self.size[1] // 3))
        frame = self._scene.frame
        cells = (3.2 * frame.width / sky.stretch**0.5, 3.2 * frame.height * sky.stretch**0.5)
        rough = field(self._rng, small, cells, 6)
        cover = np.clip((rough - (0.86 - 0.55 * sky.cloudiness)) / 0.34, 0, 1)
        cover = cover * cover * (3 - 2 * cover)
        height = np.linspace(0, 1, small[1], dtype=np.float32)[:, None]
        alpha = (cover * (0.9 - 0.25 * height) * 235).astype(np.uint8)
        shade = np.clip(0.75 + (rough - np.roll(rough, 3, axis=0)) * 5, 0.35, 1)[:, :, None]
        dim = np.array(mix(sky.cloud, sky.stops[-2][1], 0.7)) * 255
        tone = (dim * (1 - shade) + np.array(sky.cloud) * 255 * shade).astype(np.uint8)
        clouds = Image.fromarray(tone).resize(self.size, Image.Resampling.BICUBIC)
        self.image.paste(clouds, (0, 0), Image.fromarray(alpha).resize(self.size, Image.Resampling.BICUBIC))

    def _lay_water(self, water: Water) -> None:
        width, height = self.size
        first = min(height, max(1, round(water.top * self._scale[1])))
        rows = min(height, round(water.bottom * self._scale[1])) - first
        if rows <= 0:
            return
        depth = np.arange(rows, dtype=np.float32)[:, None] / self._unit
        swell = self._ripples(rows) * (0.003 + 0.045 * depth) * self._unit
        source = np.clip(first - 1 - depth * self._unit + swell * 1.6, 0, first - 1).astype(np.intp)
        across = np.clip(np.arange(width)[None, :] + swell * 0.7, 0, width - 1).astype(np.intp)
        mirrored = np.asarray(self.image)[source, across]
        share = np.clip(0.22 + 0.95 * depth, 0.22, 0.82)[:, :, None]
        blend = np.clip(depth / (rows / self._unit), 0, 1)[:, :, None]
        body = np.array(water.far, np.float32) * (1 - blend) + np.array(water.near, np.float32) * blend
        surface = mirrored * (1 - share) + body * np.float32(255) * share
        self.image.paste(Image.fromarray(surface.astype(np.uint8)), (0, first))

    def _ripples(self, rows: int) -> npt.NDArray[np.float32]:
        """Return flat waves of shape (rows, width), -1 to 1, closer together towards the horizon."""
        small = (max(2, self.size[0] // 2), max(2, rows // 2))
        flat = field(self._rng, small, (9 * self._scene.frame.width, 30), 3) * 2 - 1
        distance = (np.linspace(0, 1, rows) ** 0.6 * (small[1] - 1)).astype(np.intp)
        wide = Image.fromarray(flat[distance]).resize((self.size[0], rows), Image.Resampling.BILINEAR)
        return np.asarray(wide)


def gradient(sky: Sky, size: tuple[int, int]) -> Image.Image:
    """Return the sky's gradient, mixed in OKLab so that no band of grey appears in it."""
    heights = [height for height, _ in sky.stops]
    strip = []
    for place in np.linspace(0, 1, 96):
        after = min(max(int(np.searchsorted(heights, place)), 1), len(heights) - 1)
        low, high = sky.stops[after - 1], sky.stops[after]
        share = min(max((place - low[0]) / max(high[0] - low[0], 1e-6), 0.0), 1.0)
        strip.append(mix(low[1], high[1], float(share * share * (3 - 2 * share) * 0.5 + share * 0.5)))
    rows = Image.fromarray((np.array(strip)[:, None, :] * 255).round().astype(np.uint8))
    return rows.resize((1, size[1]), Image.Resampling.BICUBIC).resize(size, Image.Resampling.NEAREST)
