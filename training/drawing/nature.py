"""Subjects that grew: tree, flower, cat, fish, apple, mushroom, cactus, butterfly, bird, mountain, sun and moon.

Every function returns forms in the subject's own units: about 1 high or wide, standing on y = 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.engines.sandbox.geometry import arc, circle, curve, leaf, placed, ribbon
from adapters.engines.sandbox.scene import Form

if TYPE_CHECKING:
    from training.drawing.tones import Tones

_MIRROR = np.array((-1.0, 1.0))


def tree(tones: Tones) -> list[Form]:
    """A tree with a round crown."""
    trunk = np.concatenate(
        (arc((-0.06, -0.5), (-0.06, -0.1), (-0.14, 0.0)), arc((0.14, 0.0), (0.06, -0.1), (0.06, -0.5)))
    )
    crown = tuple(
        circle(x, y, r) for x, y, r in ((0, -0.8, 0.3), (-0.25, -0.6, 0.24), (0.25, -0.6, 0.24), (0, -0.56, 0.28))
    )
    light = tuple(circle(x, y, r) for x, y, r in ((-0.08, -0.88, 0.13), (-0.28, -0.66, 0.1), (0.18, -0.68, 0.1)))
    return [
        Form((trunk,), tones.other("7a5230"), tones.other("5e3c20")),
        Form(crown, tones.main, tones.dark),
        Form(light, tones.pale, tones.pale, opacity=0.8, inked=False),
    ]


def flower(tones: Tones) -> list[Form]:
    """A flower of eight petals on a stem with two leaves."""
    stem = ribbon(arc((0.0, -0.6), (0.04, -0.3), (0.0, 0.0)), 0.05)
    blade = placed(leaf(0.4, 0.17, 0.5), 0.02, -0.12, 1, -58)
    petals = [placed(leaf(0.4, 0.26, 0.68), 0, -0.68, 1, 45 * number) for number in range(8)]
    heart = tones.other("f7c325") if tones.main[2] > 0.25 or tones.main[1] < 0.6 else tones.other("8b5a2b")
    return [
        Form((stem,), tones.other("4f9a45"), tones.other("3a7a35")),
        Form((blade, blade * _MIRROR), tones.other("63ad52"), tones.other("3f8040")),
        *(Form((petal,), tones.pale, tones.main) for petal in petals),
        Form((circle(0, -0.68, 0.13),), heart, heart),
    ]


def cat(tones: Tones) -> list[Form]:
    """A sitting cat that looks at the viewer."""
    tail = ribbon(
        np.concatenate(
            (arc((0.2, -0.06), (0.52, -0.04), (0.48, -0.3)), arc((0.48, -0.3), (0.45, -0.46), (0.54, -0.5)))
        ),
        0.085,
    )
    body = curve(((-0.16, -0.62), (0.16, -0.62), (0.24, -0.3), (0.32, 0.02), (-0.32, 0.02), (-0.24, -0.3)), 3)
    ear = np.array(((0.07, -0.86), (0.27, -1.1), (0.31, -0.72)))
    inner = np.array(((0.13, -0.88), (0.24, -1.01), (0.26, -0.8)))
    head = circle(0, -0.72, 0.32, 0.82)
    pink, eye, night = tones.other("f0a0a0"), tones.other("c9e86a"), tones.other("1c1c22")
    chest = curve(((-0.12, -0.5), (0.12, -0.5), (0.1, -0.2), (0.0, -0.12), (-0.1, -0.2)), 3)
    paw = circle(0.1, -0.03, 0.09, 0.62)
    whiskers = [ribbon(np.array(((0.16, -0.63 + d), (0.42, -0.66 + 2.4 * d))), 0.012) for d in (0.0, 0.035)]
    return [
        Form((tail,), tones.main, tones.dark),
        Form((body,), tones.main, tones.dark),
        Form((chest,), tones.pale, tones.pale, inked=False),
        Form((paw, paw * _MIRROR), tones.pale, tones.pale),
        Form((ear, ear * _MIRROR), tones.main, tones.main),
        Form((inner, inner * _MIRROR), pink, pink, inked=False),
        Form((head,), tones.pale, tones.main),
        Form((circle(0.13, -0.75, 0.075), circle(-0.13, -0.75, 0.075)), eye, eye),
        Form((circle(0.13, -0.745, 0.035, 1.7), circle(-0.13, -0.745, 0.035, 1.7)), night, night, inked=False),
        Form((np.array(((-0.04, -0.65), (0.04, -0.65), (0.0, -0.605))),), pink, tones.other("d87a7a")),
        Form((*whiskers, *(line * _MIRROR for line in whiskers)), night, night, opacity=0.6, inked=False),
    ]


def fish(tones: Tones) -> list[Form]:
    """A fish that swims to the left."""
    tail = curve(((0.32, -0.5), (0.66, -0.78), (0.6, -0.5), (0.66, -0.22)), 2)
    body = np.concatenate(
        (arc((-0.6, -0.48), (-0.2, -0.98), (0.42, -0.52)), arc((0.42, -0.48), (-0.2, -0.02), (-0.6, -0.48)))
    )
    fin = curve(((-0.2, -0.72), (0.1, -0.96), (0.18, -0.66)), 2)
    side = curve(((-0.12, -0.46), (0.08, -0.5), (0.1, -0.34)), 2)
    white, night = tones.other("ffffff"), tones.other("1c1c22")
    stripe = ribbon(arc((-0.24, -0.71), (-0.16, -0.5), (-0.24, -0.27)), 0.05)
    return [
        Form((tail,), tones.main, tones.dark),
        Form((fin,), tones.dark, tones.main),
        Form((body,), tones.pale, tones.main),
        Form((stripe,), white, white, opacity=0.85, inked=False),
        Form((side,), tones.dark, tones.dark),
        Form((circle(-0.4, -0.54, 0.07),), white, white),
        Form((circle(-0.41, -0.54, 0.038),), night, night, inked=False),
    ]


def apple(tones: Tones) -> list[Form]:
    """An apple with a stalk and one leaf."""
    half = np.concatenate(
        (
            arc((0.0, -0.78), (0.2, -0.92), (0.38, -0.74)),
            arc((0.38, -0.74), (0.56, -0.52), (0.34, -0.14)),
            arc((0.34, -0.14), (0.2, 0.06), (0.0, -0.02)),
        )
    )
    outline = np.concatenate((half, (half * _MIRROR)[::-1]))
    stalk = ribbon(arc((0.0, -0.76), (0.0, -0.9), (0.07, -1.0)), 0.05)
    shine = curve(((-0.3, -0.66), (-0.16, -0.72), (-0.22, -0.5), (-0.32, -0.46)), 2)
    return [
        Form((stalk,), tones.other("5e3c20"), tones.other("5e3c20")),
        Form((placed(leaf(0.34, 0.18, 0.5), 0.03, -0.86, 1, -62),), tones.other("63ad52"), tones.other("3f8040")),
        Form((outline,), tones.pale, tones.dark),
        Form((shine,), tones.other("ffffff"), tones.other("ffffff"), opacity=0.5, inked=False),
    ]


def mushroom(tones: Tones) -> list[Form]:
    """A mushroom with pale dots on its cap."""
    stalk = np.concatenate(
        (arc((-0.14, -0.52), (-0.1, -0.2), (-0.2, 0.0)), arc((0.2, 0.0), (0.1, -0.2), (0.14, -0.52)))
    )
    cap = np.concatenate(
        (
            arc((-0.54, -0.44), (-0.5, -1.02), (0.0, -1.02)),
            arc((0.0, -1.02), (0.5, -1.02), (0.54, -0.44)),
            arc((0.54, -0.44), (0.0, -0.32), (-0.54, -0.44)),
        )
    )
    dots = tuple(
        circle(x, y, r, 0.85)
        for x, y, r in ((0, -0.82, 0.1), (-0.3, -0.62, 0.08), (0.28, -0.66, 0.09), (0.02, -0.53, 0.06))
    )
    pale = tones.other("fbf4e4")
    return [
        Form((stalk,), pale, tones.other("ddcfb4")),
        Form((cap,), tones.pale, tones.dark),
        Form(dots, pale, pale),
    ]


def cactus(tones: Tones) -> list[Form]:
    """A cactus with two arms in a pot."""
    stem = ribbon(np.array(((0.0, -1.02), (0.0, -0.2))), np.array((0.24, 0.24)))
    arms = [
        ribbon(np.concatenate((arc((0.08, y), (0.34, y), (0.34, y - 0.26)), np.array(((0.34, y - 0.3),)))), 0.14)
        * np.array((side, 1.0))
        for side, y in ((1, -0.46), (-1, -0.36))
    ]
    tips = (circle(0, -1.0, 0.12), circle(0.34, -0.76, 0.07), circle(-0.34, -0.66, 0.07))
    pot = np.array(((-0.28, -0.28), (0.28, -0.28), (0.2, 0.0), (-0.2, 0.0)))
    ribs = (
        ribbon(np.array(((-0.05, -1.0), (-0.05, -0.3))), 0.016),
        ribbon(np.array(((0.05, -1.0), (0.05, -0.3))), 0.016),
    )
    return [
        Form((stem, *arms, *tips), tones.pale, tones.main),
        Form(ribs, tones.dark, tones.dark, opacity=0.7, inked=False),
        Form((pot,), tones.other("c8744a"), tones.other("a3552f")),
    ]


def butterfly(tones: Tones) -> list[Form]:
    """A butterfly with open wings."""
    upper = curve(((0.02, -0.6), (0.2, -1.0), (0.62, -1.02), (0.6, -0.66), (0.3, -0.5)), 3)
    lower = curve(((0.02, -0.52), (0.36, -0.5), (0.5, -0.24), (0.3, -0.02), (0.1, -0.2)), 3)
    spot, under = circle(0.4, -0.8, 0.09), circle(0.3, -0.28, 0.07)
    night, pale = tones.other("2a2430"), tones.other("fbf4e4")
    feeler = ribbon(arc((0.01, -0.76), (0.04, -0.94), (0.14, -1.0)), 0.018)
    return [
        Form((lower, lower * _MIRROR), tones.main, tones.dark),
        Form((upper, upper * _MIRROR), tones.pale, tones.main),
        Form((spot, spot * _MIRROR, under, under * _MIRROR), pale, pale),
        Form((feeler, feeler * _MIRROR), night, night, inked=False),
        Form((circle(0, -0.48, 0.05, 5.6),), night, night),
    ]


def bird(tones: Tones) -> list[Form]:
    """A round little bird that looks to the left."""
    tail = np.array(((0.26, -0.42), (0.64, -0.56), (0.66, -0.4), (0.3, -0.24)))
    body = curve(
        ((-0.46, -0.72), (-0.3, -0.94), (-0.04, -0.84), (0.3, -0.52), (0.34, -0.26), (0.0, -0.08), (-0.36, -0.24)), 3
    )
    wing = curve(((-0.06, -0.56), (0.16, -0.6), (0.4, -0.34), (0.1, -0.24), (-0.1, -0.38)), 3)
    belly = curve(((-0.36, -0.5), (-0.16, -0.44), (-0.06, -0.14), (-0.26, -0.2)), 3)
    legs = (
        ribbon(np.array(((-0.06, -0.14), (-0.08, 0.0))), 0.03),
        ribbon(np.array(((0.08, -0.14), (0.06, 0.0))), 0.03),
    )
    beak, night = tones.other("f5a623"), tones.other("1c1c22")
    return [
        Form(legs, tones.other("c07a20"), tones.other("c07a20"), inked=False),
        Form((tail,), tones.dark, tones.dark),
        Form((np.array(((-0.4, -0.78), (-0.62, -0.68), (-0.4, -0.62))),), beak, beak),
        Form((body,), tones.pale, tones.main),
        Form((belly,), tones.other("fbf4e4"), tones.other("fbf4e4"), opacity=0.85, inked=False),
        Form((wing,), tones.dark, tones.dark),
        Form((circle(-0.27, -0.74, 0.055),), tones.other("ffffff"), tones.other("ffffff")),
        Form((circle(-0.28, -0.74, 0.034),), night, night, inked=False),
    ]


def mountain(tones: Tones) -> list[Form]:
    """A peak with snow on top and a lower one beside it."""
    snow = tones.other("ffffff")
    low = np.array(((-0.02, 0.0), (0.38, -0.62), (0.78, 0.0)))
    high = np.array(((-0.76, 0.0), (-0.12, -1.0), (0.5, 0.0)))
    shade = np.array(((-0.12, -1.0), (0.5, 0.0), (0.02, 0.0), (-0.02, -0.44)))
    cap = np.array(((-0.12, -1.0), (0.052, -0.72), (-0.03, -0.64), (-0.1, -0.74), (-0.2, -0.62), (-0.304, -0.71)))
    return [
        Form((low,), tones.dark, tones.main),
        Form((high,), tones.pale, tones.main),
        Form((shade,), tones.dark, tones.dark, opacity=0.6, inked=False),
        Form((cap,), snow, snow),
    ]


def sun(tones: Tones) -> list[Form]:
    """A sun with twelve rays."""
    ray = np.array(((-0.065, -0.4), (0.065, -0.4), (0.0, -0.6)))
    rays = tuple(placed(ray, 0, -0.5, 1, 30 * number) for number in range(12))
    return [
        Form(rays, tones.main, tones.main),
        Form((circle(0, -0.5, 0.35),), tones.pale, tones.main),
    ]


def moon(tones: Tones) -> list[Form]:
    """A crescent moon."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, 40)
    outer = np.column_stack((-np.cos(turn), np.sin(turn))) * 0.5
    inner = np.column_stack((-np.cos(turn) * 0.36, np.sin(turn)))[::-1] * 0.5
    crescent = placed(np.concatenate((outer, inner)), 0.16, -0.5, 1.06, 24)
    crater = tuple(circle(x, y, r) for x, y, r in ((-0.2, -0.62, 0.05), (-0.17, -0.36, 0.04)))
    return [
        Form((crescent,), tones.pale, tones.main),
        Form(crater, tones.dark, tones.dark, opacity=0.5, inked=False),
    ]
