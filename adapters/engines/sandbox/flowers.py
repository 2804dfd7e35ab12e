"""Flower heads with stems and leaves: daisies, tulips, roses and sunflowers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.engines.sandbox.colour import Colour, lighter, mix, turned
from adapters.engines.sandbox.geometry import arc, circle, leaf, placed, ribbon
from adapters.engines.sandbox.scene import Form, Layer

if TYPE_CHECKING:
    from adapters.engines.sandbox.scene import Points
    from adapters.engines.sandbox.stage import Stage


def flower(stage: Stage, x: float, y: float, size: float) -> list[Layer]:
    """Return one flower whose head of radius ``size`` is at (x, y) and whose stem leaves the frame below."""
    palette = stage.palette
    hue = turned(palette.accent, stage.between(-32, 32))
    hue = lighter(hue, stage.between(-0.02, 0.1))
    kind = (_daisy, _rose, _tulip, _cosmos)[int(stage.rng.integers(0, 4))]
    return _stem(stage, x, y, size) + kind(stage, x, y, size, hue)


def _stem(stage: Stage, x: float, y: float, size: float) -> list[Layer]:
    green = mix(stage.grass, stage.palette.near, stage.between(0.15, 0.45))
    bottom = stage.frame.height + 0.05
    foot = x + stage.between(-0.07, 0.07)
    spine = arc((x, y), (x, (y + bottom) / 2), (foot, bottom))
    blades = []
    for _ in range(2):
        at = spine[int(stage.rng.integers(6, 13))]
        degrees = stage.between(35, 75) * (1 if stage.between(-1, 1) > 0 else -1)
        blades.append(placed(leaf(1, 0.3, 0.45), float(at[0]), float(at[1]), size * stage.between(1.1, 1.9), degrees))
    return [
        Form((ribbon(spine, size * 0.11),), green, lighter(green, -0.1), 0.9, 0.3),
        Form(tuple(blades), lighter(green, 0.07), lighter(green, -0.04), 0.9, 0.6),
    ]


def _ring(stage: Stage, centre: tuple[float, float], petals: int, size: float, shape: tuple[float, float]) -> Form:
    """Return one ring of petals in white; ``shape`` is the petal's width and where it is widest."""
    start = stage.between(0, 360)
    outlines = [
        placed(leaf(1, *shape), *centre, size * stage.between(0.93, 1.05), start + 360 / petals * number)
        for number in range(petals)
    ]
    return Form(tuple(outlines), (1, 1, 1), (1, 1, 1), 0.95, 0.35)


def _tinged(form: Form, top: Colour, bottom: Colour) -> list[Layer]:
    """Return the ring as single petals, so that each has its own gradient and contour."""
    return [Form((outline,), top, bottom, form.depth, form.texture) for outline in form.outlines]


def _daisy(stage: Stage, x: float, y: float, size: float, hue: Colour) -> list[Layer]:
    petal = mix(hue, (1, 1, 1), 0.72) if stage.between(0, 1) < 0.5 else hue
    heart = mix((0.98, 0.76, 0.2), stage.palette.light, 0.2)
    centre = (x, y)
    return [
        *_tinged(_ring(stage, centre, 13, size, (0.34, 0.68)), lighter(petal, -0.07), lighter(petal, -0.11)),
        *_tinged(_ring(stage, centre, 13, size * 0.9, (0.3, 0.7)), lighter(petal, 0.05), petal),
        Form((circle(x, y, size * 0.29, 0.94),), lighter(heart, 0.03), lighter(heart, -0.16), 0.97, 0.9),
        Form(_seeds(x, y, size * 0.24), lighter(heart, -0.22), lighter(heart, -0.25), 0.97, inked=False),
    ]


def _cosmos(stage: Stage, x: float, y: float, size: float, hue: Colour) -> list[Layer]:
    inner = lighter(mix(hue, stage.palette.near, 0.2), -0.04)
    heart = (0.96, 0.78, 0.28)
    centre = (x, y)
    return [
        *_tinged(_ring(stage, centre, 7, size, (0.78, 0.66)), lighter(hue, 0.05), lighter(hue, -0.05)),
        *_tinged(_ring(stage, centre, 7, size * 0.52, (0.5, 0.55)), inner, lighter(inner, -0.06)),
        Form((circle(x, y, size * 0.2),), heart, lighter(heart, -0.14), 0.97, 0.8),
        Form(_seeds(x, y, size * 0.17), lighter(heart, -0.25), lighter(heart, -0.3), 0.97, inked=False),
    ]


def _seeds(x: float, y: float, radius: float) -> tuple[Points, ...]:
    """Return seeds in a sunflower's spiral (golden angle, Vogel 1979)."""
    number = np.arange(1, 34)
    distance = radius * np.sqrt(number / 34)
    angle = number * 2.39996
    places = np.column_stack((x + distance * np.cos(angle), y + distance * np.sin(angle) * 0.94))
    return tuple(circle(float(px), float(py), radius * 0.075, corners=6) for px, py in places)


def _rose(stage: Stage, x: float, y: float, size: float, hue: Colour) -> list[Layer]:
    layers: list[Layer] = []
    centre = (x, y)
    for number, reach in enumerate((1.0, 0.82, 0.64, 0.46, 0.3)):
        tone = lighter(mix(hue, stage.palette.near, 0.1 * number), 0.05 - 0.025 * number)
        ring = _ring(stage, centre, 6 - number // 2, size * reach, (1.05, 0.66))
        layers += _tinged(ring, lighter(tone, 0.07), lighter(tone, -0.08))
    heart = lighter(mix(hue, stage.palette.near, 0.45), -0.05)
    layers.append(Form((circle(x, y, size * 0.09),), heart, heart, 0.97, inked=False))
    return layers


def _tulip(stage: Stage, x: float, y: float, size: float, hue: Colour) -> list[Layer]:
    layers: list[Layer] = []
    foot = y + size * 0.75
    for degrees, width, tone in (
        (-17, 0.62, -0.08),
        (17, 0.62, -0.08),
        (-30, 0.5, -0.01),
        (30, 0.5, -0.01),
        (0, 0.66, 0.04),
    ):
        petal = placed(leaf(1, width, 0.42), x, foot, size * (1.75 if degrees else 1.6), degrees + stage.between(-3, 3))
        layers.append(Form((petal,), lighter(hue, tone + 0.07), lighter(hue, tone - 0.1), 0.95, 0.5))
    return layers
