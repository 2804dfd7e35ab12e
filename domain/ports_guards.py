"""The ports of what judges: prompts before anything is painted, and finished pictures before they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL import Image

    from db.words import ContentLevel, GuardEffect
    from domain.renditions import Rendition
    from domain.words import BlockReason, GuardReason


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a guard has to say about a prompt."""

    reason: GuardReason
    effect: GuardEffect
    level: ContentLevel
    """For whom a picture of it is suitable."""
    words: str
    """Which words of the prompt, as they were read."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a guard says about a prompt: nothing, where there is no finding."""

    policy: str
    """Which rules judged."""
    version: str
    """Which edition of them: another one whenever they could judge otherwise."""
    findings: tuple[Finding, ...] = ()
    """Each reason once, the gravest first."""


class PromptGuard(Protocol):
    """Judges prompts before anything is painted."""

    async def judge(self, text: str) -> Judgement:
        """Return what is to be said about a prompt of any language, at most a few thousand characters long."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a finished picture must not be shown."""

    reason: BlockReason
    detail: str
    """For the log, in English."""


@dataclass(frozen=True, slots=True)
class Rated:
    """For whom a finished picture is suitable, where that is not everybody."""

    level: ContentLevel
    detail: str
    """For the log, in English."""


class CheckUnavailable(Exception):
    """A picture could not be judged, so that nobody may see it; the same picture may be judged later."""


class OutputChecker(Protocol):
    """Judges finished pictures before they are stored, and so before they can have a URL."""

    async def judge(self, picture: Image.Image) -> Blocked | Rated | None:
        """Return why ``picture`` must not be shown, or not to everybody; None where nothing speaks against it.

        The picture is left as it is.

        Args:
            picture: RGB, of any size: what people would see.

        Raises:
            CheckUnavailable: it can not be judged now; whoever asks must not show it.
        """

    def warm_up(self) -> None:
        """Begin to make ready to judge, and return at once; what goes wrong is told to the first who asks."""

    def close(self) -> None:
        """End what was started, at once; nobody asks any more."""


class PictureGuard(Protocol):
    """Judges pictures that no engine painted, before anything of them is stored."""

    async def judge(self, rendition: Rendition) -> Blocked | Rated | None:
        """Return why a picture must not be shown, or not to everybody; None where nothing speaks against it.

        Args:
            rendition: what would be stored of it.

        Raises:
            CheckUnavailable: it can not be judged now; whoever asks must not store it.
        """

    def close(self) -> None:
        """End what was started, at once; nobody asks any more."""
