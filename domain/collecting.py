"""One's own pictures found again: stars, tags, and which of them a filter means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import GenerationJob, MediaAsset, MediaTag
from domain import hashtags, media
from domain.errors import NotFound
from domain.texts import findable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value


async def set_starred(tx: AsyncSession, user_id: UUID, asset_id: UUID, *, on: bool) -> None:
    """Give a picture of one's own a star, or take it away.

    Raises:
        NotFound: the user has no such picture.
    """
    (await _own(tx, user_id, asset_id)).is_starred = on


async def set_tags(tx: AsyncSession, user_id: UUID, asset_id: UUID, tags: Sequence[str]) -> None:
    """Give a picture of one's own these tags and no others.

    Raises:
        InvalidInput: too many, or one that is not one word.
        NotFound: the user has no such picture.
    """
    names = hashtags.checked_tags(tags)
    asset = await _own(tx, user_id, asset_id)
    await tx.execute(delete(MediaTag).where(col(MediaTag.asset_id) == asset.id))
    if names:
        rows = [
            {"asset_id": asset.id, "name": name, "owner_id": user_id, "position": position}
            for position, name in enumerate(names)
        ]
        await tx.execute(insert(MediaTag).values(rows))


async def _own(tx: AsyncSession, user_id: UUID, asset_id: UUID) -> MediaAsset:
    asset = await tx.get(MediaAsset, asset_id, with_for_update=True)
    if asset is None or asset_id not in await media.own_ready(tx, user_id, [asset_id]):
        raise NotFound(("input", "assetId"))
    return asset


def tags_of(asset: Row, viewer_id: Value) -> Select[str]:
    """Return the statement for the tags that a picture's owner gave it; for nobody else it finds any."""
    mine = and_(col(MediaTag.asset_id) == asset.id, col(MediaTag.owner_id) == viewer_id)
    return select(col(MediaTag.name)).where(mine).order_by(col(MediaTag.position))


def is_starred(asset: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says whether its owner, who asks, gave a picture a star."""
    clause: ColumnElement[bool] = func.coalesce(and_(asset.is_starred, asset.owner_id == viewer_id), False)
    return clause


def has_tag(asset: Row, viewer_id: Value, name: Value) -> ColumnElement[bool]:
    """Return the clause that says which pictures have a tag of their owner's."""
    of_name = select(col(MediaTag.asset_id)).where(col(MediaTag.owner_id) == viewer_id, col(MediaTag.name) == name)
    clause: ColumnElement[bool] = asset.id.in_(of_name)
    return clause


def is_told_by(asset: Row, pattern: Value) -> ColumnElement[bool]:
    """Return the clause that says which pictures were painted from a prompt like ``pattern``, in any case."""
    return exists().where(col(GenerationJob.id) == asset.job_id, col(GenerationJob.prompt).ilike(pattern))


def is_made_by(asset: Row, operation: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a word
    """Return the clause that says which pictures an operation made."""
    return exists().where(col(GenerationJob.id) == asset.job_id, col(GenerationJob.operation) == operation)


def pattern_of(text: str) -> str | None:
    """Return the LIKE pattern of what holds ``text``, whose own signs mean nothing; None where nothing can."""
    if findable(text) is None:
        return None
    plain = text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


def plain_tag(text: str) -> str | None:
    """Return a tag as it is compared; one that can be none finds nothing."""
    return hashtags.plain_tag(text)
