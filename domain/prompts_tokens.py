"""How much of a prompt an engine's text encoder reads: an estimate of tokens, without a tokenizer.

CLIP's tokenizer (the one of Stable Diffusion and the first of SDXL, SD 3 and FLUX) splits a text into words, digits and
runs of symbols, and each into byte pairs of a vocabulary of 49,152 merges. The vocabulary stays with the worker; here
the pairs of a piece are estimated from its length, so that common prompts are counted a little too high.
"""

from __future__ import annotations

import re
from typing import Final

_FRAME: Final = 2
"""Tokens that say where the text begins and ends; they take their places from the text."""
_PIECE: Final = re.compile(r"'(?:s|t|re|ve|m|ll|d)\b|[^\W\d_]+|\d|(?:[^\s\w]|_)+", re.IGNORECASE)
"""The pieces of CLIP's tokenizer: https://github.com/openai/CLIP, ``simple_tokenizer.py``."""
_SHORT: Final = 8
"""Letters of an English word that is mostly one token."""
_LETTERS_A_TOKEN: Final = 5
"""Of longer words."""


def estimated(text: str) -> int:
    """Return about how many tokens ``text`` is, those of its frame not counted."""
    return sum(_tokens(piece[0]) for piece in _PIECE.finditer(text))


def unread(text: str, limit: int) -> str:
    """Return the end of ``text`` that an encoder of ``limit`` tokens will not read; empty where it reads all."""
    left = limit - _FRAME
    for piece in _PIECE.finditer(text):
        left -= _tokens(piece[0])
        if left < 0:
            return text[piece.start() :]
    return ""


def _tokens(piece: str) -> int:
    foreign = [character for character in piece if not character.isascii()]
    size = sum(len(character.encode("utf-8", "replace")) for character in foreign)
    letters = len(piece) - len(foreign)
    if not piece[0].isalnum():
        return -(-(letters + size) // 4)
    plain = min(letters, 1) if letters <= _SHORT else -(-letters // _LETTERS_A_TOKEN)
    return plain + -(-2 * size // 3)
