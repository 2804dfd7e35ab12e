"""Collections of artworks, and bookmarks, which are one that everybody has from when they first use it.

Whoever changes a collection locks its row first; whoever makes or renames one locks its owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import Artwork, Collection, CollectionItem
from db.tables.columns import now
from db.words import Visibility
from domain import artworks, quotas, recommendations, restrictions, sight
from domain.bounds import INPUT
from domain.clauses import there_is
from domain.errors import InvalidInput, NotFound
from domain.judged import require_passed
from domain.texts import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.attempts import Stair
    from domain.clauses import Row, Value
    from domain.judged import Passed
    from domain.sight import Sight

MAXIMUM_COLLECTIONS: Final = 200
"""Of a user, bookmarks not counted."""
MAXIMUM_ITEMS: Final = 5_000
_TITLE_LENGTH: Final = 100
_DESCRIPTION_LENGTH: Final = 1_000
PER_USER: Final[Sequence[Stair]] = ((60, timedelta(minutes=5)),)
"""Collections that one user makes or changes."""
_PATH: Final = (*INPUT, "collectionId")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a collection shall be; None leaves it as it is, or at its default."""

    title: str | None = None
    description: str | None = None
    visibility: Visibility | None = None


def checked(draft: Draft) -> Draft:
    """Return a draft with its texts in NFC and without surrounding white space.

    Raises:
        InvalidInput: one of them is not acceptable.
    """
    title, description = draft.title, draft.description
    return Draft(
        None if title is None else clean(title, (*INPUT, "title"), maximum=_TITLE_LENGTH),
        None
        if description is None
        else clean(description, (*INPUT, "description"), minimum=0, maximum=_DESCRIPTION_LENGTH),
        draft.visibility,
    )


def visible_to(collection: Row, viewer_id: Value, seen: Sight = sight.in_sight) -> ColumnElement[bool]:
    """Return the clause that says which collections somebody may see: their own, and others' that are not private."""
    shown = and_(
        collection.visibility != Visibility.PRIVATE,
        collection.hidden_at.is_(None),
        seen(collection.user_id, viewer_id),
    )
    return or_(collection.user_id == viewer_id, shown)


def is_listed(collection: Row, user: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which collections of a user everybody in their sight finds: public ones."""
    return and_(
        collection.user_id == user.id,
        collection.visibility == Visibility.PUBLIC,
        collection.hidden_at.is_(None),
        sight.in_sight(collection.user_id, viewer_id),
    )


def is_item_for(item: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which artworks of collections somebody may see; who sees the collection is said."""
    seen = select(col(Artwork.id)).where(col(Artwork.id) == item.artwork_id, artworks.visible_to(Artwork, viewer_id))
    return seen.exists()


def is_item_seen(item: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which items somebody may see: of what collections, and which artworks."""
    around = select(col(Collection.id)).where(
        col(Collection.id) == item.collection_id, visible_to(Collection, viewer_id)
    )
    return and_(around.exists(), is_item_for(item, viewer_id))


def count_of(collection: Row) -> ColumnElement[int]:
    """Return how many artworks a collection has."""
    counted = select(func.count()).where(col(CollectionItem.collection_id) == collection.id)
    return counted.scalar_subquery()


def holds(collection: Row, artwork_id: Value, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says whether an artwork is in a collection, as far as the viewer may know of it."""
    held = select(col(CollectionItem.id)).where(
        col(CollectionItem.collection_id) == collection.id,
        col(CollectionItem.artwork_id) == artwork_id,
        or_(col(CollectionItem.user_id) == viewer_id, is_item_for(CollectionItem, viewer_id)),
    )
    return there_is(held)


def is_collected_by(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says whether an artwork is in any collection of somebody's."""
    held = select(col(CollectionItem.id)).where(
        col(CollectionItem.artwork_id) == artwork.id, col(CollectionItem.user_id) == viewer_id
    )
    return there_is(held)


async def save(
    tx: AsyncSession, user_id: UUID, collection_id: UUID | None, draft: Draft, passed: Passed = None
) -> UUID:
    """Make a collection by a ``checked`` draft, or change one; return its key.

    Raises:
        InvalidInput: it has no title, the title is taken, there are too many, or it is the bookmarks.
        NotFound: the user has no such collection.
        Restricted: moderation keeps the user from publishing, and others would see it.
        Unjudged: others would read words that are not among those that the guard ``passed``.
    """
    await quotas.take_turn(tx, user_id)
    if collection_id:
        collection = await _locked(tx, user_id, collection_id, (*INPUT, "id"))
        _refuse_bookmarks(collection, (*INPUT, "id"))
    else:
        counted = select(func.count()).where(col(Collection.user_id) == user_id, ~col(Collection.is_bookmarks))
        if (await tx.execute(counted)).scalar_one() >= MAXIMUM_COLLECTIONS:
            raise InvalidInput("collections.too_many", INPUT, maximum=MAXIMUM_COLLECTIONS)
        collection = Collection(user_id=user_id, title="")
    await restrictions.check_shown(tx, user_id, draft.visibility or collection.visibility)
    title = collection.title if draft.title is None else draft.title
    if not title:
        raise InvalidInput("text.empty", (*INPUT, "title"))
    description = collection.description if draft.description is None else draft.description
    visibility = draft.visibility or collection.visibility
    if visibility is not Visibility.PRIVATE:
        require_passed(passed, {(*INPUT, "title"): title, (*INPUT, "description"): description})
    await _require_free(tx, collection, title)
    collection.title, collection.description, collection.visibility = title, description, visibility
    tx.add(collection)
    return collection.id


async def remove(tx: AsyncSession, user_id: UUID, collection_id: UUID) -> None:
    """Delete a collection; the artworks in it stay what they are.

    Raises:
        NotFound: the user has no such collection.
        InvalidInput: it is the bookmarks.
    """
    collection = await _locked(tx, user_id, collection_id, _PATH)
    _refuse_bookmarks(collection, _PATH)
    await tx.delete(collection)


async def set_collected(
    tx: AsyncSession, user_id: UUID, artwork_id: UUID, collection_id: UUID | None, *, on: bool
) -> UUID:
    """Put an artwork into a collection, the bookmarks by default, or take it out; return the collection's key.

    Done again, it changes nothing: an artwork keeps the place that it has. What is no longer visible can be taken out.

    Raises:
        NotFound: the user has no such collection, or may see no such artwork.
        InvalidInput: the collection is full.
    """
    collection = await _locked(tx, user_id, collection_id or await _bookmarks(tx, user_id), _PATH)
    item = and_(col(CollectionItem.collection_id) == collection.id, col(CollectionItem.artwork_id) == artwork_id)
    if not on:
        await tx.execute(delete(CollectionItem).where(item))
        return collection.id
    if not await artworks.is_visible(tx, artwork_id, user_id):
        raise NotFound((*INPUT, "artworkId"))
    if (await tx.execute(select(col(CollectionItem.id)).where(item))).scalar_one_or_none():
        return collection.id
    if (await tx.execute(select(count_of(collection)))).scalar_one() >= MAXIMUM_ITEMS:
        raise InvalidInput("collection.full", _PATH, maximum=MAXIMUM_ITEMS)
    tx.add(CollectionItem(collection_id=collection.id, artwork_id=artwork_id, user_id=user_id))
    await recommendations.stir(tx, user_id)
    return collection.id


async def set_hidden(tx: AsyncSession, collection_id: UUID, *, on: bool) -> bool:
    """Take a collection out of sight of all but its owner and moderators, or not; return whether it is there.

    Done again, it changes nothing.
    """
    query = select(Collection).where(col(Collection.id) == collection_id).with_for_update()
    collection = (await tx.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if collection and (collection.hidden_at is not None) is not on:
        collection.hidden_at = now() if on else None
    return collection is not None


async def _bookmarks(tx: AsyncSession, user_id: UUID) -> UUID:
    made = Collection(user_id=user_id, title="", is_bookmarks=True)
    await tx.execute(insert(Collection).values(made.model_dump()).on_conflict_do_nothing())
    found = select(col(Collection.id)).where(col(Collection.user_id) == user_id, col(Collection.is_bookmarks))
    return (await tx.execute(found)).scalar_one()


async def _locked(tx: AsyncSession, user_id: UUID, collection_id: UUID, path: Sequence[str]) -> Collection:
    """Return one of the user's collections, locked until the transaction ends."""
    query = select(Collection).where(col(Collection.id) == collection_id, col(Collection.user_id) == user_id)
    locked = await tx.execute(query.with_for_update().execution_options(populate_existing=True))
    found = locked.scalar_one_or_none()
    if found is None:
        raise NotFound(path)
    return found


def _refuse_bookmarks(collection: Collection, path: Sequence[str]) -> None:
    if collection.is_bookmarks:
        raise InvalidInput("collection.bookmarks", path)


async def _require_free(tx: AsyncSession, collection: Collection, title: str) -> None:
    taken = select(col(Collection.id)).where(
        col(Collection.user_id) == collection.user_id,
        col(Collection.title) == title,
        col(Collection.id) != collection.id,
    )
    with tx.no_autoflush:
        if (await tx.execute(taken)).scalar_one_or_none():
            raise InvalidInput("collection.title_taken", (*INPUT, "title"))
