"""Values out of a closed set or a range, with the default where nothing was said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from domain.errors import InvalidInput
from domain.texts import clean

if TYPE_CHECKING:
    from collections.abc import Collection

Path = tuple[str, ...]
"""Where a value stands in the input: the last is its field."""
INPUT: Final[Path] = ("input",)


def chosen(path: Path, value: str | None, default: str, choices: Collection[str]) -> str:
    """Return ``value``, or ``default`` where it is None.

    Raises:
        InvalidInput: it is none of ``choices``; the reason is ``<field>.unknown``.
    """
    if value is None:
        return default
    if value not in choices:
        shown = clean(value, path, minimum=0, maximum=100)
        raise InvalidInput(f"{path[-1]}.unknown", path, value=shown, choices=", ".join(choices))
    return value


def within(path: Path, value: float | None, default: float, minimum: float, maximum: float) -> float:
    """Return ``value``, or ``default`` where it is None.

    Raises:
        InvalidInput: it is not between ``minimum`` and ``maximum``; no number is neither.
    """
    if value is None:
        return default
    if not minimum <= value <= maximum:
        reason = "count.out_of_range" if path[-1] == "count" else "number.out_of_range"
        raise InvalidInput(reason, path, minimum=minimum, maximum=maximum)
    return value
