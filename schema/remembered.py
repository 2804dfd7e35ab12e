"""What was made of texts lately, bounded by the characters of these texts."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """Values by text; those asked for least lately are forgotten first."""

    def __init__(self, characters: int) -> None:
        """Hold texts of ``characters`` in all, at most."""
        self._limit = characters
        self._values: OrderedDict[str, Value] = OrderedDict()
        self.characters = 0
        """Characters of all texts that are remembered now."""

    def get(self, text: str) -> Value | None:
        """Return what was made of ``text``, None where that is not remembered."""
        value = self._values.get(text)
        if value is not None:
            self._values.move_to_end(text)
        return value

    def put(self, text: str, value: Value) -> None:
        """Remember ``value``, and forget what there is no room for, at worst ``value`` itself."""
        self.pop(text)
        self._values[text] = value
        self.characters += len(text)
        while self.characters > self._limit:
            self.characters -= len(self._values.popitem(last=False)[0])

    def pop(self, text: str) -> Value | None:
        """Forget ``text`` and return what was made of it."""
        value = self._values.pop(text, None)
        if value is not None:
            self.characters -= len(text)
        return value
