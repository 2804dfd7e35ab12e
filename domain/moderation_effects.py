"""What decisions do to things: hidden, or of a higher content level; and how exactly that is undone.

Each change of a row is noted with its decision. What two decisions have hidden is seen again once both are undone.
Rows are locked in one order: artworks, then what belongs to them; whoever decides has locked the levels before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlmodel import col

from db.tables import Artwork, ArtworkImage, CasePicture, MediaAsset, ModerationChange
from db.tables.columns import now
from db.words import AssetStatus
from db.words_moderation import ChangeKind, DecisionEffect, SubjectKind
from domain import collections, comments, galleries, guard, listing, media, moderation_changes, trash
from domain.errors import InvalidInput, NotFound
from domain.words import MediaChange

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.tables import ModerationDecision
    from db.words import ContentLevel

HIDING: Final = frozenset({DecisionEffect.HIDE, DecisionEffect.REMOVE})
_ENTITIES: Final = (SubjectKind.CHARACTER, SubjectKind.STORY, SubjectKind.ORIG_CHAT)
_ORDER: Final = (SubjectKind.ARTWORK, SubjectKind.COMMENT, SubjectKind.COLLECTION, *_ENTITIES, SubjectKind.PICTURE)


async def apply(tx: AsyncSession, decision: ModerationDecision) -> None:
    """Do to the thing what a decision says, and note what was changed.

    Raises:
        InvalidInput: it is not there any more, nor are the pictures that it was about.
    """
    if decision.effect in HIDING:
        done = await _hide(tx, decision, decision.subject_kind, decision.subject_id)
        if decision.effect is DecisionEffect.REMOVE and decision.subject_kind is SubjectKind.ARTWORK:
            for asset_id in await _pictures(tx, decision):
                done |= await _hide(tx, decision, SubjectKind.PICTURE, asset_id)
        _require_there(is_there=done)
    elif decision.effect is DecisionEffect.RELABEL:
        assert decision.content_level, "it was checked"
        together = await _shown_together(tx, decision)
        found = [await _raise_level(tx, decision, kind, key, decision.content_level) for kind, key in together]
        _require_there(is_there=any(found))
    await tx.flush()


async def undo(tx: AsyncSession, decision: ModerationDecision) -> None:
    """Let everything be as if a decision had not been made, as far as no other one stands in the way."""
    noted = select(ModerationChange).where(
        col(ModerationChange.decision_id) == decision.id, col(ModerationChange.undone_at).is_(None)
    )
    changes = list((await tx.execute(noted)).scalars())
    for change in sorted(changes, key=lambda each: (_ORDER.index(each.subject_kind), each.subject_id)):
        change.undone_at = now()
        await tx.flush()
        if change.kind is ChangeKind.LEVEL:
            await _lower_level(tx, decision, change)
        elif not await moderation_changes.is_hidden(tx, change.subject_id):
            await _SHOW[change.subject_kind](tx, decision.owner_id, change.subject_id)
    await tx.flush()


def _require_there(*, is_there: bool) -> None:
    if not is_there:
        raise InvalidInput("decision.gone", ("input", "effect"))


async def _hide(tx: AsyncSession, decision: ModerationDecision, kind: SubjectKind, key: UUID) -> bool:
    """Hide one thing; return whether it is there."""
    is_there = await _HIDE[kind](tx, decision.owner_id, key)
    if is_there:
        tx.add(ModerationChange(decision_id=decision.id, subject_kind=kind, subject_id=key, kind=ChangeKind.HIDDEN))
    return is_there


async def _hide_artwork(tx: AsyncSession, _owner_id: UUID, key: UUID) -> bool:
    artwork = await _artwork(tx, key)
    if artwork:
        await listing.hide(tx, artwork)
    return artwork is not None


async def _show_artwork(tx: AsyncSession, _owner_id: UUID, key: UUID) -> None:
    artwork = await _artwork(tx, key)
    if artwork:
        await listing.show(tx, artwork)


async def _hide_comment(tx: AsyncSession, _owner_id: UUID, key: UUID) -> bool:
    return await comments.hide(tx, key)


async def _show_comment(tx: AsyncSession, _owner_id: UUID, key: UUID) -> None:
    await comments.show(tx, key)


async def _hide_collection(tx: AsyncSession, _owner_id: UUID, key: UUID) -> bool:
    return await collections.set_hidden(tx, key, on=True)


async def _show_collection(tx: AsyncSession, _owner_id: UUID, key: UUID) -> None:
    await collections.set_hidden(tx, key, on=False)


async def _hide_entity(tx: AsyncSession, _owner_id: UUID, key: UUID) -> bool:
    return await galleries.set_hidden(tx, key, on=True)


async def _show_entity(tx: AsyncSession, _owner_id: UUID, key: UUID) -> None:
    await galleries.set_hidden(tx, key, on=False)


async def _hide_picture(tx: AsyncSession, owner_id: UUID, key: UUID) -> bool:
    """Hide a picture that is READY; one that its owner has deleted stays in the trash: it can not be restored."""
    try:
        asset, gallery = await trash.locked(tx, owner_id, key)
    except NotFound:
        return False
    if asset.status is AssetStatus.READY:
        if gallery:
            await galleries.withdraw(tx, gallery, asset, AssetStatus.HIDDEN)
        else:
            media.move(asset, AssetStatus.HIDDEN)
    return asset.status in {AssetStatus.HIDDEN, AssetStatus.TRASHED}


async def _show_picture(tx: AsyncSession, owner_id: UUID, key: UUID) -> None:
    asset, gallery = await trash.locked(tx, owner_id, key)
    if asset.status is AssetStatus.HIDDEN:
        media.move(asset, AssetStatus.READY)
        await tx.flush()
        if gallery:
            await galleries.welcome(tx, gallery, asset, MediaChange.RESTORED)


_HIDE: Final[Mapping[SubjectKind, Callable[[AsyncSession, UUID, UUID], Awaitable[bool]]]] = {
    SubjectKind.ARTWORK: _hide_artwork,
    SubjectKind.COMMENT: _hide_comment,
    SubjectKind.PICTURE: _hide_picture,
    SubjectKind.COLLECTION: _hide_collection,
    **dict.fromkeys(_ENTITIES, _hide_entity),
}
"""Hides one thing of its owner's; returns whether it is there and hidden now."""
_SHOW: Final[Mapping[SubjectKind, Callable[[AsyncSession, UUID, UUID], Awaitable[None]]]] = {
    SubjectKind.ARTWORK: _show_artwork,
    SubjectKind.COMMENT: _show_comment,
    SubjectKind.PICTURE: _show_picture,
    SubjectKind.COLLECTION: _show_collection,
    **dict.fromkeys(_ENTITIES, _show_entity),
}


async def _raise_level(
    tx: AsyncSession, decision: ModerationDecision, kind: SubjectKind, key: UUID, level: ContentLevel
) -> bool:
    """Raise the level of one thing to ``level``; return whether it is there."""
    row = await _levelled(tx, decision.owner_id, kind, key)
    if row and row.content_level.rank < level.rank:
        change = ModerationChange(
            decision_id=decision.id,
            subject_kind=kind,
            subject_id=key,
            kind=ChangeKind.LEVEL,
            level_before=row.content_level,
            level_after=level,
        )
        tx.add(change)
        await _set_level(tx, row, level)
    return row is not None


async def _lower_level(tx: AsyncSession, decision: ModerationDecision, change: ModerationChange) -> None:
    """Go back to the level before, or to what other decisions have raised it to; a higher one of its own stays."""
    assert change.level_before
    others = moderation_changes.standing(change.subject_id, ChangeKind.LEVEL)
    raised = select(col(ModerationChange.level_after)).where(*others)
    levels = [level for level in (await tx.execute(raised)).scalars() if level]
    row = await _levelled(tx, decision.owner_id, change.subject_kind, change.subject_id)
    if row and row.content_level is change.level_after:
        await _set_level(tx, row, guard.highest([change.level_before, *levels]))


async def _set_level(tx: AsyncSession, row: Artwork | MediaAsset, level: ContentLevel) -> None:
    if isinstance(row, Artwork):
        await listing.relabel(tx, row, level)
        return
    row.content_level = level
    await tx.flush()
    if row.is_primary:
        await galleries.stand_again(tx, row)


async def _levelled(tx: AsyncSession, owner_id: UUID, kind: SubjectKind, key: UUID) -> Artwork | MediaAsset | None:
    if kind is SubjectKind.ARTWORK:
        return await _artwork(tx, key)
    try:
        asset, _gallery = await trash.locked(tx, owner_id, key)
    except NotFound:
        return None
    return asset


async def _artwork(tx: AsyncSession, key: UUID) -> Artwork | None:
    query = select(Artwork).where(col(Artwork.id) == key).with_for_update(key_share=True)
    return (await tx.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def _shown_together(tx: AsyncSession, decision: ModerationDecision) -> list[tuple[SubjectKind, UUID]]:
    """Return the artwork with its pictures, or the picture, and all artworks that show any of these; artworks first.

    An artwork is of the highest level of its pictures, by which feeds know it.
    """
    is_artwork = decision.subject_kind is SubjectKind.ARTWORK
    pictures = await _pictures(tx, decision) if is_artwork else [decision.subject_id]
    showing = select(col(ArtworkImage.artwork_id)).where(col(ArtworkImage.asset_id).in_(pictures))
    artworks = {*(await tx.execute(showing)).scalars(), *([decision.subject_id] if is_artwork else [])}
    return [
        *((SubjectKind.ARTWORK, key) for key in sorted(artworks)),
        *((SubjectKind.PICTURE, key) for key in pictures),
    ]


async def _pictures(tx: AsyncSession, decision: ModerationDecision) -> Sequence[UUID]:
    """Return the pictures that an artwork shows, and those that it showed when it was reported."""
    shown = select(col(ArtworkImage.asset_id)).where(col(ArtworkImage.artwork_id) == decision.subject_id)
    kept = select(col(CasePicture.asset_id)).where(col(CasePicture.case_id) == decision.case_id)
    return sorted((await tx.execute(shown.union(kept))).scalars())
