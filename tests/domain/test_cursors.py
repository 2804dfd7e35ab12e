"""Cursors: opaque, versioned, and good for one list alone."""

from __future__ import annotations

import base64
import re

import pytest

from domain import cursors
from domain.errors import BadCursor


@pytest.mark.parametrize("parts", [(), ("1",), ("a", "b"), ("", "", ""), ("바다", "2026-01-01T00:00:00+00:00")])
def test_a_cursor_comes_back_as_its_parts(parts: tuple[str, ...]) -> None:
    cursor = cursors.encode("list", *parts)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    assert cursors.decode("list", cursor, [str] * len(parts)) == list(parts)


@pytest.mark.parametrize(
    ("place", "count"), [("other", 2), ("list", 1), ("list", 3), ("", 2), ("list\na", 1), ("lis", 2)]
)
def test_a_cursor_of_another_list_is_refused(place: str, count: int) -> None:
    cursor = cursors.encode("list", "a", "b")
    with pytest.raises(BadCursor):
        cursors.decode(place, cursor, [str] * count)


def test_a_cursor_that_was_cut_or_changed_is_refused() -> None:
    cursor = cursors.encode("list", "a", "b")
    cut = [cursor[:-length] for length in range(1, len(cursor))]
    flipped = [
        f"{cursor[:place]}{chr(ord(cursor[place]) ^ 1 << bit)}{cursor[place + 1 :]}"
        for place in range(len(cursor))
        for bit in range(7)
    ]
    for changed in (*cut, *flipped, f"{cursor}A", f"{cursor}=", cursor * 2, cursor.swapcase()):
        with pytest.raises(BadCursor):
            cursors.decode("list", changed, [str] * 2)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "====",
        "a b",
        "a+b/",
        "바다",
        "\ud800",
        "\0",
        base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode(),
        base64.urlsafe_b64encode(b"2\nlist\na\nb").decode(),
        base64.urlsafe_b64encode(b"list\na\nb").decode(),
        base64.urlsafe_b64encode(b"\n\n\n").decode(),
    ],
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        cursors.decode("list", cursor, [str] * 2)
