"""Reports: what somebody says of a thing, gathered in one case, which can hide it until a moderator has looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Uuid, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from uuid_utils.compat import uuid7

from db.tables import ArtworkImage, CasePicture, MediaAsset, ModerationCase, ModerationDecision, Report, User
from db.tables.columns import now
from db.words_moderation import (
    Activity,
    AuditAction,
    CaseStatus,
    DecisionEffect,
    DecisionOutcome,
    ReportReason,
)
from domain import moderation, moderation_effects, moderation_subjects, policies, restrictions
from domain.bounds import INPUT
from domain.errors import InvalidInput, NotFound
from domain.texts import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.words_moderation import SubjectKind
    from domain.attempts import Stair
    from domain.moderation_subjects import Subject
    from domain.policies import Rules

PER_USER: Final[Sequence[Stair]] = ((10, timedelta(minutes=1)), (100, timedelta(days=1)))
"""Reports that one user makes."""
MAXIMUM_TEXT: Final = 1_000
_GATHERING: Final = (CaseStatus.OPEN, CaseStatus.IN_REVIEW)
_SUBJECT: Final = (*INPUT, "subjectId")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody says, as it arrived."""

    kind: SubjectKind
    subject_id: UUID
    reason: ReportReason
    text: str = ""


async def make(tx: AsyncSession, reporter_id: UUID, complaint: Complaint, rules: Rules) -> UUID:
    """Say that something is against the rules; return the report's key.

    Done again while nobody has answered, whatever is said then, it changes nothing, and the first report is returned.

    Raises:
        NotFound: the reporter may see no such thing, were it not for whom they have blocked.
        InvalidInput: it is their own, or the text is not acceptable.
        Restricted: moderation keeps them from reporting.
    """
    await restrictions.check(tx, reporter_id, Activity.REPORT)
    said = clean(complaint.text, (*INPUT, "text"), minimum=0, maximum=MAXIMUM_TEXT)
    subject = await moderation_subjects.reportable(tx, complaint.kind, complaint.subject_id, reporter_id)
    if subject is None:
        raise NotFound(_SUBJECT)
    if subject.owner_id == reporter_id:
        raise InvalidInput("report.own", _SUBJECT)
    case = await _gathering_case(tx, subject)
    known = select(col(Report.id)).where(
        col(Report.case_id) == case.id, col(Report.reporter_id) == reporter_id, col(Report.closed_at).is_(None)
    )
    first = (await tx.execute(known)).scalar_one_or_none()
    if first:
        return first
    joined = (await tx.execute(select(col(User.created_at)).where(col(User.id) == reporter_id))).scalar_one()
    report = Report(
        case_id=case.id,
        reporter_id=reporter_id,
        subject_kind=subject.kind,
        subject_id=subject.id,
        reason=complaint.reason,
        text=said,
        is_counted=joined <= now() - rules.reporter_age,
    )
    tx.add(report)
    case.report_count += 1
    await tx.flush()
    if case.report_count == 1:
        moderation.changed(tx, None, AuditAction.CASE_OPENED, case, {})
    await _keep_pictures(tx, case)
    await _hold_if_many(tx, case, rules)
    return report.id


async def _keep_pictures(tx: AsyncSession, case: ModerationCase) -> None:
    """Let a case know what was reported for as long as it is there: its owner may move it, or show something else."""
    shown = select(literal(case.id, Uuid), col(ArtworkImage.asset_id)).where(
        col(ArtworkImage.artwork_id) == case.subject_id
    )
    itself = select(literal(case.id, Uuid), col(MediaAsset.id)).where(col(MediaAsset.id) == case.subject_id)
    kept = insert(CasePicture).from_select(["case_id", "asset_id"], shown.union_all(itself))
    await tx.execute(kept.on_conflict_do_nothing())


async def _gathering_case(tx: AsyncSession, subject: Subject) -> ModerationCase:
    """Return the case that gathers the reports of a thing, locked; made where there is none."""
    row = ModerationCase(id=uuid7(), subject_kind=subject.kind, subject_id=subject.id, owner_id=subject.owner_id)
    gathering = col(ModerationCase.status).in_(_GATHERING)
    made = insert(ModerationCase).values(row.model_dump())
    mine = select(ModerationCase).where(col(ModerationCase.subject_id) == subject.id, gathering).with_for_update()
    while True:
        await tx.execute(made.on_conflict_do_nothing())
        found = (await tx.execute(mine.execution_options(populate_existing=True))).scalar_one_or_none()
        if found:  # else it was decided between the two statements, and the next is a new one
            return found


async def _hold_if_many(tx: AsyncSession, case: ModerationCase, rules: Rules) -> None:
    """Hide what many have reported, until a moderator has looked; what one has found to be in order stays."""
    possible = policies.POSSIBLE[case.subject_kind]
    if not rules.hold_at or DecisionEffect.HIDE not in possible or case.status is not CaseStatus.OPEN:
        return
    counted = (col(Report.case_id) == case.id, col(Report.is_counted))
    if (await tx.execute(select(func.count()).where(*counted))).scalar_one() < rules.hold_at:
        return
    looked = exists().where(
        col(ModerationDecision.subject_id) == case.subject_id,
        (col(ModerationDecision.case_id) == case.id) | (col(ModerationDecision.outcome) == DecisionOutcome.OVERTURNED),
    )
    if (await tx.execute(select(looked))).scalar_one():
        return
    most = select(col(Report.reason)).where(*counted).group_by(col(Report.reason))
    reason = (await tx.execute(most.order_by(func.count().desc(), col(Report.reason)).limit(1))).scalar_one()
    await _hold(tx, case, reason)


async def _hold(tx: AsyncSession, case: ModerationCase, reason: ReportReason) -> None:
    before = moderation.facts(case)
    english, korean = policies.told(DecisionEffect.HIDE, reason)
    decision = ModerationDecision(
        case_id=case.id,
        subject_kind=case.subject_kind,
        subject_id=case.subject_id,
        owner_id=case.owner_id,
        outcome=DecisionOutcome.HELD,
        effect=DecisionEffect.HIDE,
        policy=policies.POLICY_OF[reason],
        policy_version=policies.VERSION,
        reason=reason,
        text_en=english,
        text_ko=korean,
    )
    tx.add(decision)
    await tx.flush()
    await moderation_effects.apply(tx, decision)
    moderation.notify(tx, decision)
    moderation.changed(tx, None, AuditAction.CASE_HELD, case, before, decision=str(decision.id))
