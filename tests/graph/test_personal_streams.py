"""What a user is told of their own affairs: all of it, once and in order, and nobody else is."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import redis

from adapters.event_log import RedisEventLog, event_of
from adapters.hub import Hub, redis_client
from db.session import Database
from domain import generation
from domain.streams import of_user
from graph_client import StreamError
from stored import row_counts, sql
from workshop import small

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

MINE = """subscription Mine($after: Cursor, $types: [MyEventType!]) {
  myEvents(after: $after, types: $types) {
    __typename
    ... on StreamEvent { cursor sequence }
    ... on MyEventsSnapshot { resumed viewer { id creditAccount { balance held } } }
    ... on MyJobQueued { job { id } }
    ... on MyJobStarted { job { id } }
    ... on MyImageReady { job { id } slot { index image { id url } } }
    ... on MyJobCompleted { job { id status succeededCount } }
    ... on CreditBalanceChanged { account { id } entry { kind amount balanceAfter heldAfter jobId } }
  }
}"""
CREDITS = """subscription Credits($after: Cursor) {
  creditBalanceChanged(after: $after) {
    __typename
    ... on StreamEvent { cursor sequence }
    ... on CreditSnapshot { resumed account { balance held available } }
    ... on CreditBalanceChanged { account { balance held } entry { kind amount balanceAfter heldAfter } }
  }
}"""
SMALL: dict[str, Any] = {"count": 2, "steps": 2}


async def told(client: GraphClient, query: str, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:  # noqa: ANN401
    """Yield what a stream tells, without an end."""
    async with client.socket() as socket, asyncio.timeout(20):
        async for data in socket.subscribe(query, variables):
            (event,) = data.values()
            yield event


async def until_completed(stream: AsyncGenerator[dict[str, Any], None]) -> list[dict[str, Any]]:
    events = []
    async with aclosing(stream):
        async for event in stream:
            events.append(event)
            if event["__typename"] == "MyJobCompleted":
                break
    return events


async def rest_of(stream: AsyncGenerator[dict[str, Any], None]) -> None:
    async with asyncio.timeout(20):
        async for _ in stream:
            pass


async def start(client: GraphClient) -> str:
    """Return the cursor of the present end of the client's stream: behind the welcome grant, for a new one."""
    async with aclosing(told(client, MINE)) as stream:
        snapshot = await anext(stream)
    assert snapshot["sequence"] == 1
    return str(snapshot["cursor"])


async def test_a_job_is_told_from_the_line_to_its_end_with_every_credit(easel: Installation) -> None:
    client = await easel.signed_up()
    async with aclosing(told(client, MINE)) as stream:
        snapshot = await anext(stream)
        assert (snapshot["__typename"], snapshot["viewer"]["id"]) == ("MyEventsSnapshot", client.viewer_id)
        job = (await client.submit("a cat", key="k", **SMALL))["job"]["id"]
        events = await until_completed(stream)

    names = [event["__typename"] for event in events]
    assert names[:3] == ["CreditBalanceChanged", "MyJobQueued", "MyJobStarted"]
    assert sorted(names[3:]) == ["CreditBalanceChanged"] * 2 + ["MyImageReady"] * 2 + ["MyJobCompleted"]
    assert [event["sequence"] for event in events] == list(range(2, 2 + len(events)))
    assert {event["job"]["id"] for event in events if "job" in event} == {job}
    assert sorted(event["slot"]["index"] for event in events if "slot" in event) == [0, 1]
    assert all(event["slot"]["image"]["url"] for event in events if "slot" in event)
    assert events[-1]["job"] == {"id": job, "status": "SUCCEEDED", "succeededCount": 2}
    entries = [event["entry"] for event in events if "entry" in event]
    assert [(entry["kind"], entry["amount"]) for entry in entries] == [("HOLD", 2), ("CAPTURE", 1), ("CAPTURE", 1)]
    assert [(entry["balanceAfter"], entry["heldAfter"]) for entry in entries] == [(100, 2), (99, 1), (98, 0)]
    assert {entry["jobId"] for entry in entries} == {job}


async def test_who_comes_back_is_told_what_they_missed_and_only_what_they_ask_for(easel: Installation) -> None:
    client = await easel.signed_up()
    after = await start(client)
    job = (await client.submit("a cat", key="k", **SMALL))["job"]["id"]
    whole = await until_completed(told(client, MINE, after=after))
    assert (whole[0]["resumed"], whole[0]["cursor"]) == (True, after)
    assert [event["sequence"] for event in whole] == list(range(1, 1 + len(whole)))

    # given one who comes back with any cursor, each time with a new socket
    for index, event in enumerate(whole[:-1]):
        snapshot, *rest = await until_completed(told(client, MINE, after=event["cursor"]))
        assert (snapshot["resumed"], snapshot["sequence"]) == (True, event["sequence"])
        assert rest == whole[index + 1 :]

    # and who asks for less is told less, under the same numbers
    types = ["JOB_STARTED", "JOB_COMPLETED"]
    _, *fewer = await until_completed(told(client, MINE, after=after, types=types))
    assert fewer == [event for event in whole if event["__typename"] in {"MyJobStarted", "MyJobCompleted"}]
    assert {event["job"]["id"] for event in fewer} == {job}


async def test_credits_are_told_alone(easel: Installation) -> None:
    client = await easel.signed_up()
    after = await start(client)
    await client.submit("a cat #fail:1", key="k", **SMALL)
    await until_completed(told(client, MINE, after=after))

    async with aclosing(told(client, CREDITS, after=after)) as stream:
        snapshot, *events = [await anext(stream) for _ in range(4)]

    assert snapshot["account"] == {"balance": 99, "held": 0, "available": 99}
    assert snapshot["resumed"]
    assert [event["__typename"] for event in events] == ["CreditBalanceChanged"] * 3
    assert sorted(event["entry"]["kind"] for event in events) == ["CAPTURE", "HOLD", "RELEASE"]
    assert [event["account"] for event in events] == [{"balance": 99, "held": 0}] * 3


async def test_a_stream_that_was_emptied_starts_over_and_says_so(easel: Installation) -> None:
    client = await easel.signed_up()
    after = await start(client)
    with redis.Redis.from_url(easel.environment["REDIS_URL"]) as valkey:
        valkey.flushall()

    for query in (MINE, CREDITS):
        async with aclosing(told(client, query, after=after)) as stream:
            assert not (await anext(stream))["resumed"]


async def test_what_was_rolled_back_is_told_to_nobody(easel: Installation) -> None:
    client = await easel.signed_up()
    after = await start(client)
    user, database = UUID(client.viewer_id.partition("_")[2]), Database(easel.environment["DATABASE_URL"])

    async def fail() -> None:
        async with database.write() as tx:
            await generation.submit(tx, user, small(), "k")
            await tx.flush()
            raise MemoryError

    # given a job that is submitted, and its credits held, in a transaction that fails
    with pytest.raises(MemoryError):
        await fail()
    await database.close()

    # when something else happens
    job = (await client.submit("a cat", key="k", count=1, steps=1))["job"]["id"]

    # then this is the next that is told
    _, held, queued, *_ = await until_completed(told(client, MINE, after=after))
    assert (held["sequence"], held["entry"]["jobId"]) == (2, job)
    assert (queued["sequence"], queued["job"]["id"]) == (3, job)


async def test_nobody_is_told_of_anybody_elses_affairs(easel: Installation) -> None:
    owner, stranger, nobody = await easel.signed_up(), await easel.signed_up(), easel.client()
    after = await start(owner)
    before = row_counts(easel.environment["DATABASE_URL"])

    for query in (MINE, CREDITS):
        for client, code in ((nobody, "UNAUTHENTICATED"), (stranger, "BAD_CURSOR")):
            with pytest.raises(StreamError) as refused:
                await anext(told(client, query, after=after))
            assert refused.value.code == code
            assert owner.viewer_id.partition("_")[2] not in str(refused.value)
    assert row_counts(easel.environment["DATABASE_URL"]) == before

    # and what happens to the one does not reach the other
    async with aclosing(told(stranger, MINE, types=["JOB_QUEUED"])) as stream:
        await anext(stream)
        await owner.submit("a cat", key="k", count=1, steps=1)
        mine = (await stranger.submit("a dog", key="k", count=1, steps=1))["job"]["id"]
        assert (await anext(stream))["job"]["id"] == mine


async def test_who_signs_in_as_somebody_else_on_the_same_socket_is_told_no_more(easel: Installation) -> None:
    first, second = await easel.signed_up(), await easel.signed_up("other")
    sign_in = """mutation { signInWithPassword(input: {email: "other@easel.example", password: "correct horse"}) {
        ... on SignInWithPasswordSuccess { viewer { id } } } }"""

    async with first.socket() as socket:
        assert await anext(socket.subscribe(MINE, {}, key="stream"))
        assert (await anext(socket.subscribe(sign_in, {}, key="in")))["signInWithPassword"] == {
            "viewer": {"id": second.viewer_id}
        }
        with pytest.raises(StreamError) as ended:
            await rest_of(socket.messages("stream"))
    assert ended.value.code == "UNAUTHENTICATED"


async def test_events_of_a_newer_version_are_not_told(easel: Installation) -> None:
    client = await easel.signed_up()
    after = await start(client)
    url = easel.environment["REDIS_URL"]
    valkey = redis_client(url)
    log = RedisEventLog(valkey, Hub(url, event_of))
    stream = of_user(UUID(client.viewer_id.partition("_")[2]))
    await log.publish(stream, "BOOK_PRINTED", {"book": "1"})
    await valkey.aclose()

    job = (await client.submit("a cat", key="k", count=1, steps=1))["job"]["id"]

    _, held, *_ = await until_completed(told(client, MINE, after=after))
    assert (held["sequence"], held["entry"]["jobId"]) == (3, job)


async def test_every_movement_of_the_ledger_is_told_once(easel: Installation) -> None:
    client = await easel.signed_up()
    after = await start(client)
    for number, prompt in enumerate(("a cat", "a cat #fail:0", "a cat #block:0")):
        await client.submit(prompt, key=str(number), **SMALL)
    url = easel.environment["DATABASE_URL"]
    movements: list[tuple[str, int, int, int]] = []

    async with aclosing(told(client, CREDITS, after=after)) as stream:
        await anext(stream)
        while len(movements) < 9:
            entry = (await anext(stream))["entry"]
            movements.append((entry["kind"], entry["amount"], entry["balanceAfter"], entry["heldAfter"]))

    written = sql(url, "SELECT kind, amount, balance_after, held_after FROM ledger_entries ORDER BY id")
    assert movements == written[1:]
