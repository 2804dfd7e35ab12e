"""Places off the land: the open sea, outer space, a meadow of flowers, and pure flowing colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from adapters.engines.sandbox.colour import Colour, lighter, mix, turned
from adapters.engines.sandbox.flowers import flower
from adapters.engines.sandbox.geometry import arc, circle, grounded, lens, placed, ribbon, ridge
from adapters.engines.sandbox.scene import Form, Glow, Layer, Water

if TYPE_CHECKING:
    from adapters.engines.sandbox.scene import Points
    from adapters.engines.sandbox.stage import Stage


def sea(stage: Stage) -> list[Layer]:
    """Return islands on the horizon, water with the sun's path on it, and a beach in front."""
    palette, frame, horizon = stage.palette, stage.frame, stage.horizon
    layers: list[Layer] = []
    for depth, height in ((0.05, 0.1), (0.25, 0.07)):
        line = ridge(stage.rng, frame.width, 5, 0.9, jagged=True)
        swell = np.clip((line[:, 1] - 0.5) * 3.2, -0.2, 1)
        line[:, 1] = horizon + 0.01 - swell * height
        island = palette.at(depth)
        layers.append(Form((grounded(line, horizon + 0.06),), mix(island, palette.light, 0.1), island, depth, 0.5))
    deep = mix(palette.top, palette.near, 0.35)
    layers.append(Water(horizon, frame.height, mix(palette.low, palette.middle, 0.5), deep))
    layers += _waves(stage)
    layers += _beach(stage)
    return layers


def _waves(stage: Stage) -> list[Layer]:
    """Return crests over the whole water and glints below the sun, growing towards the viewer."""
    palette, frame, horizon = stage.palette, stage.frame, stage.horizon
    depth = frame.height - horizon
    dark: list[Points] = []
    bright: list[Points] = []
    path: list[Points] = []
    for t in np.sort(stage.rng.uniform(0.02, 1, round(90 * min(frame.width, 3)))):
        y, size = horizon + depth * t * t, 0.02 + 0.16 * t * t
        crest = lens(stage.between(0, frame.width), y, size * stage.between(0.6, 1.6), 0.0016 + 0.008 * t * t)
        (dark if stage.between(0, 1) < 0.5 else bright).append(crest)
    for t in np.sort(stage.rng.uniform(0.01, 0.95, 90)):
        y, spread = horizon + depth * t * t, 0.02 + 0.12 * t
        x = stage.sun[0] + float(stage.rng.normal(0, 0.5)) * spread
        path.append(lens(x, y, (0.02 + 0.1 * t) * stage.between(0.5, 1.3), 0.0015 + 0.007 * t * t))
    shade = mix(palette.top, palette.near, 0.5)
    foam = mix(palette.low, palette.light, 0.4)
    return [
        Form(tuple(dark), shade, shade, 0.4, opacity=0.32, inked=False),
        Form(tuple(bright), foam, foam, 0.4, opacity=0.32),
        Form(tuple(path), palette.light, palette.light, 0.4, opacity=0.75, inked=False, bright=True),
    ]


def _beach(stage: Stage) -> list[Layer]:
    """Return sand in one corner with a line of foam."""
    frame, palette = stage.frame, stage.palette
    x = np.linspace(-0.05, frame.width + 0.05, 80)
    left = stage.sun[0] > frame.width / 2
    slope = np.clip((1 - x / frame.width) if left else x / frame.width, 0, 1)
    edge = frame.height + 0.06 - 0.24 * slope**1.6 + 0.008 * np.sin(x * 9 + stage.between(0, 6))
    shore = np.column_stack((x, edge))
    sand = mix(mix((0.93, 0.82, 0.64), palette.low, 0.35), palette.near, 0.55 if stage.wants("night") else 0.2)
    foam = mix((1, 1, 1), palette.low, 0.3)
    wet = mix(sand, palette.near, 0.3)
    bottom = frame.height + 0.1
    return [
        Form((grounded(shore - np.array((0, 0.022)), bottom),), foam, foam, 0.8, 0.3, opacity=0.55, inked=False),
        Form((grounded(shore - np.array((0, 0.014)), bottom),), foam, foam, 0.8, 0.2, opacity=0.9),
        Form((grounded(shore, bottom),), wet, wet, 0.85, 0.5, inked=False),
        Form((grounded(shore + np.array((0, 0.025)), bottom),), sand, lighter(sand, -0.06), 0.9, 0.8, inked=False),
    ]


def space(stage: Stage) -> list[Layer]:
    """Return a nebula, a great planet, perhaps with rings, and its moons."""
    palette, frame = stage.palette, stage.frame
    layers: list[Layer] = []
    for _ in range(7):
        centre = (stage.between(0, frame.width), stage.between(0, frame.height))
        colour = (palette.leaf, palette.far, palette.low)[int(stage.rng.integers(0, 3))]
        layers.append(Glow(centre, stage.between(0.3, 0.7), colour, 0.5))
    x, y = frame.width * stage.between(0.3, 0.7), frame.height * stage.between(0.4, 0.62)
    radius = stage.between(0.17, 0.26)
    lean = stage.between(-28, 28)
    rings = stage.between(0, 1) < 0.6
    if rings:
        layers += _rings(stage, (x, y), radius, lean, behind=True)
    layers += _planet(stage, (x, y), radius, mix(palette.accent, palette.light, 0.15))
    if rings:
        layers += _rings(stage, (x, y), radius, lean, behind=False)
    for _ in range(2):
        far = placed(circle(0, stage.between(0.32, 0.5), 0.001), x, y, 1, stage.between(0, 360)).mean(axis=0)
        layers += _planet(stage, (float(far[0]), float(far[1])), stage.between(0.025, 0.05), palette.light)
    return layers


def _planet(stage: Stage, centre: tuple[float, float], radius: float, colour: Colour) -> list[Layer]:
    """Return a ball with bands, lit from the upper left."""
    x, y = centre
    dark = mix(colour, stage.palette.near, 0.72)
    layers: list[Layer] = [
        Glow(centre, radius * 2.1, colour, 0.4),
        Form((circle(x, y, radius, corners=96),), lighter(colour, 0.06), colour, 0.5, 0.6),
    ]
    for height in (-0.62, -0.3, 0.02, 0.36, 0.66):
        half = radius * math.sqrt(1 - height * height) * 0.995
        spine = arc(
            (x - half, y + height * radius), (x, y + height * radius + radius * 0.12), (x + half, y + height * radius)
        )
        band = turned(colour, stage.between(-25, 25))
        thickness = radius * stage.between(0.06, 0.16) * np.sin(np.linspace(0.25, math.pi - 0.25, 16))
        layers.append(Form((ribbon(spine, thickness),), band, lighter(band, -0.05), 0.5, 0.5, opacity=0.6, inked=False))
    for reach, opacity in ((0.05, 0.2), (0.18, 0.2), (0.31, 0.22), (0.45, 0.25), (0.6, 0.28), (0.76, 0.3), (0.9, 0.35)):
        layers.append(Form((_crescent(x, y, radius, reach),), dark, dark, 0.5, opacity=opacity, inked=False))
    return layers


def _crescent(x: float, y: float, radius: float, reach: float) -> Points:
    """Return the part of a disc that the light leaves in shade, wider the smaller ``reach``."""
    angles = np.linspace(-math.pi / 2, math.pi / 2, 40)
    outer = np.column_stack((np.cos(angles), np.sin(angles)))
    inner = np.column_stack((np.cos(angles) * reach, np.sin(angles)))[::-1]
    return placed(np.concatenate((outer, inner)), x, y, radius, 38)


def _rings(stage: Stage, centre: tuple[float, float], radius: float, lean: float, *, behind: bool) -> list[Layer]:
    """Return the far or the near half of a planet's rings."""
    angles = np.linspace(math.pi, 2 * math.pi, 60) if behind else np.linspace(0, math.pi, 60)
    layers: list[Layer] = []
    for reach, width in ((1.45, 0.13), (1.68, 0.16), (1.92, 0.07)):
        spine = np.column_stack((np.cos(angles), 0.24 * np.sin(angles))) * reach
        thickness = width * (0.28 + 0.72 * np.abs(np.cos(angles)))
        tone = mix(stage.palette.light, stage.palette.accent, reach - 1.4)
        band = placed(ribbon(spine, thickness), *centre, radius, lean)
        layers.append(Form((band,), tone, lighter(tone, -0.12), 0.5, 0.3, opacity=0.8))
    return layers


def meadow(stage: Stage) -> list[Layer]:
    """Return flowers from a blurred distance to great heads in front."""
    palette, frame = stage.palette, stage.frame
    layers: list[Layer] = []
    line = ridge(stage.rng, frame.width, 3, 1.3)
    for depth, base in ((0.2, -0.1), (0.45, 0.02), (0.7, 0.16)):
        row = line * np.array((1, -0.12)) + np.array((stage.between(-0.04, 0), stage.horizon + base))
        row[-1, 0] = frame.width + 0.1
        ground = mix(stage.grass, palette.low, 0.55 - 0.6 * depth)
        layers.append(Form((grounded(row, frame.height + 0.1),), ground, mix(ground, palette.near, 0.4), depth, 0.7))
        blooms = [
            circle(
                x, float(np.interp(x, row[:, 0], row[:, 1])) + 0.22 * t * t, 0.005 + 0.022 * depth * (0.3 + t), 0.8, 10
            )
            for x, t in stage.rng.uniform((0, 0), (frame.width, 1), (round(60 * min(frame.width, 3)), 2))
        ]
        hue = turned(palette.accent, stage.between(-30, 30))
        layers.append(Form(tuple(blooms), lighter(hue, 0.06), hue, depth, opacity=0.85, inked=False))
    return layers + bouquet(stage)


def bouquet(stage: Stage) -> list[Layer]:
    """Return large flowers across the foreground, the middle ones tallest."""
    frame = stage.frame
    count = round(max(7, min(24, 9 * frame.width)))
    places = np.linspace(0.08, 0.92, count) * frame.width + stage.rng.normal(0, 0.025, count)
    heads = []
    for x in places:
        rise = 1 - abs(x / frame.width - 0.5) * 1.3
        heads.append((float(x), frame.height - 0.2 - rise * stage.between(0.1, 0.42), stage.between(0.085, 0.15)))
    heads.sort(key=lambda head: head[1])
    return [layer for x, y, size in heads for layer in flower(stage, x, y, size)]


def flowing(stage: Stage) -> list[Layer]:
    """Return ribbons of colour that follow one field of flow from edge to edge."""
    palette, frame = stage.palette, stage.frame
    colours = (palette.accent, palette.middle, palette.light, palette.leaf, palette.top, palette.low)
    waves = stage.rng.uniform((1.2, 0, 0.25), (3.2, 6.3, 0.9), (4, 3))
    tilt = stage.between(-0.5, 0.5)
    layers: list[Layer] = [Glow((frame.width * 0.7, frame.height * 0.3), 0.9, palette.light, 0.35)]
    for number in range(34):
        band = number / 33
        x = np.linspace(-0.1, frame.width + 0.1, max(40, round(60 * min(frame.width, 4))))
        y = np.full_like(x, -0.15 + band * (frame.height + 0.3)) + tilt * (x - frame.width / 2)
        for frequency, phase, strength in waves:
            y += 0.09 * strength * np.sin(frequency * x * 2 + phase + band * 4.2)
        thickness = (0.05 + 0.05 * np.sin(x * 3 + number)) * stage.between(0.4, 1.5) * frame.height
        spot = band * (len(colours) - 1)
        base = mix(colours[int(spot)], colours[min(int(spot) + 1, len(colours) - 1)], spot % 1)
        tone = lighter(turned(base, stage.between(-14, 14)), stage.between(-0.05, 0.08))
        shape = ribbon(np.column_stack((x, y)), np.maximum(thickness, 0.006))
        layers.append(Form((shape,), lighter(tone, 0.07), lighter(tone, -0.09), band, 0.5, opacity=0.85))
    return layers
