"""The rules of the house, by which moderators decide, as data: reasons, effects, strikes and what these lead to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from db.words_moderation import Activity, DecisionEffect, DecisionOutcome, Policy, ReportReason, SubjectKind
from domain.messages import message

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = "1"
"""Edition of the rules, which each decision keeps."""
REASONS: Final[Mapping[Policy, frozenset[ReportReason]]] = {
    Policy.CONDUCT: frozenset(
        {ReportReason.SPAM, ReportReason.HARASSMENT, ReportReason.HATE, ReportReason.IMPERSONATION, ReportReason.OTHER}
    ),
    Policy.CONTENT: frozenset(
        {
            *(ReportReason.VIOLENCE, ReportReason.SEXUAL, ReportReason.MINORS, ReportReason.SELF_HARM),
            *(ReportReason.WRONG_LEVEL, ReportReason.OTHER),
        }
    ),
    Policy.RIGHTS: frozenset({ReportReason.RIGHTS, ReportReason.PRIVACY, ReportReason.OTHER}),
}
"""What each policy is about."""
POLICY_OF: Final[Mapping[ReportReason, Policy]] = {
    reason: policy for policy in reversed(Policy) for reason in REASONS[policy]
}
"""The first policy that knows a reason."""
EFFECTS: Final[Mapping[DecisionOutcome, frozenset[DecisionEffect]]] = {
    DecisionOutcome.UPHELD: frozenset(
        {DecisionEffect.WARN, DecisionEffect.RELABEL, DecisionEffect.HIDE, DecisionEffect.RESTRICT}
    ),
    DecisionOutcome.REMOVED: frozenset({DecisionEffect.REMOVE}),
    DecisionOutcome.OVERTURNED: frozenset({DecisionEffect.NONE}),
    DecisionOutcome.UPHELD_FINAL: frozenset({DecisionEffect.NONE}),
}
"""What may follow from each outcome that a moderator can choose."""
WRITTEN: Final = (
    *(SubjectKind.COMMENT, SubjectKind.COLLECTION),
    *(SubjectKind.CHARACTER, SubjectKind.STORY, SubjectKind.ORIG_CHAT),
)
"""Things of words, which have no content level of their own."""
POSSIBLE: Final[Mapping[SubjectKind, frozenset[DecisionEffect]]] = {
    SubjectKind.ARTWORK: frozenset(DecisionEffect),
    SubjectKind.PICTURE: frozenset(DecisionEffect),
    SubjectKind.USER: frozenset({DecisionEffect.NONE, DecisionEffect.WARN, DecisionEffect.RESTRICT}),
    **dict.fromkeys(WRITTEN, frozenset(DecisionEffect) - {DecisionEffect.RELABEL}),
}
"""What can be done to each kind of thing."""
STRIKING: Final = frozenset({DecisionEffect.HIDE, DecisionEffect.REMOVE, DecisionEffect.RESTRICT})
"""Effects that come with a strike."""
LADDER: Final[Mapping[int, timedelta]] = {3: timedelta(days=7), 4: timedelta(days=30), 5: timedelta(days=90)}
"""By how many strikes are active, how long the user is restricted at once; more than these are as the last."""
RESTRICTED: Final = (Activity.PUBLISH, Activity.COMMENT, Activity.GENERATE)
"""What somebody may not do then, and by default where a moderator restricts them: they can still report others."""
LONGEST: Final = timedelta(days=3_650)
"""How long a moderator may restrict somebody."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation can set."""

    strike_life: timedelta = timedelta(days=90)
    """How long a strike counts."""
    appeal_within: timedelta = timedelta(days=14)
    """How long a decision can be appealed."""
    review_within: timedelta = timedelta(minutes=30)
    """How long a case that a moderator has taken is theirs."""
    hold_at: int = 5
    """How many people's reports hide something until a moderator has looked at it; 0: never."""
    reporter_age: timedelta = timedelta(days=7)
    """How old their accounts must be to count for that."""


def penalty(strikes: int) -> timedelta | None:
    """Return how long somebody with so many active strikes is restricted; None where these are too few."""
    reached = [number for number in LADDER if number <= strikes]
    return LADDER[max(reached)] if reached else None


def told(effect: DecisionEffect, reason: ReportReason) -> tuple[str, str]:
    """Return what people are told of a decision, in English and Korean."""
    english, korean = (
        f"{message(f'moderation.effect.{effect}', language)} {message(f'moderation.reason.{reason}', language)}"
        for language in ("en", "ko")
    )
    return (english, korean) if effect is not DecisionEffect.NONE else _nothing()


def _nothing() -> tuple[str, str]:
    key = f"moderation.effect.{DecisionEffect.NONE}"
    return message(key, "en"), message(key, "ko")
