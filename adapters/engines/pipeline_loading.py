"""Loads models: where from, onto which device, in which precision. Who needs torch has it from here."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from adapters.engines.recipes import PipelineRecipe
from domain.ports import EngineUnavailable
from domain.words import Precision

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class LoadedPipeline:
    """A pipeline that is ready to be called, and where it lives."""

    call: Any
    """The diffusers pipeline."""
    torch: Any
    """The torch module, which nobody else imports."""
    device: str
    revision: str
    """Digest of its pins."""


def load_pipeline(
    model: str | PipelineRecipe, device: str | None, dtype: str | None, kind: str = "AutoPipelineForText2Image"
) -> LoadedPipeline:
    """Load ``model``, a folder, a hub id with its commit, or a recipe, onto ``device`` in ``dtype``; None chooses.

    The choice is cuda, mps, then cpu, and bfloat16 where a cuda device has it, else float16 there, else float32. A
    recipe's own class of diffusers loads it, or ``kind`` where it names none. Every file is compared with its pin
    before it is read; code that comes with a model is never run.

    Raises:
        EngineUnavailable: packages, device, folder or repository are missing, the model is not what was pinned, is
            broken, or may not be loaded, or there is not enough memory.
    """
    recipe = PipelineRecipe(model=model) if isinstance(model, str) else model
    recipe.locate()  # before seconds of importing what would load it
    torch, diffusers, _ = libraries("torch", "diffusers", "transformers")
    target = device or best_device(torch)
    if recipe.needs_cuda and not target.startswith("cuda"):
        raise EngineUnavailable(f"the engine {recipe.key!r} needs a CUDA device, and there is none")
    options = _options(recipe.precision, getattr(torch, dtype or _best_dtype(torch, target)))
    folder, revision = recipe.prepare()
    with loading(recipe.model):
        pipeline = (
            getattr(diffusers, recipe.pipeline or kind)  # an AutoPipeline imports all families, for half a second
            .from_pretrained(
                str(folder), local_files_only=True, use_safetensors=True, trust_remote_code=False, **options
            )
            .to(target)
        )
    pipeline.set_progress_bar_config(disable=True)
    return LoadedPipeline(pipeline, torch, target, revision)


def _options(precision: Precision, number: Any) -> dict[str, Any]:  # noqa: ANN401 - a type of torch
    """Return how ``from_pretrained`` keeps the numbers: as ``number``, or in four bits where that is asked for."""
    if precision is not Precision.NF4:
        return {"torch_dtype": number}
    if find_spec("bitsandbytes") is None:
        raise EngineUnavailable("models in four bits need the package bitsandbytes, which is not installed")
    return {"torch_dtype": number, "quantization_config": four_bits(number)}


def four_bits(number: Any) -> Any:  # noqa: ANN401 - a type of torch, and a setting of diffusers
    """Return how bitsandbytes keeps the large parts of FLUX: normal floats of 4 bits, calculated with as ``number``.

    The format is NF4 (Dettmers et al., QLoRA, arXiv:2305.14314), with its constants quantized too.
    """
    from diffusers import PipelineQuantizationConfig  # noqa: PLC0415

    return PipelineQuantizationConfig(
        quant_backend="bitsandbytes_4bit",
        quant_kwargs={
            "load_in_4bit": True,
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_use_double_quant": True,
            "bnb_4bit_compute_dtype": number,
        },
        components_to_quantize=["transformer", "text_encoder_2"],
    )


def libraries(*names: str) -> list[Any]:
    """Import packages that are heavy, and absent from processes that do not paint; what they say is for developers.

    Raises:
        EngineUnavailable: one of them is not installed.
    """
    try:
        found = [import_module(name) for name in names]
    except ImportError as error:
        raise EngineUnavailable(f"the packages of requirements/ml.in are not installed: {error}") from error
    for name, library in zip(names, found, strict=True):
        if name != "torch":
            library.utils.logging.set_verbosity_error()
            library.utils.logging.disable_progress_bar()
    return found


@contextmanager
def loading(model: str) -> Iterator[None]:
    """Make one error of whatever is raised while ``model`` is loaded, and keep silent about warnings.

    Raises:
        EngineUnavailable: saying in one line what was wrong.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:  # a broken model raises whatever its parts raise
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise EngineUnavailable(f"the model {model!r} can not be loaded: {reason}") from error


def best_device(torch: Any) -> str:  # noqa: ANN401 - an untyped module
    """Return the best there is: cuda, mps, then cpu."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _best_dtype(torch: Any, device: str) -> str:  # noqa: ANN401 - an untyped module
    if not device.startswith("cuda"):
        return "float32"
    return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
