"""How soon progress reaches its watcher: from publishing an event to the message on a client's socket.

A job waits (no worker runs) and is watched through an API process over graphql-transport-ws, with the core operation
``Watch``. Another process publishes progress events of this job with ``RedisEventLog.publish``, each with a preview
of usual size, at random gaps of 5 to 45 ms. The clock starts just before ``publish`` is called and stops when the
client has read the message: Redis, the API's hub, the GraphQL execution of the event and the socket are all within.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import time
from typing import TYPE_CHECKING, Any, Final

from adapters.event_log import RedisEventLog, event_of
from adapters.hub import Hub, redis_client
from benchmarks import machine
from benchmarks.installation import installation
from benchmarks.report import report, spread
from domain import streams
from schema.node import key_of

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from conftest import Installation

BAR: Final = "p50 ≤ 5"
PREVIEW: Final = "data:image/webp;base64," + 2_000 * "A"
SPAWN: Final = multiprocessing.get_context("spawn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000, help="how many events (1000)")
    count = parser.parse_args().count
    described = machine.describe()
    with installation("api") as place:
        waits = asyncio.run(_measure(place, count))
    report("progress", [{"path": "publish → client's socket", **spread(waits), "bar ms": BAR}], described)


async def _measure(place: Installation, count: int) -> list[float]:
    await place.answering()
    client = await place.signed_up()
    job_id: str = (await client.submit("a quiet sea", key="watched", count=1))["job"]["id"]
    key = key_of("job", job_id)
    assert key
    ours, theirs = SPAWN.Pipe()
    arguments = (place.environment["REDIS_URL"], streams.of_job(key), count, theirs)
    publisher = SPAWN.Process(target=_publish, args=arguments, daemon=True)
    received: list[float] = []
    async for event in client.watch(job_id):
        if event["__typename"] == "GenerationProgress":
            received.append(time.time())
            assert event["step"] == len(received), "each event comes once and in order"
        elif event["__typename"] == "GenerationSnapshot":
            publisher.start()
    published: list[float] = await asyncio.to_thread(ours.recv)
    publisher.join()
    return [(after - before) * 1e3 for before, after in zip(published, received, strict=True)]


def _publish(redis_url: str, stream: str, count: int, instants: Connection[Any, Any]) -> None:
    instants.send(asyncio.run(_publish_all(redis_url, stream, count)))


async def _publish_all(redis_url: str, stream: str, count: int) -> list[float]:
    redis = redis_client(redis_url)
    log = RedisEventLog(redis, Hub(redis_url, event_of))
    instants = []
    for step in range(1, count + 1):
        await asyncio.sleep(random.uniform(0.005, 0.045))  # noqa: S311 - gaps of a measurement
        instants.append(time.time())
        await log.publish(stream, "progress", {"slot": 0, "step": step, "total": count, "preview": PREVIEW})
    await log.publish(stream, "completed", {}, is_last=True)
    await redis.aclose()
    return instants


if __name__ == "__main__":
    main()
