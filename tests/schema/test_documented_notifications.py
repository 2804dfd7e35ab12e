"""The operations that docs/notifications.md gives to copy are valid, and its numbers are those of the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from db.words import NotificationKind
from domain import notifications_folding, notifications_keeping, notifications_marking, notifications_reading
from domain.messages import MESSAGES
from graph_schema import SCHEMA
from schema.documents import DocumentReader

TEXT = (Path(__file__).parent.parent.parent / "docs" / "notifications.md").read_text()
DOCUMENTS = re.findall(r"```graphql\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda text: text.split("(")[0].split()[-1])
def test_a_documented_operation_is_valid_and_not_too_costly(text: str) -> None:
    reader = DocumentReader()
    assert reader.validate(SCHEMA, text) == []
    assert reader.measure(SCHEMA, text, None, {}).cost < reader.limits.cost / 2


def test_the_numbers_are_those_of_the_rules() -> None:
    assert len(DOCUMENTS) == 4
    assert notifications_marking.MAXIMUM_MARKED == 100
    for number in (
        f"takes {notifications_folding.BATCH} notes",
        f"{notifications_keeping.KEPT.days} days after their last activity",
        f"more than {notifications_keeping.MAXIMUM_KEPT:,}",
        f"{notifications_reading.COUNTED} stands for as many or more",
    ):
        assert number in TEXT


def test_every_kind_is_told_of_in_the_page_and_in_words() -> None:
    kinds = set(re.findall(r"^\| `([A-Z_]+)` \|", TEXT, re.MULTILINE))
    assert kinds == set(NotificationKind)
    for kind in NotificationKind:
        assert any(key == f"notification.{kind}" or key.startswith(f"notification.{kind}.") for key in MESSAGES), kind
