"""What was used lately, bounded by the characters that it holds or was made of."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """Values by key; those asked for least lately are forgotten first."""

    def __init__(self, characters: int) -> None:
        """Hold ``characters`` in all, at most."""
        self._limit = characters
        self._values: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self.characters = 0
        """Characters of all that is remembered now."""

    def get(self, key: str) -> Value | None:
        """Return what is remembered under ``key``."""
        entry = self._values.get(key)
        if entry is None:
            return None
        self._values.move_to_end(key)
        return entry[0]

    def put(self, key: str, value: Value, characters: int) -> None:
        """Remember a value of so many ``characters``, and forget what there is no room for, at worst this one."""
        self.pop(key)
        self._values[key] = (value, characters)
        self.characters += characters
        while self.characters > self._limit:
            self.characters -= self._values.popitem(last=False)[1][1]

    def pop(self, key: str) -> Value | None:
        """Forget ``key`` and return what was remembered under it."""
        entry = self._values.pop(key, None)
        if entry is None:
            return None
        self.characters -= entry[1]
        return entry[0]
