"""Makes the engines that a worker was told to paint with; imports only what each of them needs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from adapters.engines.hosting import ANEW, HostedEngine, Residents
from adapters.engines.pins import PinsFile
from adapters.engines.recipes import PipelineRecipe
from db.words import Operation
from domain.catalogue import ENGINES
from domain.ports import Engines, EngineUnavailable
from domain.words import EngineFamily

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from multiprocessing.context import BaseContext

    from domain.ports import Engine

ROOT: Final = Path(__file__).parent.parent.parent
TREATMENTS: Final = {"upscaler": Operation.UPSCALE, "segmenter": Operation.REMOVE_BACKGROUND}
"""Engines that do one operation for all others, where an installation sets a model for it."""

SAFETY_CHECKER: Final = "safety-checker"
"""Under which the model that judges finished pictures is pinned: no engine, but had as theirs are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """What an installation says about its engines."""

    model: str = ""
    """Pipeline of the ``diffusers`` engine: a folder or a hub id."""
    upscaler: str = ""
    """Pipeline that does UPSCALE for all engines: a folder or a hub id; empty where each does it without a model."""
    segmenter: str = ""
    """Model that does REMOVE_BACKGROUND, likewise."""
    models_in_memory: int = 1
    """How many of all these models are loaded at once."""
    model_idle_s: float | None = None
    """Seconds after which an unused model leaves memory; None keeps it."""
    safety_checker: str = ""
    """Model that judges finished pictures: a folder or a hub id; it counts for itself, and stays in memory."""
    home: Path = Path(".easel")
    """``EASEL_HOME``: below it, in ``pins``, are the pins of models that do not ship with Easel."""
    openai_api_key: str = field(default="", repr=False)
    openai_url: str = "https://api.openai.com/v1"
    openai_image_model: str = "gpt-image-1"

    @property
    def treatments(self) -> Mapping[str, str]:
        """The models of ``TREATMENTS``, by key; empty where there is none."""
        return {"upscaler": self.upscaler, "segmenter": self.segmenter}


def build_engines(keys: Iterable[str], options: EngineOptions, context: BaseContext = ANEW) -> Engines:
    """Return the engines called ``keys`` and those of ``TREATMENTS``: who loads a model has a process of its own.

    Args:
        keys: Of the catalogue.
        options: What the installation says about them.
        context: Starts the processes.

    Raises:
        EngineUnavailable: there is no such engine.
    """
    host = partial(
        HostedEngine, residents=Residents(options.models_in_memory), idle_s=options.model_idle_s, context=context
    )
    return Engines(
        {key: _hosted(key, options, host) for key in keys},
        {TREATMENTS[key]: _hosted(key, options, host) for key, model in options.treatments.items() if model},
    )


def _hosted(key: str, options: EngineOptions, host: Callable[[str, Callable[[], Engine]], Engine]) -> Engine:
    if key in TREATMENTS or (key in ENGINES and ENGINES[key].source):
        return host(key, partial(build_engine, key, options))
    return build_engine(key, options)


def build_engine(key: str, options: EngineOptions) -> Engine:
    """Return the engine called ``key`` in ``domain/catalogue.py`` or ``TREATMENTS``, not yet loaded.

    Raises:
        EngineUnavailable: there is no such engine.
    """
    if key == "upscaler":
        from adapters.engines.upscaler import Upscaler  # noqa: PLC0415 - each engine alone

        return Upscaler(recipe_of(key, options))
    if key == "segmenter":
        from adapters.engines.segmenter import Segmenter  # noqa: PLC0415

        return Segmenter(recipe_of(key, options))
    spec = ENGINES.get(key)
    if spec is None:
        raise EngineUnavailable(f"there is no engine called {key!r}")
    if spec.source:
        from adapters.engines.diffusion import DiffusersEngine  # noqa: PLC0415

        return DiffusersEngine(recipe_of(key, options))
    if spec.family is EngineFamily.OPENAI:
        from adapters.engines.openai_images import OpenAIImages  # noqa: PLC0415

        return OpenAIImages(options.openai_url, options.openai_api_key, options.openai_image_model)
    from adapters.engines.sandbox import SandboxEngine  # noqa: PLC0415

    return SandboxEngine()


def recipe_of(key: str, options: EngineOptions, model: str = "") -> PipelineRecipe:
    """Return how the model of an engine that loads one, or the safety checker, is to be had.

    Args:
        key: The engine's, or ``SAFETY_CHECKER``.
        options: Where an engine without a model of its own has it from, and where pins are kept.
        model: Folder or hub id to take instead of the one in the catalogue.

    Raises:
        EngineUnavailable: there is no such engine, or it loads no model.
    """
    apart = {**options.treatments, SAFETY_CHECKER: options.safety_checker}
    if key in apart:
        named = model or apart[key]
        pins = _pins_of(key, "", named, options.home)
        return PipelineRecipe(key=key, model=named, pins=pins, is_pipeline=key == "upscaler")
    source = ENGINES[key].source if key in ENGINES else None
    if source is None:
        raise EngineUnavailable(f"there is no engine called {key!r} that loads a model")
    shipped = str(ROOT / source.folder) if source.folder else ""
    named = model or shipped or source.hub_id or options.model
    return PipelineRecipe(
        key=key,
        model=named,
        pins=_pins_of(key, source.folder, named, options.home),
        pipeline=source.pipeline,
        precision=source.precision,
        needs_cuda=source.needs_cuda,
    )


def _pins_of(key: str, shipped: str, model: str, home: Path) -> PinsFile:
    """Return where the pins of a model are: beside ``shipped`` where it is that, else by its name in EASEL_HOME."""
    if shipped and Path(model) == ROOT / shipped:
        return PinsFile(ROOT / f"{shipped}.pins.json", may_begin=False)
    name = model.partition("@")[0]
    if Path(name).expanduser().is_dir():
        name = str(Path(name).expanduser().resolve())
    readable = re.sub(r"[^\w.-]+", "-", name.rpartition("/")[2])
    return PinsFile(home / "pins" / f"{key}-{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.json")
