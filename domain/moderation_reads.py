"""Who sees what of moderation, as clauses: reporters their reports, the one concerned decisions, moderators cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, any_, func, or_, select, union_all
from sqlmodel import col

from db.tables import ArtworkImage, CasePicture, MediaAsset, ModerationCase, Report, Strike
from db.words import AssetStatus
from db.words_moderation import DecisionOutcome
from domain import artworks, moderation, restrictions

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Subquery

    from domain.clauses import Row, Value


def report_visible_to(report: Row, viewer_id: Value, is_moderator: Value) -> ColumnElement[bool]:
    """Return the clause that says which reports somebody may see: their own; moderators those about others."""
    case = select(col(ModerationCase.id)).where(
        col(ModerationCase.id) == report.case_id, moderation.is_visible_to(ModerationCase, viewer_id, is_moderator)
    )
    return or_(report.reporter_id == viewer_id, and_(is_moderator, case.exists()))


def decision_visible_to(decision: Row, viewer_id: Value, is_moderator: Value) -> ColumnElement[bool]:
    """Return the clause that says which decisions somebody may see: those about them; moderators all."""
    condition: ColumnElement[bool] = or_(decision.owner_id == viewer_id, is_moderator)
    return condition


def appeal_visible_to(appeal: Row, viewer_id: Value, is_moderator: Value) -> ColumnElement[bool]:
    """Return the clause that says which appeals somebody may see: their own; moderators all."""
    condition: ColumnElement[bool] = or_(appeal.user_id == viewer_id, is_moderator)
    return condition


def answers(decision: Row, appeal: Row) -> ColumnElement[bool]:
    """Return the clause that says which decisions an appeal was answered with."""
    outcomes = [DecisionOutcome.OVERTURNED.value, DecisionOutcome.UPHELD_FINAL.value]
    return and_(decision.case_id == appeal.case_id, decision.id > appeal.decision_id, decision.outcome.in_(outcomes))


def is_pictured(case: Row, asset: Row) -> ColumnElement[bool]:
    """Return the clause that says which pictures a case is about: the one reported, those of the artwork or gallery.

    Also those that an artwork showed when it was reported.

    An array, because PostgreSQL looks up its members by the index, where it would read all pictures for an OR.
    """
    shown = select(col(ArtworkImage.asset_id)).where(col(ArtworkImage.artwork_id) == case.subject_id)
    hung = select(col(MediaAsset.id)).where(
        col(MediaAsset.gallery_id) == case.subject_id, col(MediaAsset.status) == AssetStatus.READY
    )
    first = hung.order_by(col(MediaAsset.position), col(MediaAsset.id)).limit(artworks.MAXIMUM_IMAGES)
    kept = select(col(CasePicture.asset_id)).where(col(CasePicture.case_id) == case.id)
    keys = union_all(select(case.subject_id), shown, kept, first).scalar_subquery()
    condition: ColumnElement[bool] = asset.id == any_(func.array(keys))
    return condition


def report_counts() -> Subquery:
    """Return how many have reported for which reason, as (case_id, reason, count): found by ``case_id``."""
    counted = select(col(Report.case_id), col(Report.reason), func.count().label("count"))
    return counted.group_by(col(Report.case_id), col(Report.reason)).subquery()


def strikes_of(case: Row) -> ColumnElement[int]:
    """Return how many strikes count against the one whom a case is about."""
    counted = select(func.count()).where(col(Strike.user_id) == case.owner_id, restrictions.counts(Strike))
    return counted.scalar_subquery()
