"""Fetches models from the hub: always one commit, and of it only what is loaded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from adapters.engines.weights import CONFIG, INDEX, PREPROCESSOR, TEXTS, parts_of
from domain.ports import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

COMMIT: Final = re.compile(r"[0-9a-f]{40}")
HUB_ID: Final = re.compile(r"[\w.-]+/[\w.-]+")
_OTHER_VARIANTS: Final = ("*.fp16*", "*.bf16*", "*.non_ema*", "*.ema_only*", "*flax*", "*openvino*")


def newest_commit(hub_id: str, branch: str | None = None) -> str:
    """Return the commit that a branch of a repository stands at; the main branch by default.

    Raises:
        EngineUnavailable: the hub can not be reached, or shows no such repository.
    """
    import huggingface_hub  # noqa: PLC0415 - comes with the packages of requirements/ml.in

    found = _asked(hub_id, lambda: huggingface_hub.HfApi().model_info(hub_id, revision=branch).sha)
    if not COMMIT.fullmatch(found or ""):
        raise EngineUnavailable(f"the hub tells no commit of {hub_id!r}")
    return str(found)


def fetched(hub_id: str, commit: str, pipeline: str = "") -> Path:
    """Return the folder of a repository's commit, downloaded first as far as it is not here yet.

    What is here already is not asked for again, so that no network is needed then.

    Raises:
        EngineUnavailable: as ``newest_commit``, or the pipeline is none that may be loaded.
    """
    import huggingface_hub  # noqa: PLC0415

    index = _asked(hub_id, lambda: huggingface_hub.hf_hub_download(hub_id, INDEX, revision=commit))
    parts = parts_of(Path(index).read_bytes(), pipeline)
    wanted = [INDEX, *(f"{part}/*{ending}" for part in parts for ending in (*TEXTS, ".safetensors"))]
    return _snapshot(hub_id, commit, wanted)


def fetched_model(hub_id: str, commit: str) -> Path:
    """Return the folder of a commit of a repository with a model of a single part, downloaded as ``fetched`` does.

    Raises:
        EngineUnavailable: as ``newest_commit``.
    """
    return _snapshot(hub_id, commit, [CONFIG, PREPROCESSOR, "model*.safetensors", "model.safetensors.index.json"])


def _snapshot(hub_id: str, commit: str, wanted: list[str]) -> Path:
    import huggingface_hub  # noqa: PLC0415

    return Path(
        _asked(
            hub_id,
            lambda: huggingface_hub.snapshot_download(
                hub_id, revision=commit, allow_patterns=wanted, ignore_patterns=list(_OTHER_VARIANTS)
            ),
        )
    )


def _asked(hub_id: str, ask: Callable[[], str | None]) -> str:
    try:
        return ask() or ""
    except Exception as error:  # the hub's client and its HTTP client have no common root of errors
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise EngineUnavailable(f"{hub_id!r} can not be had from the hub: {reason}") from error
