"""Moderation: reports, the cases that gather them, decisions with what they changed, and what follows for people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none, word
from db.words import ContentLevel
from db.words_moderation import (
    AuditAction,
    CaseStatus,
    ChangeKind,
    DecisionEffect,
    DecisionOutcome,
    Policy,
    ReportReason,
    ReportStatus,
    SubjectKind,
)

_GATHERING = text("status IN ('OPEN', 'IN_REVIEW')")
_WAITING = text("status IN ('OPEN', 'IN_REVIEW', 'APPEALED')")
_UNANSWERED = text("status IN ('PENDING', 'PROCESSING')")


class ModerationCase(SQLModel, table=True):
    """Reports of one thing, until it is decided what becomes of it; later reports gather in another one."""

    __tablename__ = "moderation_cases"
    __table_args__ = (
        CheckConstraint("(taken_by IS NULL) = (taken_until IS NULL)", name="taken_whole"),
        CheckConstraint("report_count >= 0", name="reports"),
        Index("uq_moderation_cases_gathering", "subject_id", unique=True, postgresql_where=_GATHERING),
        Index("ix_moderation_cases_waiting", "id", postgresql_where=_WAITING),
        Index("ix_moderation_cases_status_id", "status", "id"),
        Index("ix_moderation_cases_subject_id_id", "subject_id", "id"),
        Index("ix_moderation_cases_owner_id_id", "owner_id", "id"),
    )

    id: UUID = key()
    subject_kind: SubjectKind = word(SubjectKind, "subject_kind")
    subject_id: UUID
    """Of a table that ``subject_kind`` tells; the row may be gone."""
    owner_id: UUID = Field(foreign_key="users.id")
    """Whose it is."""
    status: CaseStatus = word(CaseStatus, "status", CaseStatus.OPEN)
    version: int = 1
    """Grows with each move, so that a moderator decides about what they saw."""
    report_count: int = 0
    taken_by: UUID | None = Field(default=None, foreign_key="users.id")
    taken_until: datetime | None = moment_or_none()
    created_at: datetime = moment()
    decided_at: datetime | None = moment_or_none()


class CasePicture(SQLModel, table=True):
    """A picture that was reported, or shown by an artwork that was: a case keeps it, wherever it is moved to."""

    __tablename__ = "case_pictures"

    case_id: UUID = Field(foreign_key="moderation_cases.id", primary_key=True)
    asset_id: UUID = Field(foreign_key="media_assets.id", primary_key=True, index=True)


class Report(SQLModel, table=True):
    """Somebody says that something is against the rules."""

    __tablename__ = "reports"
    __table_args__ = (
        Index("uq_reports_unanswered", "reporter_id", "subject_id", unique=True, postgresql_where=_UNANSWERED),
        Index("ix_reports_case_id_id", "case_id", "id"),
        Index("ix_reports_reporter_id_id", "reporter_id", "id"),
    )

    id: UUID = key()
    case_id: UUID = Field(foreign_key="moderation_cases.id")
    reporter_id: UUID = Field(foreign_key="users.id")
    subject_kind: SubjectKind = word(SubjectKind, "subject_kind")
    subject_id: UUID
    reason: ReportReason = word(ReportReason, "reason")
    text: str = ""
    status: ReportStatus = word(ReportStatus, "status", ReportStatus.PENDING)
    is_counted: bool
    """Whether the reporter's account was old enough to count for what is held by itself."""
    created_at: datetime = moment()
    closed_at: datetime | None = moment_or_none()


class ModerationDecision(SQLModel, table=True):
    """What was decided about a case; a trigger forbids changing or deleting it."""

    __tablename__ = "moderation_decisions"
    __table_args__ = (
        Index("ix_moderation_decisions_case_id_id", "case_id", "id"),
        Index("ix_moderation_decisions_subject_id_id", "subject_id", "id"),
        Index("ix_moderation_decisions_owner_id_id", "owner_id", "id"),
    )

    id: UUID = key()
    case_id: UUID = Field(foreign_key="moderation_cases.id")
    subject_kind: SubjectKind = word(SubjectKind, "subject_kind")
    subject_id: UUID
    owner_id: UUID = Field(foreign_key="users.id")
    outcome: DecisionOutcome = word(DecisionOutcome, "outcome")
    effect: DecisionEffect = word(DecisionEffect, "effect")
    policy: Policy = word(Policy, "policy")
    policy_version: str
    reason: ReportReason = word(ReportReason, "reason")
    text_en: str
    text_ko: str
    note: str = ""
    """What the moderator adds, in their own words."""
    content_level: ContentLevel | None = word(ContentLevel, "content_level", None)
    """What RELABEL raises to."""
    restricted_until: datetime | None = moment_or_none()
    actor_id: UUID | None = Field(default=None, foreign_key="users.id")
    """None where reports alone decided."""
    appealable_until: datetime | None = moment_or_none()
    """None of what can not be appealed."""
    created_at: datetime = moment()


class ModerationChange(SQLModel, table=True):
    """What a decision did to one row, so that exactly that can be undone."""

    __tablename__ = "moderation_changes"
    __table_args__ = (
        Index("ix_moderation_changes_standing", "subject_id", "kind", postgresql_where=text("undone_at IS NULL")),
    )

    id: UUID = key()
    decision_id: UUID = Field(foreign_key="moderation_decisions.id", index=True)
    subject_kind: SubjectKind = word(SubjectKind, "subject_kind")
    subject_id: UUID
    kind: ChangeKind = word(ChangeKind, "kind")
    level_before: ContentLevel | None = word(ContentLevel, "level_before", None)
    level_after: ContentLevel | None = word(ContentLevel, "level_after", None)
    undone_at: datetime | None = moment_or_none()


class Appeal(SQLModel, table=True):
    """The one concerned asks to look at a decision again."""

    __tablename__ = "appeals"
    __table_args__ = (Index("ix_appeals_user_id_id", "user_id", "id"),)

    id: UUID = key()
    decision_id: UUID = Field(foreign_key="moderation_decisions.id", unique=True)
    case_id: UUID = Field(foreign_key="moderation_cases.id", index=True)
    user_id: UUID = Field(foreign_key="users.id")
    text: str
    created_at: datetime = moment()


class Strike(SQLModel, table=True):
    """A decision counts against a user, for a while."""

    __tablename__ = "strikes"
    __table_args__ = (Index("ix_strikes_user_id_expires_at", "user_id", "expires_at"),)

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id")
    decision_id: UUID = Field(foreign_key="moderation_decisions.id", unique=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    taken_back_at: datetime | None = moment_or_none()


class Restriction(SQLModel, table=True):
    """A user may not do something for a while; it ends by itself."""

    __tablename__ = "restrictions"
    __table_args__ = (
        CheckConstraint("cardinality(activities) > 0", name="something"),
        Index("ix_restrictions_user_id_until", "user_id", "until"),
    )

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id")
    decision_id: UUID = Field(foreign_key="moderation_decisions.id", index=True)
    activities: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    """Of ``Activity``."""
    reason: ReportReason = word(ReportReason, "reason")
    is_automatic: bool
    """Whether it follows from strikes."""
    created_at: datetime = moment()
    until: datetime = moment()
    lifted_at: datetime | None = moment_or_none()
    lifted_by: UUID | None = Field(default=None, foreign_key="users.id")


class AuditEntry(SQLModel, table=True):
    """Who did what to what, kept for good; a trigger forbids changing or deleting it."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject_id_id", "subject_id", "id"),
        Index("ix_audit_entries_actor_id_id", "actor_id", "id"),
    )

    id: UUID = key()
    actor_id: UUID | None = Field(default=None, foreign_key="users.id")
    """None where it followed from a rule."""
    action: AuditAction = word(AuditAction, "action")
    subject_kind: str
    """What global ids of the subject begin with."""
    subject_id: UUID
    before: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    after: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = moment()
