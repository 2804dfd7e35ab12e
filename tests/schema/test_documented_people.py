"""The operations that docs/people.md gives to copy are valid, and its numbers are those of the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.mutes import MAXIMUM_HIDDEN
from graph_schema import SCHEMA
from schema.documents import DocumentReader

TEXT = (Path(__file__).parent.parent.parent / "docs" / "people.md").read_text()
DOCUMENTS = re.findall(r"```graphql\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda text: text.split("(")[0].split()[-1])
def test_a_documented_operation_about_people_is_valid(text: str) -> None:
    assert DocumentReader().validate(SCHEMA, text) == []


def test_the_numbers_of_people_are_those_of_the_rules() -> None:
    assert DOCUMENTS
    assert "`hiddenTags` are a hundred at most" in TEXT
    assert MAXIMUM_HIDDEN == 100
