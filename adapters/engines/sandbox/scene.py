"""What a picture is made of, before any style: a sky and layers of forms, in units of the shorter side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from adapters.engines.sandbox.colour import Colour

Points: TypeAlias = "npt.NDArray[np.float64]"
"""Shape (n, 2): x to the right and y down, the shorter side of the picture being 1."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The picture's extent in units: the shorter side is 1."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Form:
    """One or more closed shapes of one material, filled with a vertical gradient."""

    outlines: tuple[Points, ...]
    top: Colour
    bottom: Colour
    depth: float = 0.5
    """0 is far away in the haze, 1 is near: outlines grow heavier and textures coarser."""
    texture: float = 0.0
    """Strength of surface texture in the styles that have one, 0 to 1."""
    opacity: float = 1.0
    inked: bool = True
    """Whether styles with outlines draw its contour."""
    bright: bool = False
    """Whether it is a source of light, which line art leaves without hatching."""


@dataclass(frozen=True, slots=True)
class Glow:
    """Light in the air around a point."""

    centre: tuple[float, float]
    radius: float
    """Distance in units at which little is left."""
    colour: Colour
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Water:
    """A surface from ``top`` down to ``bottom`` that mirrors what was laid above it."""

    top: float
    bottom: float
    far: Colour
    near: Colour


Layer: TypeAlias = Form | Glow | Water


@dataclass(frozen=True, slots=True)
class Sky:
    """The backdrop: a vertical gradient with, in the soft styles, drifting clouds."""

    stops: tuple[tuple[float, Colour], ...]
    """Height (0 at the top, 1 at the bottom) and colour, in order."""
    cloud: Colour
    cloudiness: float
    """Share of the sky that soft clouds cover, 0 to 1."""
    stretch: float = 3.0
    """How much wider than high the soft clouds are."""
    shapes: tuple[Form, ...] = ()
    """The same clouds as drawn shapes, for styles with hard edges."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A composed picture, ready for any style and any size."""

    frame: Frame
    sky: Sky
    layers: tuple[Layer, ...]
    ink: Colour
    """The darkest colour, for outlines."""
    accent: Colour
    seed: int
    """For what a style adds by chance (brush strokes, paper)."""
    sky_layers: tuple[Layer, ...] = field(default=())
    """Sun, moon and stars: laid before the clouds."""
