"""Colours as sRGB triples, mixed in OKLab so that gradients stay clean, and the palettes of the sandbox."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

Colour: TypeAlias = tuple[float, float, float]
"""sRGB red, green and blue, 0 to 1."""


def hexed(code: str) -> Colour:
    """Return the colour of six hexadecimal digits."""
    return int(code[0:2], 16) / 255, int(code[2:4], 16) / 255, int(code[4:6], 16) / 255


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _encoded(value: float) -> float:
    value = min(max(value, 0.0), 1.0)
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def to_oklab(colour: Colour) -> Colour:
    """Return lightness and the two opponent axes of OKLab (Björn Ottosson, 2020)."""
    r, g, b = (_linear(value) for value in colour)
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def from_oklab(lab: Colour) -> Colour:
    """Return the sRGB colour of an OKLab triple, clipped to what a screen can show."""
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return ``first`` blended with ``share`` (0 to 1) of ``second``."""
    one, two = to_oklab(first), to_oklab(second)
    return from_oklab(
        (
            one[0] + (two[0] - one[0]) * share,
            one[1] + (two[1] - one[1]) * share,
            one[2] + (two[2] - one[2]) * share,
        )
    )


def lighter(colour: Colour, amount: float) -> Colour:
    """Return the colour with its OKLab lightness raised by ``amount`` (lowered where negative)."""
    lightness, a, b = to_oklab(colour)
    return from_oklab((min(max(lightness + amount, 0.0), 1.0), a, b))


def turned(colour: Colour, degrees: float, vividness: float = 1.0) -> Colour:
    """Return the colour with its hue turned and its chroma multiplied."""
    lightness, a, b = to_oklab(colour)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return from_oklab((lightness, (a * cosine - b * sine) * vividness, (a * sine + b * cosine) * vividness))


def tinted(colour: Colour, tint: Colour, share: float) -> Colour:
    """Return the colour moved towards the hue and chroma of ``tint``, its lightness kept."""
    lightness, a, b = to_oklab(colour)
    _, tint_a, tint_b = to_oklab(tint)
    return from_oklab((lightness, a + (tint_a - a) * share, b + (tint_b - b) * share))


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one picture."""

    top: Colour
    middle: Colour
    low: Colour
    """The sky from zenith to horizon."""
    light: Colour
    """Sun, moon and lamps."""
    far: Colour
    near: Colour
    """What stands on the ground, from the haze to the foreground."""
    leaf: Colour
    accent: Colour

    def at(self, depth: float) -> Colour:
        """Return the colour of solid things at ``depth`` (0 far, 1 near)."""
        return mix(self.far, self.near, depth)

    def adjusted(self, degrees: float, vividness: float, tint: Colour | None) -> Palette:
        """Return the palette turned a little, made more or less vivid, and drawn towards ``tint``."""
        changed = {name: turned(getattr(self, name), degrees, vividness) for name in self.__slots__}
        if tint is not None:
            shares = {"top": 0.6, "middle": 0.75, "low": 0.5, "far": 0.6, "near": 0.5, "leaf": 0.25, "light": 0.2}
            changed |= {name: tinted(changed[name], tint, share) for name, share in shares.items()}
            changed["accent"] = tint
        return replace(self, **changed)


def _palette(codes: str) -> Palette:
    return Palette(*(hexed(code) for code in codes.split()))


PALETTES: dict[str, tuple[Palette, ...]] = {
    "day": (
        _palette("2a78c2 86c5ec f7eed6 fff8dc 86a9bd 1d4a46 3f7f4c e4572e"),
        _palette("2f6fb0 9fd0e6 eaf3ec fffbe6 8fb2c0 22403f 5a8f45 f2a541"),
        _palette("3a8fb0 a9dcd6 f9e9c9 fff3cf 88b0a8 1f4b52 4c8a5b ef6f6c"),
        _palette("4a86c8 b6d6ef f6f2e6 fffdf0 9db1c9 2c4658 6a9a55 d95d79"),
    ),
    "sunset": (
        _palette("2a2f72 c5557e fdb768 ffeeb4 94608c 241634 3d3350 ff7b54"),
        _palette("234479 dd7b74 ffd7a0 fff2c8 8d6a90 1f2142 37405c f25f5c"),
        _palette("3f1f63 d04a6c ffa261 ffe39a 9c4f74 2a1233 44294d ffb347"),
        _palette("355c9a f0a58f fce3b5 fff6d8 9d86a4 2b2f4f 4a4d5c e86a6a"),
    ),
    "night": (
        _palette("050a24 14285c 45629f f6f1d8 2a3f75 060a1b 10243a ffd77a"),
        _palette("0b0d2a 2c2263 8257a0 fbe9e0 43357a 0a0820 1b1c42 ff9e7a"),
        _palette("04121d 0b3648 3a8a8e eef7dc 1e5263 030d14 0d2f2f ffc86b"),
        _palette("070f2e 1d3b78 7f95c9 fff3cf 33508c 080d22 142b45 ff8fa3"),
    ),
    "dawn": (
        _palette("6788c2 efb3c3 fde7d0 fff5e2 aaa6c8 454b70 5f8a6d f08a8a"),
        _palette("6fa6c6 cfdfe0 fbe2c2 fff3d8 a8b9c4 3f5a68 5f8673 e98a5b"),
        _palette("8a7fc0 f3bfcf ffe9dc fff8ea b9a9cf 50456f 6f8f7a ff9aa2"),
    ),
    "snow": (
        _palette("6f97c4 bdd3e6 f6f1ec fffaf0 b6c8da 3b5673 4d6a74 d8574f"),
        _palette("7b86b8 d3c9de fbeae4 fff6ee c3c3da 474a70 55667a e76f7a"),
        _palette("4f7fa8 a8cbd8 f3f5ee fffdf2 a9c2cd 2c4a5c 3f6266 f0a04b"),
    ),
    "autumn": (
        _palette("4f83a8 b9cfc8 fbe3b4 fff2c9 b79a86 4a2c2a c2662d b3352c"),
        _palette("6b7fa6 e3c3a8 fde5b8 fff0c4 b58f78 3d2a33 d98a2b c8442f"),
    ),
    "spring": (
        _palette("6aa6d6 c4e0ee fdeff0 fffaf2 b2c3d2 3f5b6b e89ab0 f06a93"),
        _palette("86a8d8 e3d3ea ffeef0 fff8f4 c3b6d4 54527a f2aec2 e8578a"),
    ),
    "space": (
        _palette("04040f 12123a 2c1c54 fdf3dd 3c2f78 05050f 31508f ff8f6b"),
        _palette("030a14 0b2540 12495a f1fbe9 1d5c70 030a12 2b7f7a ffc46b"),
        _palette("0a0414 2b0f3f 5a1f55 ffeadf 6a2c6e 0a0412 8a3b6f 6fd3e8"),
    ),
}
