"""A peer: Strawberry's own view over one shared Redis connection, with Easel's types and no check of any kind.

Started as ``python -m benchmarks.streams.hub``; takes REDIS_URL and PORT from the environment. Each subscription has a
queue; events are executed for each of them, as Strawberry does.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections import defaultdict
from collections.abc import AsyncGenerator  # noqa: TC003 - strawberry reads annotations at run time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import orjson
import strawberry
import uvicorn
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from domain.words import FeedKind, Previews
from schema.feed_events import FeedEdgeRemoved, FeedEvent
from schema.generation_events import GenerationJobEvent, GenerationProgress, JobEvent
from schema.scalars import SCALARS, URL, Cursor
from schema.stream_events import StreamEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Hub:
    """One reader for all subscriptions of the process."""

    def __init__(self, redis_url: str) -> None:
        """Listen on ``redis_url`` once ``read_for_ever`` runs."""
        self._pubsub = Redis.from_url(redis_url).pubsub()
        self._queues: defaultdict[bytes, set[asyncio.Queue[bytes]]] = defaultdict(set)

    async def read_for_ever(self) -> None:
        """Hand every message to the queues of its channel."""
        await self._pubsub.subscribe("hub")
        async for message in self._pubsub.listen():
            if message["type"] == "message":
                for queue in self._queues.get(message["channel"], ()):
                    queue.put_nowait(message["data"])

    async def listen(self, channel: str) -> AsyncGenerator[bytes, None]:
        """Yield the messages of a channel."""
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        queues = self._queues[channel.encode()]
        queues.add(queue)
        try:
            if len(queues) == 1:
                await self._pubsub.subscribe(channel)
            while True:
                yield await queue.get()
        finally:
            queues.discard(queue)
            if not queues:
                await self._pubsub.unsubscribe(channel)


hub = Hub(os.environ["REDIS_URL"])


@strawberry.type
class Query:
    """A graph has one."""

    ok: bool = True


@strawberry.type
class Subscription:
    """What is watched."""

    @strawberry.subscription
    async def generation_job_events(
        self,
        job_id: strawberry.ID,
        after: Cursor | None = None,  # noqa: ARG002 - this server resumes nothing
        previews: Previews = Previews.LOW,  # noqa: ARG002
    ) -> AsyncGenerator[GenerationJobEvent, None]:
        """Follow a job."""
        async for message in hub.listen(job_id):
            told: dict[str, Any] = orjson.loads(message)["generationJobEvents"]
            yield GenerationProgress(
                cursor=Cursor(told["cursor"]),
                sequence=told["sequence"],
                slot_index=told["slotIndex"],
                step=told["step"],
                total_steps=told["totalSteps"],
                preview=URL(told["preview"]),
            )

    @strawberry.subscription
    async def feed_events(
        self,
        kind: FeedKind,  # noqa: ARG002 - there is one
        after: Cursor | None = None,  # noqa: ARG002 - this server resumes nothing
    ) -> AsyncGenerator[FeedEvent, None]:
        """Follow a feed."""
        async for message in hub.listen("feedEvents"):
            told: dict[str, Any] = orjson.loads(message)["feedEvents"]
            yield FeedEdgeRemoved(
                cursor=Cursor(told["cursor"]), sequence=told["sequence"], node_id=strawberry.ID(told["nodeId"])
            )


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """Read while the server runs."""
    reading = asyncio.create_task(hub.read_for_ever())
    yield
    reading.cancel()


def main() -> None:
    config = StrawberryConfig(scalar_map=SCALARS)
    schema = strawberry.Schema(Query, subscription=Subscription, types=[JobEvent, StreamEvent], config=config)
    view: GraphQL[None, None] = GraphQL(
        schema, graphql_ide=None, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL]
    )
    app = Starlette(routes=[WebSocketRoute("/graphql", view)], lifespan=lifespan)
    gc.collect()
    gc.freeze()
    uvicorn.run(
        app, port=int(os.environ["PORT"]), loop="uvloop", ws="websockets-sansio", ws_per_message_deflate=False,
        log_config=None, access_log=False, proxy_headers=False, server_header=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
