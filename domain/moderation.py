"""Moderation cases: taken by one moderator at a time, decided once, with all that follows in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, exists, func, select
from sqlmodel import col

from db import outbox
from db.tables import ArtworkImage, CasePicture, ModerationCase, ModerationDecision, Report
from db.tables.columns import now
from db.words import ContentLevel, NotificationKind
from db.words_moderation import (
    AuditAction,
    CaseStatus,
    DecisionEffect,
    DecisionOutcome,
    ReportStatus,
)
from domain import audit, levels, moderation_effects, moderation_states, notifications, policies, restrictions, streams
from domain.bounds import INPUT
from domain.errors import Forbidden, InvalidInput, NotFound
from domain.errors_moderation import CaseConflict
from domain.notifications import Note
from domain.texts import clean

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from db.words_moderation import Activity, Policy, ReportReason
    from domain.clauses import Row, Value
    from domain.policies import Rules

CASE_CHANGED: Final = "case_changed"
"""What happens in the stream of moderation."""
MAXIMUM_NOTE: Final = 2_000
MAXIMUM_DECISIONS: Final = 3
"""Decisions of one case: what reports alone did, a moderator's, and that of an appeal."""
MAXIMUM_HISTORY: Final = 100
"""Entries of the audit that are told of one case."""
_RESULTS: Final = {
    DecisionOutcome.UPHELD: CaseStatus.UPHELD,
    DecisionOutcome.REMOVED: CaseStatus.REMOVED,
    DecisionOutcome.OVERTURNED: CaseStatus.OVERTURNED,
    DecisionOutcome.UPHELD_FINAL: CaseStatus.UPHELD_FINAL,
}


@dataclass(frozen=True, slots=True)
class Moderator:
    """Who acts."""

    id: UUID
    all: Collection[UUID]
    """Everybody who could, this one included."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a moderator decides, as it arrived."""

    outcome: DecisionOutcome
    effect: DecisionEffect
    policy: Policy
    reason: ReportReason
    note: str = ""
    content_level: ContentLevel | None = None
    restrict_until: datetime | None = None
    activities: Sequence[Activity] = policies.RESTRICTED


async def take(tx: AsyncSession, moderator: Moderator, case_id: UUID, rules: Rules) -> None:
    """Let nobody else decide about a case for a while. Done again, that begins anew.

    Raises:
        NotFound: there is no such case, or it is about the moderator.
        CaseConflict: another moderator has it, or it is decided.
        Forbidden: the moderator may not decide it.
    """
    case = await lock(tx, moderator, case_id)
    if case.status not in moderation_states.WAITING or _is_anothers(case, moderator.id):
        raise CaseConflict(case)
    await _require_impartial(tx, moderator, case, await _decisions(tx, case))
    before = facts(case)
    if case.status is CaseStatus.OPEN:
        moderation_states.move(case, CaseStatus.IN_REVIEW)
        await moderation_states.move_reports(tx, case, ReportStatus.PROCESSING)
    if case.taken_by != moderator.id:
        case.version += 1
    case.taken_by, case.taken_until = moderator.id, now() + rules.review_within
    changed(tx, moderator.id, AuditAction.CASE_TAKEN, case, before)


async def release(tx: AsyncSession, moderator: Moderator, case_id: UUID) -> None:
    """Leave a case to others. Done again, or with a case that another one has, it changes nothing.

    Raises:
        NotFound: there is no such case, or it is about the moderator.
    """
    case = await lock(tx, moderator, case_id)
    if case.taken_by != moderator.id:
        return
    before = facts(case)
    if case.status is CaseStatus.IN_REVIEW:
        moderation_states.move(case, CaseStatus.OPEN)
    _let_go(case)
    changed(tx, moderator.id, AuditAction.CASE_RELEASED, case, before)


async def decide(
    tx: AsyncSession, moderator: Moderator, case_id: UUID, verdict: Verdict, expected_version: int, rules: Rules
) -> ModerationDecision:
    """Decide a case, with all that follows from it.

    What reports had hidden by themselves is seen again first, so that the decision alone says what is.

    Raises:
        NotFound: there is no such case, or it is about the moderator.
        Forbidden: the moderator has reported the same, or made the decision that is appealed.
        CaseConflict: another moderator has it, or it has changed since ``expected_version``.
        InvalidInput: such a decision can not be made.
    """
    case = await lock(tx, moderator, case_id)
    if case.version != expected_version or _is_anothers(case, moderator.id):
        raise CaseConflict(case)
    is_appeal = case.status is CaseStatus.APPEALED
    check(case, verdict)
    await levels.lock(tx, case.owner_id)
    earlier = await _decisions(tx, case)
    await _require_impartial(tx, moderator, case, earlier)
    before = facts(case)
    decision = _decision(case, verdict, moderator.id, rules)
    tx.add(decision)
    await tx.flush()
    for each in earlier:
        if verdict.outcome is DecisionOutcome.OVERTURNED or each.outcome is DecisionOutcome.HELD:
            await moderation_effects.undo(tx, each)
    if is_appeal and verdict.outcome is DecisionOutcome.OVERTURNED:
        await restrictions.take_back(tx, earlier[-1], moderator.id)
    await moderation_effects.apply(tx, decision)
    await _punish(tx, decision, verdict, rules)
    if earlier or verdict.effect is not DecisionEffect.NONE:  # else nothing was ever done, and nobody need know
        notify(tx, decision)
    await _close(tx, case, _RESULTS[verdict.outcome], is_answer=not is_appeal)
    changed(tx, moderator.id, AuditAction.CASE_DECIDED, case, before, decision=str(decision.id), effect=verdict.effect)
    return decision


async def lock(tx: AsyncSession, moderator: Moderator, case_id: UUID) -> ModerationCase:
    """Return a case that a moderator may work on, locked until the transaction ends.

    Raises:
        NotFound: there is none, or it is about the moderator.
    """
    query = select(ModerationCase).where(col(ModerationCase.id) == case_id).with_for_update()
    case = (await tx.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if case is None or case.owner_id == moderator.id:
        raise NotFound((*INPUT, "caseId"))
    return case


def check(case: ModerationCase, verdict: Verdict) -> None:
    """See to it that a verdict is one that this case can have.

    Raises:
        InvalidInput: it is not.
    """
    to = _RESULTS.get(verdict.outcome)
    here = CaseStatus.IN_REVIEW if case.status is CaseStatus.OPEN else case.status
    if to is None or to not in moderation_states.MOVES.get(here, ()):
        raise InvalidInput("decision.not_now", (*INPUT, "decision"), status=case.status)
    if verdict.effect not in policies.EFFECTS[verdict.outcome]:
        raise InvalidInput("decision.effect", (*INPUT, "effect"), effect=verdict.effect, outcome=verdict.outcome)
    if verdict.effect not in policies.POSSIBLE[case.subject_kind]:
        raise InvalidInput("decision.impossible", (*INPUT, "effect"), effect=verdict.effect)
    if verdict.reason not in policies.REASONS[verdict.policy]:
        raise InvalidInput("decision.reason", (*INPUT, "reason"), policy=verdict.policy)
    is_level = verdict.content_level not in {None, ContentLevel.GENERAL}
    if is_level is not (verdict.effect is DecisionEffect.RELABEL):
        raise InvalidInput("decision.level", (*INPUT, "contentLevel"))
    _check_restriction(verdict)


def _check_restriction(verdict: Verdict) -> None:
    until = verdict.restrict_until
    may = verdict.effect is not DecisionEffect.NONE
    if until is None:
        if verdict.effect is DecisionEffect.RESTRICT:
            raise InvalidInput("decision.until", (*INPUT, "restrictUntil"), days=policies.LONGEST.days)
        return
    moment = until if until.tzinfo else until.replace(tzinfo=UTC)
    if not may or not now() < moment <= now() + policies.LONGEST:
        raise InvalidInput("decision.until", (*INPUT, "restrictUntil"), days=policies.LONGEST.days)
    if not verdict.activities:
        raise InvalidInput("decision.activities", (*INPUT, "activities"))


def _decision(case: ModerationCase, verdict: Verdict, actor_id: UUID, rules: Rules) -> ModerationDecision:
    can_be_appealed = verdict.outcome in {DecisionOutcome.UPHELD, DecisionOutcome.REMOVED}
    english, korean = policies.told(verdict.effect, verdict.reason)
    return ModerationDecision(
        case_id=case.id,
        subject_kind=case.subject_kind,
        subject_id=case.subject_id,
        owner_id=case.owner_id,
        outcome=verdict.outcome,
        effect=verdict.effect,
        policy=verdict.policy,
        policy_version=policies.VERSION,
        reason=verdict.reason,
        text_en=english,
        text_ko=korean,
        note=clean(verdict.note, (*INPUT, "text"), minimum=0, maximum=MAXIMUM_NOTE),
        content_level=verdict.content_level,
        restricted_until=verdict.restrict_until,
        actor_id=actor_id,
        appealable_until=now() + rules.appeal_within if can_be_appealed else None,
    )


async def _punish(tx: AsyncSession, decision: ModerationDecision, verdict: Verdict, rules: Rules) -> None:
    if verdict.restrict_until:
        await restrictions.restrict(tx, decision, verdict.restrict_until, verdict.activities)
    if decision.effect in policies.STRIKING:
        await restrictions.strike(tx, decision, rules)


def notify(tx: AsyncSession, decision: ModerationDecision) -> None:
    """Tell the one concerned of a decision."""
    owner = decision.owner_id
    notifications.note(tx, Note(NotificationKind.MODERATION, owner, owner, item_id=decision.id))


async def _close(tx: AsyncSession, case: ModerationCase, to: CaseStatus, *, is_answer: bool) -> None:
    if case.status is CaseStatus.OPEN:
        moderation_states.move(case, CaseStatus.IN_REVIEW)
    moderation_states.move(case, to)
    case.decided_at = now()
    _let_go(case)
    answer = ReportStatus.UNACTIONED if to is CaseStatus.OVERTURNED else ReportStatus.ACTIONED
    for status in (ReportStatus.PROCESSING, answer):
        await moderation_states.move_reports(tx, case, status)
    if is_answer:
        await notifications.note_all(tx, NotificationKind.REPORT, _answered(case))


def _answered(case: ModerationCase) -> Select[UUID, UUID]:
    """Return who has reported, each with their report."""
    return select(col(Report.reporter_id), col(Report.id)).where(col(Report.case_id) == case.id)


def _let_go(case: ModerationCase) -> None:
    case.taken_by, case.taken_until = None, None
    case.version += 1


def _is_anothers(case: ModerationCase, moderator_id: UUID) -> bool:
    return case.taken_by not in {None, moderator_id} and case.taken_until is not None and case.taken_until > now()


async def _require_impartial(
    tx: AsyncSession, moderator: Moderator, case: ModerationCase, earlier: Sequence[ModerationDecision]
) -> None:
    """Leave a case to who has not reported the same, and an appeal to another than who decided, where there is one."""
    reporters = await _reporters(tx, case, moderator.all)
    if moderator.id in reporters:
        raise Forbidden("moderation.own_report")
    is_own_appeal = case.status is CaseStatus.APPEALED and earlier[-1].actor_id == moderator.id
    if is_own_appeal and set(moderator.all) - {case.owner_id, moderator.id, *reporters}:
        raise Forbidden("moderation.same_moderator")


async def _reporters(tx: AsyncSession, case: ModerationCase, among: Collection[UUID]) -> set[UUID]:
    query = select(col(Report.reporter_id)).where(col(Report.case_id) == case.id, col(Report.reporter_id).in_(among))
    return set((await tx.execute(query)).scalars())


async def _decisions(tx: AsyncSession, case: ModerationCase) -> Sequence[ModerationDecision]:
    query = select(ModerationDecision).where(col(ModerationDecision.case_id) == case.id)
    return (await tx.execute(query.order_by(col(ModerationDecision.id)))).scalars().all()


def facts(case: ModerationCase) -> dict[str, Any]:
    """Return what the audit keeps of a case."""
    taken_by = str(case.taken_by) if case.taken_by else None
    return {"status": case.status.value, "version": case.version, "takenBy": taken_by}


def changed(
    tx: AsyncSession,
    actor_id: UUID | None,
    action: AuditAction,
    case: ModerationCase,
    before: dict[str, Any],
    **more: str,
) -> None:
    """Keep for good what became of a case, and tell the moderators."""
    audit.record(tx, actor_id, action, ("case", case.id), before, facts(case) | more)
    outbox.publish(tx, streams.of_moderation(), CASE_CHANGED, {"case": str(case.id)})


def may_look(subject_id: Row, is_moderator: Value) -> ColumnElement[bool]:
    """Return the clause that says what moderators may see, whoever may else: what cases are about."""
    case = exists().where(col(ModerationCase.subject_id) == subject_id)
    return and_(is_moderator, case)


def may_look_at_picture(asset: Row, is_moderator: Value) -> ColumnElement[bool]:
    """Return the clause that says which pictures moderators may see: also those of artworks and galleries of cases.

    And those that were reported, wherever they are now.
    """
    shown = (
        select(col(ArtworkImage.asset_id))
        .join(ModerationCase, col(ModerationCase.subject_id) == col(ArtworkImage.artwork_id))
        .where(col(ArtworkImage.asset_id) == asset.id)
    )
    itself = exists().where(col(ModerationCase.subject_id).in_([asset.id, asset.gallery_id]))
    kept = exists().where(col(CasePicture.asset_id) == asset.id)
    return and_(is_moderator, itself | shown.exists() | kept)


def is_visible_to(case: Row, viewer_id: Value, is_moderator: Value) -> ColumnElement[bool]:
    """Return the clause that says which cases somebody may see: moderators all but those about themselves."""
    return and_(is_moderator, case.owner_id != viewer_id)


def is_waiting(case: Row) -> ColumnElement[bool]:
    """Return the clause that says which cases a moderator is to decide."""
    condition: ColumnElement[bool] = case.status.in_([status.value for status in moderation_states.WAITING])
    return condition


def is_taken(case: Row) -> ColumnElement[bool]:
    """Return the clause that says which cases some moderator has now."""
    return func.coalesce(case.taken_until > func.now(), False)
