"""The places around a subject: a sky and a few quiet forms, simple enough for a small model to learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.engines.sandbox.colour import Colour, mix
from adapters.engines.sandbox.geometry import arc, box, circle, grounded, lens
from adapters.engines.sandbox.scene import Form, Sky
from training.drawing.tones import PAPER

if TYPE_CHECKING:
    from training.drawing.tones import Tones

Backdrop = tuple[Sky, list[Form]]

_PASTELS = ("f3d9c4", "d6e6f2", "dcefdc", "f4dbe4", "e6def3", "f5ecc8", "e3e3e6")


def _sky(*colours: Colour) -> Sky:
    stops = tuple(zip(np.linspace(0, 1, len(colours)).tolist(), colours, strict=True))
    return Sky(stops, colours[-1], 0.0)


def _ground(level: float, swell: float, centre: float, top: Colour, bottom: Colour) -> Form:
    """Return land down from ``level``, higher by ``swell`` around ``centre``."""
    x = np.linspace(-0.05, 1.05, 40)
    line = np.column_stack((x, level - swell * np.exp(-(((x - centre) / 0.35) ** 2))))
    return Form((grounded(line, 1.05),), top, bottom, 0.5)


def _cloud(tones: Tones, x: float, y: float, size: float) -> Form:
    white = tones.other("ffffff")
    parts = tuple(
        circle(x + dx * size, y + dy * size, r * size)
        for dx, dy, r in ((-0.5, 0.06, 0.3), (0, -0.08, 0.42), (0.5, 0.05, 0.32))
    )
    return Form(
        (*parts, box(x - 0.6 * size, y + 0.05 * size, x + 0.6 * size, y + 0.34 * size)),
        white,
        tones.other("e8f2fa"),
        0.1,
    )


def plain(tones: Tones, rng: np.random.Generator) -> Backdrop:
    """A pastel wall that meets its floor softly."""
    tint = tones.other(_PASTELS[int(rng.integers(0, len(_PASTELS)))])
    return _sky(mix(tint, (1, 1, 1), 0.35), tint, mix(tint, (1, 1, 1), 0.5)), []


def meadow(tones: Tones, rng: np.random.Generator) -> Backdrop:
    """Green hills under a light sky."""
    sky = _sky(tones.other("7cc0ee"), tones.other("d8effa"), tones.other("d8effa"))
    centre = float(rng.uniform(0.1, 0.9))
    return sky, [
        _cloud(tones, float(rng.choice((0.18, 0.82))), 0.16, 0.16),
        _ground(0.66, 0.12, centre, tones.other("9ccf72"), tones.other("7fbd5c")),
        _ground(0.76, 0.05, 1 - centre, tones.other("7cc257"), tones.other("4f9a40")),
    ]


def beach(tones: Tones, rng: np.random.Generator) -> Backdrop:
    """The sea, with sand in front."""
    sky = _sky(tones.other("6cc4ef"), tones.other("dff4fb"), tones.other("dff4fb"))
    sea = Form((box(-0.05, 0.55, 1.05, 1.05),), tones.other("2f9fc4"), tones.other("7fd6d8"), 0.4)
    waves = tuple(lens(x, y, 0.22, 0.012) for x, y in ((0.15, 0.62), (0.86, 0.64), (0.3, 0.7), (0.7, 0.72)))
    white = tones.other("ffffff")
    return sky, [
        sea,
        Form(waves, white, white, 0.4, opacity=0.7, inked=False),
        _ground(0.84, 0.05, float(rng.choice((0.0, 1.0))), tones.other("f3dfae"), tones.other("e2c488")),
    ]


def forest(tones: Tones, rng: np.random.Generator) -> Backdrop:
    """Two rows of firs in the mist."""
    sky = _sky(tones.other("cfe6d2"), tones.other("e9f3dc"), tones.other("e9f3dc"))
    shift = float(rng.uniform(-0.04, 0.04))

    def row(places: tuple[float, ...], top: float, wide: float) -> tuple[np.ndarray, ...]:
        return tuple(np.array(((x - wide, 0.85), (x + shift, top), (x + wide, 0.85))) for x in places)

    return sky, [
        Form(row((0.02, 0.2, 0.38, 0.58, 0.78, 0.97), 0.2, 0.13), tones.other("93bd97"), tones.other("b9d6b2"), 0.2),
        Form(row((0.0, 0.14, 0.86, 1.0), 0.1, 0.14), tones.other("2f6b4a"), tones.other("3f8055"), 0.5),
        _ground(0.79, 0.04, 0.5, tones.other("6fa558"), tones.other("4a7f3e")),
    ]


def desert(tones: Tones, rng: np.random.Generator) -> Backdrop:
    """Sand dunes under a warm sky."""
    sky = _sky(tones.other("8fc9e8"), tones.other("fdeccb"), tones.other("fdeccb"))
    centre = float(rng.choice((0.1, 0.9)))
    return sky, [
        _ground(0.66, 0.16, centre, tones.other("f0c987"), tones.other("e3b066")),
        _ground(0.76, 0.1, 1 - centre, tones.other("e9b96c"), tones.other("d39a4e")),
    ]


def snow(tones: Tones, rng: np.random.Generator) -> Backdrop:
    """Snowfields with two firs, flakes in the air."""
    sky = _sky(tones.other("a9c4de"), tones.other("dde8f2"), tones.other("dde8f2"))
    fir = tones.other("4a7a78")
    firs = tuple(np.array(((x - 0.1, 0.74), (x, 0.3), (x + 0.1, 0.74))) for x in (0.1, 0.9))
    flakes = tuple(
        circle(x, y, 0.011, corners=10)
        for x, y in ((0.1, 0.12), (0.3, 0.06), (0.55, 0.14), (0.75, 0.07), (0.92, 0.2), (0.2, 0.24), (0.82, 0.34))
    )
    white = tones.other("ffffff")
    return sky, [
        Form(firs, fir, tones.other("6f9a98"), 0.4),
        _ground(0.7, 0.06, float(rng.uniform(0.1, 0.9)), tones.other("f4f8fc"), tones.other("cfdeec")),
        Form(flakes, white, white, 0.8, inked=False),
    ]


def city(tones: Tones, rng: np.random.Generator) -> Backdrop:
    """A skyline behind a street."""
    sky = _sky(tones.other("9cc7e6"), tones.other("f1e9dd"), tones.other("f1e9dd"))
    tops = rng.permutation(np.array((0.14, 0.24, 0.34, 0.2, 0.3, 0.4)))
    towers = [box(-0.02 + 0.17 * n, float(top), 0.15 + 0.17 * n, 0.86) for n, top in enumerate(tops)]
    panes = tuple(
        box(-0.02 + 0.17 * n + dx, float(top) + 0.06 + dy, 0.025 + 0.17 * n + dx, float(top) + 0.11 + dy)
        for n, top in enumerate(tops)
        for dx in (0.03, 0.1)
        for dy in (0.0, 0.12, 0.24)
    )
    grey, lamp = tones.other("8792a6"), tones.other("fbe7a4")
    return sky, [
        Form(tuple(towers[::2]), grey, tones.other("a9b2c2"), 0.3),
        Form(tuple(towers[1::2]), tones.other("a4adbf"), tones.other("c2c8d2"), 0.3),
        Form(panes, lamp, lamp, 0.3, inked=tones.paper),
        Form((box(-0.05, 0.8, 1.05, 1.05),), tones.other("767c88"), tones.other("626874"), 0.6),
    ]


def night(tones: Tones, rng: np.random.Generator) -> Backdrop:
    """Stars over dark hills."""
    sky = _sky(tones.other("101a44"), tones.other("243a78"), tones.other("4a5fa0"))
    places = (
        (0.1, 0.12),
        (0.26, 0.26),
        (0.4, 0.08),
        (0.62, 0.1),
        (0.78, 0.22),
        (0.9, 0.08),
        (0.12, 0.44),
        (0.9, 0.42),
        (0.5, 0.2),
    )
    star = tones.other("fff3c4")
    stars = tuple(circle(x + float(rng.uniform(-0.02, 0.02)), y, 0.012, corners=10) for x, y in places)
    hill = PAPER if tones.paper else tones.other("26355e")
    return sky, [
        Form(stars, star, star, 0.1, inked=tones.paper),
        _ground(0.82, 0.07, float(rng.uniform(0.1, 0.9)), hill, hill),
    ]


def sunset(tones: Tones, rng: np.random.Generator) -> Backdrop:
    """The sun sinks into a glowing sea."""
    sky = _sky(tones.other("6a4c93"), tones.other("f08a6a"), tones.other("ffd08a"))
    x = float(rng.choice((0.2, 0.8)))
    sun = tones.other("fff0b8")
    return sky, [
        Form((circle(x, 0.6, 0.12),), sun, sun, 0.1),
        Form((box(-0.05, 0.64, 1.05, 1.05),), tones.other("d9738a"), tones.other("5f4a86"), 0.4),
        Form(
            tuple(lens(x, y, w, 0.016) for y, w in ((0.68, 0.26), (0.73, 0.2), (0.78, 0.28))),
            sun,
            sun,
            0.4,
            opacity=0.75,
            inked=False,
        ),
    ]


def room(tones: Tones, rng: np.random.Generator) -> Backdrop:
    """A table before a wall with a window."""
    wall = tones.other(("e9d8c4", "d9e2d0", "e3d6e0")[int(rng.integers(0, 3))])
    x = float(rng.choice((0.05, 0.65)))
    white, glass, wood = tones.other("ffffff"), tones.other("a9d8f0"), tones.other("b98352")
    return _sky(wall, mix(wall, (1, 1, 1), 0.2), wall), [
        Form((box(x, 0.08, x + 0.3, 0.46),), white, white, 0.3),
        Form(
            (box(x + 0.025, 0.105, x + 0.14, 0.435), box(x + 0.16, 0.105, x + 0.275, 0.435)),
            glass,
            tones.other("d8effa"),
            0.3,
        ),
        Form((box(-0.05, 0.74, 1.05, 1.05),), wood, tones.other("94633a"), 0.6),
    ]


def clouds(tones: Tones, rng: np.random.Generator) -> Backdrop:
    """A blue sky with clouds."""
    sky = _sky(tones.other("3f97dd"), tones.other("8cc8f2"), tones.other("cfeafa"))
    side = float(rng.choice((0.0, 1.0)))
    return sky, [
        _cloud(tones, abs(side - 0.16), 0.2, 0.2),
        _cloud(tones, abs(side - 0.86), 0.42, 0.17),
        _cloud(tones, abs(side - 0.24), 0.84, 0.26),
        _cloud(tones, abs(side - 0.8), 0.9, 0.22),
    ]


def underwater(tones: Tones, rng: np.random.Generator) -> Backdrop:
    """The sea bed with weeds and bubbles."""
    sky = _sky(tones.other("5cc9d8"), tones.other("1f86ad"), tones.other("12557f"))
    weed = tones.other("2f9a6a")
    stalks = tuple(
        np.concatenate(
            (arc((x - 0.02, 0.95), (x - 0.08, 0.75), (x, top)), arc((x, top), (x + 0.08, 0.75), (x + 0.03, 0.95)))
        )
        for x, top in ((0.08, 0.5), (0.17, 0.62), (0.84, 0.6), (0.94, 0.48))
    )
    x = float(rng.choice((0.2, 0.8)))
    white = tones.other("ffffff")
    bubbles = tuple(circle(x + dx, y, r) for dx, y, r in ((0.0, 0.3, 0.026), (0.05, 0.2, 0.018), (-0.03, 0.12, 0.022)))
    return sky, [
        Form(stalks, weed, tones.other("1f6b58"), 0.4),
        _ground(0.86, 0.04, float(rng.uniform(0.2, 0.8)), tones.other("e4d19c"), tones.other("b8a070")),
        Form(bubbles, white, white, 0.4, opacity=0.6, inked=tones.paper),
    ]


BACKDROPS = {
    "plain": plain,
    "meadow": meadow,
    "beach": beach,
    "forest": forest,
    "desert": desert,
    "snow": snow,
    "city": city,
    "night": night,
    "sunset": sunset,
    "room": room,
    "clouds": clouds,
    "underwater": underwater,
}
"""Builders by the keys of ``vocabulary.PLACES``."""
