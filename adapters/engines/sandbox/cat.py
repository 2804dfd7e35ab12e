"""A sitting cat that looks at the viewer, built from smooth curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.engines.sandbox.colour import Colour, hexed, lighter, mix
from adapters.engines.sandbox.geometry import arc, circle, curve, leaf, placed, ribbon
from adapters.engines.sandbox.scene import Form, Layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.engines.sandbox.scene import Points
    from adapters.engines.sandbox.stage import Stage

_COATS = ("f0a45c", "8f8c96", "4a4856", "f2e6d2", "b87a4c", "6a6678")
_EYES = ("8fc65a", "f0b93a", "5fb4d8")
_MIRROR = np.array((-1.0, 1.0))


def cat(stage: Stage) -> list[Layer]:
    """Return the cat near the foot of the frame, about half as tall as the shorter side."""
    rng = stage.rng
    coat = mix(
        hexed(_COATS[int(rng.integers(0, len(_COATS)))]), stage.palette.near, 0.3 if stage.wants("night") else 0.1
    )
    x, foot = stage.frame.width * stage.between(0.34, 0.66), stage.frame.height - 0.04
    facing = np.array((1.0 if rng.random() < 0.5 else -1.0, 1.0))
    size = min(0.5, 0.55 * stage.frame.height)

    def here(*shapes: Points) -> tuple[Points, ...]:
        return tuple(placed(shape * facing, x, foot, size) for shape in shapes)

    shadow = Form(here(circle(0, -0.01, 0.42, 0.12)), stage.palette.near, stage.palette.near, 0.9, 0, 0.35, inked=False)
    eyes = hexed(_EYES[int(rng.integers(0, len(_EYES)))])
    return [shadow, *_body(here, coat), *_head(here, coat), *_face(here, coat, eyes)]


def _both(shape: Points) -> tuple[Points, Points]:
    return shape, shape * _MIRROR


def _body(here: Callable[..., tuple[Points, ...]], coat: Colour) -> list[Layer]:
    dark, pale = lighter(coat, -0.12), lighter(mix(coat, (1, 1, 1), 0.55), 0.02)
    tail_line = np.concatenate(
        (arc((0.12, -0.06), (0.5, -0.02), (0.47, -0.25)), arc((0.47, -0.25), (0.44, -0.42), (0.54, -0.46)))
    )
    tail = ribbon(tail_line, np.concatenate((np.linspace(0.1, 0.085, 24), np.linspace(0.085, 0.02, 8))))
    tip = ribbon(tail_line[-9:], np.concatenate((np.linspace(0.08, 0.085, 2), np.linspace(0.08, 0.02, 7))))
    torso = curve(
        (
            (-0.14, -0.62),
            (0.14, -0.62),
            (0.2, -0.36),
            (0.34, -0.12),
            (0.27, 0.02),
            (-0.27, 0.02),
            (-0.34, -0.12),
            (-0.2, -0.36),
        )
    )
    chest = curve(((-0.1, -0.56), (0.1, -0.56), (0.12, -0.34), (0.0, -0.2), (-0.12, -0.34)))
    haunch = curve(((0.15, -0.22), (0.29, -0.18), (0.31, 0.0), (0.14, 0.015), (0.1, -0.08)))
    leg = curve(((0.02, -0.36), (0.12, -0.36), (0.115, -0.05), (0.15, 0.02), (0.01, 0.02), (0.02, -0.05)))
    marks = [
        ribbon(arc((s * 0.31, y), (s * 0.24, y + 0.03), (s * 0.2, y + 0.01)), np.linspace(0.03, 0.004, 16))
        for s in (-1, 1)
        for y in (-0.3, -0.22, -0.14)
    ]
    return [
        Form(here(tail), coat, dark, 0.97, 0.6),
        Form(here(tip), pale, pale, 0.97, 0.3, inked=False),
        Form(here(torso), lighter(coat, 0.03), lighter(coat, -0.07), 0.97, 0.6),
        Form(here(*marks), dark, dark, 0.97, 0.2, 0.0, inked=False),
        Form(here(*_both(haunch)), coat, dark, 0.97, 0.5),
        Form(here(chest), pale, lighter(pale, -0.05), 0.97, 0.4, inked=False),
        *(Form(here(part), lighter(coat, 0.02), lighter(coat, -0.03), 0.97, 0.5) for part in _both(leg)),
        Form(here(*_both(circle(0.08, -0.012, 0.068, 0.62))), pale, lighter(pale, -0.06), 0.98, 0.2),
    ]


def _head(here: Callable[..., tuple[Points, ...]], coat: Colour) -> list[Layer]:
    dark = lighter(coat, -0.13)
    pink = mix((0.95, 0.62, 0.62), coat, 0.3)
    ear = curve(((0.07, -0.82), (0.2, -1.04), (0.235, -1.02), (0.25, -0.72)), 3)
    inner = curve(((0.115, -0.84), (0.2, -0.985), (0.215, -0.96), (0.22, -0.76)), 3)
    skull = curve(
        (
            (-0.13, -0.93),
            (0.13, -0.93),
            (0.26, -0.8),
            (0.31, -0.62),
            (0.14, -0.5),
            (-0.14, -0.5),
            (-0.31, -0.62),
            (-0.26, -0.8),
        )
    )
    stripes = [placed(leaf(1, 0.34, 0.5), dx, -0.8, 0.115, turn) for dx, turn in ((0, 0), (-0.055, -12), (0.055, 12))]
    cheeks = [
        ribbon(arc((s * 0.262, y), (s * 0.22, y + 0.012), (s * 0.18, y + 0.012)), np.linspace(0.022, 0.004, 16))
        for s in (-1, 1)
        for y in (-0.68, -0.635)
    ]
    return [
        *(Form(here(part), coat, dark, 0.98, 0.5) for part in _both(ear)),
        Form(here(*_both(inner)), pink, lighter(pink, -0.1), 0.98, 0.2, inked=False),
        Form(here(skull), lighter(coat, 0.04), lighter(coat, -0.05), 0.98, 0.6),
        Form(here(*stripes, *cheeks), dark, dark, 0.98, 0.2, inked=False),
    ]


def _face(here: Callable[..., tuple[Points, ...]], coat: Colour, eyes: Colour) -> list[Layer]:
    night = lighter(mix(coat, (0.06, 0.05, 0.09), 0.92), 0)
    pale = lighter(mix(coat, (1, 1, 1), 0.6), 0.02)
    nose = curve(((-0.035, -0.66), (0.035, -0.66), (0.0, -0.622)), 2)
    mouth = [ribbon(arc((0, -0.628), (s * 0.012, -0.585), (s * 0.058, -0.598)), 0.008) for s in (-1, 1)]
    whiskers = [
        ribbon(arc((s * 0.1, y), (s * 0.24, y - 0.02 + lift), (s * 0.4, y + lift)), np.linspace(0.006, 0.002, 16))
        for s in (-1, 1)
        for y, lift in ((-0.625, -0.04), (-0.61, 0.0), (-0.595, 0.045))
    ]
    almond = curve(((0.045, -0.71), (0.09, -0.765), (0.165, -0.755), (0.185, -0.715), (0.12, -0.675)), 3)
    muzzle = _both(circle(0.05, -0.605, 0.075, 0.72))
    return [
        Form(here(*muzzle), pale, lighter(pale, -0.04), 0.98, 0.2, inked=False),
        Form(
            here(*(part.mean(axis=0) + (part - part.mean(axis=0)) * 1.16 for part in _both(almond))),
            night,
            night,
            0.99,
        ),
        Form(here(*_both(almond)), lighter(eyes, -0.1), lighter(eyes, 0.08), 0.99, inked=False, bright=True),
        Form(here(*_both(circle(0.118, -0.718, 0.021, 1.75))), night, night, 0.99, inked=False),
        Form(
            here(circle(0.128, -0.738, 0.013), circle(-0.108, -0.738, 0.013)),
            (1, 1, 1),
            (1, 1, 1),
            0.99,
            inked=False,
            bright=True,
        ),
        Form(here(nose), (0.87, 0.5, 0.5), (0.75, 0.36, 0.4), 0.99),
        Form(here(*mouth), night, night, 0.99, opacity=0.8, inked=False),
        Form(here(*whiskers), pale, pale, 0.99, opacity=0.85, inked=False, bright=True),
    ]
