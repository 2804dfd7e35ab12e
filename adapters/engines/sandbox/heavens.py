"""The sky of a composition: gradient, clouds, sun or moon, stars, northern lights, snow in the air."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from adapters.engines.sandbox.colour import lighter, mix
from adapters.engines.sandbox.geometry import arc, circle, heap, ribbon
from adapters.engines.sandbox.scene import Form, Glow, Layer, Sky

if TYPE_CHECKING:
    from adapters.engines.sandbox.stage import Stage


def sky(stage: Stage, cloudiness: float) -> Sky:
    """Return the backdrop, its gradient ending at the horizon."""
    palette, frame = stage.palette, stage.frame
    end = stage.horizon / frame.height
    stops = ((0.0, palette.top), (end * 0.55, palette.middle), (end, palette.low), (1.0, palette.low))
    cloud = mix(palette.low, palette.light, 0.55) if not stage.wants("night") else mix(palette.middle, palette.low, 0.8)
    shapes = []
    for _ in range(round(cloudiness * 7 * max(1.0, min(frame.width, 4)))):
        y = stage.horizon * stage.between(0.12, 0.8)
        width = stage.between(0.25, 0.6) * (0.5 + y / stage.horizon * 0.2)
        outlines = heap(stage.rng, stage.between(0, frame.width), y, width, width * stage.between(0.22, 0.36))
        shade = mix(cloud, palette.middle, 0.35)
        lower = tuple(outline + np.array((0.0, width * 0.05)) for outline in outlines)
        shapes += [Form(lower, mix(cloud, shade, 0.5), shade, 0.1), Form(outlines, lighter(cloud, 0.05), cloud, 0.1)]
    return Sky(stops, cloud, cloudiness, shapes=tuple(shapes))


def sun_or_moon(stage: Stage) -> list[Layer]:
    """Return the light of the scene with its glow."""
    x, y = stage.sun
    light, moonlit = stage.palette.light, stage.wants("night", "moon", "star") and not stage.wants("sunset", "dawn")
    radius = stage.between(0.075, 0.1) if moonlit else stage.between(0.06, 0.11)
    if stage.wants("moon"):
        radius *= 1.35
    layers: list[Layer] = [
        Glow(
            (x, y),
            radius * 9,
            mix(light, stage.palette.low, 0.4),
            0.45 if moonlit else 0.6 if stage.wants("sunset", "dawn") else 0.3,
        ),
        Glow((x, y), radius * 3, light, 0.6),
        Form((circle(x, y, radius, corners=96),), lighter(light, 0.03), light, 0.2, bright=True),
    ]
    if moonlit:
        seas = [
            circle(x + dx * radius, y + dy * radius, size * radius)
            for dx, dy, size in ((-0.3, -0.25, 0.26), (0.22, 0.1, 0.34), (-0.2, 0.42, 0.2), (0.42, -0.4, 0.14))
        ]
        grey = mix(light, stage.palette.middle, 0.18)
        layers.append(Form(tuple(seas), grey, grey, 0.1, bright=True, inked=False))
    return layers


def stars(stage: Stage, count: int, bottom: float) -> list[Layer]:
    """Return ``count`` stars down to ``bottom``, a few of them large, thinning out towards the horizon."""
    layers: list[Layer] = []
    for radius, share, opacity in ((0.0011, 0.62, 0.65), (0.0018, 0.3, 0.85), (0.003, 0.08, 1.0)):
        dots = []
        for _ in range(round(count * share)):
            x, y = stage.between(0, stage.frame.width), bottom * stage.between(0, 1) ** 1.4
            dots.append(circle(x, y, radius * stage.between(0.7, 1.2), corners=8))
        colour = mix(stage.palette.light, (1, 1, 1), 0.5)
        layers.append(Form(tuple(dots), colour, colour, 0.1, opacity=opacity, inked=False, bright=True))
    return layers


def aurora(stage: Stage) -> list[Layer]:
    """Return curtains of northern light."""
    layers: list[Layer] = []
    for colour in ((0.35, 0.95, 0.65), (0.4, 0.75, 0.95), (0.75, 0.45, 0.9)):
        y = stage.horizon * stage.between(0.25, 0.6)
        for x in np.linspace(0, stage.frame.width, 9):
            sway = 0.08 * math.sin(x * 5 + y * 30)
            layers.append(Glow((float(x), y + sway), 0.26, colour, 0.3))
    return layers


def snowfall(stage: Stage) -> list[Layer]:
    """Return flakes near and far, over everything."""
    layers: list[Layer] = []
    for count, radius, opacity in ((150, 0.0022, 0.75), (60, 0.0042, 0.85), (16, 0.0075, 0.7)):
        flakes = [
            circle(
                stage.between(0, stage.frame.width),
                stage.between(0, stage.frame.height),
                radius * stage.between(0.7, 1.3),
                corners=12,
            )
            for _ in range(count)
        ]
        layers.append(Form(tuple(flakes), (1, 1, 1), (1, 1, 1), 0.9, opacity=opacity, inked=False, bright=True))
    return layers


def birds(stage: Stage) -> list[Layer]:
    """Return a loose flock in the sky."""
    centre_x, centre_y = stage.frame.width * stage.between(0.2, 0.8), stage.horizon * stage.between(0.25, 0.6)
    wings = []
    for _ in range(int(stage.rng.integers(4, 9))):
        x, y = centre_x + stage.between(-0.16, 0.16), centre_y + stage.between(-0.08, 0.08)
        span = stage.between(0.012, 0.024)
        for side in (-1, 1):
            spine = arc((x, y), (x + side * span * 0.5, y - span * 0.75), (x + side * span, y - span * 0.2), 8)
            wings.append(ribbon(spine, np.linspace(span * 0.2, span * 0.04, 8)))
    colour = mix(stage.palette.near, stage.palette.far, 0.2)
    return [Form(tuple(wings), colour, colour, 0.6, inked=False)]
