"""Watchers who follow a job to its end whatever breaks, and hold its stream to its word: nothing lost or told twice."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx2
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from graph_client import StreamError
from stream_readers import MULTIPART, opened, parts, server_sent

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

    from graph_client import GraphClient

    Way = Callable[[GraphClient, dict[str, Any]], AsyncGenerator[dict[str, Any], None]]

WATCH: Final = """
subscription Watch($jobId: ID!, $after: Cursor) {
  generationJobEvents(jobId: $jobId, after: $after, previews: NONE) {
    __typename
    ... on JobEvent { cursor sequence }
    ... on GenerationSnapshot { resumed job { status slots { index status } } }
    ... on GenerationProgress { slotIndex step totalSteps }
    ... on GenerationImageReady { slot { index } }
    ... on GenerationCompleted { job { status succeededCount failedCount } }
  }
}
"""
LOST: Final = (ConnectionClosed, InvalidHandshake, httpx2.TransportError, OSError, EOFError)
"""What a client sees of a connection, or of a server, that has gone."""
_AWAY: Final = 503
_PAUSES_S: Final = (0.05, 0.5)


async def by_socket(client: GraphClient, variables: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the events of a job over graphql-transport-ws."""
    async with client.socket() as socket:
        async for data in socket.subscribe(WATCH, variables):
            yield data["generationJobEvents"]


async def by_server_sent(client: GraphClient, variables: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the events of a job over graphql-sse."""
    async with opened(client, WATCH, variables, accept="text/event-stream", path="/graphql/stream") as response:
        async for event in _events(response, server_sent):
            yield event


async def by_parts(client: GraphClient, variables: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the events of a job over Apollo's multipart protocol."""
    async with opened(client, WATCH, variables, accept=MULTIPART) as response:
        async for event in _events(response, parts):
            yield event


async def _events(
    response: httpx2.Response, read: Callable[[httpx2.Response], AsyncGenerator[dict[str, Any], None]]
) -> AsyncGenerator[dict[str, Any], None]:
    if response.status_code == _AWAY:
        raise ConnectionRefusedError("the server can not answer now")
    async for result in read(response):
        if "errors" in result:
            raise StreamError(result)
        yield result["data"]["generationJobEvents"]


@dataclass(eq=False)
class Watcher:
    """One client, whose place in the stream outlives its connections."""

    client: GraphClient
    job: str
    way: Way
    told: list[dict[str, Any]] = field(default_factory=list)
    """All that it was told, from its first connection to its last."""
    resumed: int = 0
    """How often it went on behind the last event."""
    restarts: int = 0
    """How often it was told that the stream starts over, the beginning included."""

    @property
    def is_over(self) -> bool:
        return bool(self.told) and self.told[-1]["__typename"] == "GenerationCompleted"

    async def follow(self) -> None:
        """Follow the job to its end; come back with the last cursor as often as the connection is lost."""
        while not self.is_over:
            try:
                await self._follow_once()
            except LOST as loss:
                if isinstance(loss, InvalidStatus) and loss.response.status_code != _AWAY:
                    raise
                await asyncio.sleep(random.uniform(*_PAUSES_S))  # noqa: S311 - spreads reconnects, guards nothing

    async def _follow_once(self) -> None:
        after = self.told[-1]["cursor"] if self.told else None
        async with aclosing(self.way(self.client, {"jobId": self.job, "after": after})) as stream:
            is_first = True
            async for event in stream:
                assert not self.is_over, f"{event} came after the end"
                self._take(event, is_first=is_first)
                is_first = False
        assert self.is_over, "a stream is complete only when its job is"

    def _take(self, event: dict[str, Any], *, is_first: bool) -> None:
        """Note what is told, which is where it stood, the next event, or an explicit restart."""
        last = self.told[-1] if self.told else None
        facts = f"{event} came after {last}, by {self.way.__name__}"
        if event["__typename"] == "GenerationSnapshot" and not event["resumed"]:
            self.restarts += 1
        elif is_first:
            assert last, facts
            assert event["__typename"] == "GenerationSnapshot", facts
            assert event["cursor"] == last["cursor"], facts
            self.resumed += 1
        else:
            assert last, facts
            assert event["sequence"] == last["sequence"] + 1, facts
        self.told.append(event)

    def shown(self) -> set[int]:
        """Return the indexes of the images that it was told of as events, or where the stream began or started over.

        That of where it went on shows them too, but must not be needed. Each is told at most once between two restarts.
        """
        shown: set[int] = set()
        ready: set[int] = set()
        for event in self.told:
            if event["__typename"] == "GenerationImageReady":
                index = event["slot"]["index"]
                assert index not in ready, f"image {index} was told twice: {self.told}"
                ready.add(index)
            elif event["__typename"] == "GenerationSnapshot" and not event["resumed"]:
                ready = set()
                shown |= {slot["index"] for slot in event["job"]["slots"] if slot["status"] == "READY"}
            shown |= ready
        return shown


def check_alike(watchers: Iterable[Watcher]) -> None:
    """Assert that what one was told at a place in a stream is what all were told there."""
    heard: dict[str, dict[str, Any]] = {}
    for watcher in watchers:
        for event in watcher.told:
            if event["__typename"] != "GenerationSnapshot":
                assert heard.setdefault(event["cursor"], event) == event
