"""Engines to test: the diffusion engine runs on tiny pipelines with random weights."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

import pytest

from adapters.engines.diffusion import DiffusersEngine
from tiny_pipeline import build_tiny_deep, build_tiny_flux, build_tiny_pipeline, build_tiny_upscaler
from tiny_segmenter import build_tiny_segmenter

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext
    from pathlib import Path


@pytest.fixture(scope="session")
def with_torch() -> BaseContext:
    """Return what starts processes for which the packages of models are imported once; it must not ask for a device."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            "adapters.checkers.safety_process",
            "diffusers.pipelines.stable_diffusion.safety_checker",
            "diffusers.pipelines.auto_pipeline",
            "transformers.models.clip",
        ]
    )
    return context


@pytest.fixture(scope="session")
def tiny_pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_pipeline(tmp_path_factory.mktemp("models") / "stable-diffusion")


@pytest.fixture(scope="session")
def tiny_flux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_flux(tmp_path_factory.mktemp("models") / "flux")


@pytest.fixture(scope="session")
def tiny_upscaler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_upscaler(tmp_path_factory.mktemp("models") / "tiny-upscaler")


@pytest.fixture(scope="session")
def tiny_segmenter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_segmenter(tmp_path_factory.mktemp("models") / "tiny-segmenter")


@pytest.fixture(scope="session")
def diffusers_engine(tiny_pipeline: Path) -> DiffusersEngine:
    engine = DiffusersEngine(str(tiny_pipeline), device="cpu", batch_size=4)
    engine.load()
    return engine


@pytest.fixture(scope="session")
def deep_engine(tmp_path_factory: pytest.TempPathFactory) -> DiffusersEngine:
    model = build_tiny_deep(tmp_path_factory.mktemp("models") / "deep")
    return DiffusersEngine(str(model), device="cpu", batch_size=4)


@pytest.fixture(scope="session")
def flux_engine(tiny_flux: Path) -> DiffusersEngine:
    return DiffusersEngine(str(tiny_flux), device="cpu", batch_size=4)
