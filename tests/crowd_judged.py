"""What moderation knows of the crowd: reports, cases in several states, decisions, and what followed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from db.tables import (
    Appeal,
    AuditEntry,
    ModerationCase,
    ModerationDecision,
    Report,
    Restriction,
    Strike,
)
from db.words_moderation import (
    Activity,
    AuditAction,
    CaseStatus,
    DecisionEffect,
    DecisionOutcome,
    Policy,
    ReportReason,
    ReportStatus,
    SubjectKind,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from crowd import Crowd

_THEN: Final = datetime(2026, 2, 1, 12, 30, tzinfo=UTC)
_FAR: Final = datetime(2100, 1, 1, tzinfo=UTC)
_SUBJECTS: Final = {
    "artwork": SubjectKind.ARTWORK,
    "comment": SubjectKind.COMMENT,
    "asset": SubjectKind.PICTURE,
    "user": SubjectKind.USER,
}


async def judge(tx: AsyncSession, crowd: Crowd) -> None:
    """Let ben report something of each kind of ann's; cases are decided, appealed, taken and open."""
    ann, ben = (UUID(crowd.ids["user"][index].partition("_")[2]) for index in range(2))
    states = (CaseStatus.UPHELD, CaseStatus.APPEALED, CaseStatus.IN_REVIEW, CaseStatus.OPEN)
    for (word, kind), status in zip(_SUBJECTS.items(), states, strict=True):
        subject = UUID(crowd.ids[word][0].partition("_")[2])
        is_taken = status is CaseStatus.IN_REVIEW
        case = ModerationCase(
            id=crowd.key("case", word),
            subject_kind=kind,
            subject_id=subject,
            owner_id=ann,
            status=status,
            report_count=2,
            taken_by=ben if is_taken else None,
            taken_until=_FAR if is_taken else None,
            created_at=_THEN,
        )
        tx.add(case)
        await tx.flush()
        for number, reason in enumerate((ReportReason.SPAM, ReportReason.OTHER)):
            tx.add(
                Report(
                    id=crowd.key("report", f"{word} {number}"),
                    case_id=case.id,
                    reporter_id=UUID(crowd.ids["user"][number + 1].partition("_")[2]),
                    subject_kind=kind,
                    subject_id=subject,
                    reason=reason,
                    text='it\'s "so" 노을',
                    status=ReportStatus.PROCESSING if is_taken else ReportStatus.PENDING,
                    is_counted=True,
                    created_at=_THEN,
                )
            )
        entry = AuditEntry(
            id=crowd.key("audit", word),
            action=AuditAction.CASE_OPENED,
            subject_kind="case",
            subject_id=case.id,
            before={},
            after={"status": "OPEN", "takenBy": None},
            created_at=_THEN,
        )
        tx.add(entry)
        if status in {CaseStatus.UPHELD, CaseStatus.APPEALED}:
            await _decide(tx, crowd, case, ben)


async def _decide(tx: AsyncSession, crowd: Crowd, case: ModerationCase, actor_id: UUID) -> None:
    decision = ModerationDecision(
        id=crowd.key("ruling", case.subject_kind),
        case_id=case.id,
        subject_kind=case.subject_kind,
        subject_id=case.subject_id,
        owner_id=case.owner_id,
        outcome=DecisionOutcome.UPHELD,
        effect=DecisionEffect.RESTRICT,
        policy=Policy.CONDUCT,
        policy_version="1",
        reason=ReportReason.SPAM,
        text_en='It\'s "spam".',
        text_ko="스팸입니다.",
        restricted_until=_FAR,
        actor_id=actor_id,
        appealable_until=_FAR if case.status is CaseStatus.UPHELD else None,
        created_at=_THEN,
    )
    tx.add(decision)
    await tx.flush()
    tx.add(
        Restriction(
            id=crowd.key("restriction", case.subject_kind),
            user_id=case.owner_id,
            decision_id=decision.id,
            activities=[Activity.COMMENT],
            reason=ReportReason.SPAM,
            is_automatic=False,
            created_at=_THEN,
            until=_FAR,
        )
    )
    tx.add(
        Strike(
            id=crowd.key("strike", case.subject_kind),
            user_id=case.owner_id,
            decision_id=decision.id,
            created_at=_THEN,
            expires_at=_THEN + timedelta(days=36_500),
        )
    )
    if case.status is CaseStatus.APPEALED:
        appeal = Appeal(
            id=crowd.key("appeal", case.subject_kind),
            decision_id=decision.id,
            case_id=case.id,
            user_id=case.owner_id,
            text="No.",
            created_at=_THEN,
        )
        tx.add(appeal)
