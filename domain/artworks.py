"""Artworks: publishing one's own images, and who may see them, and what belongs to them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, case, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db import outbox
from db.tables import Artwork, ArtworkImage, ArtworkTag, GenerationJob, MediaAsset, Reaction, Tag, User
from db.words import AssetStatus, ContentLevel, PromptVisibility, ReactionKind, Visibility
from domain import guard, levels, media, streams
from domain.errors import InvalidInput, NotFound
from domain.texts import clean, normal
from domain.words import FeedKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value

MAXIMUM_IMAGES: Final = 20
MAXIMUM_TAGS: Final = 20
MAXIMUM_TAG_LENGTH: Final = 50
EDGE_ADDED: Final = "edge_added"
EDGE_REMOVED: Final = "edge_removed"
"""What happens in the stream of a feed."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What an author publishes, as it arrived."""

    asset_ids: tuple[UUID, ...]
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    visibility: Visibility = Visibility.PUBLIC
    prompt_visibility: PromptVisibility = PromptVisibility.PUBLIC


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
        content_level=guard.highest(asset.content_level for asset in assets),
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
        _tell_feed(tx, EDGE_ADDED, artwork)
    return artwork


async def unpublish(tx: AsyncSession, author_id: UUID, artwork_id: UUID) -> None:
    """Show an artwork to nobody but its author from now on. Done again, it changes nothing.

    Raises:
        NotFound: the author has no such artwork.
    """
    owned = select(Artwork).where(col(Artwork.id) == artwork_id, col(Artwork.author_id) == author_id).with_for_update()
    artwork = (await tx.execute(owned)).scalar_one_or_none()
    if artwork is None:
        raise NotFound(("input", "artworkId"))
    if artwork.visibility is Visibility.PUBLIC:
        counted = update(User).where(col(User.id) == author_id)
        await tx.execute(counted.values(artwork_count=col(User.artwork_count) - 1))
        _tell_feed(tx, EDGE_REMOVED, artwork)
    artwork.visibility = Visibility.PRIVATE


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


def visible_to(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which artworks somebody may see: their own, suitable ones that are not private."""
    shown = and_(artwork.visibility != Visibility.PRIVATE, levels.suits(artwork, viewer_id))
    return or_(artwork.author_id == viewer_id, shown)


def listed_for(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which artworks feeds show to somebody: public ones that suit them, and their own."""
    suitable = or_(levels.suits(artwork, viewer_id), artwork.author_id == viewer_id)
    return and_(artwork.visibility == Visibility.PUBLIC, suitable)


def is_told(artwork: Row) -> ColumnElement[bool]:
    """Return the clause that says of which artworks streams of feeds tell everybody."""
    return and_(artwork.visibility == Visibility.PUBLIC, artwork.content_level == ContentLevel.GENERAL)


def comment_visible_to(comment: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which comments somebody may see: those of artworks that they may see."""
    seen = select(col(Artwork.id)).where(col(Artwork.id) == comment.artwork_id, visible_to(Artwork, viewer_id))
    return seen.exists()


def shown_prompt(artwork: Row, viewer_id: Value) -> ColumnElement[str]:
    """Return the prompt where the author shows it, or is the one who asks."""
    is_shown = artwork.prompt_visibility == PromptVisibility.PUBLIC
    return case((or_(is_shown, artwork.author_id == viewer_id), artwork.prompt))


def is_liked_by(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says whether somebody likes an artwork."""
    return exists().where(
        col(Reaction.artwork_id) == artwork.id,
        col(Reaction.user_id) == viewer_id,
        col(Reaction.kind) == ReactionKind.LIKE,
    )


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


def _tell_feed(tx: AsyncSession, kind: str, artwork: Artwork) -> None:
    if artwork.content_level is ContentLevel.GENERAL:
        outbox.publish(tx, streams.of_feed(FeedKind.LATEST), kind, {"artwork": str(artwork.id)})


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
    ids = dict(found.all())
    tx.add_all(
        ArtworkTag(artwork_id=artwork_id, tag_id=ids[name], position=position) for position, name in enumerate(names)
    )
