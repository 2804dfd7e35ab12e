"""The lives of moderation cases and of the reports that they gather: docs/states.md tells both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import update
from sqlmodel import col

from db.tables import Report
from db.tables.columns import now
from db.words_moderation import CaseStatus, ReportStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.tables import ModerationCase

MOVES: Final[Mapping[CaseStatus, frozenset[CaseStatus]]] = {
    CaseStatus.OPEN: frozenset({CaseStatus.IN_REVIEW}),
    CaseStatus.IN_REVIEW: frozenset({CaseStatus.OPEN, CaseStatus.UPHELD, CaseStatus.OVERTURNED, CaseStatus.REMOVED}),
    CaseStatus.UPHELD: frozenset({CaseStatus.APPEALED}),
    CaseStatus.REMOVED: frozenset({CaseStatus.APPEALED}),
    CaseStatus.APPEALED: frozenset({CaseStatus.OVERTURNED, CaseStatus.UPHELD_FINAL}),
}
"""What a case in each state may become."""
REPORT_MOVES: Final[Mapping[ReportStatus, frozenset[ReportStatus]]] = {
    ReportStatus.PENDING: frozenset({ReportStatus.PROCESSING}),
    ReportStatus.PROCESSING: frozenset({ReportStatus.ACTIONED, ReportStatus.UNACTIONED}),
}
"""What a report in each state may become."""
WAITING: Final = (CaseStatus.OPEN, CaseStatus.IN_REVIEW, CaseStatus.APPEALED)
"""States of cases that a moderator is to decide."""


class IllegalMove(RuntimeError):
    """A case was to change in a way that its state machine does not know."""


def move(case: ModerationCase, to: CaseStatus) -> None:
    """Change the state of a locked case.

    Raises:
        IllegalMove: no such move is known.
    """
    if to not in MOVES.get(case.status, ()):
        raise IllegalMove(f"{case.id}: {case.status} -> {to}")
    case.status = to


async def move_reports(tx: AsyncSession, case: ModerationCase, to: ReportStatus) -> None:
    """Change the state of those reports of a locked case that may become so; all others stay as they are."""
    sources = [here for here, there in REPORT_MOVES.items() if to in there]
    moved = update(Report).where(col(Report.case_id) == case.id, col(Report.status).in_(sources))
    closed = None if to is ReportStatus.PROCESSING else now()
    await tx.execute(moved.values(status=to, closed_at=closed))
