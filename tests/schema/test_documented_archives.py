"""The operations that docs/archives.md gives to copy are valid, and its numbers are those of the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.storage.multipart import PART_BYTES
from domain import archives, archives_names, archives_packing
from domain.archives_states import KEPT
from graph_schema import SCHEMA
from schema.archives import LINK_LIFE
from schema.documents import DocumentReader

TEXT = (Path(__file__).parent.parent.parent / "docs" / "archives.md").read_text()
DOCUMENTS = re.findall(r"```graphql\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda text: text.split("(")[0].split()[-1])
def test_a_documented_operation_about_archives_is_valid(text: str) -> None:
    assert DocumentReader().validate(SCHEMA, text) == []


def test_the_numbers_of_archives_are_those_of_the_rules() -> None:
    for number in (
        f"1 to {archives.MAXIMUM_IMAGES:,} READY images",
        f"{archives.MAXIMUM_BYTES // 10**9} GB at most",
        f"{archives.MAXIMUM_UNFINISHED} unfinished ones",
        f"the {archives.PER_USER[0][0] + 1}st request of an hour",
        f"{archives_names.LENGTH} characters at most",
        f"parts of {PART_BYTES >> 20} MiB",
        f"{archives_packing.PAUSE.seconds} and {2 * archives_packing.PAUSE.seconds} seconds later",
    ):
        assert number in TEXT, number
    assert (KEPT.total_seconds(), LINK_LIFE.total_seconds()) == (86_400, 900)
