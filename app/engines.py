"""The engines that the settings name; little is imported here, so that a model is on its way early."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from adapters.engines.factory import EngineOptions, build_engines
from domain.ports import EngineLost, EngineUnavailable

if TYPE_CHECKING:
    from app.settings import Settings
    from domain.ports import Engine, Engines


def engine_options(settings: Settings) -> EngineOptions:
    """Return what the settings say about engines."""
    return EngineOptions(
        model=settings.model,
        upscaler=settings.upscaler,
        segmenter=settings.segmenter,
        models_in_memory=settings.models_in_memory,
        model_idle_s=settings.model_idle_s,
        safety_checker=settings.safety_checker,
        home=settings.easel_home,
        openai_api_key=settings.openai_api_key.get_secret_value(),
        openai_url=settings.openai_url,
        openai_image_model=settings.openai_image_model,
    )


def open_engines(settings: Settings) -> Engines:
    """Return the engines; the default one begins to load, and what is wrong with it is told to the first who asks."""
    engines = build_engines(settings.engine_keys, engine_options(settings))
    default = engines.by_key[settings.engine_keys[0]]
    threading.Thread(target=_load, args=(default,), name="loading", daemon=True).start()
    return engines


def _load(engine: Engine) -> None:
    with suppress(EngineUnavailable, EngineLost):
        engine.load()
