"""The operations that docs/comments.md gives to copy are valid, and its numbers are those of the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain import collections, comments, mentions
from graph_schema import SCHEMA
from schema.documents import DocumentReader

TEXT = (Path(__file__).parent.parent.parent / "docs" / "comments.md").read_text()
DOCUMENTS = re.findall(r"```graphql\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda text: text.split("(")[0].split()[-1])
def test_a_documented_operation_is_valid_and_not_too_costly(text: str) -> None:
    reader = DocumentReader()
    assert reader.validate(SCHEMA, text) == []
    measured = reader.measure(SCHEMA, text, None, {})
    assert measured.cost < reader.limits.cost / 2


def test_the_numbers_are_those_of_the_rules() -> None:
    assert len(DOCUMENTS) == 5
    (minute, _), (hour, _) = comments.PER_USER
    words = {3: "three", 10: "ten"}
    for number in (
        f"1 to {comments.MAXIMUM_LENGTH:,} characters",
        f"The first {words[mentions.MAXIMUM_MENTIONS]} places",
        f"{words[comments.MAXIMUM_PINNED]} at most, roots only",
        f"{minute} comments and edits in a minute and {hour} in an hour",
        f"up to {collections.MAXIMUM_ITEMS:,} artworks",
        f"{collections.MAXIMUM_COLLECTIONS} collections at most",
    ):
        assert number in TEXT
