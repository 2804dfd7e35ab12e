"""The content guard in the graph: what it decided about the viewer's prompts and pictures."""

from datetime import datetime

import strawberry

from db import tables
from db.words import ContentLevel, GuardEffect, GuardSubject
from domain.messages import message
from domain.words import GuardReason
from planner import Connection, column, computed, node_id, planned
from schema.context import Context
from schema.node import Node, identity


def _told(context: Context, subject: str, reason: str, words: str, job_id: str | None) -> str:
    if subject == GuardSubject.PROMPT:
        return message(f"guard.{reason}", context.language, words=words)
    return message(f"guard.picture.{reason}" if job_id else f"picture.{reason}", context.language)


@strawberry.type(description="What the content guard decided. Decisions are added, never changed.")
@planned(tables.GuardDecision, visible_to=lambda ask, decision: decision.user_id == ask.viewer)
class GuardDecision(Node):
    """What the content guard decided."""

    id: strawberry.ID = identity("decision")
    subject: GuardSubject = column("About what.")
    effect: GuardEffect = column("What it does.")
    reason: GuardReason = column("Why, for programs.")
    message: str = computed(
        "Why, for people, in the language of the request (Korean or English).",
        _told,
        *("subject", "reason", "words", "job_id"),
    )
    content_level: ContentLevel = column("For whom such a picture is suitable.")
    policy: str = column("Which rules decided.")
    policy_version: str = column("Which edition of the rules.")
    prompt: str = column("The prompt that was judged; empty for a picture.", "text")
    job_id: strawberry.ID | None = node_id(
        "job", "The job that it belongs to; null where a blocked prompt made none.", "job_id"
    )
    asset_id: strawberry.ID | None = node_id(
        "asset",
        "Of a picture that was not painted: what an upload would have become, or the image that was to be edited.",
        "asset_id",
    )
    created_at: datetime = column("When.")


@strawberry.type(description="A page of decisions.")
class GuardDecisionConnection(Connection[GuardDecision]):
    """A page of decisions."""
