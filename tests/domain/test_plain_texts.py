"""Texts on one line: bounded without cutting a character in two, and harmless to what stands around them."""

from __future__ import annotations

import unicodedata
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.words import NotificationKind
from domain.notifications_reading import told
from domain.plain import legible, one_line

FAMILY = "👩\u200d👩\u200d👧\u200d👦"
THUMB = "👍🏽"


@pytest.mark.parametrize(
    ("text", "maximum", "expected"),
    [
        ("", 5, ""),
        ("  one \n\t two\u2028three ", 200, "one two three"),
        ("abcde", 5, "abcde"),
        ("abcdef", 5, "abcd…"),
        ("abc def", 5, "abc…"),
        (f"ab{FAMILY}", 5, "ab…"),
        (f"ab{THUMB}c", 4, "ab…"),
        ("abe\u0301f", 4, "ab…"),
        ("a\u202eb\u202cc\u2066d\u2069", 200, "abcd"),
        ("שלום abc", 200, "שלום abc"),
        ("a\x00b\ufffe", 200, "a\ufffdb\ufffd"),
    ],
)
def test_one_line(text: str, maximum: int, expected: str) -> None:
    assert one_line(text, maximum) == expected


def test_names_and_titles_turn_nothing_that_a_notification_says_of_them() -> None:
    values = {"name": "\u202eAnn\u2066", "title": "Sun\n\nset\u202e", "actors": 1, "items": 0, "amount": 0}
    assert told("en", NotificationKind.LIKE, values) == "Ann liked your artwork “Sun set”."


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.integers(2, 20))
def test_it_is_bounded_and_begins_nothing_with_a_mark(text: str, maximum: int) -> None:
    line = one_line(text, maximum)
    assert len(line) <= maximum
    assert line == " ".join(line.split())
    if line.endswith("…") and not text.rstrip().endswith("…"):
        assert unicodedata.category(line[-2:-1] or "a") != "Cs"
        assert not line[:-1].endswith("\u200d") or len(line) == 2


@given(st.text(max_size=60))
def test_all_that_is_legible_goes_through_xml(text: str) -> None:
    element = Element("a", b=legible(text))
    element.text = legible(text)
    read = fromstring(tostring(element, "utf-8"))  # noqa: S314 - ours
    assert (read.text or "") == legible(text).replace("\r\n", "\n").replace("\r", "\n")
    assert read.get("b") == legible(text) or "\r" in text
