"""Puts a subject into a place: forms, their silhouette, and where its shadow falls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from adapters.engines.sandbox.colour import hexed
from adapters.engines.sandbox.geometry import placed
from adapters.engines.sandbox.scene import Form, Frame, Scene, Sky
from training.drawing import nature, shapes, things
from training.drawing.places import BACKDROPS
from training.drawing.tones import INK, PAPER, Tones
from training.drawing.vocabulary import COLOURS, SUBJECTS

if TYPE_CHECKING:
    from training.drawing.description import Description

_FLOATING = frozenset({"moon", "sun", "star", "heart", "balloon", "butterfly", "fish", "rocket"})
_DRAWERS = {
    key: getattr(module, key.replace("-", "_"))
    for module in (nature, things, shapes)
    for key in SUBJECTS
    if hasattr(module, key.replace("-", "_"))
}


@dataclass(frozen=True, slots=True)
class Composition:
    """A drawing before its style: what is behind, what is in front."""

    scene: Scene
    """The place, without the subject."""
    subject: tuple[Form, ...]
    foot: tuple[float, float] | None
    """Where the subject stands and its shadow falls, in units; None where it floats."""
    size: float
    """The subject's height in units."""
    seed: int


def compose(description: Description, rng: np.random.Generator) -> Composition:
    """Return the subject of ``description`` in its place; ``rng`` decides what the words leave open."""
    subject = SUBJECTS[description.subject]
    colour = description.colour or str(rng.choice(np.array(subject.natural)))
    place = description.place or str(rng.choice(np.array(subject.homes)))
    paper = description.style == "line-art"
    main = hexed(COLOURS[colour].code)
    if paper:
        main = PAPER if description.colour in (None, "white") else main
    tones = Tones(main, paper)
    sky, layers = BACKDROPS[place](tones, rng)
    if paper:
        sky = Sky(((0.0, PAPER), (1.0, PAPER)), PAPER, 0.0)
    floating = description.subject in _FLOATING
    size = float(rng.uniform(0.6, 0.72))
    x = 0.5 + float(rng.uniform(-0.06, 0.06))
    foot = 0.47 + size / 2 + float(rng.uniform(-0.03, 0.03)) if floating else float(rng.uniform(0.87, 0.91))
    forms = tuple(_moved(form, x, foot, size, paper=paper) for form in _DRAWERS[description.subject](tones))
    seed = int(rng.integers(0, 2**32))
    scene = Scene(Frame(1.0, 1.0), sky, tuple(layers), ink=INK, accent=main, seed=seed)
    return Composition(scene, forms, None if floating else (x, foot), size, seed)


def _moved(form: Form, x: float, foot: float, size: float, *, paper: bool) -> Form:
    """Return a form of the subject in the picture's units; paper knows no half-transparent paint."""
    outlines = tuple(placed(outline, x, foot, size) for outline in form.outlines)
    return replace(form, outlines=outlines, opacity=1.0 if paper and not form.inked else form.opacity)
