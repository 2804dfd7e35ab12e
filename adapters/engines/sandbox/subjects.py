"""What may stand in a place: a traveller, a house, a boat, balloons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.engines.sandbox.colour import lighter, mix, turned
from adapters.engines.sandbox.geometry import arc, box, circle, curve, lens, placed, ribbon
from adapters.engines.sandbox.scene import Form, Glow, Layer

if TYPE_CHECKING:
    from adapters.engines.sandbox.scene import Points
    from adapters.engines.sandbox.stage import Stage


def _standing(x: float, foot: float, size: float, *shapes: Points) -> tuple[Points, ...]:
    return tuple(placed(shape, x, foot, size) for shape in shapes)


def traveller(stage: Stage) -> list[Layer]:
    """Return someone in a coat, seen from behind, the scarf in the wind."""
    palette = stage.palette
    x, foot, size = stage.frame.width * stage.between(0.25, 0.75), stage.frame.height - 0.05, 0.3
    coat = mix(palette.near, turned(palette.accent, 150), 0.35)
    dark = mix(palette.near, (0.05, 0.05, 0.08), 0.4)
    skin, scarf = mix((0.93, 0.73, 0.6), palette.near, 0.2), palette.accent
    body = curve(((-0.1, -0.8), (0.1, -0.8), (0.14, -0.62), (0.2, -0.2), (0.0, -0.15), (-0.2, -0.2), (-0.14, -0.62)), 3)
    arms = (curve(((0.1, -0.78), (0.16, -0.72), (0.22, -0.4), (0.16, -0.38), (0.09, -0.6)), 3),)
    legs = (box(-0.08, -0.22, -0.02, 0), box(0.03, -0.22, 0.09, 0))
    tail = np.concatenate(
        (arc((-0.02, -0.8), (0.2, -0.86), (0.34, -0.72)), arc((0.34, -0.72), (0.42, -0.64), (0.52, -0.72)))
    )
    hair = curve(
        ((-0.1, -0.96), (0.0, -1.03), (0.1, -0.96), (0.12, -0.82), (0.06, -0.78), (-0.06, -0.78), (-0.12, -0.82)), 3
    )
    return [
        Form(_standing(x, foot, size, circle(0, 0, 0.2, 0.16)), dark, dark, 0.9, opacity=0.4, inked=False),
        Form(_standing(x, foot, size, *legs), dark, dark, 0.95),
        Form(_standing(x, foot, size, body), lighter(coat, 0.06), lighter(coat, -0.06), 0.95, 0.5),
        Form(_standing(x, foot, size, *arms, arms[0] * np.array((-1, 1))), coat, lighter(coat, -0.06), 0.95, 0.4),
        Form(_standing(x, foot, size, circle(0, -0.89, 0.085, 1.1)), skin, skin, 0.95),
        Form(_standing(x, foot, size, hair), lighter(dark, 0.08), dark, 0.95, 0.3),
        Form(
            _standing(x, foot, size, ribbon(tail, np.linspace(0.05, 0.085, 32))),
            scarf,
            lighter(scarf, -0.08),
            0.96,
            0.3,
        ),
        Form(
            _standing(x, foot, size, curve(((-0.1, -0.84), (0.1, -0.84), (0.11, -0.76), (-0.11, -0.76)), 3)),
            scarf,
            lighter(scarf, -0.08),
            0.96,
            0.3,
        ),
    ]


def house(stage: Stage) -> list[Layer]:
    """Return a cottage with a lit window and smoke from its chimney."""
    palette = stage.palette
    x, foot, size = stage.frame.width * stage.between(0.22, 0.78), stage.frame.height - 0.1, 0.26
    wall = mix(mix((0.95, 0.9, 0.82), palette.light, 0.2), palette.near, 0.35 if stage.wants("night") else 0.08)
    roof = mix(palette.accent, palette.near, 0.3)
    lamp = mix((1.0, 0.82, 0.42), palette.light, 0.2)
    if stage.wants("snow"):
        roof = mix((1, 1, 1), palette.far, 0.6)
    smoke: list[Layer] = [
        Form(
            _standing(x, foot, size, circle(0.3 + 0.05 * n * n * 0.5, -1.02 - 0.13 * n, 0.05 + 0.025 * n)),
            palette.low,
            palette.low,
            0.5,
            opacity=0.55 - 0.1 * n,
            inked=False,
        )
        for n in range(5)
    ]
    gable = np.array(((-0.58, -0.5), (-0.32, -0.92), (0.32, -0.92), (0.58, -0.5)))
    panes = (box(-0.34, -0.4, -0.14, -0.18), box(0.2, -0.4, 0.4, -0.18))
    bars = (
        box(-0.245, -0.4, -0.235, -0.18),
        box(-0.34, -0.295, -0.14, -0.285),
        box(0.295, -0.4, 0.305, -0.18),
        box(0.2, -0.295, 0.4, -0.285),
    )
    wood = mix(palette.near, (0.45, 0.3, 0.2), 0.5)
    return [
        *smoke,
        Form(_standing(x, foot, size, box(0.24, -1.02, 0.36, -0.7)), mix(wall, wood, 0.5), wood, 0.85, 0.5),
        Form(_standing(x, foot, size, box(-0.48, -0.56, 0.48, 0.04)), wall, lighter(wall, -0.12), 0.85, 0.6),
        Form(_standing(x, foot, size, gable), lighter(roof, 0.05), lighter(roof, -0.05), 0.85, 0.8),
        Form(_standing(x, foot, size, box(-0.06, -0.38, 0.12, 0.04)), wood, lighter(wood, -0.06), 0.9, 0.5),
        Glow((x - 0.24 * size, foot - 0.29 * size), 0.2, lamp, 0.5),
        Form(_standing(x, foot, size, *panes), lamp, lighter(lamp, 0.05), 0.9, bright=True),
        Form(_standing(x, foot, size, *bars), wood, wood, 0.9, inked=False),
    ]


def boat(stage: Stage) -> list[Layer]:
    """Return a sailing boat on the water."""
    palette = stage.palette
    size = stage.between(0.17, 0.26)
    x = stage.frame.width * stage.between(0.22, 0.78)
    foot = stage.horizon + (stage.frame.height - stage.horizon) * stage.between(0.22, 0.36)
    hull = curve(((-0.5, -0.12), (0.5, -0.14), (0.36, 0.03), (-0.34, 0.03)), 2)
    main = np.concatenate((arc((0.02, -1.05), (0.36, -0.55), (0.42, -0.2)), np.array(((0.02, -0.2),))))
    jib = np.concatenate((arc((-0.03, -0.95), (-0.2, -0.5), (-0.44, -0.2)), np.array(((-0.03, -0.2),))))
    sail = mix((1, 1, 1), palette.light, 0.35)
    wood = mix(palette.accent, palette.near, 0.45)
    wake = tuple(
        lens(x + dx * size, foot + dy * size, size * length, size * 0.03)
        for dx, dy, length in ((0, 0.05, 1.2), (-0.2, 0.1, 1.5), (0.15, 0.16, 1.0))
    )
    mirror = tuple(lens(x, foot + size * (0.12 + 0.11 * n), size * (0.5 - 0.05 * n), size * 0.05) for n in range(6))
    return [
        Form(mirror, sail, sail, 0.5, opacity=0.4, inked=False),
        Form(_standing(x, foot, size, box(-0.012, -1.1, 0.012, -0.1)), wood, wood, 0.7),
        Form(_standing(x, foot, size, main), sail, mix(sail, palette.low, 0.6), 0.7, 0.2),
        Form(_standing(x, foot, size, jib), mix(palette.accent, sail, 0.2), mix(palette.accent, sail, 0.05), 0.7, 0.2),
        Form(_standing(x, foot, size, hull), wood, lighter(wood, -0.12), 0.75, 0.4),
        Form(wake, sail, sail, 0.7, opacity=0.6, inked=False),
    ]


def balloons(stage: Stage) -> list[Layer]:
    """Return hot-air balloons, one near and two far."""
    layers: list[Layer] = []
    places = stage.rng.permutation(np.array((0.2, 0.5, 0.8)))
    for place, size, height in zip(places, (0.06, 0.09, 0.2), (0.5, 0.3, 0.4), strict=True):
        x, y = float(place) * stage.frame.width, stage.horizon * (height + stage.between(-0.06, 0.06))
        layers += _balloon(stage, x, y, size)
    return layers


def _balloon(stage: Stage, x: float, y: float, size: float) -> list[Layer]:
    palette, depth = stage.palette, min(0.9, size * 4)
    hue = mix(turned(palette.accent, stage.between(-60, 60)), palette.low, 0.4 - 0.4 * depth)
    pale = mix(palette.light, hue, 0.15)
    basket = mix((0.5, 0.33, 0.2), palette.low, 0.4 - 0.4 * depth)
    t = np.linspace(0, 1, 30)
    swell = np.sin(np.pi * (1 - t) ** 0.72) ** 0.75 * 0.5 + 0.07 * t
    layers: list[Layer] = []
    for number, reach in enumerate((1.0, 0.78, 0.5, 0.2)):
        side = np.column_stack((swell * reach, t * 1.25 - 0.75))
        gore = placed(np.concatenate((side, (side * np.array((-1, 1)))[::-1])), x, y, size)
        tone = pale if number % 2 else hue
        layers.append(Form((gore,), lighter(tone, 0.05), lighter(tone, -0.1), depth, 0.2))
    ropes = _standing(x, y, size, box(-0.065, 0.48, -0.055, 0.72), box(0.055, 0.48, 0.065, 0.72))
    layers.append(Form(ropes, basket, basket, depth, inked=False))
    layers.append(Form(_standing(x, y, size, box(-0.09, 0.7, 0.09, 0.84)), basket, lighter(basket, -0.1), depth, 0.3))
    return layers
