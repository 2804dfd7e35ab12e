"""Attempts at a password, by a clock that the test sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.rate_limits import LocalRateLimiter
from domain import attempts
from domain.attempts import PER_ACCOUNT
from domain.errors import TooManyAttempts

pytestmark = pytest.mark.anyio


class Guesser:
    """Tries one account's password whenever that is allowed."""

    def __init__(self) -> None:
        self.seconds = 900_000.0
        self.limiter = LocalRateLimiter(clock=lambda: self.seconds)

    async def wait(self) -> float:
        """Try once; return how many seconds to wait before the next try, 0 where this one was allowed."""
        try:
            await attempts.count(self.limiter, "sign-in-as", "minji@easel.example", PER_ACCOUNT)
        except TooManyAttempts as refusal:
            return (refusal.resets_at - datetime.now(UTC)).total_seconds()
        return 0.0


async def test_a_patient_guesser_waits_longer_each_time_and_has_few_guesses_in_a_day() -> None:
    guesser, allowed, waits = Guesser(), 0, [0.0]

    # when somebody guesses for a day, each time as soon as they are told that they may
    end = guesser.seconds + timedelta(days=1).total_seconds()
    while guesser.seconds < end:
        wait = await guesser.wait()
        allowed += not wait
        if wait:
            waits.append(wait)
        guesser.seconds += wait + 0.01

    # then three guesses are free, then the waits grow to minutes
    assert waits[1] >= 10
    assert max(waits) >= 180
    # and a day holds no more than a quarter of an hour's five, ninety-six times
    assert 96 <= allowed <= 5 * 96 + 5


async def test_hammering_makes_it_worse() -> None:
    guesser = Guesser()
    waits = [await guesser.wait() for _ in range(6)]
    assert waits[:3] == [0, 0, 0]
    assert 0 < waits[3] < waits[4] < waits[5]
    assert waits[5] > 15 * 60 - 1


async def test_a_refusal_says_how_long_to_wait() -> None:
    guesser = Guesser()
    for _ in range(3):
        await guesser.wait()
    with pytest.raises(TooManyAttempts) as refused:
        await attempts.count(guesser.limiter, "sign-in-as", "minji@easel.example", PER_ACCOUNT)
    left = (refused.value.resets_at - datetime.now(UTC)).total_seconds()
    assert left <= refused.value.values["seconds"] < left + 2
    assert refused.value.retryable


async def test_what_was_right_is_forgotten() -> None:
    guesser = Guesser()
    for _ in range(3):
        assert [await guesser.wait() for _ in range(3)] == [0, 0, 0]
        await attempts.forget(guesser.limiter, "sign-in-as", "minji@easel.example", PER_ACCOUNT)
    assert await guesser.wait() == 0


async def test_what_counts_only_by_its_end_is_refused_once_there_is_no_room_and_looking_takes_none() -> None:
    seconds = 900_000.0
    limiter = LocalRateLimiter(clock=lambda: seconds)
    stairs = ((2, timedelta(minutes=1)), (3, timedelta(minutes=10)))

    async def wait() -> float:
        try:
            await attempts.require_room(limiter, "guard-block", "minji", stairs)
        except TooManyAttempts as refusal:
            return (refusal.resets_at - datetime.now(UTC)).total_seconds()
        return 0.0

    # given two that count, and any number of looks in between
    for _ in range(2):
        assert [await wait() for _ in range(5)] == [0.0] * 5
        await attempts.note(limiter, "guard-block", "minji", stairs)

    # then there is no room until the lower stair has some again, and after one more until the higher one has
    waited = await wait()
    assert 0 < waited <= 120
    seconds += waited + 0.1
    assert await wait() == 0.0
    await attempts.note(limiter, "guard-block", "minji", stairs)
    assert 120 < await wait() <= 1200
