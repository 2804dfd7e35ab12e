"""Guests of a host whose rights end, or whose rows do, while something is looked up for them; and its own end."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from app.streams.http import HttpListener, ServerSentEvents
from domain.errors import Unauthenticated
from graph_client import CORE, subscribe
from served import served
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from app.streams.host import Host

pytestmark = pytest.mark.anyio


async def test_who_is_signed_out_while_a_stream_begins_follows_nothing(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path
) -> None:
    async with served(spare_database_url, spare_redis_url, tmp_path) as easel:
        client = await easel.signed_up()
        job = (await client.submit("a cat", key="k", count=1, ratio="1:1", steps=1))["job"]["id"]
        async with client.socket() as socket:
            (guest,) = easel.sockets()

            # given a stream about which rows can not be read yet
            with psycopg.connect(spare_database_url) as other:
                other.execute("LOCK TABLE generation_jobs")
                await socket.websocket.send(subscribe("1", CORE["watch"], jobId=job))
                await until(lambda: lock_waits(spare_database_url))

                # when its viewer may see no more
                conversation = guest._conversation
                assert conversation
                task = conversation.listeners["1"].task
                assert task
                guest.expire(Unauthenticated("The session has ended."))
                other.rollback()

            # then it is not followed once they can
            assert json.loads(await socket.websocket.recv())["type"] == "error"
            await asyncio.wait({task})
            assert not list(easel.host.operations.followed())
            assert not list(easel.host.operations.topics)


def lock_waits(database_url: str) -> int:
    """Return how many statements wait for another transaction."""
    ((count,),) = sql(database_url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    return int(count)


async def test_the_end_is_told_from_rows_only_where_no_event_says_so_for_a_while(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.streams.host.EVERY_S", 1_000.0)  # the test looks after them itself
    async with served(spare_database_url, spare_redis_url, tmp_path) as easel:
        client = await easel.signed_up()
        # given somebody who watches a job that has ended, of which no relay tells
        job = (await client.submit("a cat", key="k", count=1, ratio="1:1", steps=1))["job"]["id"]
        stream = client.watch(job)
        await anext(stream)
        await client.core("cancel", {"jobId": job})

        # when all are looked after once
        operations = easel.host.operations
        await easel.host._tend_streams([*operations.followed()])

        # then the event may still be on its way, but not for ever
        assert not any(topic.is_over for topic in operations.topics)
        await easel.host._tend_streams([*operations.followed()])
        events = [event["__typename"] async for event in stream]
        assert events == ["GenerationSnapshot", "GenerationCompleted"]


async def test_guests_are_asked_to_come_back_once_however_many_connections_end(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path
) -> None:
    async with served(spare_database_url, spare_redis_url, tmp_path) as easel:
        first, late = Leaving(easel.host), Leaving(easel.host)
        easel.host.entered(first)
        for _ in range(3):
            easel.host.shutdown()
        easel.host.entered(late)
        easel.host.shutdown()
        assert (first.asked, late.asked) == (1, 1)


class Leaving(HttpListener):
    """A stream that counts how often it was asked to come back."""

    def __init__(self, host: Host) -> None:
        super().__init__(ServerSentEvents(), host.context({"type": "http", "headers": []}), None)
        self.asked = 0

    def shutdown(self) -> None:
        self.asked += 1
        super().shutdown()
