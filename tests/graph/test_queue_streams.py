"""The line before an engine, as anybody may follow it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from graph_client import StreamError
from stored import sql

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

LINE = """subscription Line($engine: String, $after: Cursor) {
  queueStatus(engine: $engine, after: $after) {
    cursor sequence queue { engine waiting running imagesAhead etaSeconds medianWaitSeconds }
  }
}"""


async def followed(client: GraphClient, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:  # noqa: ANN401
    """Yield what a line tells, without an end."""
    async with client.socket() as socket, asyncio.timeout(20):
        async for data in socket.subscribe(LINE, variables):
            yield data["queueStatus"]


async def test_a_line_is_told_as_it_grows_and_as_it_empties(easel: Installation) -> None:
    client = await easel.signed_up()
    async with aclosing(followed(easel.client())) as stream:
        status = await anext(stream)
        assert status["queue"] == {
            "engine": "sandbox",
            "waiting": 0,
            "running": 0,
            "imagesAhead": 0,
            "etaSeconds": None,
            "medianWaitSeconds": None,
        }
        # when one job is painted, and two wait
        jobs = [(await client.submit("a cat #slow", key=str(n), count=n + 1, steps=50))["job"]["id"] for n in range(3)]
        sequences = [status["sequence"]]
        while (status["queue"]["waiting"], status["queue"]["running"]) != (2, 1):
            status = await anext(stream)
            sequences.append(status["sequence"])
        assert status["queue"]["imagesAhead"] == 6
        assert status["queue"]["medianWaitSeconds"] is not None

        # when all are canceled
        for job in jobs:
            await client.core("cancel", {"jobId": job})
        while status["queue"]["waiting"] or status["queue"]["running"]:
            status = await anext(stream)
            sequences.append(status["sequence"])
    assert status["queue"]["imagesAhead"] == 0
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))


async def test_each_engine_has_a_line_of_its_own_and_others_have_none(easel: Installation) -> None:
    client = easel.client()
    for engine in ("diffusers", "nothing", ""):
        with pytest.raises(StreamError) as refused:
            await anext(followed(client, engine=engine))
        assert refused.value.code == "NOT_FOUND"
    async with aclosing(followed(client, engine="sandbox")) as stream:
        status = await anext(stream)
    assert status["queue"]["engine"] == "sandbox"
    async with aclosing(followed(client, after=status["cursor"])) as stream:
        assert (await anext(stream))["cursor"] == status["cursor"]


async def test_what_is_measured_is_told(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    # given jobs that waited 2, 4 and 60 seconds, each painted in 30 seconds
    for number in range(3):
        async with aclosing(client.watch((await client.submit("x", key=str(number), count=3))["job"]["id"])) as events:
            async for _ in events:
                pass
    waits = "UPDATE generation_jobs SET queued_at = started_at - interval '1 second' * %s WHERE id = %s"
    for wait, (job,) in zip((60, 2, 4), sql(database_url, "SELECT id FROM generation_jobs"), strict=True):
        sql(database_url, waits, wait, job)
    sql(database_url, "UPDATE generation_jobs SET finished_at = started_at + interval '30 seconds'")

    async with aclosing(followed(client)) as stream:
        queue = (await anext(stream))["queue"]

    assert (queue["medianWaitSeconds"], queue["etaSeconds"], queue["imagesAhead"]) == (4.0, 0, 0)
