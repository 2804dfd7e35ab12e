"""What recommendations are made of: new artworks, what somebody likes, and what is liked by those who like the same.

Each statement reads a bounded number of rows by an index, however much somebody likes and however liked an artwork is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ARRAY, Uuid, and_, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased
from sqlmodel import col

from db.tables import (
    Artwork,
    ArtworkImage,
    ArtworkTag,
    Collection,
    CollectionItem,
    Comment,
    MediaAsset,
    Reaction,
    SeenArtwork,
    TagFollow,
)
from db.words import ReactionKind
from domain import artworks, recommended, sight
from domain.recommending import Candidate, Like, Support

if TYPE_CHECKING:
    from collections import abc
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncSession

POOL: Final = 2_000
"""The newest public artworks, all of which may be recommended."""
LIKES: Final = 200
"""Newest likes of somebody, whose tags tell their taste."""
SHARED: Final = 50
"""Of so many of their newest likes it is asked who else likes the same: …"""
LIKERS: Final = 60
"""… so many of the newest who do."""
NEIGHBOURS: Final = 40
"""So many of these, the most alike, are people of the same taste, …"""
THEIR_LIKES: Final = 40
"""… and speak for so many of their newest likes each."""
SUPPORTED: Final = 500
"""Artworks that they speak for, the most supported."""
_FOLLOWED: Final = 500


async def pool(tx: AsyncSession) -> list[Candidate]:
    """Return the newest public artworks."""
    newest = (
        select(Artwork.__table__)  # type: ignore[attr-defined]  # SQLModel set it
        .where(artworks.is_out(Artwork))
        .order_by(col(Artwork.created_at).desc(), col(Artwork.id).desc())
        .limit(POOL)
        .subquery()
    )
    return await _candidates(tx, newest, true())


async def candidates(tx: AsyncSession, ids: abc.Collection[UUID]) -> list[Candidate]:
    """Return the public ones of artworks."""
    if not ids:
        return []
    chosen = and_(col(Artwork.id) == func.any(literal(list(ids), ARRAY(Uuid))), _is_public())
    return await _candidates(tx, Artwork, chosen)


async def likes(tx: AsyncSession, user_id: UUID) -> list[Like]:
    """Return what somebody likes, the newest first."""
    newest = _newest_likes(Reaction, user_id, LIKES).subquery()
    query = select(newest.c.artwork_id, newest.c.created_at, _tags(newest.c.artwork_id), _look(newest.c.artwork_id))
    found = await tx.execute(query.order_by(newest.c.created_at.desc()))
    return [Like(artwork_id, at, tags, dhash or 0) for artwork_id, at, tags, dhash in found]


async def followed_tags(tx: AsyncSession, user_id: UUID) -> frozenset[UUID]:
    """Return the tags that somebody follows."""
    query = select(col(TagFollow.tag_id)).where(col(TagFollow.user_id) == user_id).limit(_FOLLOWED)
    return frozenset((await tx.execute(query)).scalars())


async def support(tx: AsyncSession, user_id: UUID) -> dict[UUID, Support]:
    """Return for which artworks those speak who like the same, by artwork.

    Two people are as alike as what they both like is rare: each such artwork adds 1 / ln(2 + likes), after L. A. Adamic
    and E. Adar, Friends and neighbors on the Web, 2003, https://doi.org/10.1016/S0378-8733(03)00009-1.
    """
    mine = _newest_likes(Reaction, user_id, SHARED).cte("mine")
    other, liker = aliased(Reaction), aliased(Reaction)
    likers = (
        select(col(liker.user_id))
        .where(col(liker.artwork_id) == mine.c.artwork_id, col(liker.kind) == ReactionKind.LIKE)
        .order_by(col(liker.created_at).desc())
        .limit(LIKERS)
        .lateral("likers")
    )
    weight = 1 / func.ln(2 + col(Artwork.like_count))
    alike = (
        select(
            likers.c.user_id,
            func.sum(weight).label("weight"),
            _first(mine.c.artwork_id, weight.desc()).label("liked_id"),
        )
        .select_from(mine.join(Artwork, col(Artwork.id) == mine.c.artwork_id).join(likers, true()))
        .where(likers.c.user_id != user_id, sight.in_sight(likers.c.user_id, user_id))
        .group_by(likers.c.user_id)
        .order_by(func.sum(weight).desc(), likers.c.user_id)
        .limit(NEIGHBOURS)
        .cte("alike")
    )
    theirs = _newest_likes(other, alike.c.user_id, THEIR_LIKES).lateral("theirs")
    total = func.sum(alike.c.weight)
    query = (
        select(theirs.c.artwork_id, total, _first(alike.c.liked_id, alike.c.weight.desc()))
        .select_from(alike.join(theirs, true()))
        .group_by(theirs.c.artwork_id)
        .order_by(total.desc(), theirs.c.artwork_id)
        .limit(SUPPORTED)
    )
    return {key: Support(float(weight), liked_id) for key, weight, liked_id in await tx.execute(query)}


async def is_known(tx: AsyncSession, user_id: UUID, since: datetime | None) -> bool:
    """Return whether somebody has liked, kept, commented, seen, or begun to follow a tag, since a moment, or at all."""
    newest = select(col(CollectionItem.created_at)).where(col(CollectionItem.collection_id) == col(Collection.id))
    done: tuple[tuple[Any, Any], ...] = (
        (Reaction.user_id, Reaction.created_at),
        (TagFollow.user_id, TagFollow.created_at),
        (SeenArtwork.user_id, SeenArtwork.seen_at),
        (Comment.author_id, Comment.created_at),
        (Collection.user_id, newest.order_by(col(CollectionItem.id).desc()).limit(1).scalar_subquery()),
    )
    clauses = (
        select(col(whose)).where(col(whose) == user_id, when.is_not(None) if since is None else when > since).exists()
        for whose, when in done
    )
    return bool((await tx.execute(select(or_(*clauses)))).scalar_one())


async def new_to(tx: AsyncSession, user_id: UUID, ids: abc.Collection[UUID]) -> set[UUID]:
    """Return the artworks that feeds may show to somebody, and that they do not know."""
    query = select(col(Artwork.id)).where(
        col(Artwork.id) == func.any(literal(list(ids), ARRAY(Uuid))),
        artworks.listed_for(Artwork, user_id),
        recommended.is_new_to(Artwork, user_id),
    )
    return set((await tx.execute(query)).scalars())


def _is_public() -> ColumnElement[bool]:
    return artworks.is_out(Artwork)


def _newest_likes(reaction: Any, user_id: Any, limit: int) -> Select[Any]:  # noqa: ANN401 - a mapped class, a value
    return (
        select(reaction.artwork_id, reaction.created_at)
        .where(reaction.user_id == user_id, reaction.kind == ReactionKind.LIKE)
        .order_by(reaction.created_at.desc())
        .limit(limit)
    )


async def _candidates(tx: AsyncSession, table: Any, where: ColumnElement[bool]) -> list[Candidate]:  # noqa: ANN401
    row = getattr(table, "c", table)
    columns = (row.id, row.author_id, row.created_at, row.like_count, _tags(row.id), _look(row.id))
    found = await tx.execute(select(*columns).where(where))
    return [Candidate(key, author, at, likes, tags, dhash or 0) for key, author, at, likes, tags, dhash in found]


def _tags(artwork_id: Any) -> Any:  # noqa: ANN401 - a column; an array of keys
    tags = select(col(ArtworkTag.tag_id)).where(col(ArtworkTag.artwork_id) == artwork_id)
    return func.array(tags.order_by(col(ArtworkTag.position)).scalar_subquery(), type_=ARRAY(Uuid))


def _look(artwork_id: Any) -> Any:  # noqa: ANN401 - a column; a hash
    first = (col(ArtworkImage.artwork_id) == artwork_id, col(ArtworkImage.position) == 0)
    of_image = select(col(MediaAsset.dhash)).join(ArtworkImage, col(ArtworkImage.asset_id) == col(MediaAsset.id))
    return of_image.where(*first).scalar_subquery()


def _first(value: Any, order: Any) -> Any:  # noqa: ANN401 - columns
    return func.array_agg(aggregate_order_by(value, order), type_=ARRAY(Uuid))[1]
