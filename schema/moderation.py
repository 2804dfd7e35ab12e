"""Moderation in the graph: reports, the cases that gather them, decisions, and appeals."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import tables
from db.words import ContentLevel
from db.words_moderation import (
    CaseStatus,
    DecisionEffect,
    DecisionOutcome,
    Policy,
    ReportReason,
    ReportStatus,
    SubjectKind,
)
from domain import appeals, artworks, moderation, moderation_reads
from planner import Connection, column, computed, connection, expression, node_id, one_of, planned, to_many, to_one
from schema.accounts import User
from schema.artworks import Artwork
from schema.audit import AuditEntry
from schema.collections import Collection
from schema.comments import Comment
from schema.context import Context
from schema.media import MediaAsset
from schema.node import Node, identity
from schema.owners import Character, OrigChat, Story

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

    from domain.clauses import Value
    from planner import Ask, Row

ModerationSubject = Annotated[
    Artwork | Comment | MediaAsset | User | Collection | Character | Story | OrigChat,
    strawberry.union("ModerationSubject", description="What can be reported."),
]


def _subject(description: str) -> ModerationSubject | None:
    subject: ModerationSubject | None = one_of(
        description,
        Artwork=lambda _ask, row, artwork: artwork.id == row.subject_id,
        Comment=lambda _ask, row, comment: comment.id == row.subject_id,
        MediaAsset=lambda _ask, row, asset: asset.id == row.subject_id,
        User=lambda _ask, row, user: user.id == row.subject_id,
        Collection=lambda _ask, row, collection: collection.id == row.subject_id,
        Character=lambda _ask, row, character: character.id == row.subject_id,
        Story=lambda _ask, row, story: story.id == row.subject_id,
        OrigChat=lambda _ask, row, chat: chat.id == row.subject_id,
    )
    return subject


def _shown_by(clause: "Callable[[Row, Value, Value], ColumnElement[bool]]") -> "Callable[[Ask, Row], object]":
    """Return what says who sees a row, by a clause over the row, the viewer, and whether they are a moderator."""
    return lambda ask, row: clause(row, ask.viewer, ask.moderator)


def _told(context: Context, text_en: str, text_ko: str) -> str:
    return text_ko if context.language == "ko" else text_en


@strawberry.type(description="Somebody asks to look at a decision again.")
@planned(tables.Appeal, visible_to=_shown_by(moderation_reads.appeal_visible_to))
class Appeal(Node):
    """Somebody asks to look at a decision again."""

    id: strawberry.ID = identity("appeal")
    text: str = column("What they say.")
    created_at: datetime = column("When.")
    decision: Annotated["ModerationDecision", strawberry.lazy("schema.moderation")] = to_one(
        "The decision.", by="decision_id"
    )
    outcome: Annotated["ModerationDecision", strawberry.lazy("schema.moderation")] | None = to_one(
        "What came of it; null while nobody has decided.",
        lambda _ask, appeal, decision: moderation_reads.answers(decision, appeal),
        order=("id",),
    )


@strawberry.type(
    description="What was decided about something. The one concerned sees it, and moderators. Decisions are added, "
    "never changed."
)
@planned(tables.ModerationDecision, visible_to=_shown_by(moderation_reads.decision_visible_to))
class ModerationDecision(Node):
    """What was decided about something."""

    id: strawberry.ID = identity("ruling")
    outcome: DecisionOutcome = column("What was decided.")
    effect: DecisionEffect = column("What it does.")
    policy: Policy = column("Which rules it stands on.")
    policy_version: str = column("Which edition of the rules.")
    reason: ReportReason = column("Why, for programs.")
    message: str = computed(
        "What is told of it, in the language of the request (Korean or English).", _told, "text_en", "text_ko"
    )
    note: str = column("What the moderator adds in their own words; empty where nothing.")
    content_level: ContentLevel | None = column("The level that RELABEL has raised it to; null otherwise.")
    restricted_until: datetime | None = column("Until when it restricts the one concerned; null where it does not.")
    subject_kind: SubjectKind = column("What it is about.")
    subject: ModerationSubject | None = _subject("What it is about; null where that is gone, or is not to be seen.")
    appealable_until: datetime | None = column("Until when it can be appealed; null where it can not.")
    viewer_can_appeal: bool = expression(
        "Whether the viewer can appeal it now.", lambda ask, decision: appeals.is_open(decision, ask.viewer)
    )
    appeal: Appeal | None = to_one(
        "The appeal; null where there is none.",
        lambda _ask, decision, appeal: appeal.decision_id == decision.id,
        unique=True,
    )
    actor: User | None = to_one(
        "Who decided: for moderators to see, unless it is about themselves; null where reports alone did.",
        lambda ask, decision, user: (user.id == decision.actor_id) & ask.moderator & (decision.owner_id != ask.viewer),
        unique=True,
        seen=True,
    )
    case_id: strawberry.ID = node_id("case", "Id of its case, which moderators can look up.", "case_id")
    created_at: datetime = column("When.")


@strawberry.type(description="A page of decisions.")
class ModerationDecisionConnection(Connection[ModerationDecision]):
    """A page of decisions."""


@strawberry.type(description="What somebody said of something. They see it, and moderators; nobody else ever does.")
@planned(tables.Report, visible_to=_shown_by(moderation_reads.report_visible_to))
class Report(Node):
    """What somebody said of something."""

    id: strawberry.ID = identity("report")
    reason: ReportReason = column("What is wrong.")
    text: str = column("What they add; empty where nothing.")
    status: ReportStatus = column("What became of it.")
    subject_kind: SubjectKind = column("What it is about.")
    subject: ModerationSubject | None = _subject("What it is about; null where the viewer does not see it any more.")
    reporter: User | None = to_one(
        "Who reported it: for themselves and moderators to see.",
        lambda _ask, report, user: user.id == report.reporter_id,
        unique=True,
        seen=True,
    )
    case_id: strawberry.ID = node_id("case", "Id of its case, which moderators can look up.", "case_id")
    created_at: datetime = column("When.")
    closed_at: datetime | None = column("When it was answered.")


@strawberry.type(description="A page of reports.")
class ReportConnection(Connection[Report]):
    """A page of reports."""


@strawberry.type(description="How many have reported something for one reason.")
@planned(moderation_reads.report_counts())
class ReportCount:
    """How many have reported something for one reason."""

    reason: ReportReason = column("The reason.")
    count: int = column("How many.")


def _is_mine(ask: "Ask", case: "Row") -> object:
    return moderation.is_taken(case) & case.taken_by.is_not_distinct_from(ask.viewer)


@strawberry.type(description="The reports of one thing, and what is decided about it. Moderators alone see it.")
@planned(tables.ModerationCase, visible_to=_shown_by(moderation.is_visible_to))
class ModerationCase(Node):
    """The reports of one thing."""

    id: strawberry.ID = identity("case")
    status: CaseStatus = column("Where it is in its life.")
    version: int = column("Grows with each move; `decideCase` takes it.")
    subject_kind: SubjectKind = column("What is reported.")
    subject: ModerationSubject | None = _subject("What is reported, hidden or not; null where it is gone.")
    images: list[MediaAsset] = to_many(
        "Its images, or those of its gallery, also those that are hidden, deleted, or that it showed when it was "
        "reported; forty at most.",
        lambda _ask, case, asset: moderation_reads.is_pictured(case, asset),
        order=("id",),
        limit=2 * artworks.MAXIMUM_IMAGES,
        seen=True,
    )
    owner: User = to_one("Whose it is.", by="owner_id", seen=True)
    owner_strikes: int = expression(
        "How many strikes count against them now.", lambda _ask, case: moderation_reads.strikes_of(case)
    )
    report_count: int = column("How many have reported it.")
    report_counts: list[ReportCount] = to_many(
        "How many for which reason, the most frequent first.",
        lambda _ask, case, counted: counted.case_id == case.id,
        order=("-count", "-reason"),
        limit=len(ReportReason),
        seen=True,
    )
    reports: ReportConnection = connection("The reports, the oldest first.", by="case_id", order=("id",), seen=True)
    decisions: list[ModerationDecision] = to_many(
        "What was decided, the first at the beginning; three at most.",
        by="case_id",
        order=("id",),
        limit=moderation.MAXIMUM_DECISIONS,
        seen=True,
    )
    appeal: Appeal | None = to_one(
        "The appeal; null where there is none.", lambda _ask, case, appeal: appeal.case_id == case.id, order=("id",)
    )
    history: list[AuditEntry] = to_many(
        "Who did what to it, the last first; a hundred at most.",
        lambda _ask, case, entry: entry.subject_id == case.id,
        order=("-id",),
        limit=moderation.MAXIMUM_HISTORY,
        seen=True,
    )
    other_decisions: ModerationDecisionConnection = connection(
        "What was decided about other things of the same owner, or about the same one before, the newest first.",
        lambda _ask, case, decision: (decision.owner_id == case.owner_id) & (decision.case_id != case.id),
        order=("-id",),
        seen=True,
    )
    is_taken: bool = expression("Whether a moderator has it now.", lambda _ask, case: moderation.is_taken(case))
    is_taken_by_viewer: bool = expression("Whether the viewer has it now.", _is_mine)
    taken_by: User | None = to_one("Who has, or had last, taken it and not let it go.", by="taken_by", seen=True)
    taken_until: datetime | None = column("Until when it is theirs alone.")
    created_at: datetime = column("When the first report came.")
    decided_at: datetime | None = column("When it was decided last.")


@strawberry.type(description="A page of cases.")
class ModerationCaseConnection(Connection[ModerationCase]):
    """A page of cases."""


@strawberry.input(description="Which cases; those left out say nothing.")
class ModerationCaseFilter:
    """Which cases."""

    status: CaseStatus | None = strawberry.field(
        default=None, description="Those in this state; by default those that wait for a moderator."
    )
    subject_kind: SubjectKind | None = strawberry.field(default=None, description="Those about this kind of thing.")
    is_taken: bool | None = strawberry.field(default=None, description="Those that a moderator has now, or none has.")
    owner_id: strawberry.ID | None = strawberry.field(default=None, description="Those about things of this user.")
