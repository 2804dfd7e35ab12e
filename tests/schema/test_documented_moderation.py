"""docs/moderation.md is true: its operations are valid, and its tables are those of the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from db.words_moderation import DecisionEffect, DecisionOutcome, Policy
from domain import policies
from domain.policies import Rules
from domain.reports import PER_USER
from graph_schema import SCHEMA
from schema.documents import DocumentReader

TEXT = (Path(__file__).parent.parent.parent / "docs" / "moderation.md").read_text()


@pytest.mark.parametrize(
    "text", re.findall(r"```graphql\n(.*?)```", TEXT, re.DOTALL), ids=lambda text: text.split("(")[0]
)
def test_operations_to_copy_are_valid(text: str) -> None:
    assert DocumentReader().validate(SCHEMA, text) == []


def test_the_table_of_effects_is_that_of_the_rules() -> None:
    rows = re.findall(r"^\| ([A-Z]+) \| ([A-Z]+) \| .* \| (yes|no) \|$", TEXT, re.MULTILINE)
    told = {(DecisionOutcome(outcome), DecisionEffect(effect)) for outcome, effect, _ in rows}
    known = {(outcome, effect) for outcome, effects in policies.EFFECTS.items() for effect in effects}
    assert told == known - {(DecisionOutcome.UPHELD_FINAL, DecisionEffect.NONE)}
    assert {DecisionEffect(effect) for _, effect, strike in rows if strike == "yes"} == policies.STRIKING


def test_its_numbers_are_those_of_the_rules() -> None:
    rows = re.findall(r"^\| (\d+)(?: or more)? \| (\d+) days \|$", TEXT, re.MULTILINE)
    assert {int(strikes): int(days) for strikes, days in rows} == {
        strikes: each.days for strikes, each in policies.LADDER.items()
    }
    (minute, _), (day, _) = PER_USER
    rules = Rules()
    for number in (
        f"{minute} reports a minute and {day} a day",
        f"counts for {rules.strike_life.days} days",
        f"within {rules.appeal_within.days} days",
    ):
        assert number in TEXT
    assert (rules.hold_at, rules.reporter_age.days, rules.review_within.seconds) == (5, 7, 1_800)


def test_each_reason_is_of_a_policy_and_each_policy_has_reasons() -> None:
    assert set(policies.POLICY_OF) == {reason for reasons in policies.REASONS.values() for reason in reasons}
    assert {policy for policy in policies.REASONS if policies.REASONS[policy]} == set(Policy)
