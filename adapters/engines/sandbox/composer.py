"""Composes a scene from what was read of a prompt: the place, the hour, the weather, and who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.engines.sandbox import heavens, land, places, subjects
from adapters.engines.sandbox.cat import cat
from adapters.engines.sandbox.colour import PALETTES, Palette, lighter, mix
from adapters.engines.sandbox.scene import Frame, Layer, Scene, Sky
from adapters.engines.sandbox.stage import Stage

if TYPE_CHECKING:
    from adapters.engines.sandbox.reading import Reading

_PLACES = {
    # place: (builder, horizon as a share of the height)
    "city": (land.city, 0.62),
    "sea": (places.sea, 0.56),
    "forest": (land.forest, 0.7),
    "mountain": (land.mountains, 0.58),
    "flower": (places.meadow, 0.5),
    "space": (places.space, 1.0),
    "abstract": (places.flowing, 1.0),
}
_UNNAMED = ("mountain", "sea", "mountain", "forest", "flower", "abstract", "space", "city")
_HOURS = ("night", "sunset", "dawn", "autumn", "spring", "snow", "day")
_STANDING = {"house": subjects.house, "balloon": subjects.balloons, "person": subjects.traveller, "cat": cat}


def compose(reading: Reading, seed: int, size: tuple[int, int], guidance: float) -> Scene:
    """Return the scene of one image.

    Args:
        reading: What the prompt asks for.
        seed: The image's seed; another seed composes another picture of the same prompt.
        size: Width and height in pixels; only their ratio matters.
        guidance: How strictly to follow the prompt: here, how vivid the colours are.
    """
    rng = np.random.default_rng((reading.digest, seed))
    place = _place(reading, rng)
    features = set(reading.features)
    palette = _palette(reading, place, guidance, rng)
    hour = next((word for word in _HOURS if word in features), None)
    if "aurora" in features or (hour is None and features & {"moon", "star"}):
        features.add("night")
    shorter = min(size)
    frame = Frame(size[0] / shorter, size[1] / shorter)
    builder, level = _PLACES[place]
    horizon = frame.height * (level + float(rng.uniform(-0.03, 0.03)))
    sun = (frame.width * float(rng.choice((0.24, 0.34, 0.62, 0.74))), horizon * _sun_height(features, rng))
    stage = Stage(frame, rng, palette, frozenset(features), horizon, sun)
    cloudiness = float(rng.uniform(0.25, 0.6)) if place not in {"space", "abstract"} else 0.0
    return Scene(
        frame,
        _backdrop(stage, place, cloudiness),
        (*builder(stage), *_company(stage, place)),
        ink=mix(lighter(palette.near, -0.05), (0.04, 0.04, 0.08), 0.5),
        accent=palette.accent,
        seed=int(rng.integers(0, 2**32)),
        sky_layers=_sky_layers(stage, place),
    )


def _place(reading: Reading, rng: np.random.Generator) -> str:
    for place in _PLACES:
        if place in reading.features:
            return place
    if reading.features & {"lake", "house", "balloon", "person", "cat", "snow", "aurora"}:
        return "mountain"
    if "boat" in reading.features:
        return "sea"
    return _UNNAMED[int(rng.integers(0, len(_UNNAMED)))]


def _palette(reading: Reading, place: str, guidance: float, rng: np.random.Generator) -> Palette:
    features = reading.features
    named = [hour for hour in _HOURS if hour in features]
    if place == "space":
        hour = "space"
    elif "aurora" in features:
        hour = "night"
    elif named:
        hour = named[0]
    elif features & {"moon", "star"}:
        hour = "night"
    else:
        hour = str(rng.choice(("sunset", "night")) if place == "city" else rng.choice(("day", "day", "sunset", "dawn")))
    choices = PALETTES[hour]
    palette = choices[int(rng.integers(0, len(choices)))]
    return palette.adjusted(float(rng.uniform(-9, 9)), 0.85 + 0.03 * min(guidance, 20.0), reading.tint)


def _sun_height(features: set[str], rng: np.random.Generator) -> float:
    if features & {"sunset", "dawn"}:
        return float(rng.uniform(0.72, 0.86))
    return float(rng.uniform(0.2, 0.36))


def _backdrop(stage: Stage, place: str, cloudiness: float) -> Sky:
    palette = stage.palette
    if place == "space":
        return Sky(((0.0, palette.top), (0.5, palette.middle), (1.0, palette.near)), palette.far, 0.5, 1.2)
    if place == "abstract":
        return Sky(((0.0, palette.top), (0.5, palette.middle), (1.0, palette.low)), palette.low, 0.0)
    return heavens.sky(stage, cloudiness * (0.5 if stage.wants("night") else 1.0))


def _sky_layers(stage: Stage, place: str) -> tuple[Layer, ...]:
    layers: list[Layer] = []
    if place == "abstract":
        return ()
    if place == "space":
        return tuple(heavens.stars(stage, round(420 * min(stage.frame.width, 4)), stage.frame.height))
    if stage.wants("night", "star"):
        layers += heavens.stars(stage, round(170 * min(stage.frame.width, 4)), stage.horizon)
    if stage.wants("aurora"):
        layers += heavens.aurora(stage)
    return (*layers, *heavens.sun_or_moon(stage))


def _company(stage: Stage, place: str) -> list[Layer]:
    layers: list[Layer] = []
    if place == "sea" and (stage.wants("boat") or stage.rng.random() < 0.5):
        layers += subjects.boat(stage)
    if stage.wants("bird") or (place in {"sea", "mountain"} and stage.rng.random() < 0.4):
        layers += heavens.birds(stage)
    for feature, build in _STANDING.items():
        if stage.wants(feature):
            layers += build(stage)
    if place != "flower" and stage.wants("snow") and place != "abstract":
        layers += heavens.snowfall(stage)
    return layers
