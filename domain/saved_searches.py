"""Saved searches: what somebody wants to be told of, and which of them a new artwork matches.

An artwork asks for its searches, not each search for its artworks: a saved search is kept under one trait without which
nothing matches it (``trait``), and an artwork looks under each of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlmodel import col

from db import outbox
from db.tables import Artwork, SavedSearch, SearchNews
from db.tables.columns import now
from db.words import NotificationKind, SearchTermKind
from domain import artworks, notifications, quotas, sight, streams
from domain.errors import InvalidInput, NotFound
from domain.notifications import Note
from domain.search_index import Traits, text_of, traits_of
from domain.search_queries import MAXIMUM_CHARACTERS, read_query
from domain.search_words import plain
from domain.texts import clean

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.search_queries import Query

MAXIMUM_SAVED: Final = 100
MAXIMUM_NAME: Final = 60
MAXIMUM_VALUES: Final = 20
MATCHED: Final = "matched"
"""What happens in the stream of a saved search."""
BATCH: Final = 500
"""Saved searches of one transaction."""
_KEY_LENGTH: Final = 8
"""Letters of a word that a search is kept under: an artwork looks under as many beginnings of each of its words."""
_KEPT: Final = timedelta(days=2)
_INPUT: Final = ("input",)
_IN_GRAPH: Final = {"content_levels": "contentLevels"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is chosen beside the query; of a list one value, of tags all; empty for any."""

    styles: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    colors: tuple[str, ...] = ()
    content_levels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    author_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Offer:
    """A new artwork, as searches are held against it."""

    traits: Traits
    handle: str
    """The author's."""
    text: str

    @property
    def author_id(self) -> UUID:
        """Whose it is."""
        return UUID(dict(self.traits.others)[SearchTermKind.AUTHOR])


_HANDLE: Final = "HANDLE"
_KINDS: Final = {
    "styles": SearchTermKind.STYLE,
    "ratios": SearchTermKind.RATIO,
    "engines": SearchTermKind.ENGINE,
    "colors": SearchTermKind.COLOR,
    "content_levels": SearchTermKind.LEVEL,
}


async def save(tx: AsyncSession, user_id: UUID, name: str, query: str, wanted: Wanted, *, notify: bool) -> SavedSearch:
    """Save a search.

    Raises:
        InvalidInput: name, query or a value is not acceptable, it asks for nothing, or there are too many.
        NotFound: there is no such author in sight.
    """
    written = clean(query, (*_INPUT, "query"), minimum=0, maximum=MAXIMUM_CHARACTERS)
    wanted = _checked(wanted)
    trait = _trait_of(read_query(written, (*_INPUT, "query")), wanted)
    if trait is None:
        raise InvalidInput("search.empty", (*_INPUT, "query"))
    if wanted.author_id:
        await sight.require_user(tx, user_id, wanted.author_id, (*_INPUT, "filter", "authorId"))
    await quotas.take_turn(tx, user_id)
    counted = select(func.count()).select_from(SavedSearch).where(col(SavedSearch.user_id) == user_id)
    if (await tx.execute(counted)).scalar_one() >= MAXIMUM_SAVED:
        raise InvalidInput("searches.too_many", _INPUT, maximum=MAXIMUM_SAVED)
    lists: dict[str, Any] = {name: list(getattr(wanted, name)) for name in (*_KINDS, "tags")}
    saved = SavedSearch(
        user_id=user_id,
        name=clean(name, (*_INPUT, "name"), maximum=MAXIMUM_NAME),
        query=written,
        notify=notify,
        trait=trait,
        author_id=wanted.author_id,
        **lists,
    )
    tx.add(saved)
    await tx.flush()
    return saved


async def remove(tx: AsyncSession, user_id: UUID, search_id: UUID) -> None:
    """Delete a saved search.

    Raises:
        NotFound: the user has no such search.
    """
    own = delete(SavedSearch).where(col(SavedSearch.id) == search_id, col(SavedSearch.user_id) == user_id)
    if (await tx.execute(own.returning(col(SavedSearch.id)))).first() is None:
        raise NotFound((*_INPUT, "savedSearchId"))


async def states_of(tx: AsyncSession, search_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, bool]]:
    """Return the owner of each saved search, and that it has not ended: none does."""
    found = select(col(SavedSearch.id), col(SavedSearch.user_id)).where(col(SavedSearch.id).in_(search_ids))
    return {search_id: (user_id, False) for search_id, user_id in await tx.execute(found)}


async def tell(tx: AsyncSession) -> bool:
    """Tell some of those who saved a search of a new artwork that matches it; return whether there was one."""
    news = select(SearchNews).where(col(SearchNews.told_at).is_(None)).order_by(col(SearchNews.found_at)).limit(1)
    found = (await tx.execute(news.with_for_update(skip_locked=True))).scalar_one_or_none()
    if found is None:
        await tx.execute(delete(SearchNews).where(col(SearchNews.told_at) < now() - _KEPT))
        return False
    offer = await _offer_of(tx, found.artwork_id)
    looked_at = await _next(tx, found, offer) if offer else []
    for search in looked_at:
        if offer and _matches(search, offer):
            outbox.publish(tx, streams.of_search(search.id), MATCHED, {"artwork": str(found.artwork_id)})
            if search.notify:
                kind = NotificationKind.SAVED_SEARCH
                notifications.note(tx, Note(kind, search.user_id, search.id, offer.author_id, found.artwork_id))
    if len(looked_at) == BATCH:
        found.reached = looked_at[-1].id
    else:
        found.told_at = now()
    return True


async def _offer_of(tx: AsyncSession, artwork_id: UUID) -> _Offer | None:
    found = (await traits_of(tx, [artwork_id])).get(artwork_id)
    return _Offer(found[1], found[0].author_handle, text_of(found[0])) if found else None


async def _next(tx: AsyncSession, news: SearchNews, offer: _Offer) -> Sequence[SavedSearch]:
    """Return the next searches under the artwork's traits, of people who are shown it and have not made it."""
    shown = (
        select(SavedSearch)
        .join(Artwork, col(Artwork.id) == news.artwork_id)
        .where(
            col(SavedSearch.trait).in_(sorted(_looked_under(offer))),
            col(SavedSearch.user_id) != col(Artwork.author_id),
            artworks.listed_for(Artwork, col(SavedSearch.user_id)),
        )
        .order_by(col(SavedSearch.id))
        .limit(BATCH)
    )
    if news.reached:
        shown = shown.where(col(SavedSearch.id) > news.reached)
    return (await tx.execute(shown)).scalars().all()


def _looked_under(offer: _Offer) -> set[str]:
    """Return all traits under which searches are kept that may mean an artwork."""
    traits = offer.traits
    beginnings = {word[:length] for word in traits.words for length in range(1, _KEY_LENGTH + 1)}
    words = {_key(SearchTermKind.WORD, beginning) for beginning in beginnings}
    others = {_key(kind, word) for kind, word in traits.others}
    tags = {_key(SearchTermKind.TAG, tag) for tag in traits.tags}
    return {"", _key(_HANDLE, offer.handle), *words, *tags, *others}


def _matches(search: SavedSearch, offer: _Offer) -> bool:
    """Return whether an artwork has all that a search names: whole words, or what begins with them."""
    asked, traits = read_query(search.query), offer.traits
    tags, others = set(traits.tags), dict(traits.others)

    def begins(word: str) -> bool:
        return any(each.startswith(word) for each in traits.words)

    chosen = ((getattr(search, name), others.get(kind)) for name, kind in _KINDS.items())
    return (
        all(begins(word) for word in asked.words)
        and set(asked.exact) <= set(traits.words)
        and all(phrase in offer.text for phrase in asked.phrases)
        and tags.issuperset((*asked.tags, *search.tags))
        and {offer.handle}.issuperset(asked.handles)
        and tags.isdisjoint(asked.not_tags)
        and set(traits.words).isdisjoint(asked.not_words)
        and not any(phrase in offer.text for phrase in asked.not_phrases)
        and offer.handle not in asked.not_handles
        and all(not values or trait in values for values, trait in chosen)
        and search.author_id in {None, offer.author_id}
    )


def _trait_of(asked: Query, wanted: Wanted) -> str | None:
    """Return the trait that a search is kept under: one that few artworks have; None where it asks for nothing."""
    if asked.is_nothing:
        return None
    words = sorted((*asked.words, *asked.exact), key=len, reverse=True)
    chosen = [(kind, getattr(wanted, name)) for name, kind in _KINDS.items() if getattr(wanted, name)]
    traits = (
        *([_key(SearchTermKind.AUTHOR, str(wanted.author_id))] if wanted.author_id else ()),
        *(_key(_HANDLE, handle) for handle in asked.handles),
        *(_key(SearchTermKind.TAG, tag) for tag in (*asked.tags, *wanted.tags)),
        *(_key(SearchTermKind.WORD, word[:_KEY_LENGTH]) for word in words),
        *(_key(kind, values[0]) for kind, values in chosen if len(values) == 1),
        *("" for _ in chosen),
    )
    return next(iter(traits), None)


def _key(kind: str, word: str) -> str:
    return f"{kind}:{word}"


def _checked(wanted: Wanted) -> Wanted:
    checked: dict[str, tuple[str, ...]] = {}
    for name in (*_KINDS, "tags"):
        values, path = getattr(wanted, name), (*_INPUT, "filter", _IN_GRAPH.get(name, name))
        if len(values) > MAXIMUM_VALUES:
            raise InvalidInput("search.values", path, maximum=MAXIMUM_VALUES)
        cleaned = [clean(value, path, maximum=MAXIMUM_NAME) for value in values]
        if name == "tags":
            cleaned = [plain(value).removeprefix("#") for value in cleaned]
        checked[name] = tuple(dict.fromkeys(cleaned))
    return Wanted(**checked, author_id=wanted.author_id)
