"""What search knows of artworks, kept up with them: a sweep looks at those that were changed, some at a time.

Triggers note the artworks (``search_pending``). One sweep at a time looks at them, so that nobody else waits for the
rows of frequent words; that an artwork is not public any more is looked at by each search for itself.
"""

from __future__ import annotations

import colorsys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    column,
    delete,
    func,
    join,
    literal,
    outerjoin,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import (
    Artwork,
    ArtworkImage,
    ArtworkTag,
    MediaAsset,
    SearchDocument,
    SearchNews,
    SearchPending,
    SearchPosting,
    SearchTerm,
    Tag,
    User,
)
from db.tables.columns import now
from db.words import ContentLevel, PromptVisibility, SearchTermKind, Visibility
from domain import trends
from domain.search_words import distinct_words, plain
from domain.words import Color

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import TableValuedAlias
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.types import TypeEngine

BATCH: Final = 100
"""Artworks of one transaction."""
MAXIMUM_WORDS: Final = 300
"""Words of an artwork that it is found by."""
NEWS_AGE: Final = timedelta(days=1)
"""An artwork that has been public for longer is no news, however lately it was found."""
MAXIMUM_TERMS: Final = 5_000
"""Terms that one transaction takes from artworks and gives them: each statement has its time, and who is refused for it
is looked at first again."""
_LOCK: Final = 0x_EA5E7
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Trait = tuple[SearchTermKind, str]
Found = Any
"""A row of what an artwork is found by."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What an artwork can be found by."""

    strong: tuple[str, ...]
    """Words of its title and tags."""
    words: tuple[str, ...]
    """All its words."""
    tags: tuple[str, ...]
    others: tuple[Trait, ...]

    def all(self) -> list[Trait]:
        """Return everything, each once."""
        words = ((SearchTermKind.WORD, word) for word in self.words)
        return list(dict.fromkeys([*words, *((SearchTermKind.TAG, tag) for tag in self.tags), *self.others]))


@dataclass(frozen=True, slots=True)
class _Change:
    """Artworks that are looked at together."""

    artwork_ids: list[UUID]
    found: dict[UUID, tuple[Found, Traits]]
    """What they are found by; none of what is not public."""
    before: dict[UUID, Found]
    """What search knew of them."""


async def sweep(tx: AsyncSession, at_most: int = BATCH) -> int:
    """Look at some artworks that were changed; return how many, 0 where another sweep is at work."""
    if not (await tx.execute(select(func.pg_try_advisory_xact_lock(_LOCK)))).scalar_one():
        return 0
    oldest = select(col(SearchPending.artwork_id)).order_by(col(SearchPending.changed_at)).limit(at_most)
    artwork_ids = list((await tx.execute(oldest.with_for_update(skip_locked=True))).scalars())
    if artwork_ids:
        change = _bounded(artwork_ids, await traits_of(tx, artwork_ids), await _known(tx, artwork_ids))
        artwork_ids = change.artwork_ids
        await tx.execute(delete(SearchPending).where(col(SearchPending.artwork_id).in_(artwork_ids)))
        await _renew(tx, change)
    return len(artwork_ids)


async def traits_of(tx: AsyncSession, artwork_ids: Sequence[UUID]) -> dict[UUID, tuple[Found, Traits]]:
    """Return public artworks with what they are found by; those that are not public are left out."""
    first = (
        select(col(MediaAsset.ratio), col(MediaAsset.engine), col(MediaAsset.dominant_color))
        .join(ArtworkImage, col(ArtworkImage.asset_id) == col(MediaAsset.id))
        .where(col(ArtworkImage.artwork_id) == col(Artwork.id))
        .order_by(col(ArtworkImage.position))
        .limit(1)
        .lateral("first")
    )
    tags = (
        select(func.array_agg(col(Tag.name)).label("names"))
        .join(ArtworkTag, col(ArtworkTag.tag_id) == col(Tag.id))
        .where(col(ArtworkTag.artwork_id) == col(Artwork.id))
        .lateral("tags")
    )
    columns = ("id", "author_id", "title", "description", "prompt", "prompt_visibility", "style", "content_level")
    query = (
        select(*(getattr(Artwork, name) for name in columns), col(Artwork.created_at), *first.c, tags.c.names)
        .add_columns(col(User.handle).label("author_handle"))
        .select_from(outerjoin(outerjoin(join(Artwork, User), first, true()), tags, true()))
        # what moderation hides is found again once it is shown: who reads looks whether it is
        .where(col(Artwork.id).in_(artwork_ids), col(Artwork.visibility) == Visibility.PUBLIC)
    )
    return {row.id: (row, _traits(row)) for row in await tx.execute(query)}


def text_of(row: Found) -> str:
    """Return the texts of an artwork that phrases are looked for in, as these are compared."""
    return " ".join(plain(f"{row.title} {row.description} {_shown_prompt(row)}").split())


def color_of(hex_color: str | None) -> Color | None:
    """Return the name of a color such as ``#a1b2c3``; None for what is none."""
    try:
        red, green, blue = (int((hex_color or "")[place : place + 2], 16) / 255 for place in (1, 3, 5))
    except ValueError:
        return None
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    if value < 0.15:
        return Color.BLACK
    if saturation < 0.15:
        return Color.WHITE if value > 0.85 else Color.GRAY
    degrees = hue * 360
    if 10 <= degrees < 45 and value < 0.65:
        return Color.BROWN
    return next(name for end, name in _HUES if degrees < end)


_HUES: Final = (
    *((12, Color.RED), (40, Color.ORANGE), (70, Color.YELLOW), (165, Color.GREEN), (195, Color.CYAN)),
    *((255, Color.BLUE), (290, Color.PURPLE), (340, Color.PINK), (361, Color.RED)),
)
"""Where each name ends, in degrees of hue."""


def _traits(row: Found) -> Traits:
    tags = tuple(row.names or ())
    strong = distinct_words((row.title, *tags), MAXIMUM_WORDS)
    weak = distinct_words((row.description, _shown_prompt(row)), MAXIMUM_WORDS)
    words = list(dict.fromkeys([*strong, *weak]))[:MAXIMUM_WORDS]
    color = color_of(row.dominant_color)
    others = (
        (SearchTermKind.AUTHOR, str(row.author_id)),
        (SearchTermKind.STYLE, row.style),
        (SearchTermKind.RATIO, row.ratio),
        (SearchTermKind.ENGINE, row.engine),
        (SearchTermKind.COLOR, color),
        (SearchTermKind.LEVEL, row.content_level),
    )
    known = tuple((kind, str(word)) for kind, word in others if word)
    return Traits(tuple(strong), tuple(words), tags, known)


def _shown_prompt(row: Found) -> str:
    return row.prompt if row.prompt_visibility is PromptVisibility.PUBLIC else ""


async def _known(tx: AsyncSession, artwork_ids: Sequence[UUID]) -> dict[UUID, Found]:
    """Return what search knows of artworks: their numbers and terms."""
    known = select(col(SearchDocument.artwork_id), col(SearchDocument.number), col(SearchDocument.terms))
    rows = await tx.execute(known.where(col(SearchDocument.artwork_id).in_(artwork_ids)))
    return {row.artwork_id: row for row in rows}


def _bounded(
    artwork_ids: Sequence[UUID], found: Mapping[UUID, tuple[Found, Traits]], before: Mapping[UUID, Found]
) -> _Change:
    """Return the first ones of artworks, as many as have ``MAXIMUM_TERMS`` together before and after; one at least."""
    terms = 0
    taken: list[UUID] = []
    for key in artwork_ids:
        terms += len(before[key].terms) if key in before else 0
        terms += len(found[key][1].all()) if key in found else 0
        if taken and terms > MAXIMUM_TERMS:
            break
        taken.append(key)
    return _Change(
        taken,
        {key: found[key] for key in taken if key in found},
        {key: before[key] for key in taken if key in before},
    )


async def _renew(tx: AsyncSession, change: _Change) -> None:
    found, before = change.found, change.before
    ids = await _ids_of(tx, {trait for _, traits in found.values() for trait in traits.all()})
    uses: Counter[int] = Counter()
    for old in before.values():
        uses.subtract(old.terms)
    await _remove(tx, before.values())
    numbers = await _numbers(tx, {key: row.created_at for key, (row, _) in found.items()})
    documents = [_document(row, traits, ids, numbers[key]) for key, (row, traits) in found.items()]
    for document in documents:
        uses.update(document["terms"])
    if documents:
        await tx.execute(insert(SearchDocument), documents)
        given = _postings((document["number"], document["terms"]) for document in documents)
        await tx.execute(insert(SearchPosting).from_select(["term_id", "number"], select(*given.c)))
    await _count(tx, {term: change for term, change in uses.items() if change})
    new = {key: each for key, each in found.items() if key not in before}
    await _note(tx, new)


async def _ids_of(tx: AsyncSession, traits: Iterable[Trait]) -> Mapping[Trait, int]:
    """Return the keys of terms, which are made where they are new."""
    ids: dict[Trait, int] = {}
    missing = sorted(traits)
    kinds, words = col(SearchTerm.kind), col(SearchTerm.word)
    while missing:
        given = _traits_given(missing)
        one, two = given.c
        found = select(kinds, words, col(SearchTerm.id)).join(given, and_(cast(kinds, Text) == one, words == two))
        ids |= {(kind, word): key or 0 for kind, word, key in await tx.execute(found)}
        missing = [trait for trait in missing if trait not in ids]
        if missing:
            new = _traits_given(missing)
            await tx.execute(insert(SearchTerm).from_select(["kind", "word", "uses"], select(*new.c, literal(0))))
    return ids


async def _remove(tx: AsyncSession, documents: Collection[Found]) -> None:
    if documents:
        given = _postings((old.number, old.terms) for old in documents)
        term, number = given.c
        here = col(SearchPosting.term_id) == term, col(SearchPosting.number) == number
        await tx.execute(delete(SearchPosting).where(*here))
        numbers = [old.number for old in documents]
        await tx.execute(delete(SearchDocument).where(col(SearchDocument.number).in_(numbers)))


async def _numbers(tx: AsyncSession, moments: Mapping[UUID, datetime]) -> Mapping[UUID, int]:
    """Return the number of each artwork: its moment, moved on as far as others have it."""
    wanted = {key: (moment - _EPOCH) // timedelta(microseconds=1) for key, moment in moments.items()}
    numbers: dict[UUID, int] = {}
    taken: set[int] = set()
    while wanted:
        number = col(SearchDocument.number)
        taken |= set((await tx.execute(select(number).where(number.in_(wanted.values())))).scalars())
        moved: dict[UUID, int] = {}
        for key, free in sorted(wanted.items(), key=lambda item: (item[1], item[0])):
            if free in taken:
                moved[key] = free + 1
            else:
                numbers[key] = free
                taken.add(free)
        wanted = moved
    return numbers


def _document(row: Found, traits: Traits, ids: Mapping[Trait, int], number: int) -> dict[str, Any]:
    others = dict(traits.others)
    return {
        "number": number,
        "artwork_id": row.id,
        "style": row.style,
        "ratio": others.get(SearchTermKind.RATIO, ""),
        "engine": others.get(SearchTermKind.ENGINE, ""),
        "color": others.get(SearchTermKind.COLOR, ""),
        "content_level": row.content_level,
        "terms": [ids[trait] for trait in traits.all()],
        "strong": [ids[SearchTermKind.WORD, word] for word in traits.strong],
        "tags": [ids[SearchTermKind.TAG, tag] for tag in traits.tags],
        "text": text_of(row),
    }


async def _count(tx: AsyncSession, uses: Mapping[int, int]) -> None:
    """Add to how often terms are used, and forget those that nothing has any more."""
    if uses:
        given = _unnested((list(uses), Integer()), (list(uses.values()), Integer()))
        term, change = given.c
        counted = update(SearchTerm).where(col(SearchTerm.id) == term)
        await tx.execute(counted.values(uses=col(SearchTerm.uses) + change))
        fewer = literal([term for term, change in uses.items() if change < 0], ARRAY(Integer))
        await tx.execute(delete(SearchTerm).where(col(SearchTerm.id) == func.any(fewer), col(SearchTerm.uses) == 0))


async def _note(tx: AsyncSession, found: Mapping[UUID, tuple[Found, Traits]]) -> None:
    """Note artworks that are public for the first time, for those who saved a search, and how their tags were used."""
    young = {key: each for key, each in found.items() if each[0].created_at > now() - NEWS_AGE}
    if young:
        news = [{"artwork_id": key, "found_at": now()} for key in young]
        await tx.execute(insert(SearchNews).values(news).on_conflict_do_nothing())
    for row, traits in sorted(found.values(), key=lambda each: each[0].created_at):
        if traits.tags and row.content_level is ContentLevel.GENERAL and row.created_at > now() - trends.KEPT:
            await trends.count(tx, row.author_id, row.id, row.created_at)


def _traits_given(traits: Sequence[Trait]) -> TableValuedAlias:
    return _unnested(([kind.value for kind, _ in traits], Text()), ([word for _, word in traits], Text()))


def _postings(documents: Iterable[tuple[int, Sequence[int]]]) -> TableValuedAlias:
    """Return the rows (term, number) of documents, which are told by their numbers and terms."""
    terms, numbers = zip(*((term, number) for number, terms in documents for term in terms), strict=True)
    return _unnested((terms, Integer()), (numbers, BigInteger()))


def _unnested(*columns: tuple[Sequence[Any], TypeEngine[Any]]) -> TableValuedAlias:
    """Return the rows that the values of columns make."""
    arrays = [bindparam(None, list(values), ARRAY(kind)) for values, kind in columns]
    names = [column(f"v{index}", kind) for index, (_, kind) in enumerate(columns)]
    return func.unnest(*arrays).table_valued(*names, name="given").render_derived()
