"""What somebody who is not signed in is shown of artworks and their authors, on pages and in feeds beside the graph.

The graph's own clauses decide who sees what. Where no picture of an artwork is shown, the artwork is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, cast, column, func, literal, null, select, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from db.tables import Artwork, ArtworkImage, ArtworkScore, MediaAsset, User
from db.words import Visibility
from domain import artworks, levels, popularity, search
from domain.words import ImageVariant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.words import FeedWindow

PAGE: Final = 50
"""Artworks in a feed, the newest ones."""
NOBODY: Final[Any] = null()
"""Who looks: nobody who is signed in."""
_LONGEST_SIDE: Final = 2_048
"""Pixels. Social networks take no picture of more than 4,096, or of more than 5 MB."""
_SIDES: Final = {ImageVariant.CARD: 640, ImageVariant.THUMB: 256}
"""The longest side of the smaller files, in pixels."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is shown."""

    asset_id: UUID
    width: int
    """Pixels."""
    height: int
    alt_text: str

    @property
    def variant(self) -> ImageVariant:
        """Which file of it is shared: the largest that social networks take."""
        return ImageVariant.FULL if max(self.width, self.height) <= _LONGEST_SIDE else ImageVariant.CARD

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of that file in pixels."""
        return self.size_of(self.variant)

    def size_of(self, variant: ImageVariant) -> tuple[int, int]:
        """Return width and height of one of its files in pixels."""
        side = _SIDES.get(variant)
        return self.within(side, side) if side else (self.width, self.height)

    def within(self, width: int, height: int) -> tuple[int, int]:
        """Return its width and height where it is made smaller, if it has to be, to fit into an area."""
        scale = min(1.0, width / max(1, self.width), height / max(1, self.height))
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


@dataclass(frozen=True, slots=True)
class Author:
    """Whose something is."""

    id: UUID
    handle: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Profile(Author):
    """What a user's page tells."""

    bio: str
    follower_count: int


@dataclass(frozen=True, slots=True)
class ShownArtwork:
    """An artwork that is shown."""

    id: UUID
    title: str
    description: str
    is_listed: bool
    """Whether feeds, sitemaps and search engines may tell of it."""
    like_count: int
    comment_count: int
    created_at: datetime
    tags: tuple[str, ...]
    author: Author
    picture: Picture
    """The first one."""


async def find_artwork(tx: AsyncSession, artwork_id: UUID) -> ShownArtwork | None:
    """Return an artwork, None where nobody but some is to know of it."""
    row = (await tx.execute(_one(), {"key": artwork_id})).one_or_none()
    return _shown(row) if row else None


async def pictures_of(tx: AsyncSession, artwork_id: UUID) -> list[Picture]:
    """Return the pictures of an artwork that is shown, in order."""
    return [Picture(*row) for row in await tx.execute(_pictures_of_one(), {"key": artwork_id})]


async def find_author(tx: AsyncSession, handle: str) -> Profile | None:
    """Return a user by their handle."""
    query = select(
        *(col(User.id), col(User.handle), col(User.display_name), col(User.bio), col(User.follower_count))
    ).where(col(User.handle) == handle)
    row = (await tx.execute(query)).one_or_none()
    return Profile(*row) if row else None


async def latest(tx: AsyncSession, limit: int = PAGE) -> list[ShownArtwork]:
    """Return the newest artworks of all."""
    return _all_shown(await tx.execute(_newest_of_all(), {"at_most": limit}))


async def latest_of(tx: AsyncSession, author_id: UUID, limit: int = PAGE) -> list[ShownArtwork]:
    """Return the newest artworks of an author."""
    return _all_shown(await tx.execute(_newest_of_author(), {"author": author_id, "at_most": limit}))


async def popular(tx: AsyncSession, window: FeedWindow) -> list[ShownArtwork]:
    """Return the artworks that are popular in a window, the most popular first."""
    return _all_shown(await tx.execute(_most_popular(window), {"at_most": PAGE}))


async def latest_found(tx: AsyncSession, query: str, tags: Sequence[str] = ()) -> list[ShownArtwork]:
    """Return the newest artworks that a search finds.

    Args:
        tx: where to look.
        query: what ``search_queries.Query.written`` returns.
        tags: all of which they must have.
    """
    wanted = cast(list(tags), ARRAY(Text)) if tags else None
    asked = search.asked(literal(query, Text), {}, wanted, None, None)
    terms = [select(each).scalar_subquery() for each in (asked.c.query, asked.c.filter)]
    matching = func.search_artworks(*terms, search.MAXIMUM_FOUND).table_valued(column("artwork_id", Uuid), name="found")
    artwork = aliased(Artwork)
    newest = (
        select(col(artwork.id))
        .join(matching, matching.c.artwork_id == col(artwork.id))
        .where(artworks.listed_for(artwork, NOBODY))
        .order_by(col(artwork.created_at).desc(), col(artwork.id).desc())
        .limit(PAGE)
        .subquery()
    )
    return _all_shown(await tx.execute(_newest(col(Artwork.id).in_(select(newest.c.id))), {"at_most": PAGE}))


def _all_shown(rows: Iterable[Sequence[Any]]) -> list[ShownArtwork]:
    return [_shown(row) for row in rows]


@cache
def _one() -> Select[Any]:
    """Return the statement for one artwork; building it takes longer than PostgreSQL needs for it."""
    return _artworks().where(col(Artwork.id) == bindparam("key"), artworks.visible_to(Artwork, NOBODY))


@cache
def _pictures_of_one() -> Select[UUID, int, int, str]:
    of_artwork = _pictures().join(Artwork, col(Artwork.id) == col(ArtworkImage.artwork_id))
    return of_artwork.where(col(Artwork.id) == bindparam("key")).limit(artworks.MAXIMUM_IMAGES)


@cache
def _newest_of_all() -> Select[Any]:
    return _newest(true())


@cache
def _newest_of_author() -> Select[Any]:
    return _newest(col(Artwork.author_id) == bindparam("author"))


@cache
def _most_popular(window: FeedWindow) -> Select[Any]:
    score, version = getattr(ArtworkScore, popularity.column_of(window)), ArtworkScore
    return (
        _artworks()
        .join(version, col(version.artwork_id) == col(Artwork.id))
        .where(popularity.is_good(version, select(popularity.as_of(None)).scalar_subquery()))
        .where(artworks.listed_for(Artwork, NOBODY))
        .order_by(score.desc(), col(version.artwork_id).desc())
        .limit(bindparam("at_most", type_=Integer))
    )


def _newest(condition: ColumnElement[bool]) -> Select[Any]:
    return (
        _artworks()
        .where(condition, artworks.listed_for(Artwork, NOBODY))
        .order_by(col(Artwork.created_at).desc(), col(Artwork.id).desc())
        .limit(bindparam("at_most", type_=Integer))
    )


def _artworks() -> Select[Any]:
    """Return the statement for artworks that have a picture to show, in the order of ``_shown``.

    Authors are under a name of their own: clauses about the viewer look into the same table.
    """
    author, picture = aliased(User), _pictures().limit(1).correlate(Artwork).lateral()
    tags = select(func.array(artworks.tags_of(Artwork).correlate(Artwork).scalar_subquery()))
    return (
        select(
            *(col(Artwork.id), col(Artwork.title), col(Artwork.description)),
            *(col(Artwork.visibility) == Visibility.PUBLIC, col(Artwork.like_count), col(Artwork.comment_count)),
            *(col(Artwork.created_at), tags.scalar_subquery()),
            *(col(author.id), col(author.handle), col(author.display_name)),
            *(picture.c.id, picture.c.width, picture.c.height, picture.c.alt_text),
        )
        .join(author, col(author.id) == col(Artwork.author_id))
        .join(picture, true())
    )


def _pictures() -> Select[UUID, int, int, str]:
    """Return the statement for the pictures of an artwork that are shown, in order."""
    return (
        select(col(MediaAsset.id), col(MediaAsset.width), col(MediaAsset.height), col(MediaAsset.alt_text))
        .join(ArtworkImage, col(ArtworkImage.asset_id) == col(MediaAsset.id))
        .where(artworks.is_image_of(Artwork, ArtworkImage, MediaAsset), levels.suits(MediaAsset, NOBODY))
        .order_by(col(ArtworkImage.position))
    )


def _shown(row: Sequence[Any]) -> ShownArtwork:
    key, title, description, is_listed, likes, comments, created_at, tags = row[:8]
    author, picture = Author(*row[8:11]), Picture(*row[11:])
    return ShownArtwork(key, title, description, is_listed, likes, comments, created_at, tuple(tags), author, picture)
