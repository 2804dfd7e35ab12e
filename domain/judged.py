"""Words that others are to read: none is written that the content guard has not passed.

Which words those are is known for certain only with the rows locked, and the guard is not asked while they are. So a
write takes the texts that were passed, and raises ``Unjudged`` for others before it commits; whoever runs it has those
judged, and runs it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from domain.bounds import Path

    Passed = Collection[str] | None
    """Texts that the guard passed; None where whoever runs the write answers for what it says."""


class Unjudged(Exception):
    """Others would read words that were not judged."""

    def __init__(self, words: Mapping[Path, str]) -> None:
        """Name the words by where they stand in the input."""
        super().__init__()
        self.words = words


def require_passed(passed: Passed, words: Mapping[Path, str]) -> None:
    """See to it that all words, by where they stand in the input, were passed; an empty text says nothing.

    Raises:
        Unjudged: some were not.
    """
    if passed is None:
        return
    others = {path: text for path, text in words.items() if text and text not in passed}
    if others:
        raise Unjudged(others)
