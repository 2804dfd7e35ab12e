"""What lists are called in their cursors, so that a cursor is good for the list alone that it is of."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from planner.catalog import arguments_with_names, is_vocabulary
from planner.selections import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.catalog import PlannedField
    from planner.rows import Values
    from planner.selections import Arguments

_BYTES = 9


@dataclass(frozen=True, slots=True)
class ListName:
    """The name of a list: its field, the words that it was asked with, and a digest of all else."""

    words: str
    read: tuple[tuple[str, Callable[[Values], Any]], ...]
    """The arguments that are no words, with what reads them."""

    def __call__(self, values: Values) -> str:
        """Return the name of the list that a request asks for."""
        given = {name: _given(read(values)) for name, read in self.read}
        given = {name: value for name, value in given.items() if value not in (None, {})}
        if not given:
            return self.words
        written = json.dumps(given, sort_keys=True, default=str).encode()
        return f"{self.words}:{urlsafe_b64encode(blake2b(written, digest_size=_BYTES).digest()).decode()}"


def list_name(found: PlannedField, arguments: Arguments) -> ListName:
    """Return the name of the list that a field is with ``arguments``."""
    words, read = [f"{found.owner}.{found.name}"], []
    for name, argument, _ in arguments_with_names(found):
        if name in {"first", "after"}:
            continue
        if not is_vocabulary(argument.type):
            read.append((name, arguments.getter(name)))
        elif (value := arguments.known(name)) is not None and value is not MISSING:
            words.append(str(getattr(value, "name", value)))
    return ListName(":".join(words), tuple(read))


def _given(value: Any) -> Any:
    """Return a value without what was left out or is null in it, None where nothing is left."""
    if value is MISSING or value is None:
        return None
    if isinstance(value, dict):
        return {name: found for name, each in value.items() if (found := _given(each)) is not None}
    return value
