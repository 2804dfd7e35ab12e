"""Magic words in a prompt that make the sandbox fail, block, crash or dawdle on purpose."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from domain.words import FailureCode

_WORD = re.compile(r"#(fail|block|oom|slow|crash)(?::([0-9]{1,9}))?(?![a-z0-9_])", re.IGNORECASE)
_OUTCOMES = {
    "fail": FailureCode.ENGINE_ERROR,
    "oom": FailureCode.OUT_OF_MEMORY,
    "block": FailureCode.CONTENT_BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Magic:
    """What the magic words of one prompt ask for."""

    limits: tuple[tuple[FailureCode, int | None], ...] = ()
    """Failure code and the number of images it hits, counted from the job's first; None means every image."""
    slow: bool = False
    crash: bool = False

    def outcome(self, index: int) -> FailureCode | None:
        """Return how the image at ``index`` of its job must fail, or None where it is to be painted."""
        for code, limit in self.limits:
            if limit is None or index < limit:
                return code
        return None


def read_magic(prompt: str) -> tuple[Magic, str]:
    """Split ``prompt`` into its magic words and the text that is left to paint.

    Case and full-width forms (``＃ｆａｉｌ：２``) do not matter, and a word may stand right beside Korean text or
    emoji. Where several words name the same image, ``#fail`` wins over ``#oom``, and that over ``#block``.
    """
    text = unicodedata.normalize("NFKC", prompt)
    found = {match[1].lower(): match[2] for match in _WORD.finditer(text)}
    limits = tuple(
        (code, int(found[word]) if found[word] is not None else None)
        for word, code in _OUTCOMES.items()
        if word in found
    )
    return Magic(limits, "slow" in found, "crash" in found), " ".join(_WORD.sub(" ", text).split())
