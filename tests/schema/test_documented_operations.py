"""The operations that docs/operations.md gives to copy are valid, and its numbers are those of the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from domain import masks, operations
from graph_schema import SCHEMA
from schema.documents import DocumentReader

TEXT = (Path(__file__).parent.parent.parent / "docs" / "operations.md").read_text()
DOCUMENTS = re.findall(r"```graphql\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda text: text.split("(")[0].split()[-1])
def test_a_documented_operation_is_valid(text: str) -> None:
    assert DocumentReader().validate(SCHEMA, text) == []
    assert validate(SCHEMA, parse(text)) == []


def test_every_operation_is_documented() -> None:
    assert len(DOCUMENTS) == 7
    for name in ("inpaint", "outpaint", "upscale", "restyle", "removeBackground", "rerunGeneration"):
        assert f"{name}(input" in "".join(DOCUMENTS).replace("(\n    input", "(input"), name


def test_the_numbers_are_those_of_the_rules() -> None:
    side = round(masks.MAXIMUM_PIXELS**0.5)
    for number in (
        f"up to {masks.MAXIMUM_AREAS} rectangles",
        f"at most {masks.MAXIMUM_PNG_BYTES // 1024} KB and {side} × {side} pixels",
        f"1 to {operations.MAXIMUM_REFERENCES} pictures",
        f"`strength` is {operations.MINIMUM_STRENGTH} to 1",
        f"`factor` {operations.FACTORS[0]} or {operations.FACTORS[1]}",
        f"up to {operations.LARGEST_SIDE} pixels a side",
    ):
        assert number in TEXT
