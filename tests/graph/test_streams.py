"""Streams as their readers live them: resumed at any event, ended when they must be, and gone when nobody reads."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import redis
from websockets.asyncio.client import connect

from adapters.event_log import RedisEventLog, event_of
from adapters.hub import Hub, redis_client
from db.session import Database
from domain import generation, streams
from graph_client import CORE, StreamError, subscribe
from stored import sql
from stream_readers import MULTIPART, beginning, opened
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

SMALL: dict[str, Any] = {"steps": 2}
SLOW: dict[str, Any] = {"count": 1, "steps": 50}


async def submitted(client: GraphClient, prompt: str = "a cat", key: str = "k", **options: Any) -> str:  # noqa: ANN401
    job: str = (await client.submit(prompt, key=key, **options))["job"]["id"]
    return job


def is_event(message: dict[str, Any]) -> bool:
    return bool(message["__typename"] != "GenerationSnapshot")


async def drained(stream: AsyncGenerator[dict[str, Any], None]) -> None:
    """Read a stream that is about to end."""
    async with asyncio.timeout(5):
        async for _ in stream:
            pass


async def end(easel: Installation, *jobs: str) -> None:
    """Cancel jobs whose owners may be signed out, and wait until the worker has let go of them."""
    url, keys = easel.environment["DATABASE_URL"], [UUID(job.partition("_")[2]) for job in jobs]
    database = Database(url)
    for key, owner in sql(url, "SELECT id, user_id FROM generation_jobs WHERE id = ANY(%s)", keys):
        async with database.write() as tx:
            await generation.cancel(tx, owner, key)
    await database.close()
    await until(lambda: not sql(url, "SELECT id FROM generation_jobs WHERE finished_at IS NULL AND id = ANY(%s)", keys))


async def test_a_watcher_who_is_cut_off_after_every_event_misses_and_repeats_nothing(easel: Installation) -> None:
    client = await easel.signed_up()
    job = await submitted(client, "a cat #fail:1", count=3, **SMALL)

    async def uninterrupted() -> list[dict[str, Any]]:
        return [event async for event in client.watch(job, beginning(job)) if is_event(event)]

    async def interrupted() -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        after = beginning(job)
        while not told or told[-1]["__typename"] != "GenerationCompleted":
            # given a reader who has a new socket for each event
            async with aclosing(client.watch(job, after)) as stream:
                snapshot = await anext(stream)
                assert not is_event(snapshot)
                told.append(await anext(stream))
                after = told[-1]["cursor"]
        return told

    whole, pieces = await asyncio.gather(uninterrupted(), interrupted())

    # then both were told the same
    assert whole == pieces
    assert [event["sequence"] for event in whole] == list(range(1, len(whole) + 1))
    assert [event["__typename"] for event in whole].count("GenerationImageReady") == 2

    # and who comes back later, with any cursor, is told exactly the rest
    for index, event in enumerate(whole[:-1]):
        snapshot, *rest = [told async for told in client.watch(job, event["cursor"])]
        assert (snapshot["__typename"], snapshot["cursor"]) == ("GenerationSnapshot", event["cursor"])
        assert rest == whole[index + 1 :]

    # and with the last one, nothing more
    (snapshot,) = [told async for told in client.watch(job, whole[-1]["cursor"])]
    assert snapshot["job"]["status"] == "PARTIAL"

    # and who comes for the first time hears of the end at once
    snapshot, completed = [told async for told in client.watch(job)]
    assert (snapshot["job"]["status"], completed["job"]) == ("PARTIAL", whole[-1]["job"])
    (snapshot,) = [told async for told in client.watch(job, completed["cursor"])]


async def test_a_cursor_that_is_not_of_this_stream_is_refused(easel: Installation) -> None:
    client = await easel.signed_up()
    job, other = [await submitted(client, key=key, count=1, **SMALL) for key in ("1", "2")]
    async with aclosing(client.watch(other)) as stream:
        foreign = (await anext(stream))["cursor"]

    for cursor in (foreign, "no cursor", "", "MQ", "ÿ"):
        with pytest.raises(StreamError) as refused:
            await anext(client.watch(job, cursor))
        assert refused.value.code == "BAD_CURSOR", cursor


async def test_a_stream_starts_over_where_its_log_was_emptied(easel: Installation) -> None:
    client = await easel.signed_up()
    job = await submitted(client, count=1, **SMALL)
    events = [event async for event in client.watch(job)]
    with redis.Redis.from_url(easel.environment["REDIS_URL"]) as valkey:
        valkey.flushall()

    for event in events[1:-1]:
        async with client.socket() as socket:
            query = CORE["watch"].replace("GenerationSnapshot {", "GenerationSnapshot { resumed")
            told = [data async for data in socket.subscribe(query, {"jobId": job, "after": event["cursor"]})]
        snapshot, completed = [data["generationJobEvents"] for data in told]
        assert (snapshot["resumed"], snapshot["job"]["status"]) == (False, "SUCCEEDED")
        assert completed["__typename"] == "GenerationCompleted"


async def test_previews_come_only_to_those_who_want_them(easel: Installation) -> None:
    client = await easel.signed_up()
    job = await submitted(client, "a cat #slow", count=1, ratio="1:1", steps=3)

    async def previews(query: str) -> list[str | None]:
        async with client.socket() as socket:
            told = [data["generationJobEvents"] async for data in socket.subscribe(query, {"jobId": job})]
        return [event["preview"] for event in told if event["__typename"] == "GenerationProgress"]

    low, none = await asyncio.gather(
        previews(CORE["watch"]), previews(CORE["watch"].replace("previews: LOW", "previews: NONE"))
    )
    assert len(low) >= 2
    assert all(preview and preview.startswith("data:image/webp;base64,") for preview in low)
    assert set(none) == {None}


async def test_who_signs_out_is_told_nothing_more(easel: Installation) -> None:
    client = await easel.signed_up()
    job = await submitted(client, "a cat #slow", **SLOW)
    async with client.socket() as idle, aclosing(client.watch(job)) as stream:
        await anext(stream)
        await client.data("mutation { signOut(input: {}) { __typename } }")

        # then nothing can be done any more, and what is open is closed soon
        cancel = CORE["cancel"], {"input": {"jobId": job}}
        with pytest.raises(StreamError) as refused:
            await anext(idle.subscribe(*cancel))
        assert refused.value.code == "UNAUTHENTICATED"
        with pytest.raises(StreamError) as ended:
            await drained(stream)
        assert ended.value.code == "UNAUTHENTICATED"
        await idle.websocket.wait_closed()
        assert idle.websocket.close_code == 4401
    await end(easel, job)


async def test_a_stream_that_nobody_reads_any_more_is_gone(easel: Installation) -> None:
    client = await easel.signed_up()
    job = await submitted(client, "a cat #slow", **SLOW)
    channel = f"easel:job:{UUID(job.partition('_')[2])}"
    with redis.Redis.from_url(easel.environment["REDIS_URL"]) as valkey:

        def subscriptions() -> int:
            ((_, count),) = valkey.pubsub_numsub(channel)
            return int(count)

        async with aclosing(client.watch(job)) as stream:
            await anext(stream)
            assert subscriptions() == 1
        await until(lambda: subscriptions() == 0)

        for accept, path in (("text/event-stream", "/graphql/stream"), (MULTIPART, "/graphql")):
            async with opened(client, CORE["watch"], {"jobId": job}, accept=accept, path=path) as response:
                assert response.status_code == 200
                chunks = response.aiter_text()
                await anext(chunks)
                await until(lambda: subscriptions() == 1)
            await until(lambda: subscriptions() == 0)

        # and one of several on a socket may be left alone
        async with client.socket() as socket:
            for key in ("a", "b"):
                await socket.websocket.send(subscribe(key, CORE["watch"], jobId=job))
            await until(lambda: subscriptions() == 1)
            await socket.websocket.send(json.dumps({"type": "complete", "id": "a"}))
            await socket.websocket.send(json.dumps({"type": "ping"}))
            ids: list[str | None] = []
            async with asyncio.timeout(10):
                while ids[-5:] != ["b"] * 5:
                    ids.append(json.loads(await socket.websocket.recv()).get("id"))
            await socket.websocket.send(json.dumps({"type": "complete", "id": "b"}))
            await until(lambda: subscriptions() == 0)
    await end(easel, job)


async def test_a_reader_who_does_not_read_costs_no_memory_and_harms_nobody(easel: Installation) -> None:
    client = await easel.signed_up()
    running = await submitted(client, "a cat #slow", key="1", **SLOW)
    waiting = await submitted(client, key="2", count=1)
    api = easel.processes["api"].popen
    assert api
    status = Path(f"/proc/{api.pid}/status")

    def resident_mb() -> int:
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) // 1024

    hub, valkey = Hub(easel.environment["REDIS_URL"], event_of), redis_client(easel.environment["REDIS_URL"])
    log, stream = RedisEventLog(valkey, hub), streams.of_job(UUID(waiting.partition("_")[2]))
    url = easel.url.replace("http", "ws") + "/graphql"
    options: dict[str, Any] = {"subprotocols": ["graphql-transport-ws"], "max_queue": 1}
    async with connect(url, **options) as sleeper, aclosing(client.watch(waiting)) as quick:
        # given one who watches without reading, and one who reads
        await sleeper.send(
            json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {client.token}"}})
        )
        await sleeper.send(subscribe("1", CORE["watch"], jobId=waiting))
        await anext(quick)
        before = resident_mb()

        # when 80 MB of events come
        told: list[int] = []
        for start in range(0, 2_000, 100):
            for step in range(start, start + 100):
                data = {"slot": 0, "step": step, "total": 2_000, "preview": "data:," + "x" * 40_000}
                await log.publish(stream, "progress", data)
            while not told or told[-1] < start + 99:
                event = await anext(quick)
                assert is_event(event)
                told += [event["step"]] if event["__typename"] == "GenerationProgress" else []

        assert told == list(range(2_000))
        assert resident_mb() - before < 40
        sleeper.transport.abort()
    await valkey.aclose()
    await end(easel, waiting, running)
