"""Texts that people write: what is kept, what is refused, and by how much."""

from __future__ import annotations

import pytest

from domain.errors import InvalidInput
from domain.texts import clean

PATH = ("input", "field")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  a\tb\nc\r\n ", "a\tb\nc"),
        ("e\u0301", "é"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
        ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
        ("\u200bx\u200b", "\u200bx\u200b"),
        ("﷽", "﷽"),
        ("x" * 10, "x" * 10),
    ],
)
def test_what_can_be_read_is_kept(sent: str, kept: str) -> None:
    assert clean(sent, PATH, maximum=10) == kept


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("", "text.empty"),
        (" \u3000\u00a0\n", "text.empty"),
        ("\u200b\u200d\u2060\ufeff", "text.empty"),
        ("\u3164\uffa0\u115f\u2800", "text.empty"),
        ("\U000e0041\ufe0f", "text.empty"),
        ("\U0001d173\U0001bca0\ufff9", "text.empty"),
        ("x" * 11, "text.too_long"),
        ("🌊" * 11, "text.too_long"),
        *((f"a{chr(code)}b", "text.not_text") for code in (0, 1, 8, 11, 12, 14, 27, 31, 127)),
        *((f"a{chr(code)}b", "text.not_text") for code in (0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xFFFE, 0xFFFF)),
        ("\ud83d\ude00"[0], "text.not_text"),
    ],
)
def test_what_can_not_is_refused(sent: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean(sent, PATH, maximum=10)
    assert (refused.value.reason, refused.value.path) == (reason, PATH)


def test_a_text_that_may_be_empty_may_be_invisible() -> None:
    assert clean("  ", PATH, maximum=10, minimum=0) == ""
    assert clean("\u200b", PATH, maximum=10, minimum=0) == "\u200b"


def test_lengths_are_told_as_they_are_counted() -> None:
    with pytest.raises(InvalidInput) as short:
        clean("short", PATH, maximum=10, minimum=6)
    assert (short.value.reason, short.value.values) == ("text.too_short", {"minimum": 6})
    with pytest.raises(InvalidInput) as long:
        clean(" " + "e\u0301" * 11 + " ", PATH, maximum=10)
    assert long.value.values == {"maximum": 10, "length": 11}
