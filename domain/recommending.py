"""Which artworks are recommended to somebody: a formula of four signals, each of which can be told as a reason.

The formula is the one of docs/recommendations.md. Nothing here asks the database: what goes in decides what comes out.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from db.words import RecommendationReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

LENGTH: Final = 1_000
"""Artworks of a list at most."""
WEIGHTS: Final[Mapping[RecommendationReason, float]] = {
    RecommendationReason.LIKED_BY_PEOPLE_LIKE_YOU: 1.0,
    RecommendationReason.BECAUSE_TAG: 0.8,
    RecommendationReason.LOOKS_LIKE_LIKED: 0.6,
    RecommendationReason.POPULAR: 0.3,
}
"""What each signal, which is between 0 and 1, adds to a score at most; the one that adds most is the reason."""
HALF_LIFE_DAYS: Final = 14.0
"""After so many days half of what an artwork gains by being new is gone; old ones keep half of their score."""
LIKE_HALF_LIFE_DAYS: Final = 30.0
"""After so many days a like counts half for the tags of what was liked."""
FOLLOWED: Final = 2.0
"""What following a tag counts, in fresh likes."""
NEAR: Final = 8
"""Bits of two difference hashes: of fewer that differ, the pictures look alike."""
PLAIN: Final = 8
"""Bits: a hash with fewer that are set, or that are not, is of an almost even picture, and looks like all of these."""
WINDOW: Final = 10
"""In so many artworks one after the other …"""
OF_AUTHOR: Final = 2
"""… so many are of one author at most, …"""
OF_TAG: Final = 5
"""… and so many have one tag."""
LOOK_AHEAD: Final = 50
"""How many of the best are looked at for one that is different enough; where none is, the best comes all the same."""
MAXIMUM_LOOKS: Final = 30
"""Of so many of the newest likes the pictures are compared."""
_PEOPLE: Final = RecommendationReason.LIKED_BY_PEOPLE_LIKE_YOU
_TAG: Final = RecommendationReason.BECAUSE_TAG
_LOOK: Final = RecommendationReason.LOOKS_LIKE_LIKED
_POPULAR: Final = RecommendationReason.POPULAR
_NOTHING: Final = 1e-6
_value: Final[Callable[[Sequence[Any]], float]] = itemgetter(0)
_NONE: Final[tuple[float, UUID | None]] = (0.0, None)
_DAY_S: Final = 86_400.0
_HASH_BITS: Final = 64
_BITS: Final = 2**_HASH_BITS - 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """An artwork that may be recommended."""

    id: UUID
    author_id: UUID
    created_at: datetime
    like_count: int
    tag_ids: Sequence[UUID]
    dhash: int
    """Of its first image, as PostgreSQL keeps 64 bits: with a sign. 0 where it has none."""


@dataclass(frozen=True, slots=True)
class Like:
    """An artwork that somebody likes."""

    artwork_id: UUID
    created_at: datetime
    """When they did."""
    tag_ids: Sequence[UUID]
    dhash: int


@dataclass(frozen=True, slots=True)
class Support:
    """How much people of the same taste speak for an artwork."""

    weight: float
    """Sum of how alike those are who like it."""
    liked_id: UUID | None
    """What the most alike of them and the user both like."""


_NO_SUPPORT: Final = Support(0.0, None)


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of somebody's taste."""

    likes: Sequence[Like] = ()
    """The newest, the newest first."""
    followed_tags: frozenset[UUID] = frozenset()
    support: Mapping[UUID, Support] | None = None
    """By artwork."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its score, and why it has it."""

    candidate: Candidate
    score: float
    reason: RecommendationReason
    tag_id: UUID | None = None
    liked_id: UUID | None = None


def ranked(candidates: Sequence[Candidate], signals: Signals, at: datetime) -> list[Scored]:
    """Return candidates by their score at a moment, the best first."""
    scale = _Scale.of(candidates, signals, at)
    found = [_scored(each, scale, at) for each in candidates]
    return sorted(found, key=lambda each: (-each.score, each.candidate.id))


def mixed(scored: Iterable[Scored], length: int = LENGTH) -> list[Scored]:
    """Return the best of a ranked list so that neither an author nor a tag fills a part of it; at most ``length``."""
    waiting: deque[Scored] = deque()
    rest, window, mixture = iter(scored), deque[Scored](), list[Scored]()
    counts = Counter[UUID]()
    while len(mixture) < length:
        _fill(waiting, rest)
        if not waiting:
            break
        index = next((index for index, each in enumerate(waiting) if _differs(each, counts)), 0)
        chosen = waiting[index]
        del waiting[index]
        mixture.append(chosen)
        window.append(chosen)
        counts.update(_marks(chosen))
        if len(window) == WINDOW:
            counts.subtract(_marks(window.popleft()))
    return mixture


def affinities(signals: Signals, uses: Mapping[UUID, int], total: int, at: datetime) -> dict[UUID, float]:
    """Return how much somebody likes tags, between 0 and 1: the most liked has 1.

    Args:
        signals: what is known of their taste.
        uses: how many of the candidates have a tag; what all have says nothing.
        total: how many candidates there are.
        at: the moment at which likes have their age.
    """
    weights: defaultdict[UUID, float] = defaultdict(float)
    for like in signals.likes:
        share = _half(_days(at, like.created_at), LIKE_HALF_LIFE_DAYS)
        for tag_id in like.tag_ids:
            weights[tag_id] += share
    for tag_id in signals.followed_tags:
        weights[tag_id] += FOLLOWED
    rare = {tag: weight * _rarity(uses.get(tag, 0), total) for tag, weight in weights.items()}
    most = max(rare.values(), default=0.0)
    return {tag: weight / most for tag, weight in rare.items()} if most else {}


@dataclass(frozen=True, slots=True)
class _Scale:
    """What all candidates of one list are measured by."""

    tags: Mapping[UUID, float]
    looks: Sequence[tuple[UUID, int]]
    support: Mapping[UUID, Support]
    most_support: float
    most_likes: float

    @classmethod
    def of(cls, candidates: Sequence[Candidate], signals: Signals, at: datetime) -> _Scale:
        uses = Counter(chain.from_iterable(each.tag_ids for each in candidates))
        support = signals.support or {}
        return cls(
            tags=affinities(signals, uses, len(candidates), at),
            looks=_looks(signals),
            support=support,
            most_support=max((each.weight for each in support.values()), default=0.0) or 1.0,
            most_likes=math.log1p(max((each.like_count for each in candidates), default=0)) or 1.0,
        )


def _looks(signals: Signals) -> list[tuple[UUID, int]]:
    telling = (like for like in signals.likes if _says_something(like.dhash))
    return [(like.artwork_id, like.dhash & _BITS) for like in islice(telling, MAXIMUM_LOOKS)]


def _scored(candidate: Candidate, scale: _Scale, at: datetime) -> Scored:
    tag_id, tag = _closest_tag(candidate, scale)
    looks_id, looks = _closest_look(candidate, scale)
    support = scale.support.get(candidate.id, _NO_SUPPORT)
    likes = math.log1p(candidate.like_count) / scale.most_likes
    parts = (
        (WEIGHTS[_PEOPLE] * support.weight / scale.most_support, _PEOPLE, None, support.liked_id),
        (WEIGHTS[_TAG] * tag, _TAG, tag_id, None),
        (WEIGHTS[_LOOK] * looks, _LOOK, None, looks_id),
        (WEIGHTS[_POPULAR] * likes, _POPULAR, None, None),
    )
    value, reason, because_tag, because_liked = max(parts, key=_value)
    fresh = (1 + _half(_days(at, candidate.created_at), HALF_LIFE_DAYS)) / 2
    if not value:  # what nothing speaks for stands by its age alone
        return Scored(candidate, _NOTHING * fresh, _POPULAR)
    return Scored(candidate, sum(map(_value, parts)) * fresh, reason, because_tag, because_liked)


def _closest_tag(candidate: Candidate, scale: _Scale) -> tuple[UUID | None, float]:
    """Return the tag that is liked most, and how much it is."""
    weight, tag_id = max(((scale.tags[each], each) for each in candidate.tag_ids if each in scale.tags), default=_NONE)
    return tag_id, weight


def _closest_look(candidate: Candidate, scale: _Scale) -> tuple[UUID | None, float]:
    """Return what was liked and looks most like it, and how much so."""
    if not scale.looks or not _says_something(candidate.dhash):
        return None, 0.0
    own = candidate.dhash & _BITS
    distances = [(dhash ^ own).bit_count() for _, dhash in scale.looks]
    distance = min(distances)
    if distance >= NEAR:
        return None, 0.0
    return scale.looks[distances.index(distance)][0], 1 - distance / NEAR


def _fill(waiting: deque[Scored], rest: Iterator[Scored]) -> None:
    while len(waiting) < LOOK_AHEAD:
        following = next(rest, None)
        if following is None:
            return
        waiting.append(following)


def _marks(scored: Scored) -> tuple[UUID, ...]:
    """Return what a part of the list must not be full of."""
    return scored.candidate.author_id, *scored.candidate.tag_ids


def _differs(scored: Scored, counts: Mapping[UUID, int]) -> bool:
    candidate = scored.candidate
    if counts.get(candidate.author_id, 0) >= OF_AUTHOR:
        return False
    for tag_id in candidate.tag_ids:  # noqa: SIM110 - asked some ten thousand times for a list
        if counts.get(tag_id, 0) >= OF_TAG:
            return False
    return True


def _says_something(dhash: int) -> bool:
    return PLAIN <= (dhash & _BITS).bit_count() <= _HASH_BITS - PLAIN


def _rarity(uses: int, total: int) -> float:
    """Return how much a tag says: 1 where nobody uses it, 0 where all do (inverse document frequency)."""
    return math.log((1 + total) / (1 + uses)) / math.log(1 + total) if total else 1.0


def _half(days: float, life: float) -> float:
    return math.exp2(-max(0.0, days) / life)


def _days(at: datetime, then: datetime) -> float:
    return (at - then).total_seconds() / _DAY_S
