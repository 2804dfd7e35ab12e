"""The operations that docs/publishing.md gives to copy are valid; its numbers and licences hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from db.words import ArtworkLicense
from domain import artworks, hashtags, licenses, lineage, publishing
from graph_schema import SCHEMA
from schema.documents import DocumentReader

TEXT = (Path(__file__).parent.parent.parent / "docs" / "publishing.md").read_text()
DOCUMENTS = re.findall(r"```graphql\n(.*?)```", TEXT, re.DOTALL)
SHORTHANDS = {"anything": set(ArtworkLicense), "none": set()}


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda text: text.split("(")[0].split()[-1])
def test_a_documented_operation_about_publishing_is_valid(text: str) -> None:
    assert DocumentReader().validate(SCHEMA, text) == []


def test_the_numbers_of_publishing_are_those_of_the_rules() -> None:
    for number in (
        f"1 to {artworks.MAXIMUM_IMAGES} of one's own READY images",
        f"1 to {publishing.MAXIMUM_TITLE} characters",
        f"at most {publishing.MAXIMUM_DESCRIPTION:,}",
        f"at most {hashtags.MAXIMUM_TAG_LENGTH} letters",
        f"until an artwork has {hashtags.MAXIMUM_TAGS}",
    ):
        assert number in TEXT, number
    assert lineage.MAXIMUM_GENERATIONS == 5
    assert "five generations" in TEXT


def test_the_licences_of_remixes_are_those_of_the_rules() -> None:
    told = {}
    for originals, remixes in re.findall(r"^\| ((?:CC|ALL)[A-Z0-9_, ]+) \| ([^|]+) \|$", TEXT, re.MULTILINE):
        allowed, _, without = remixes.partition(" but ")
        names = (
            SHORTHANDS.get(allowed) if allowed in SHORTHANDS else {ArtworkLicense(each) for each in allowed.split(", ")}
        )
        for each in originals.split(", "):
            told[ArtworkLicense(each)] = set(names or ()) - ({ArtworkLicense(without)} if without else set())
    assert told == {each: set(licenses.REMIXES.get(each, ())) for each in ArtworkLicense}
    assert set(licenses.URLS) == set(ArtworkLicense) - {ArtworkLicense.ALL_RIGHTS_RESERVED}
