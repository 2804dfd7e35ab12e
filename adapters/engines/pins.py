"""Pins: which bytes a model consists of, written down at its first use and compared before every later one."""

from __future__ import annotations

import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.ports import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_READERS: Final = 4
"""Files that are read at once: hashing lets go of the interpreter, and two cores or a fast disk are soon busy."""


class FilePin(BaseModel):
    """One file of a model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    """Bytes."""
    sha256: str


class Pins(BaseModel):
    """All files of a model that are read when it is loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    """Hub id, or folder."""
    revision: str
    """Commit on the hub; empty for a folder."""
    files: dict[str, FilePin]
    """By path within the model."""

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that stand for exactly these files."""
        lines = (f"{path} {pin.sha256}\n" for path, pin in sorted(self.files.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class PinsFile:
    """Where the pins of a model are kept."""

    path: Path
    may_begin: bool = True
    """Whether a model that is not pinned yet is trusted at its first use, and pinned by it."""

    def read(self) -> Pins | None:
        """Return the pins, or None where there are none yet.

        Raises:
            EngineUnavailable: the file is there and can not be understood.
        """
        try:
            return Pins.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise EngineUnavailable(f"the pins {str(self.path)!r} can not be read") from error

    def write(self, pins: Pins) -> None:
        """Keep the pins, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        draft.write_text(pins.model_dump_json(indent=2) + "\n")
        draft.replace(self.path)


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model on this machine, and the names of the files that are read when it is loaded."""

    model: str
    revision: str
    folder: Path
    files: Sequence[str]

    def pins(self) -> Pins:
        """Read all files and return their pins."""
        with ThreadPoolExecutor(_READERS) as readers:
            pinned = readers.map(lambda name: _pin_of(self.folder / name), self.files)
            name = self.model if self.revision else self.folder.name  # where it lies is the machine's own affair
            return Pins(model=name, revision=self.revision, files=dict(zip(self.files, pinned, strict=True)))

    def check(self, pins: Pins) -> None:
        """Compare all files with their pins; sizes first, which costs nothing.

        Raises:
            EngineUnavailable: naming the first file that is missing, added, truncated or another.
        """
        for name in sorted({*pins.files} ^ {*self.files}):
            reason = "is missing" if name in pins.files else "was not there when the model was pinned"
            raise EngineUnavailable(f"{name!r} of the model {self.model!r} {reason}")
        for name, pin in pins.files.items():
            size = (self.folder / name).stat().st_size
            if size != pin.size:
                raise EngineUnavailable(f"{name!r} of the model {self.model!r} has {size} bytes, not {pin.size}")
        _refuse_others(self.model, self.pins().files, pins.files)


def _refuse_others(model: str, found: Mapping[str, FilePin], pinned: Mapping[str, FilePin]) -> None:
    for name, pin in pinned.items():
        if found[name].sha256 != pin.sha256:
            raise EngineUnavailable(f"{name!r} of the model {model!r} has another sha256 than it was pinned with")


def _pin_of(path: Path) -> FilePin:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FilePin(size=file.tell(), sha256=digest)
