"""Makes the engine that a worker was told to paint with; imports only what that engine needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.ports import EngineUnavailable

if TYPE_CHECKING:
    from domain.ports import Engine


def build_engine(key: str, model: str | None = None) -> Engine:
    """Return the engine called ``key`` in ``domain/catalogue.py``, not yet loaded.

    Args:
        key: ``sandbox`` or ``diffusers``.
        model: For ``diffusers``, the pipeline's folder or hub id.

    Raises:
        EngineUnavailable: there is no such engine, or it lacks its model.
    """
    if key == "sandbox":
        from adapters.engines.sandbox import SandboxEngine  # noqa: PLC0415 - each engine alone

        return SandboxEngine()
    if key == "diffusers":
        if not model:
            raise EngineUnavailable("the diffusers engine needs a model: a folder or a hub id like owner/name")
        from adapters.engines.diffusion import DiffusersEngine  # noqa: PLC0415

        return DiffusersEngine(model)
    raise EngineUnavailable(f"there is no engine called {key!r}")
