"""The operations that docs/recommendations.md gives to copy are valid, and its numbers are those of the formula."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from db.words import RecommendationReason
from domain import recommendations, recommending, recommending_sources, seen
from graph_schema import SCHEMA
from schema.documents import DocumentReader

TEXT = " ".join((Path(__file__).parent.parent.parent / "docs" / "recommendations.md").read_text().split())
RAW = (Path(__file__).parent.parent.parent / "docs" / "recommendations.md").read_text()
DOCUMENTS = re.findall(r"```graphql\n(.*?)```", RAW, re.DOTALL)


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda text: text.split("(")[0].split()[-1])
def test_a_documented_operation_about_recommendations_is_valid(text: str) -> None:
    assert DocumentReader().validate(SCHEMA, text) == []


def test_the_numbers_of_recommendations_are_those_of_the_formula() -> None:
    people, tag, look, popular = (recommending.WEIGHTS[each] for each in RecommendationReason)
    for number in (
        f"the {recommending_sources.POOL:,} newest public artworks, and",
        f"and up to {recommending_sources.SUPPORTED} of any age",
        f"A list has {recommending.LENGTH:,} of these at most",
        f"the {recommending_sources.SHARED} newest likes",
        f"the {recommending_sources.LIKERS} newest who like",
        f"The {recommending_sources.NEIGHBOURS} most alike speak",
        f"for the {recommending_sources.THEIR_LIKES} artworks each",
        f"half after {recommending.LIKE_HALF_LIFE_DAYS:.0f} days",
        f"to follow a tag gives it {recommending.FOLLOWED:.0f}",
        f"the {recommending_sources.LIKES} newest likes count",
        f"1 − d / {recommending.NEAR}",
        f"the {recommending.MAXIMUM_LOOKS} newest likes. Eight bits",
        f"fewer than {recommending.PLAIN} bits set",
        f"({people} · people + {tag} · tag + {look} · look + {popular} · popular)",
        f"age / {recommending.HALF_LIFE_DAYS:.0f} days",
        f"the following {recommending.LOOK_AHEAD} comes first",
        f"1 to {seen.MAXIMUM_AT_ONCE} artworks",
        f"newest {seen.KEPT:,} are kept",
        f"due {recommendations.DELAY.seconds} seconds after",
        f"{recommendations.REST.seconds // 60} minutes after",
    ):
        assert number in TEXT, number
    assert (recommending.WINDOW, recommending.OF_AUTHOR, recommending.OF_TAG) == (10, 2, 5)
    assert (recommendations.STALE.seconds // 3_600, recommendations.KEPT.seconds // 3_600) == (6, 1)
    assert (recommendations.EVERYBODYS_LIFE.seconds // 60, recommendations.FORGOTTEN.days) == (5, 30)
