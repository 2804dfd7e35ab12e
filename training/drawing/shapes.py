"""Plain shapes as subjects: circle, square, triangle, star and heart, in units of their height, standing on y = 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.engines.sandbox.geometry import arc, box
from adapters.engines.sandbox.geometry import circle as disc
from adapters.engines.sandbox.scene import Form

if TYPE_CHECKING:
    from training.drawing.tones import Tones


def circle(tones: Tones) -> list[Form]:
    """A disc."""
    return [Form((disc(0, -0.48, 0.48),), tones.pale, tones.main)]


def square(tones: Tones) -> list[Form]:
    """An upright square."""
    return [Form((box(-0.43, -0.86, 0.43, 0.0),), tones.pale, tones.main)]


def triangle(tones: Tones) -> list[Form]:
    """A triangle with a level foot."""
    return [Form((np.array(((0.0, -0.92), (0.54, 0.0), (-0.54, 0.0))),), tones.pale, tones.main)]


def star(tones: Tones) -> list[Form]:
    """A star of five points."""
    turn = np.arange(10) * np.pi / 5
    reach = np.where(np.arange(10) % 2 == 0, 0.56, 0.25)
    return [Form((np.column_stack((np.sin(turn) * reach, -np.cos(turn) * reach - 0.46)),), tones.pale, tones.main)]


def heart(tones: Tones) -> list[Form]:
    """A heart."""
    half = np.concatenate(
        (
            arc((0.0, -0.7), (0.14, -0.98), (0.36, -0.9)),
            arc((0.36, -0.9), (0.74, -0.72), (0.42, -0.36)),
            np.array(((0.0, 0.0),)),
        )
    )
    return [Form((np.concatenate((half, (half * (-1, 1))[::-1])),), tones.pale, tones.main)]
