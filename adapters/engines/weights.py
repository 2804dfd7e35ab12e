"""What may be loaded from a model's folder: stock classes and whole safetensors, no pickles, no code."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from domain.ports import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

INDEX: Final = "model_index.json"
CONFIG: Final = "config.json"
PREPROCESSOR: Final = "preprocessor_config.json"
LIBRARIES: Final = frozenset({"diffusers", "transformers", "stable_diffusion"})
"""Where classes of parts may come from; the last is how pipelines of old name the safety checker of diffusers."""
TEXTS: Final = (".json", ".txt", ".model")
"""Settings, vocabularies, and models of sentencepiece."""
PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".h5", ".msgpack")
"""Formats that can hold code, or that only other frameworks read."""
_WEIGHTS: Final = re.compile(r"(diffusion_pytorch_model|model)(-\d{5}-of-\d{5})?\.safetensors")
"""The variant that is loaded unless another is asked for."""
_LARGEST_HEADER: Final = 100_000_000
"""Bytes; as the format's own readers bound it."""


def parts_of(index: bytes, pipeline: str = "") -> list[str]:
    """Return the names of the parts of a pipeline, which are the names of their folders.

    Args:
        index: Content of its ``model_index.json``.
        pipeline: The class that it must have; any of diffusers where empty.

    Raises:
        EngineUnavailable: it is not to be understood, of another class, or wants code that is not in diffusers.
    """
    try:
        entries = json.loads(index)
        name = entries["_class_name"]
        parts = {part: entry for part, entry in entries.items() if isinstance(entry, list)}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise EngineUnavailable(f"{INDEX!r} does not describe a pipeline") from error
    if not isinstance(name, str) or not name.isidentifier():
        raise EngineUnavailable(f"{INDEX!r} names code of its own: {name}")
    if pipeline not in ("", name):
        raise EngineUnavailable(f"{INDEX!r} describes a {name}, not a {pipeline}")
    return [part for part, entry in parts.items() if _is_there(part, entry)]


def _is_there(part: str, entry: list[Any]) -> bool:
    match entry:
        case [None, None]:
            return False
        case [str(library), str(kind)] if library in LIBRARIES and kind.isidentifier() and part.isidentifier():
            return True
    raise EngineUnavailable(f"{INDEX!r} names code of its own for {part!r}: {entry}")


def files_to_load(folder: Path, pipeline: str = "") -> list[str]:
    """Return the files of a pipeline's folder that are read when it is loaded, in order of their paths.

    Raises:
        EngineUnavailable: there is no pipeline of this class in the folder, a part or some of its weights are missing,
            truncated or pickled, or it comes with code.
    """
    try:
        parts = parts_of((folder / INDEX).read_bytes(), pipeline)
    except OSError as error:
        raise EngineUnavailable(f"there is no {INDEX!r} in {str(folder)!r}") from error
    _refuse_code_beside(folder)
    return sorted([INDEX, *(f"{part}/{name}" for part in parts for name in _files_of(folder / part))])


def model_files(folder: Path) -> list[str]:
    """Return the files that are read when a model of transformers, a single part, is loaded, in order of their names.

    Raises:
        EngineUnavailable: there is none in the folder, its weights are missing, truncated or pickled, or it comes with
            code.
    """
    if not (folder / CONFIG).is_file():
        raise EngineUnavailable(f"there is no {CONFIG!r} in {str(folder)!r}")
    _refuse_code_beside(folder)
    return sorted(_files_of(folder))


def _refuse_code_beside(folder: Path) -> None:
    for code in folder.rglob("*.py"):
        raise EngineUnavailable(f"the model comes with code, which is never run: {code.relative_to(folder)}")


def _files_of(part: Path) -> Iterator[str]:
    if not part.is_dir():
        raise EngineUnavailable(f"the part {part.name!r} of the model is missing")
    names = sorted(each.name for each in part.iterdir() if each.is_file())
    texts = [name for name in names if name.endswith(TEXTS)]
    weights = [name for name in names if _WEIGHTS.fullmatch(name)]
    for name in {CONFIG, PREPROCESSOR} & {*texts}:
        _refuse_own_code(part / name)
    if CONFIG in texts:
        _require_weights(part, names, weights)
    for name in weights:
        _require_whole(part / name)
    yield from texts
    yield from weights


def _refuse_own_code(config: Path) -> None:
    if "auto_map" in _json_of(config):
        raise EngineUnavailable(
            f"the part {config.parent.name!r} of the model wants code that comes with it (auto_map)"
        )


def _require_weights(part: Path, names: list[str], weights: list[str]) -> None:
    if not weights:
        pickles = [name for name in names if name.endswith(PICKLES)]
        if pickles:
            raise EngineUnavailable(f"the weights {part.name}/{pickles[0]!s} are no safetensors, and can hold code")
        raise EngineUnavailable(f"the part {part.name!r} of the model has no weights (safetensors)")
    for index in part.glob("*.safetensors.index.json"):
        for name in sorted({*_json_of(index).get("weight_map", {}).values()} - {*weights}):
            raise EngineUnavailable(f"the weights {part.name}/{name} are missing")


def _json_of(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise EngineUnavailable(f"{path.parent.name}/{path.name} is not JSON") from error
    return content if isinstance(content, dict) else {}


def _require_whole(path: Path) -> None:
    """Refuse a file that is not whole.

    A file begins with the length of its header as 64 bits, little-endian; the header is JSON and says where each
    tensor ends, counted from the header's own end (https://huggingface.co/docs/safetensors, "Format").

    Raises:
        EngineUnavailable: it is truncated, or no safetensors file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(length) if length <= min(size, _LARGEST_HEADER) else b""
    try:
        tensors = json.loads(header)
        end = max((entry["data_offsets"][1] for name, entry in tensors.items() if name != "__metadata__"), default=0)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        reason = f"the weights {path.parent.name}/{path.name} are truncated, or no safetensors"
        raise EngineUnavailable(reason) from error
    if size != 8 + length + end:
        missing = f"{size} bytes of {8 + length + end}"
        raise EngineUnavailable(f"the weights {path.parent.name}/{path.name} are truncated: {missing}")
