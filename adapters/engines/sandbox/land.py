"""Places on land: mountains, woods, water's edge, a town's skyline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.engines.sandbox.colour import Colour, lighter, mix
from adapters.engines.sandbox.geometry import box, circle, grounded, heap, lens, ribbon, ridge
from adapters.engines.sandbox.scene import Form, Glow, Layer, Water

if TYPE_CHECKING:
    from adapters.engines.sandbox.scene import Points
    from adapters.engines.sandbox.stage import Stage


def mountains(stage: Stage) -> list[Layer]:
    """Return ranges from the haze to wooded hills in front, with a lake where one is wanted."""
    layers: list[Layer] = []
    for depth, rise, height in ((0.05, 0.2, 0.24), (0.3, 0.1, 0.26)):
        layers += _range(stage, stage.horizon - rise, height * stage.between(0.85, 1.15), depth)
    floor = stage.frame.height
    if stage.wants("lake") or (not stage.wants("forest", "house") and stage.between(0, 1) < 0.6):
        layers += _lake(stage, stage.horizon + 0.06)
        layers += hills(stage, ((0.95, floor - 0.13, 0.1),), trees=True)
        return layers
    step = (floor - stage.horizon) / 3
    rows = tuple((0.5 + 0.22 * row, stage.horizon + step * row * 1.05, 0.12) for row in range(3))
    return layers + hills(stage, rows, trees=not stage.wants("sea"))


def _range(stage: Stage, base: float, height: float, depth: float) -> list[Layer]:
    """Return one range of peaks, the tallest behind, each with a lit and a shaded face and snow on top."""
    palette, width = stage.palette, stage.frame.width
    body, mist = palette.at(depth), mix(palette.low, palette.far, 0.25)
    lit, shade = mix(body, palette.light, 0.3), mix(body, palette.near, 0.22)
    snow = mix((1, 1, 1), palette.light, 0.35)
    away = 1.0 if stage.sun[0] < width / 2 else -1.0
    count = max(4, min(16, round(4.5 * width)))
    places = (np.arange(count) + stage.rng.uniform(0.1, 0.9, count)) / count * (width + 0.2) - 0.1
    layers: list[Layer] = []
    for rise, x in sorted(zip(stage.rng.uniform(0.5, 1.0, count) ** 1.3, places, strict=True), reverse=True):
        tall = height * float(rise) * 1.5
        summit, foot = base + height * 0.35 - tall, base + height
        light_side, dark_side = (_flank(stage, float(x), summit, foot, side) for side in (-away, away))
        face = np.concatenate((light_side[::-1], dark_side[1:]))
        spur = _flank(stage, float(x), summit, foot, away * stage.between(0.02, 0.16))
        layers.append(Form((face,), lit, mist, depth, 0.9))
        layers.append(Form((np.concatenate((dark_side, spur[::-1])),), shade, mist, depth, 0.9, inked=False))
        if rise > 0.55 or stage.wants("snow"):
            reach = int(len(face) * stage.between(0.09, 0.14))
            cap = _cap(stage, light_side, dark_side, reach)
            layers.append(Form((cap,), snow, mix(snow, lit, 0.3), depth, 0.3, 0.92, inked=False))
            shadow = _cap(stage, spur, dark_side, reach)
            layers.append(Form((shadow,), mix(snow, shade, 0.35), mix(snow, shade, 0.5), depth, 0.3, inked=False))
    return layers


def _flank(stage: Stage, x: float, summit: float, foot: float, side: float) -> Points:
    """Return the jagged line from a summit down to the foot, leaning out by ``side`` times its height."""
    steps = 26
    down = np.linspace(0, 1, steps)
    out = side * (foot - summit) * (down * 0.75 + 0.4 * down**2)
    rough = np.cumsum(stage.rng.normal(0, 0.3, steps)) * down * (1 - down * 0.6) * 0.1 * (foot - summit)
    return np.column_stack((x + out + rough * 0.6, summit + (foot - summit) * down + rough * 0.25 * (down < 1)))


def _cap(stage: Stage, left: Points, right: Points, reach: int) -> Points:
    """Return the snow between two flanks of a summit, down to ``reach`` points, with a torn lower edge."""
    share = np.linspace(0, 1, 9)[1:-1, None]
    edge = right[reach] + (left[reach] - right[reach]) * share
    drop = right[reach, 1] - right[0, 1]
    edge[:, 1] += (
        drop * np.where(np.arange(7) % 2, 0.16, -0.5) * stage.rng.uniform(0.5, 1.2, 7) * np.sin(share[:, 0] * np.pi)
    )
    return np.concatenate((left[: reach + 1][::-1], right[1 : reach + 1], edge))


def hills(stage: Stage, rows: tuple[tuple[float, float, float], ...], *, trees: bool) -> list[Layer]:
    """Return rolling ground, one layer for each (depth, height of the base line, swell)."""
    layers: list[Layer] = []
    palette = stage.palette
    for depth, base, swell in rows:
        line = ridge(stage.rng, stage.frame.width, 3, 1.1)
        line[:, 1] = base + swell * (0.5 - line[:, 1])
        ground = mix(palette.at(depth), stage.grass, 0.35)
        if stage.wants("snow"):
            ground = mix((1, 1, 1), palette.far, 0.15 + 0.1 * depth)
            ground = mix(ground, palette.near, 0.4 if stage.wants("night") else 0)
        if trees:
            layers += _woods(stage, line, depth)
        layers.append(
            Form((grounded(line, stage.frame.height + 0.05),), lighter(ground, 0.05), lighter(ground, -0.1), depth, 0.8)
        )
    return layers


def _woods(stage: Stage, line: Points, depth: float) -> list[Layer]:
    """Return trees along a ridge: round crowns in spring and autumn, else pines."""
    count = round(stage.frame.width * (34 - 20 * depth))
    size = 0.05 + 0.13 * depth**2
    leaf = mix(stage.palette.at(depth), stage.palette.leaf, 0.85 if stage.wants("spring", "autumn") else 0.45)
    gap = stage.between(0.1, 0.9) * stage.frame.width
    dark, lit = [], []
    for x in np.sort(stage.rng.uniform(0, stage.frame.width, count)):
        if abs(x - gap) < 0.16 + 0.12 * depth:
            continue
        y = float(np.interp(x, line[:, 0], line[:, 1])) + size * 0.12
        height = size * stage.between(0.65, 1.35)
        if stage.wants("spring", "autumn"):
            crown = heap(stage.rng, float(x), y - height * 0.55, height * 0.75, height * 0.6)
            dark += [*crown, box(x - height * 0.03, y - height * 0.5, x + height * 0.03, y)]
            lit += [circle(float(x) - height * 0.08, y - height * 0.72, height * 0.2)]
        else:
            dark.append(pine(stage.rng, float(x), y, height))
    layers: list[Layer] = []
    if dark:
        layers.append(Form(tuple(dark), leaf, lighter(leaf, -0.07), depth, 0.7))
    if lit:
        layers.append(Form(tuple(lit), lighter(leaf, 0.08), leaf, depth, 0.7, opacity=0.7, inked=False))
    return layers


def pine(rng: np.random.Generator, x: float, foot: float, height: float) -> Points:
    """Return a conifer of five to seven tiers."""
    tiers = int(rng.integers(5, 8))
    side = []
    for tier in range(tiers):
        reach = height * (0.06 + 0.2 * (tier + 1) / tiers) * rng.uniform(0.85, 1.15)
        low = (tier + 1.15) / (tiers + 1) * height
        side += [(reach, low), (reach * 0.45, low - height * 0.035)]
    trunk = [(height * 0.025, height * 0.93), (height * 0.025, height)]
    right = np.array([(0.0, 0.0), *side, *trunk])
    left = right[::-1] * np.array((-1, 1))
    outline: Points = np.concatenate((right, left)) + np.array((x, foot - height))
    return outline


def _lake(stage: Stage, shore: float) -> list[Layer]:
    """Return a far shore with trees, and still water below it."""
    palette = stage.palette
    line = ridge(stage.rng, stage.frame.width, 3, 1.4)
    line[:, 1] = shore - 0.03 - 0.05 * line[:, 1]
    layers = _woods(stage, line, 0.42)
    ground = mix(palette.at(0.55), stage.grass, 0.3)
    layers.append(Form((grounded(line, shore + 0.004),), ground, lighter(ground, -0.06), 0.5, 0.6))
    layers.append(Water(shore, stage.frame.height, mix(palette.low, palette.middle, 0.4), palette.top))
    glints = [
        lens(stage.between(0, stage.frame.width), shore + 0.01 + 0.5 * t * t, 0.03 + 0.2 * t, 0.0012 + 0.004 * t)
        for t in stage.rng.uniform(0, 1, 26)
    ]
    layers.append(Form(tuple(glints), palette.light, palette.light, 0.4, opacity=0.3, inked=False, bright=True))
    return layers


def forest(stage: Stage) -> list[Layer]:
    """Return a clearing in the woods: misty rows of trees, great trees at the sides, light falling in."""
    palette, frame = stage.palette, stage.frame
    shade = 0.3 if stage.wants("spring", "autumn") else 0.72
    light = (frame.width * 0.5, stage.horizon * 0.7)
    layers: list[Layer] = [Glow(light, 0.8, palette.light, 0.6)]
    for depth, base, count in ((0.05, 0.0, 20), (0.3, 0.04, 16), (0.6, 0.1, 11), (0.85, 0.17, 6)):
        line = ridge(stage.rng, frame.width, 2, 1.2)
        line[:, 1] = stage.horizon + base - 0.04 * line[:, 1]
        tone = mix(
            mix(palette.low, mix(palette.far, palette.leaf, 0.8), 0.42 + 0.58 * depth), palette.near, shade * depth
        )
        tall = _stand(stage, line, round(count * frame.width))
        mist = mix(tone, palette.low, 0.5 - 0.3 * depth)
        layers.append(Form(tall, tone, mist, depth, 0.3))
        layers.append(Form((grounded(line, frame.height),), mist, tone, depth, 0.4, inked=False))
        layers.append(Glow(light, 0.7, palette.light, 0.22 * (1 - depth)))
    layers += _shafts(stage)
    layers += _trunks(stage)
    return layers


def _stand(stage: Stage, line: Points, count: int) -> tuple[Points, ...]:
    """Return trees along a line, lowest in the middle: pines, or round crowns in spring and autumn."""
    parts: list[Points] = []
    for x in stage.rng.uniform(-0.05, stage.frame.width + 0.05, count):
        foot = float(np.interp(x, line[:, 0], line[:, 1])) + 0.03
        tall = stage.between(0.3, 0.5) + 0.42 * min(1.0, abs(x / stage.frame.width - 0.5) * 2.4)
        if stage.wants("spring", "autumn"):
            parts += heap(stage.rng, float(x), foot - tall * 0.62, tall * 0.42, tall * 0.5)
            parts.append(box(x - tall * 0.014, foot - tall * 0.6, x + tall * 0.014, foot))
        else:
            parts.append(pine(stage.rng, float(x), foot, tall))
    return tuple(parts)


def _shafts(stage: Stage) -> list[Layer]:
    """Return slanting beams of light."""
    beams = []
    for _ in range(5):
        x, width, lean = stage.between(0, stage.frame.width), stage.between(0.02, 0.07), stage.between(0.2, 0.35)
        foot = stage.horizon + 0.2
        beams.append(np.array(((x, -0.02), (x + width, -0.02), (x + width * 2 - lean, foot), (x - lean, foot))))
    light = stage.palette.light
    return [Form((beam,), light, light, 0.4, opacity=0.13, inked=False, bright=True) for beam in beams]


def _trunks(stage: Stage) -> list[Layer]:
    """Return the dark trees that frame the clearing, and the ground at their feet."""
    palette, frame = stage.palette, stage.frame
    bark = mix(palette.near, palette.leaf, 0.12)
    ground = ridge(stage.rng, frame.width, 4, 1.3)
    ground[:, 1] = frame.height - 0.12 - 0.07 * ground[:, 1]
    layers: list[Layer] = []
    for place in (0.04, 0.17, 0.83, 0.97):
        x, width = frame.width * place + stage.between(-0.03, 0.03), stage.between(0.03, 0.075)
        heights = np.linspace(-0.05, frame.height - 0.05, 24)
        spine = np.column_stack((x + 0.012 * np.sin(heights * 5 + place * 40), heights))
        flare = width * (0.75 + 0.25 * heights / frame.height + 0.9 * (heights / frame.height) ** 14)
        layers.append(Form((ribbon(spine, flare),), bark, lighter(bark, -0.05), 0.95, 1.0))
        lit = ribbon(spine + np.array((width * 0.22, 0)), width * 0.16)
        layers.append(Form((lit,), mix(bark, palette.light, 0.25), bark, 0.95, 0.8, opacity=0.6, inked=False))
    soil = mix(palette.near, stage.grass, 0.3)
    layers.append(Form((grounded(ground, frame.height + 0.05),), lighter(soil, 0.03), lighter(soil, -0.08), 0.95, 1.0))
    return layers


def city(stage: Stage) -> list[Layer]:
    """Return a skyline in three depths with lit windows, over water that mirrors it."""
    palette, frame = stage.palette, stage.frame
    shore = min(stage.horizon + 0.14, frame.height - 0.12)
    layers: list[Layer] = []
    lamp = mix(palette.light, (1.0, 0.83, 0.5), 0.5)
    for depth, tallest in ((0.15, 0.5), (0.5, 0.42), (0.9, 0.28)):
        towers = _towers(stage, shore, tallest * (frame.height**0.5))
        tone = mix(palette.at(depth), palette.low, 0.3 * (1 - depth))
        foot = mix(tone, palette.low, 0.45 * (1 - depth))
        layers.append(Form(tuple(part for tower in towers for part in tower), tone, foot, depth, 0.25))
        layers += _facades(towers, mix(tone, palette.light, 0.13), depth)
        layers += _windows(stage, [tower[0] for tower in towers], lamp, depth)
    quay = lighter(palette.near, -0.02)
    layers.append(Form((box(-0.1, shore - 0.012, frame.width + 0.1, shore + 0.002),), quay, quay, 0.9, inked=False))
    layers.append(Glow((frame.width / 2, shore), 0.7, mix(lamp, palette.accent, 0.3), 0.16))
    layers.append(Water(shore, frame.height, mix(palette.middle, palette.near, 0.3), palette.near))
    return layers


def _towers(stage: Stage, foot: float, tallest: float) -> list[list[Points]]:
    """Return buildings side by side, each a body first, then what stands on its roof."""
    towers = []
    x = -0.05
    centre = stage.frame.width * stage.between(0.35, 0.65)
    while x < stage.frame.width + 0.05:
        width = stage.between(0.045, 0.11)
        swell = max(0.35, 1 - abs(x - centre) / stage.frame.width * 1.1)
        top = foot - tallest * swell * stage.between(0.5, 1.15)
        right = x + width
        parts = [box(x, top, right, foot + 0.002)]
        kind = stage.rng.integers(0, 5)
        middle = x + width / 2
        if kind == 0:
            parts.append(np.array(((x, top), (middle, top - width * 0.55), (right, top))))
        elif kind == 1:
            parts.append(box(x + width * 0.2, top - 0.02, right - width * 0.2, top))
            parts.append(box(middle - 0.0015, top - 0.075, middle + 0.0015, top))
        elif kind == 2:
            parts.append(circle(middle, top, width * 0.5, 0.75, 24))
        elif kind == 3:
            parts.append(np.array(((x, top), (right, top), (right, top - width * 0.5))))
        towers.append(parts)
        x = right + stage.between(-0.01, 0.018)
    return towers


def _facades(towers: list[list[Points]], lit: Colour, depth: float) -> list[Layer]:
    """Return the lit strip along one side of each building."""
    strips = []
    for tower in towers:
        (left, top), (right, _), (_, foot), _ = tower[0]
        strips.append(box(left, top, left + (right - left) * 0.22, foot))
    return [Form(tuple(strips), lit, lit, depth, opacity=0.55, inked=False)]


def _windows(stage: Stage, bodies: list[Points], lamp: Colour, depth: float) -> list[Layer]:
    """Return the windows that are lit, most of them at night."""
    share = 0.5 if stage.wants("night") else 0.32 if stage.wants("sunset") else 0.2
    side = 0.007 + 0.003 * depth
    panes = []
    for body in bodies:
        (left, top), (right, _), (_, foot), _ = body
        columns, rows = int((right - left) / side / 2), min(40, int((foot - top) / side / 2.2))
        lit = stage.rng.random((rows, columns)) < share
        for row, column in np.argwhere(lit):
            x, y = left + side * (0.7 + column * 2), top + side * (1 + row * 2.2)
            panes.append(box(x, y, x + side, y + side * 1.25))
    if not panes:
        return []
    opacity = 0.35 + 0.6 * depth
    return [Form(tuple(panes), lamp, lamp, depth, opacity=opacity, inked=False, bright=True)]
