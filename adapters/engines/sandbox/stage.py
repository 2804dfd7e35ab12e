"""What every part of a composition needs to know: the frame, the colours, the light and the chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.engines.sandbox.colour import mix

if TYPE_CHECKING:
    import numpy as np

    from adapters.engines.sandbox.colour import Colour, Palette
    from adapters.engines.sandbox.scene import Frame


@dataclass(frozen=True, slots=True)
class Stage:
    """The shared facts of one composition; ``rng`` is drawn from in a fixed order."""

    frame: Frame
    rng: np.random.Generator
    palette: Palette
    features: frozenset[str]
    horizon: float
    """Height in units at which land or sea meets the sky."""
    sun: tuple[float, float]
    """Centre of the sun or moon, in units."""

    @property
    def grass(self) -> Colour:
        """The colour of meadows, which stay green under blossom and turn to straw in autumn."""
        if self.wants("spring"):
            return mix((0.5, 0.72, 0.42), self.palette.far, 0.2)
        if self.wants("autumn"):
            return mix((0.78, 0.62, 0.3), self.palette.far, 0.2)
        return self.palette.leaf

    def between(self, low: float, high: float) -> float:
        """Return a random number of the range."""
        return float(self.rng.uniform(low, high))

    def wants(self, *features: str) -> bool:
        """Return whether the prompt named any of ``features``."""
        return not self.features.isdisjoint(features)
