"""The port of what paints, and what it is asked and answers with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PIL import Image

    from db.words import Operation
    from domain.words import FailureCode


@dataclass(frozen=True, slots=True)
class Brief:
    """What an image shall show, in the words of the engine."""

    prompt: str
    negative_prompt: str
    style: str
    """Key of the style in ``domain/catalogue.py``; the engine applies the style's prompt recipe itself."""


@dataclass(frozen=True, slots=True)
class Material:
    """What an image is made from, where it is not made from words alone."""

    source: Image.Image | None = None
    """RGB or RGBA, of any size: what all operations but TEXT_TO_IMAGE and REFERENCES change."""
    references: tuple[Image.Image, ...] = ()
    """RGB, of any sizes: what REFERENCES paints something similar to."""
    mask: Image.Image | None = None
    """L, of the source's size: INPAINT paints anew where it is 128 or more."""
    margins: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Pixels of the source's scale that OUTPAINT adds at the left, top, right and bottom."""
    strength: float = 1.0
    """How far IMAGE_TO_IMAGE, INPAINT, REFERENCES and RESTYLE may leave what they start from, over 0 to 1."""


@dataclass(frozen=True, slots=True)
class ImageTask:
    """One image that an engine is asked to paint; those of one request may be of different jobs."""

    index: int
    """Place of the image in its job, from 0."""
    seed: int
    """Seed of this image alone, 0 to 2**31 - 1: the same task and seed give the same picture."""
    brief: Brief
    material: Material = Material()


@dataclass(frozen=True, slots=True)
class PaintRequest:
    """What to paint: one operation, one size, and the images that are wanted of it."""

    operation: Operation
    width: int
    """Pixels of the finished images."""
    height: int
    """Pixels of the finished images."""
    steps: int
    guidance: float
    images: tuple[ImageTask, ...]
    """One to ``Engine.batch_size`` tasks."""


@dataclass(frozen=True, slots=True)
class PaintStep:
    """Progress of a running ``paint`` call, reported after each denoising step."""

    step: int
    """Steps done, 1 to ``total_steps``."""
    total_steps: int
    previews: tuple[Image.Image | None, ...]
    """One small RGB picture (longest side at most 96 px) for each task, in the order of the request."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A finished picture: RGB, or RGBA from REMOVE_BACKGROUND, ``width`` × ``height`` of the request."""

    image: Image.Image
    method: str = ""
    """By which means, where an operation has several: ``lanczos``, ``grabcut``, or the name of a model."""


@dataclass(frozen=True, slots=True)
class NotPainted:
    """An image that did not come to be: FAILED, or BLOCKED where ``code`` is ``CONTENT_BLOCKED``."""

    code: FailureCode
    detail: str
    """For the log, in English; the reader's message is made from ``code``."""


class Engine(Protocol):
    """Paints pictures. All calls come from one thread, one at a time; none is a coroutine."""

    key: str
    """Its key in ``domain/catalogue.py``, or a name of its own where it does one operation for all that are there."""
    revision: str
    """What exactly paints, once ``load`` has returned: the same revision, request and seed give the same picture."""
    batch_size: int
    """How many images one ``paint`` call may carry."""

    def load(self) -> None:
        """Make ready to paint (weights into memory). Calling it again costs nothing.

        Raises:
            EngineUnavailable: the model can not be loaded here; the message says why.
            EngineLost: see there.
        """

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> Sequence[Painted | NotPainted]:
        """Paint the images of ``request``; one outcome for each task, in its order.

        ``on_step`` is called after every step; what it raises (a cancel) propagates unchanged and at once, and the
        engine stays usable. Running out of memory is an outcome (``OUT_OF_MEMORY``), not an exception; any other
        exception means that the model is broken, or can not bear what one of the jobs asks for.

        Raises:
            EngineLost: see there; the next call may find the engine well again.
        """


@dataclass(frozen=True, slots=True)
class Engines:
    """What a worker paints with."""

    by_key: Mapping[str, Engine]
    """By key in ``domain/catalogue.py``: the engines that jobs may name here."""
    by_operation: Mapping[Operation, Engine] = field(default_factory=dict)
    """What does an operation in the place of whichever engine a job names."""

    def of(self, key: str, operation: Operation) -> Engine:
        """Return what does ``operation`` for jobs that name the engine ``key``."""
        return self.by_operation.get(operation) or self.by_key[key]


class EngineUnavailable(Exception):
    """The engine's model can not be loaded on this machine."""


class EngineLost(Exception):
    """The engine's process died or its device is gone; the images may be painted elsewhere."""
