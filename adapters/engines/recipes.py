"""How one engine's model is to be had: from where, pinned to what, in which precision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapters.engines.model_hub import COMMIT, HUB_ID, fetched, fetched_model, newest_commit
from adapters.engines.pins import ModelFolder, Pins, PinsFile
from adapters.engines.weights import files_to_load, model_files
from domain.ports import EngineUnavailable
from domain.words import Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRecipe:
    """A pipeline, or a model of a single part, that an engine paints with."""

    model: str
    """Folder, or hub id like ``owner/name``, with ``@`` and a commit behind it where it is not pinned."""
    key: str = "diffusers"
    """Key of the engine."""
    pins: PinsFile | None = None
    """None trusts the folder as it is."""
    pipeline: str = ""
    """Class of diffusers that it must have; any where empty."""
    is_pipeline: bool = True
    """Whether it has parts and an index of them, as pipelines of diffusers do, or is one model of transformers."""
    precision: Precision = Precision.BF16
    needs_cuda: bool = False

    @property
    def name(self) -> str:
        """What people call the model: the last part of its folder or hub id, without a commit."""
        return Path(self._named()[0]).name

    def prepare(self) -> tuple[Path, str]:
        """Return the folder to load, after all its files were compared with their pins, and the pins' digest.

        Raises:
            EngineUnavailable: it is not there, may not be loaded, or is not what was pinned.
        """
        pinned = self.pins.read() if self.pins else None
        found = self._found(pinned)
        if pinned:
            self._compare(found, pinned)
            return found.folder, pinned.digest
        if self.pins and not self.pins.may_begin:
            raise EngineUnavailable(f"the model {self.model!r} is not pinned; run: easel engines pin {self.key}")
        taken = found.pins()
        if self.pins:
            self.pins.write(taken)
        return found.folder, taken.digest

    def _compare(self, found: ModelFolder, pinned: Pins) -> None:
        try:
            found.check(pinned)
        except EngineUnavailable as error:
            advice = f"if that is meant, run: easel engines pin {self.key} {found.model}"
            raise EngineUnavailable(f"{error}; {advice}") from error

    def pin(self) -> Pins:
        """Trust what is there now, on the hub's main branch or in the folder, and write its pins.

        Raises:
            EngineUnavailable: it is not there, or may not be loaded.
        """
        assert self.pins
        name, _, revision = self._named()
        commit = (
            revision if Path(name).is_dir() or COMMIT.fullmatch(revision) else newest_commit(name, revision or None)
        )
        taken = self._at(name, commit).pins()
        self.pins.write(taken)
        return taken

    def _named(self) -> tuple[str, str, str]:
        """Return the model's folder or hub id, and what stands behind its ``@``.

        Raises:
            EngineUnavailable: no model is named, or it is neither of the two.
        """
        if not self.model:
            raise EngineUnavailable(f"the engine {self.key!r} needs a model: a folder or a hub id like owner/name")
        folder = Path(self.model).expanduser()
        if folder.is_dir():
            return str(folder.absolute()), "", ""
        name, at, revision = self.model.partition("@")
        if not HUB_ID.fullmatch(name) or name.startswith("."):
            raise EngineUnavailable(f"there is no model folder {self.model!r}, nor is that a hub id (owner/name)")
        return name, at, revision

    def locate(self) -> None:
        """Look at where the model is said to be, and at its pins, and neither fetch nor read it.

        Raises:
            EngineUnavailable: no model is named, it is no folder and no commit of the hub, or another commit is pinned.
        """
        self._place(self.pins.read() if self.pins else None)

    def _found(self, pinned: Pins | None) -> ModelFolder:
        return self._at(*self._place(pinned))

    def _place(self, pinned: Pins | None) -> tuple[str, str]:
        """Return the model's folder, or its hub id and commit."""
        name, _, revision = self._named()
        commit = revision or (pinned.revision if pinned else "")
        if not Path(name).is_dir() and not COMMIT.fullmatch(commit):
            raise EngineUnavailable(
                f"the model {self.model!r} is pinned to no commit; run: easel engines pin {self.key} {name}"
            )
        if pinned and commit != pinned.revision:
            raise EngineUnavailable(f"the model {name!r} is pinned to another commit, {pinned.revision}")
        return name, commit

    def _at(self, name: str, commit: str) -> ModelFolder:
        if not self.is_pipeline:
            folder = fetched_model(name, commit) if commit else Path(name)
            return ModelFolder(name, commit, folder, model_files(folder))
        folder = fetched(name, commit, self.pipeline) if commit else Path(name)
        return ModelFolder(name, commit, folder, files_to_load(folder, self.pipeline))
