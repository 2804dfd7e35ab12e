"""Artworks: publishing one's own images, and reading feeds, tags, likes and comments."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

from sqlalchemy import Select, Subquery, Uuid, and_, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from db.tables import Artwork, ArtworkImage, ArtworkTag, Comment, GenerationJob, MediaAsset, Reaction, Tag, User
from db.words import AssetStatus, PromptVisibility, ReactionKind, Visibility
from domain import counts, media
from domain.errors import InvalidInput, NotFound
from domain.texts import clean, normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

MAXIMUM_IMAGES: Final = 20
MAXIMUM_TAGS: Final = 20
MAXIMUM_TAG_LENGTH: Final = 50


@dataclass(frozen=True, slots=True)
class Publication:
    """What an author publishes, as it arrived."""

    asset_ids: tuple[UUID, ...]
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    visibility: Visibility = Visibility.PUBLIC
    prompt_visibility: PromptVisibility = PromptVisibility.PUBLIC


Row = TypeVar("Row", Artwork, Comment)
Place = tuple[datetime, UUID]
"""A place in a list that is ordered by time of birth, newest first."""


async def publish(tx: AsyncSession, author_id: UUID, publication: Publication) -> Artwork:
    """Show one's own images to others and return the artwork.

    Prompt and style are those of the first image's job.

    Raises:
        InvalidInput: a text, a tag, or the list of images is not acceptable.
        NotFound: one of the images is not the author's.
    """
    names = checked_tags(publication.tags)
    assets = await _publishable(tx, author_id, publication.asset_ids)
    prompts = select(col(GenerationJob.prompt)).where(col(GenerationJob.id) == assets[0].job_id)
    artwork = Artwork(
        author_id=author_id,
        title=clean(publication.title, ("input", "title"), maximum=100),
        description=clean(publication.description, ("input", "description"), minimum=0, maximum=2_000),
        visibility=publication.visibility,
        prompt=(await tx.execute(prompts)).scalar_one_or_none() or "",
        prompt_visibility=publication.prompt_visibility,
        style=assets[0].style,
    )
    tx.add(artwork)
    await tx.flush()
    tx.add_all(
        ArtworkImage(artwork_id=artwork.id, asset_id=asset.id, position=position)
        for position, asset in enumerate(assets)
    )
    await _attach_tags(tx, artwork.id, names)
    if publication.visibility is Visibility.PUBLIC:
        counted = update(User).where(col(User.id) == author_id)
        await tx.execute(counted.values(artwork_count=col(User.artwork_count) + 1))
    return artwork


def checked_tags(tags: Iterable[str]) -> list[str]:
    """Return tags as they are compared: NFKC, case folded, without ``#``, each once, in the given order.

    Raises:
        InvalidInput: too many, or one that is not one word.
    """
    names: dict[str, None] = {}
    for index, tag in enumerate(tags):
        name = (normal("NFKC", tag, maximum=MAXIMUM_TAG_LENGTH) or "").removeprefix("#").casefold()
        if not name or len(name) > MAXIMUM_TAG_LENGTH or not all(map(_is_of_a_word, name)):
            raise InvalidInput("tag.invalid", ("input", "tags", str(index)), maximum=MAXIMUM_TAG_LENGTH)
        names[name] = None
    if len(names) > MAXIMUM_TAGS:
        raise InvalidInput("tags.too_many", ("input", "tags"), maximum=MAXIMUM_TAGS)
    return list(names)


def _is_of_a_word(character: str) -> bool:
    """Whether it is a letter, a digit, an underscore, or a mark: in Hindi or Thai, vowels are marks."""
    return character == "_" or unicodedata.category(character)[0] in "LNM"


def visible_to(viewer_id: UUID | None) -> ColumnElement[bool]:
    """Return the clause that says which artworks somebody may see: all that are not private, and their own."""
    shown = col(Artwork.visibility) != Visibility.PRIVATE
    return shown if viewer_id is None else or_(shown, col(Artwork.author_id) == viewer_id)


async def find(tx: AsyncSession, viewer_id: UUID | None, ids: Iterable[UUID]) -> Mapping[UUID, Artwork]:
    """Return those of the artworks that the viewer may see, by id."""
    query = select(Artwork).where(col(Artwork.id).in_(list(ids)), visible_to(viewer_id))
    return {artwork.id: artwork for artwork in (await tx.execute(query)).scalars()}


async def latest(tx: AsyncSession, before: Place | None, limit: int) -> Sequence[Artwork]:
    """Return public artworks, newest first, older than ``before``."""
    public = col(Artwork.visibility) == Visibility.PUBLIC
    return (await tx.execute(_newest(Artwork, public, before, limit))).scalars().all()


async def latest_of(
    tx: AsyncSession, author_ids: Iterable[UUID], before: Place | None, limit: int
) -> Mapping[UUID, list[Artwork]]:
    """Return the public artworks of each author, newest first, older than ``before``, at most ``limit`` each."""
    asked = _unnested(author_ids)
    public = and_(col(Artwork.author_id) == asked.c.id, col(Artwork.visibility) == Visibility.PUBLIC)
    page = _newest(Artwork, public, before, limit).lateral()
    rows = await tx.execute(select(aliased(Artwork, page)).select_from(asked.join(page, literal(value=True))))
    artworks: dict[UUID, list[Artwork]] = {}
    for row in rows.scalars():
        artworks.setdefault(row.author_id, []).append(row)
    return artworks


async def count_public(tx: AsyncSession) -> int:
    """Return how many public artworks there are, as far as ``domain.counts`` counts."""
    return await counts.count(tx, select(col(Artwork.id)).where(col(Artwork.visibility) == Visibility.PUBLIC))


async def images_of(tx: AsyncSession, artwork_ids: Iterable[UUID]) -> Mapping[UUID, list[MediaAsset]]:
    """Return the images of each artwork, in order."""
    query = (
        select(col(ArtworkImage.artwork_id), MediaAsset)
        .join(MediaAsset, col(MediaAsset.id) == col(ArtworkImage.asset_id))
        .where(col(ArtworkImage.artwork_id).in_(list(artwork_ids)), col(MediaAsset.status) == AssetStatus.READY)
        .order_by(col(ArtworkImage.position))
    )
    images: dict[UUID, list[MediaAsset]] = {}
    for artwork_id, asset in await tx.execute(query):
        images.setdefault(artwork_id, []).append(asset)
    return images


async def tags_of(tx: AsyncSession, artwork_ids: Iterable[UUID]) -> Mapping[UUID, list[str]]:
    """Return the tags of each artwork, in the author's order."""
    query = (
        select(col(ArtworkTag.artwork_id), col(Tag.name))
        .join(Tag, col(Tag.id) == col(ArtworkTag.tag_id))
        .where(col(ArtworkTag.artwork_id).in_(list(artwork_ids)))
        .order_by(col(ArtworkTag.position))
    )
    tags: dict[UUID, list[str]] = {}
    for artwork_id, name in await tx.execute(query):
        tags.setdefault(artwork_id, []).append(name)
    return tags


async def liked_among(tx: AsyncSession, viewer_id: UUID, artwork_ids: Iterable[UUID]) -> set[UUID]:
    """Return which of the artworks the viewer likes."""
    query = select(col(Reaction.artwork_id)).where(
        col(Reaction.user_id) == viewer_id,
        col(Reaction.kind) == ReactionKind.LIKE,
        col(Reaction.artwork_id).in_(list(artwork_ids)),
    )
    return set((await tx.execute(query)).scalars())


async def comments_of(
    tx: AsyncSession, artwork_ids: Iterable[UUID], before: Place | None, limit: int
) -> Mapping[UUID, list[Comment]]:
    """Return the comments of each artwork, newest first, older than ``before``, at most ``limit`` each."""
    asked = _unnested(artwork_ids)
    page = _newest(Comment, col(Comment.artwork_id) == asked.c.id, before, limit).lateral()
    rows = await tx.execute(select(aliased(Comment, page)).select_from(asked.join(page, literal(value=True))))
    comments: dict[UUID, list[Comment]] = {}
    for row in rows.scalars():
        comments.setdefault(row.artwork_id, []).append(row)
    return comments


async def find_comments(tx: AsyncSession, viewer_id: UUID | None, ids: Iterable[UUID]) -> Mapping[UUID, Comment]:
    """Return those of the comments whose artwork the viewer may see, by id."""
    query = (
        select(Comment)
        .join(Artwork, col(Artwork.id) == col(Comment.artwork_id))
        .where(col(Comment.id).in_(list(ids)), visible_to(viewer_id))
    )
    return {comment.id: comment for comment in (await tx.execute(query)).scalars()}


async def _publishable(tx: AsyncSession, author_id: UUID, asset_ids: Sequence[UUID]) -> list[MediaAsset]:
    path = ("input", "assetIds")
    if not 1 <= len(asset_ids) <= MAXIMUM_IMAGES:
        raise InvalidInput("assets.count", path, maximum=MAXIMUM_IMAGES)
    if len(set(asset_ids)) < len(asset_ids):
        raise InvalidInput("assets.repeated", path)
    owned = await media.own(tx, author_id, asset_ids)
    for index, asset_id in enumerate(asset_ids):
        if asset_id not in owned:
            raise NotFound((*path, str(index)))
        if owned[asset_id].status is not AssetStatus.READY:
            raise InvalidInput("asset.not_ready", (*path, str(index)))
    return [owned[asset_id] for asset_id in asset_ids]


async def _attach_tags(tx: AsyncSession, artwork_id: UUID, names: Sequence[str]) -> None:
    if not names:
        return
    rows = [Tag(name=name).model_dump() for name in sorted(names)]
    await tx.execute(insert(Tag).values(rows).on_conflict_do_nothing())
    found = await tx.execute(select(col(Tag.name), col(Tag.id)).where(col(Tag.name).in_(names)))
    ids = dict(found.tuples().all())
    tx.add_all(
        ArtworkTag(artwork_id=artwork_id, tag_id=ids[name], position=position) for position, name in enumerate(names)
    )


def _unnested(ids: Iterable[UUID]) -> Subquery:
    return select(func.unnest(literal(list(ids), ARRAY(Uuid))).label("id")).subquery()


def _newest(table: type[Row], condition: ColumnElement[bool], before: Place | None, limit: int) -> Select[Row]:
    query = select(table).where(condition)
    if before:
        query = query.where(tuple_(col(table.created_at), col(table.id)) < before)
    return query.order_by(col(table.created_at).desc(), col(table.id).desc()).limit(limit)
