"""The broker wakes a consumer at once: by a message when it is idle, by the end of one when it has its fill."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from workers.broker import GPU_QUEUE, Bell, WakingBroker

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG_MS = 60_000


@pytest.fixture
def broker(spare_redis_url: str) -> Iterator[WakingBroker]:
    broker = WakingBroker(spare_redis_url, namespace="waking")  # no worker listens there
    yield broker
    broker.close()


class Reader(threading.Thread):
    """Reads one message of a consumer."""

    def __init__(self, consumer: Any) -> None:  # noqa: ANN401 - dramatiq does not tell of `misses`
        super().__init__(daemon=True)
        consumer.misses = 32  # as after long waiting: dramatiq would now sleep for half a minute and more
        self.consumer = consumer
        self.message: Any = None
        self.start()

    def run(self) -> None:
        while self.message is None:
            self.message = next(self.consumer)


def test_an_idle_consumer_is_woken_by_a_message(broker: WakingBroker) -> None:
    # given an idle consumer
    bell = Bell(broker)
    reader = Reader(broker.consume(GPU_QUEUE, prefetch=1, timeout=LONG_MS))

    # when it is rung
    bell.ring()

    # then it finds the message at once
    reader.join(20)
    assert reader.message


@pytest.mark.parametrize("end", ["ack", "nack"])
def test_a_consumer_that_has_its_fill_is_woken_by_the_end_of_a_message(broker: WakingBroker, end: str) -> None:
    # given a consumer that may have one message and has it, while another waits
    bell = Bell(broker)
    consumer = broker.consume(GPU_QUEUE, prefetch=1, timeout=LONG_MS)
    bell.ring()
    bell.ring()
    message = next(consumer)
    reader = Reader(consumer)

    # when the message has ended
    getattr(consumer, end)(message)

    # then it finds the other at once
    reader.join(20)
    assert reader.message


def test_a_consumer_that_rests_leaves_rings_to_others_until_it_goes_on(broker: WakingBroker) -> None:
    # given a ring for a consumer that rests
    bell = Bell(broker)
    consumer = broker.consume(GPU_QUEUE, prefetch=1, timeout=1)
    broker.is_resting = True
    bell.ring()

    # then it takes nothing
    assert [next(consumer) for _ in range(3)] == [None] * 3
    assert bell.is_unanswered()

    # and when it goes on, it does
    broker.is_resting = False
    assert next(consumer)
    assert not bell.is_unanswered()
