"""Loads a text-to-image pipeline: where from, onto which device, in which precision. The only importer of torch."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.ports import EngineUnavailable


@dataclass(frozen=True, slots=True)
class LoadedPipeline:
    """A pipeline that is ready to be called, and where it lives."""

    call: Any
    """The diffusers pipeline."""
    torch: Any
    """The torch module, which nobody else imports."""
    device: str


def load_pipeline(
    model: str, device: str | None, dtype: str | None, kind: str = "AutoPipelineForText2Image"
) -> LoadedPipeline:
    """Load ``model``, a folder or a hub id, for use on ``device`` in ``dtype``; None chooses.

    The choice is cuda, mps, then cpu, and bfloat16 where a cuda device has it, else float16 there, else float32.
    ``kind`` is the class of diffusers that loads it. Folders never reach out to the network, and code that comes with
    a model is never run.

    Raises:
        EngineUnavailable: packages, folder or repository are missing or broken, or there is not enough memory.
    """
    try:
        import diffusers  # noqa: PLC0415 - heavy, and absent from processes that do not paint
        import torch  # noqa: PLC0415
        import transformers  # noqa: PLC0415
    except ImportError as error:
        raise EngineUnavailable(f"the packages of requirements/ml.in are not installed: {error}") from error
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    folder = Path(model).expanduser()
    if not folder.is_dir() and (folder.is_absolute() or model.startswith((".", "~")) or model.count("/") != 1):
        raise EngineUnavailable(f"there is no model folder {model!r}, nor is that a hub id (owner/name)")
    target = device or _best_device(torch)
    precision = getattr(torch, dtype or _best_dtype(torch, target))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pipeline = (
                getattr(diffusers, kind)
                .from_pretrained(
                    str(folder) if folder.is_dir() else model,
                    torch_dtype=precision,
                    local_files_only=folder.is_dir(),
                    trust_remote_code=False,
                )
                .to(target)
            )
    except Exception as error:  # a broken model raises whatever its parts raise
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise EngineUnavailable(f"the model {model!r} can not be loaded: {reason}") from error
    pipeline.set_progress_bar_config(disable=True)
    return LoadedPipeline(pipeline, torch, target)


def _best_device(torch: Any) -> str:  # noqa: ANN401 - an untyped module
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _best_dtype(torch: Any, device: str) -> str:  # noqa: ANN401 - an untyped module
    if not device.startswith("cuda"):
        return "float32"
    return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
