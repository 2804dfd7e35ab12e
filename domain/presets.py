"""Presets: who may load one, which are listed, whose drafts begin with one, and how their uses are counted.

Whoever relies on a preset in a transaction locks its row before all others: a deletion then waits, or came first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, func, or_, select, update
from sqlmodel import col

from db.tables import Gallery, PromptPreset
from db.words import Visibility
from domain import galleries, levels, sight
from domain.bounds import INPUT
from domain.errors import NotFound
from domain.words import PresetScope

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.bounds import Path
    from domain.clauses import Row, Value
    from domain.galleries import Owner

AT: Final[Path] = (*INPUT, "presetId")


def visible_to(preset: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which presets somebody may load: all but other people's private ones.

    None of people that one of both has blocked.
    """
    shown = and_(preset.visibility != Visibility.PRIVATE, sight.in_sight(preset.user_id, viewer_id))
    return or_(shown, preset.user_id == viewer_id)


def is_listed(preset: Row, viewer_id: Value, scope: PresetScope) -> ColumnElement[bool]:
    """Return the clause that says which presets a list has: the viewer's, or public ones that suit the viewer."""
    mine: ColumnElement[bool] = preset.user_id == viewer_id
    if scope is PresetScope.MINE:
        return mine
    others = and_(levels.suits(preset, viewer_id), sight.in_sight(preset.user_id, viewer_id))
    return and_(preset.visibility == Visibility.PUBLIC, or_(others, mine))


def is_told_by(preset: Row, pattern: Value) -> ColumnElement[bool]:
    """Return the clause that says which presets have a name or prompt like ``pattern``, in any case."""
    return or_(preset.name.ilike(pattern), preset.prompt.ilike(pattern))


def default_id_of(user: Row) -> ColumnElement[UUID | None]:
    """Return the key of the preset that a user's drafts begin with."""
    return select(col(Gallery.default_preset_id)).where(col(Gallery.id) == user.id).scalar_subquery()


async def find(tx: AsyncSession, user_id: UUID, preset_id: UUID) -> PromptPreset | None:
    """Return a preset that the user may load; None where there is none."""
    query = select(PromptPreset).where(col(PromptPreset.id) == preset_id, visible_to(PromptPreset, user_id))
    return (await tx.execute(query)).scalar_one_or_none()


async def require(tx: AsyncSession, user_id: UUID, preset_id: UUID) -> None:
    """See to it that the user may load a preset, which is not deleted until the transaction ends.

    Raises:
        NotFound: there is none, or it is somebody else's private one.
    """
    query = select(col(PromptPreset.id)).where(col(PromptPreset.id) == preset_id, visible_to(PromptPreset, user_id))
    locked = await tx.execute(query.with_for_update(read=True, key_share=True))
    if locked.scalar_one_or_none() is None:
        raise NotFound(AT)


async def count_use(tx: AsyncSession, preset_id: UUID) -> None:
    """Count a job that was filled from a preset; last in its transaction, since many may use the same at once."""
    used = update(PromptPreset).where(col(PromptPreset.id) == preset_id)
    await tx.execute(used.values(use_count=col(PromptPreset.use_count) + 1))


async def delete(tx: AsyncSession, user_id: UUID, preset_id: UUID) -> None:
    """Delete a preset. Jobs that it filled stay as they are.

    Raises:
        NotFound: the user has no such preset.
    """
    await tx.delete(await locked_own(tx, user_id, preset_id))


async def locked_own(tx: AsyncSession, user_id: UUID, preset_id: UUID, path: Path = AT) -> PromptPreset:
    """Return one of the user's presets, locked until the transaction ends.

    Raises:
        NotFound: the user has no such preset.
    """
    own = select(PromptPreset).where(col(PromptPreset.id) == preset_id, col(PromptPreset.user_id) == user_id)
    found = await tx.execute(own.with_for_update().execution_options(populate_existing=True))
    preset = found.scalar_one_or_none()
    if preset is None:
        raise NotFound(path)
    return preset


async def number_of(tx: AsyncSession, user_id: UUID) -> int:
    """Return how many presets a user has."""
    counted = select(func.count()).select_from(PromptPreset).where(col(PromptPreset.user_id) == user_id)
    return (await tx.execute(counted)).scalar_one()


async def set_default(tx: AsyncSession, user_id: UUID, owner: Owner, preset_id: UUID | None) -> None:
    """Let prompts that are drafted for an owner begin with a preset, or with none.

    Raises:
        NotFound: the owner is not the user's, or the user may not load the preset.
    """
    if preset_id:
        await require(tx, user_id, preset_id)
    gallery = await galleries.lock(tx, user_id, owner)
    gallery.default_preset_id = preset_id


async def default_of(tx: AsyncSession, user_id: UUID, owner: Owner) -> PromptPreset | None:
    """Return the preset that drafts for an owner begin with, as long as the user may load it."""
    default = select(col(Gallery.default_preset_id)).where(col(Gallery.id) == owner.id)
    preset_id = (await tx.execute(default)).scalar_one_or_none()
    return await find(tx, user_id, preset_id) if preset_id else None
