"""Artworks: who may see them, and what belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, case, or_, select
from sqlmodel import col

from db.tables import Artwork, ArtworkTag, Reaction, Tag
from db.words import AssetStatus, ContentLevel, PromptVisibility, ReactionKind, Visibility
from domain import levels, sight
from domain.clauses import there_is

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value
    from domain.sight import Sight

MAXIMUM_IMAGES: Final = 20


def visible_to(artwork: Row, viewer_id: Value, seen: Sight = sight.in_sight) -> ColumnElement[bool]:
    """Return the clause that says which artworks somebody may see: their own, suitable ones that are not private.

    None of people that one of both has blocked, and none that is deleted.
    """
    shown = and_(
        artwork.visibility != Visibility.PRIVATE,
        artwork.hidden_at.is_(None),
        levels.suits(artwork, viewer_id),
        seen(artwork.author_id, viewer_id),
    )
    return or_(and_(artwork.author_id == viewer_id, artwork.deleted_at.is_(None)), shown)


def public_to(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which public artworks somebody may see: those that suit them, and their own.

    None of people that one of both has blocked.
    """
    others = and_(levels.suits(artwork, viewer_id), sight.in_sight(artwork.author_id, viewer_id))
    return and_(is_out(artwork), or_(others, artwork.author_id == viewer_id))


def listed_for(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which artworks feeds show to somebody: public ones that they want, and their own.

    None of people that one of both has blocked, or that the viewer has muted, and none with a tag that they hide.
    """
    return and_(is_out(artwork), wanted_by(artwork, viewer_id))


def wanted_by(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which artworks somebody wants in feeds, public or not: suitable ones, and their own.

    None of people that one of both has blocked, or that the viewer has muted, and none with a tag that they hide.
    """
    others = and_(
        levels.suits(artwork, viewer_id),
        sight.in_sight(artwork.author_id, viewer_id),
        sight.wanted(artwork, viewer_id),
    )
    return or_(others, artwork.author_id == viewer_id)


def is_told(artwork: Row) -> ColumnElement[bool]:
    """Return the clause that says of which artworks streams of feeds tell everybody."""
    return and_(is_out(artwork), artwork.content_level == ContentLevel.GENERAL)


def is_out(artwork: Row) -> ColumnElement[bool]:
    """Return the clause that says which artworks lists and counts know: public ones that moderation has not hidden."""
    return and_(artwork.visibility == Visibility.PUBLIC, artwork.hidden_at.is_(None))


def is_remix_of(remix: Row, artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which remixes of an artwork are shown to somebody."""
    return and_(remix.remix_of_id == artwork.id, listed_for(remix, viewer_id))


def shown_prompt(artwork: Row, viewer_id: Value) -> ColumnElement[str]:
    """Return the prompt where the author shows it, or is the one who asks."""
    is_shown = artwork.prompt_visibility == PromptVisibility.PUBLIC
    return case((or_(is_shown, artwork.author_id == viewer_id), artwork.prompt))


def is_liked_by(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says whether somebody likes an artwork."""
    like = select(col(Reaction.user_id)).where(
        col(Reaction.artwork_id) == artwork.id,
        col(Reaction.user_id) == viewer_id,
        col(Reaction.kind) == ReactionKind.LIKE,
    )
    return there_is(like)


def tags_of(artwork: Row) -> Select[str]:
    """Return the statement for an artwork's tags, in the author's order."""
    return (
        select(col(Tag.name))
        .join(ArtworkTag, col(ArtworkTag.tag_id) == col(Tag.id))
        .where(col(ArtworkTag.artwork_id) == artwork.id)
        .order_by(col(ArtworkTag.position))
    )


def is_image_of(artwork: Row, link: Row, asset: Row) -> ColumnElement[bool]:
    """Return the clause that says which assets are an artwork's images, over the link between them."""
    return and_(link.artwork_id == artwork.id, asset.id == link.asset_id, asset.status == AssetStatus.READY)


async def is_visible(tx: AsyncSession, artwork_id: UUID, viewer_id: UUID | None) -> bool:
    """Return whether there is such an artwork that somebody, or who is not signed in, may see."""
    seen = select(col(Artwork.id)).where(col(Artwork.id) == artwork_id, visible_to(Artwork, viewer_id))
    return (await tx.execute(seen)).scalar_one_or_none() is not None
