"""Outlines of things, in units of the picture's shorter side: circles, ridges, curves, leaves, clouds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.engines.sandbox.scene import Points


def circle(x: float, y: float, radius: float, flatten: float = 1.0, corners: int = 48) -> Points:
    """Return a circle, or an ellipse whose height is ``flatten`` times its width."""
    angles = np.linspace(0, 2 * math.pi, corners, endpoint=False)
    return np.column_stack((x + radius * np.cos(angles), y + radius * flatten * np.sin(angles)))


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """Return an upright rectangle."""
    return np.array(((left, top), (right, top), (right, bottom), (left, bottom)))


def curve(points: Sequence[tuple[float, float]], rounds: int = 4) -> Points:
    """Return a smooth closed curve near the corners given (Chaikin's corner cutting)."""
    line = np.asarray(points, dtype=np.float64)
    for _ in range(rounds):
        following = np.roll(line, -1, axis=0)
        line = np.stack((0.75 * line + 0.25 * following, 0.25 * line + 0.75 * following), axis=1).reshape(-1, 2)
    return line


def placed(shape: Points, x: float, y: float, scale: float = 1.0, degrees: float = 0.0) -> Points:
    """Return the shape scaled and turned about its origin, then moved to (x, y)."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array(((cosine, sine), (-sine, cosine)))
    moved: Points = shape @ turn * scale + np.array((x, y))
    return moved


def ribbon(spine: Points, widths: Points | float) -> Points:
    """Return a band around the open line ``spine``; ``widths`` is full width, for all or for each point (n,)."""
    along = np.gradient(spine, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    across = np.column_stack((-along[:, 1], along[:, 0])) / length[:, None]
    half = (np.ones(len(spine)) * widths / 2)[:, None]
    return np.concatenate((spine + across * half, (spine - across * half)[::-1]))


def arc(start: tuple[float, float], bend: tuple[float, float], end: tuple[float, float], count: int = 16) -> Points:
    """Return an open quadratic Bézier line."""
    t = np.linspace(0, 1, count)[:, None]
    line: Points = (1 - t) ** 2 * np.array(start) + 2 * t * (1 - t) * np.array(bend) + t**2 * np.array(end)
    return line


def lens(x: float, y: float, length: float, height: float) -> Points:
    """Return a horizontal sliver, pointed at both ends: a wave, a glint on water."""
    t = np.linspace(-1, 1, 7)
    rise = (1 - t * t) * height / 2
    across = x + t * length / 2
    return np.concatenate((np.column_stack((across, y - rise)), np.column_stack((across, y + rise))[::-1]))


def ridge(rng: np.random.Generator, width: float, octaves: int, first: float, *, jagged: bool = False) -> Points:
    """Return a skyline as (n, 2): x from a little left of 0 to a little right of ``width``, heights about 0 to 1.

    ``first`` is the number of swells in one unit of width; each octave doubles it and halves the height.
    """
    count = max(64, min(1600, int(width * 220)))
    x = np.linspace(-0.05, width + 0.05, count)
    heights = np.zeros(count)
    total = 0.0
    for octave in range(octaves):
        frequency = first * 2**octave
        knots = rng.random(int(frequency * (width + 0.2)) + 4)
        place = (x + 0.1) * frequency + rng.random()
        left = np.clip(place.astype(int), 0, len(knots) - 2)
        share = np.clip(place - left, 0, 1)
        if not jagged:
            share = share * share * (3 - 2 * share)
        weight = 0.5**octave
        heights += weight * (knots[left] * (1 - share) + knots[left + 1] * share)
        total += weight
    return np.column_stack((x, heights / total))


def grounded(line: Points, bottom: float) -> Points:
    """Return the area between an open skyline and ``bottom``."""
    return np.concatenate((line, np.array(((line[-1, 0], bottom), (line[0, 0], bottom)))))


def leaf(length: float, width: float, point: float = 0.5) -> Points:
    """Return a petal from the origin upwards; ``point`` is where it is widest (0 at the stem, 1 at the tip)."""
    t = np.linspace(0, 1, 14)
    bulge = np.sin(math.pi * t ** (math.log(0.5) / math.log(point))) * width / 2
    return np.concatenate((np.column_stack((bulge, -t * length)), np.column_stack((-bulge, -t * length))[::-1]))


def heap(rng: np.random.Generator, x: float, y: float, width: float, height: float) -> tuple[Points, ...]:
    """Return overlapping circles over a flat base: a cumulus cloud or the crown of a tree."""
    count = max(5, min(14, int(width / height * 5)))
    discs = []
    for place in np.linspace(-1, 1, count):
        swell = (1 - place * place) ** 0.7
        radius = height * (0.2 + 0.32 * swell * (0.7 + 0.6 * rng.random()))
        discs.append(circle(x + place * width * 0.42, y - swell * height * 0.45 * rng.random(), radius, corners=32))
    return (*discs, circle(x, y + height * 0.05, width * 0.48, height * 0.2 / (width * 0.48)))
