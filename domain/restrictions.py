"""What decisions do to people: strikes, which expire, and restrictions, which end by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import any_, func, literal, or_, select, update
from sqlmodel import col

from db.tables import Appeal, ModerationDecision, Restriction, Strike, User
from db.tables.columns import now
from db.words import Visibility
from db.words_moderation import Activity, AuditAction
from domain import audit, policies
from domain.errors import NotFound
from domain.errors_moderation import Restricted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row
    from domain.policies import Rules


MAXIMUM_TOLD: Final = 20
"""Restrictions, or strikes, that somebody is told of at once."""


async def check(tx: AsyncSession, user_id: UUID, activity: Activity) -> None:
    """Refuse an activity of somebody who is restricted.

    Raises:
        Restricted: until the last of their restrictions ends.
    """
    query = (
        select(Restriction, ModerationDecision, col(Appeal.id))
        .join(ModerationDecision, col(ModerationDecision.id) == col(Restriction.decision_id))
        .outerjoin(Appeal, col(Appeal.decision_id) == col(Restriction.decision_id))
        .where(
            col(Restriction.user_id) == user_id,
            col(Restriction.until) > now(),
            col(Restriction.lifted_at).is_(None),
            literal(activity.value) == any_(col(Restriction.activities)),
        )
        .order_by(col(Restriction.until).desc())
        .limit(1)
    )
    found = (await tx.execute(query)).one_or_none()
    if found is None:
        return
    restriction, decision, appeal_id = found
    is_open = decision.appealable_until is not None and decision.appealable_until > now()
    raise Restricted(restriction, can_appeal=is_open and appeal_id is None)


async def check_shown(tx: AsyncSession, user_id: UUID, visibility: Visibility) -> None:
    """Refuse to let others see something new of somebody who may not publish.

    Raises:
        Restricted: moderation keeps the user from publishing, and others would see it.
    """
    if visibility is not Visibility.PRIVATE:
        await check(tx, user_id, Activity.PUBLISH)


def is_active(row: Row) -> ColumnElement[bool]:
    """Return the clause that says which restrictions hold now."""
    condition: ColumnElement[bool] = row.lifted_at.is_(None) & (row.until > func.now())
    return condition


def counts(row: Row) -> ColumnElement[bool]:
    """Return the clause that says which strikes count now."""
    condition: ColumnElement[bool] = row.taken_back_at.is_(None) & (row.expires_at > func.now())
    return condition


async def strike(tx: AsyncSession, decision: ModerationDecision, rules: Rules) -> None:
    """Let a decision count against the one concerned, and restrict them where too many do."""
    await _lock(tx, decision.owner_id)
    tx.add(Strike(user_id=decision.owner_id, decision_id=decision.id, expires_at=now() + rules.strike_life))
    await tx.flush()
    penalty = policies.penalty(await _active(tx, decision.owner_id))
    if penalty:
        await restrict(tx, decision, now() + penalty, policies.RESTRICTED, is_automatic=True)


async def restrict(
    tx: AsyncSession,
    decision: ModerationDecision,
    until: datetime,
    activities: Sequence[Activity],
    *,
    is_automatic: bool = False,
) -> None:
    """Keep the one concerned by a decision from some activities for a while."""
    restriction = Restriction(
        user_id=decision.owner_id,
        decision_id=decision.id,
        activities=[activity.value for activity in activities],
        reason=decision.reason,
        is_automatic=is_automatic,
        until=until,
    )
    tx.add(restriction)
    after = {"until": until.isoformat(), "activities": restriction.activities, "decision": str(decision.id)}
    actor = None if is_automatic else decision.actor_id
    audit.record(tx, actor, AuditAction.USER_RESTRICTED, ("user", decision.owner_id), {}, after)


async def take_back(tx: AsyncSession, decision: ModerationDecision, by: UUID) -> None:
    """Undo what a decision did to the one concerned: its strike, its restriction, and what the strike alone led to.

    What other strikes led to together with it is as long as they lead to without it.
    """
    await _lock(tx, decision.owner_id)
    strikes = update(Strike).where(col(Strike.decision_id) == decision.id, col(Strike.taken_back_at).is_(None))
    await tx.execute(strikes.values(taken_back_at=now()))
    left = policies.penalty(await _active(tx, decision.owner_id)) or timedelta()
    concerned = or_(col(Restriction.decision_id) == decision.id, col(Restriction.is_automatic))
    query = (
        select(Restriction, ModerationDecision)
        .join(ModerationDecision, col(ModerationDecision.id) == col(Restriction.decision_id))
        .where(col(Restriction.user_id) == decision.owner_id, concerned, is_active(Restriction))
        .with_for_update(of=Restriction)
    )
    for restriction, cause in (await tx.execute(query)).all():
        until = now() if cause.id == decision.id else cause.created_at + left
        if until < restriction.until:
            _lift(tx, restriction, by)
            if until > now():
                await restrict(tx, cause, until, policies.RESTRICTED, is_automatic=True)


async def lift(tx: AsyncSession, moderator_id: UUID, restriction_id: UUID) -> None:
    """End a restriction. Done again, or of one that has ended, it changes nothing.

    Raises:
        NotFound: there is none, or it is the moderator's own.
    """
    query = select(Restriction).where(col(Restriction.id) == restriction_id).with_for_update()
    restriction = (await tx.execute(query)).scalar_one_or_none()
    if restriction is None or restriction.user_id == moderator_id:
        raise NotFound(("input", "restrictionId"))
    if restriction.lifted_at is None and restriction.until > now():
        _lift(tx, restriction, moderator_id)


def _lift(tx: AsyncSession, restriction: Restriction, by: UUID) -> None:
    restriction.lifted_at, restriction.lifted_by = now(), by
    facts = {"until": restriction.until.isoformat()}
    after = {**facts, "liftedAt": restriction.lifted_at.isoformat()}
    audit.record(tx, by, AuditAction.RESTRICTION_LIFTED, ("restriction", restriction.id), facts, after)


async def _lock(tx: AsyncSession, user_id: UUID) -> None:
    """Let nobody else count this user's strikes until the transaction ends."""
    await tx.execute(select(col(User.id)).where(col(User.id) == user_id).with_for_update(key_share=True))


async def _active(tx: AsyncSession, user_id: UUID) -> int:
    query = select(func.count()).where(col(Strike.user_id) == user_id, counts(Strike))
    return (await tx.execute(query)).scalar_one()
