"""The relay rings for a worker as soon as it hears of work, before it reads the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db import outbox
from workers.broker import GPU_QUEUE

if TYPE_CHECKING:
    from workshop import Workshop

pytestmark = pytest.mark.anyio


def _rings(shop: Workshop) -> int:
    return shop.bell._broker.waiting(GPU_QUEUE)


async def test_work_is_rung_for_once_when_it_is_heard_of(shop: Workshop) -> None:
    # given a relay that listens
    user, other = await shop.user(), await shop.user()
    relay, doorbell = shop.relay(), outbox.Doorbell(shop.database_url)
    assert await doorbell.wait(0) == frozenset()

    # when a job is submitted
    await shop.job(user)
    topics = await doorbell.wait(10)
    await doorbell.close()

    # then a worker is rung for while the outbox still holds the message
    assert topics == {outbox.EVENT, outbox.GPU, outbox.LINE}
    await relay.answer(topics)
    assert _rings(shop) == 1

    # and the message does not ring again, but one that was not heard does
    await shop.job(other)
    assert await relay.empty_once()
    assert _rings(shop) == 2
