"""Appeals: the one concerned asks another moderator to look at a decision again, once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import exists, func, select
from sqlmodel import col

from db.tables import Appeal, ModerationCase, ModerationDecision
from db.tables.columns import now
from db.words_moderation import AuditAction, CaseStatus
from domain import moderation, moderation_states
from domain.bounds import INPUT
from domain.errors import NotFound
from domain.errors_moderation import AppealClosed
from domain.texts import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.attempts import Stair
    from domain.clauses import Row, Value

PER_USER: Final[Sequence[Stair]] = ((10, timedelta(minutes=10)),)
MAXIMUM_TEXT: Final = 2_000


async def make(tx: AsyncSession, user_id: UUID, decision_id: UUID, text: str) -> UUID:
    """Ask to look at a decision again; return the appeal's key. The same text again returns the first appeal.

    Raises:
        NotFound: there is no such decision about the user.
        AppealClosed: it was appealed before, or too long ago, or can not be.
        InvalidInput: the text is not acceptable.
    """
    said = clean(text, (*INPUT, "text"), maximum=MAXIMUM_TEXT)
    decision = await tx.get(ModerationDecision, decision_id)
    if decision is None or decision.owner_id != user_id:
        raise NotFound((*INPUT, "decisionId"))
    locked = select(ModerationCase).where(col(ModerationCase.id) == decision.case_id).with_for_update()
    case = (await tx.execute(locked)).scalar_one()
    first = (await tx.execute(select(Appeal).where(col(Appeal.decision_id) == decision_id))).scalar_one_or_none()
    if first:
        if first.text == said:
            return first.id
        raise AppealClosed("appeal.made")
    if decision.appealable_until is None:
        raise AppealClosed("appeal.final")
    if decision.appealable_until <= now():
        raise AppealClosed("appeal.late")
    before = moderation.facts(case)
    appeal = Appeal(decision_id=decision_id, case_id=case.id, user_id=user_id, text=said)
    tx.add(appeal)
    moderation_states.move(case, CaseStatus.APPEALED)
    case.version += 1
    await tx.flush()
    moderation.changed(tx, user_id, AuditAction.CASE_APPEALED, case, before, decision=str(decision_id))
    return appeal.id


def is_open(decision: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which decisions somebody can appeal now."""
    made = exists().where(col(Appeal.decision_id) == decision.id)
    mine = decision.owner_id.is_not_distinct_from(viewer_id)
    return func.coalesce(mine & (decision.appealable_until > func.now()) & ~made, False)
