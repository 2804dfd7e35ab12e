"""The audit: who did what to what, written in the transaction that does it, and never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db.tables import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.words_moderation import AuditAction


def record(
    tx: AsyncSession,
    actor_id: UUID | None,
    action: AuditAction,
    subject: tuple[str, UUID],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Write an entry.

    Args:
        tx: the transaction of what is done.
        actor_id: who does it; None where it follows from a rule.
        action: what.
        subject: to what, by what its global ids begin with, and key.
        before: facts that change, as they were; JSON.
        after: the same facts as they are now.
    """
    kind, key = subject
    entry = AuditEntry(
        actor_id=actor_id, action=action, subject_kind=kind, subject_id=key, before=dict(before), after=dict(after)
    )
    tx.add(entry)
