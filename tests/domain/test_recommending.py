"""The formula of recommendations: what a signal adds, which reason is told, and that nobody fills a list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from db.words import RecommendationReason
from domain import recommending
from domain.recommending import Candidate, Like, Scored, Signals, Support, affinities, mixed, ranked

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CAT, SEA, SKY = (UUID(int=number) for number in (1, 2, 3))
PICTURE = 0x0F0F_0F0F_0F0F_0F0F
PEOPLE, TAG, LOOKS, POPULAR = RecommendationReason


def artwork(
    number: int, *tags: UUID, likes: int = 0, days: float = 0, dhash: int = 0, author: int | None = None
) -> Candidate:
    made = NOW - timedelta(days=days)
    return Candidate(UUID(int=1000 + number), UUID(int=5000 + (author or number)), made, likes, tags, dhash)


def like(number: int, *tags: UUID, days: float = 0, dhash: int = 0) -> Like:
    return Like(UUID(int=1000 + number), NOW - timedelta(days=days), tags, dhash)


def order(found: list[Scored]) -> list[int]:
    return [each.candidate.id.int - 1000 for each in found]


def test_without_a_taste_what_is_popular_and_new_comes_first() -> None:
    candidates = [
        artwork(1, likes=5),
        artwork(2, likes=50),
        artwork(3, likes=50, days=14),
        artwork(4),
        artwork(5, days=1),
    ]
    found = ranked(candidates, Signals(), NOW)
    assert order(found) == [2, 3, 1, 4, 5]
    assert {each.reason for each in found} == {POPULAR}
    assert found[0].score == pytest.approx(0.3)
    assert found[1].score == pytest.approx(0.3 * 0.75)


def test_each_signal_is_told_where_it_adds_most() -> None:
    liked = UUID(int=77)
    candidates = [
        artwork(1, likes=10),
        artwork(2, CAT, likes=10),
        artwork(3, dhash=PICTURE ^ 0b11, likes=10),
        artwork(4, likes=10),
        *(artwork(n, likes=10) for n in range(5, 9)),
    ]
    signals = Signals([like(99, CAT, dhash=PICTURE)], frozenset(), {UUID(int=1004): Support(3.0, liked)})
    told = {each.candidate.id.int - 1000: each for each in ranked(candidates, signals, NOW)}
    assert (told[1].reason, told[1].tag_id, told[1].liked_id) == (POPULAR, None, None)
    assert (told[2].reason, told[2].tag_id, told[2].liked_id) == (TAG, CAT, None)
    assert (told[3].reason, told[3].tag_id, told[3].liked_id) == (LOOKS, None, UUID(int=1099))
    assert (told[4].reason, told[4].tag_id, told[4].liked_id) == (PEOPLE, None, liked)
    assert [told[n].score for n in (1, 2, 3, 4)] == pytest.approx([0.3, 1.1, 0.3 + 0.6 * 6 / 8, 1.3])


def test_tags_count_by_how_often_how_lately_and_how_rarely_they_are_used() -> None:
    likes = [like(1, CAT), like(2, CAT), like(3, SEA), like(4, SKY, days=30)]
    uses = {CAT: 9, SEA: 9, SKY: 9}
    weights = affinities(Signals(likes), uses, 99, NOW)
    assert weights == pytest.approx({CAT: 1.0, SEA: 0.5, SKY: 0.25})
    # what everybody uses says nothing, what one follows counts as two likes
    weights = affinities(Signals(likes, frozenset({SKY})), uses | {CAT: 99}, 99, NOW)
    assert weights == pytest.approx({CAT: 0.0, SEA: 0.4, SKY: 1.0})
    assert affinities(Signals(), uses, 99, NOW) == {}
    assert affinities(Signals(likes), {}, 0, NOW)[CAT] == 1.0


@pytest.mark.parametrize("dhash", [0, -1, 0b1111111, ~0b1111111])
def test_an_even_picture_looks_like_nothing(dhash: int) -> None:
    (found,) = ranked([artwork(1, dhash=dhash)], Signals([like(2, dhash=dhash)]), NOW)
    assert found.reason is POPULAR


@pytest.mark.parametrize(("bits", "reason"), [(0, LOOKS), (7, LOOKS), (8, POPULAR)])
def test_pictures_look_alike_up_to_seven_bits(bits: int, reason: RecommendationReason) -> None:
    signed = PICTURE - 2**64  # as PostgreSQL keeps it, where the first bit is set
    (found,) = ranked([artwork(1, dhash=signed ^ (2**bits - 1))], Signals([like(2, dhash=PICTURE)]), NOW)
    assert found.reason is reason


def test_an_author_has_two_and_a_tag_five_of_ten_in_a_row() -> None:
    candidates = [
        *(artwork(n, CAT, author=1, likes=1000 - n) for n in range(6)),
        *(artwork(n, CAT, author=n, likes=1000 - n) for n in range(6, 20)),
        *(artwork(n, SEA, SKY, author=n, likes=1000 - n) for n in range(20, 40)),
        *(artwork(n, author=n, likes=1000 - n) for n in range(40, 200)),
    ]
    found = mixed(ranked(candidates, Signals(), NOW))
    assert sorted(order(found)) == list(range(200))
    for begin in range(100):
        part = [each.candidate for each in found[begin : begin + 10]]
        assert sum(each.author_id == UUID(int=5001) for each in part) <= 2
        assert sum(CAT in each.tag_ids for each in part) <= 5
        assert sum(SEA in each.tag_ids for each in part) <= 5
    # the best of each that may come do come first
    assert order(found)[:7] == [0, 1, 6, 7, 8, 20, 21]


def test_where_nothing_else_is_there_the_best_come_all_the_same() -> None:
    candidates = [artwork(n, CAT, author=1, likes=100 - n) for n in range(80)]
    assert order(mixed(ranked(candidates, Signals(), NOW), 50)) == list(range(50))
    assert mixed([]) == []


def test_a_list_has_a_thousand_at_most() -> None:
    candidates = [artwork(n, author=n) for n in range(1_500)]
    assert len(mixed(ranked(candidates, Signals(), NOW))) == recommending.LENGTH == 1_000


def test_what_nothing_speaks_for_comes_last_and_by_its_age() -> None:
    candidates = [artwork(1, days=2), artwork(2), artwork(3, CAT, days=400)]
    assert order(ranked(candidates, Signals([like(9, CAT)]), NOW)) == [3, 2, 1]
