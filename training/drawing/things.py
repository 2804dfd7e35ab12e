"""Subjects made by people: house, mug, boat, t-shirt, car, balloon, umbrella, rocket.

Every function returns forms in the subject's own units: about 1 high or wide, standing on y = 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.engines.sandbox.geometry import arc, box, circle, curve, ribbon
from adapters.engines.sandbox.scene import Form

if TYPE_CHECKING:
    from training.drawing.tones import Tones

_MIRROR = np.array((-1.0, 1.0))


def house(tones: Tones) -> list[Form]:
    """A gabled house with a door, two windows and a chimney."""
    roof, wood, lamp = tones.other("6b3b34"), tones.other("5a3a26"), tones.other("ffe28a")
    gable = np.array(((-0.56, -0.48), (0.0, -0.98), (0.56, -0.48)))
    panes = (box(-0.34, -0.36, -0.14, -0.16), box(0.14, -0.36, 0.34, -0.16))
    return [
        Form((box(0.22, -0.96, 0.36, -0.6),), tones.main, tones.dark),
        Form((box(-0.44, -0.52, 0.44, 0.0),), tones.pale, tones.main),
        Form((gable,), roof, tones.other("532c28")),
        Form((box(-0.1, -0.32, 0.1, 0.0),), wood, wood),
        Form(panes, lamp, lamp),
        Form((circle(0, -0.66, 0.09),), lamp, lamp),
    ]


def mug(tones: Tones) -> list[Form]:
    """A mug with a handle, and steam."""
    handle = ribbon(
        np.concatenate(
            (arc((0.3, -0.62), (0.62, -0.62), (0.58, -0.38)), arc((0.58, -0.38), (0.55, -0.16), (0.3, -0.18)))
        ),
        0.09,
    )
    body = np.concatenate(
        (
            box(-0.38, -0.74, 0.38, -0.1)[:2],
            arc((0.38, -0.12), (0.37, 0.0), (0.22, 0.0)),
            arc((-0.22, 0.0), (-0.37, 0.0), (-0.38, -0.12)),
        )
    )
    steam = tuple(
        ribbon(
            np.concatenate(
                (arc((x, -0.82), (x + 0.08, -0.88), (x, -0.94)), arc((x, -0.94), (x - 0.08, -1.0), (x, -1.06)))
            ),
            0.035,
        )
        for x in (-0.14, 0.1)
    )
    white = tones.other("ffffff")
    return [
        Form(steam, white, white, opacity=0.7, inked=False),
        Form((handle,), tones.main, tones.dark),
        Form((body,), tones.pale, tones.dark),
        Form((circle(0, -0.74, 0.38, 0.22),), tones.pale, tones.main),
        Form((circle(0, -0.725, 0.31, 0.18),), tones.other("4a2c1c"), tones.other("6b4326")),
    ]


def boat(tones: Tones) -> list[Form]:
    """A sailing boat."""
    hull = np.concatenate(
        (
            np.array(((-0.56, -0.26), (0.56, -0.26))),
            arc((0.56, -0.26), (0.46, 0.0), (0.3, 0.0)),
            arc((-0.3, 0.0), (-0.46, 0.0), (-0.56, -0.26)),
        )
    )
    main = np.concatenate((arc((0.05, -1.04), (0.42, -0.7), (0.48, -0.34)), np.array(((0.05, -0.34),))))
    jib = np.concatenate((arc((-0.04, -0.96), (-0.26, -0.66), (-0.42, -0.34)), np.array(((-0.04, -0.34),))))
    sail = tones.other("fbf7ea")
    return [
        Form((box(-0.02, -1.1, 0.02, -0.2),), tones.other("6b4a2e"), tones.other("6b4a2e")),
        Form((main,), sail, tones.other("e4dcc8")),
        Form((jib,), tones.pale, tones.main),
        Form((hull,), tones.main, tones.dark),
        Form((box(-0.5, -0.2, 0.5, -0.15),), sail, sail, inked=False),
    ]


def t_shirt(tones: Tones) -> list[Form]:
    """A t-shirt, laid out flat."""
    half = np.array(((0.13, -0.94), (0.3, -0.9), (0.58, -0.62), (0.42, -0.44), (0.32, -0.54), (0.33, 0.0)))
    neck = arc((-0.13, -0.94), (0.0, -0.74), (0.13, -0.94))
    outline = np.concatenate((half, (half * _MIRROR)[::-1], neck[1:-1]))
    hem = ribbon(arc((-0.16, -0.95), (0.0, -0.69), (0.16, -0.95)), 0.045)
    return [
        Form((outline,), tones.pale, tones.main),
        Form((hem,), tones.dark, tones.dark),
        Form(
            (
                ribbon(np.array(((0.31, -0.54), (0.34, -0.7))), 0.02),
                ribbon(np.array(((-0.31, -0.54), (-0.34, -0.7))), 0.02),
            ),
            tones.dark,
            tones.dark,
            inked=False,
        ),
    ]


def car(tones: Tones) -> list[Form]:
    """A small car from the side."""
    body = curve(
        (
            (-0.66, -0.4),
            (-0.4, -0.44),
            (-0.24, -0.7),
            (0.22, -0.7),
            (0.4, -0.44),
            (0.66, -0.38),
            (0.68, -0.14),
            (-0.68, -0.14),
        ),
        2,
    )
    glass = tones.other("bfe3f2")
    front = np.array(((0.03, -0.62), (0.18, -0.62), (0.31, -0.43), (0.03, -0.43)))
    return [
        Form((body,), tones.pale, tones.dark),
        Form((front, front * _MIRROR), glass, glass),
        Form((circle(0.36, -0.14, 0.15), circle(-0.36, -0.14, 0.15)), tones.other("24242a"), tones.other("24242a")),
        Form(
            (circle(0.36, -0.14, 0.07), circle(-0.36, -0.14, 0.07)),
            tones.other("d4d6da"),
            tones.other("d4d6da"),
            inked=False,
        ),
        Form((circle(0.63, -0.3, 0.045),), tones.other("fff0a8"), tones.other("fff0a8")),
    ]


def balloon(tones: Tones) -> list[Form]:
    """A hot-air balloon with one pale gore."""
    t = np.linspace(0, 1, 30)
    swell = np.sin(np.pi * (1 - t) ** 0.72) ** 0.75 * 0.42 + 0.06 * t
    side = np.column_stack((swell, t * 0.84 - 1.1))
    layers = [
        Form((np.concatenate((side * (reach, 1), (side * (-reach, 1))[::-1])),), top, bottom)
        for reach, top, bottom in (
            (1.0, tones.pale, tones.dark),
            (0.62, tones.other("fbf3e0"), tones.other("e8dcc0")),
            (0.28, tones.pale, tones.main),
        )
    ]
    ropes = (box(-0.075, -0.27, -0.06, -0.13), box(0.06, -0.27, 0.075, -0.13))
    basket = tones.other("7a5230")
    return [
        *layers,
        Form(ropes, basket, basket, inked=False),
        Form((box(-0.1, -0.15, 0.1, 0.0),), basket, tones.other("5e3c20")),
    ]


def umbrella(tones: Tones) -> list[Form]:
    """An open umbrella with a hooked handle."""
    dome = np.concatenate(
        (arc((-0.58, -0.52), (-0.5, -1.06), (0.0, -1.06)), arc((0.0, -1.06), (0.5, -1.06), (0.58, -0.52)))
    )
    scallops = [arc((x + 0.29, -0.52), (x + 0.145, -0.64), (x, -0.52), 8) for x in (0.29, 0.0, -0.29, -0.58)]
    stick = np.concatenate(
        (
            np.array(((0.0, -1.1), (0.0, -0.1))),
            arc((0.0, -0.1), (0.02, 0.02), (0.1, -0.0)),
            arc((0.1, 0.0), (0.15, -0.02), (0.15, -0.09)),
        )
    )
    rib = np.concatenate(
        (arc((0.0, -1.06), (0.28, -0.95), (0.29, -0.53)), arc((0.0, -0.6), (0.1, -0.95), (0.0, -1.06)))
    )
    wood = tones.other("5e3c20")
    return [
        Form((ribbon(stick, 0.045),), wood, wood),
        Form((np.concatenate((dome, *scallops)),), tones.pale, tones.main),
        Form((rib, rib * _MIRROR), tones.dark, tones.dark, opacity=0.55, inked=False),
    ]


def rocket(tones: Tones) -> list[Form]:
    """A rocket that flies upwards on a flame."""
    body = np.concatenate(
        (arc((0.0, -1.1), (0.3, -0.82), (0.24, -0.3)), arc((-0.24, -0.3), (-0.3, -0.82), (0.0, -1.1)))
    )
    nose = np.concatenate(
        (
            arc((0.0, -1.1), (0.14, -0.98), (0.2, -0.8)),
            np.array(((-0.2, -0.8),)),
            arc((-0.2, -0.8), (-0.14, -0.98), (0.0, -1.1)),
        )
    )
    fin = np.array(((0.22, -0.55), (0.44, -0.32), (0.44, -0.16), (0.2, -0.3)))
    flame = curve(((-0.15, -0.3), (0.15, -0.3), (0.12, -0.14), (0.0, 0.06), (-0.12, -0.14)), 3)
    glass = tones.other("a8dcf5")
    return [
        Form((flame,), tones.other("ffd34a"), tones.other("ff7a2a")),
        Form((fin, fin * _MIRROR), tones.other("5a6070"), tones.other("454a58")),
        Form((body,), tones.pale, tones.dark),
        Form((nose,), tones.other("5a6070"), tones.other("6c7384")),
        Form((circle(0, -0.62, 0.125),), tones.other("454a58"), tones.other("454a58")),
        Form((circle(0, -0.62, 0.09),), glass, glass, inked=False),
    ]
