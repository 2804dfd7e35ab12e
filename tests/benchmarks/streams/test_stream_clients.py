"""The clients of the stream benchmark: what they count as lost and doubled, and where they go on."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.server import serve

from benchmarks.streams import clock
from benchmarks.streams.crowd import Crowd, TroubledStreamsError
from benchmarks.streams.operations import WATCH, Seat
from benchmarks.streams.watchers import Client, Show, Tally
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from websockets.asyncio.server import ServerConnection

pytestmark = pytest.mark.anyio


@dataclass
class Script:
    """A server that says to each new subscription what stands next in the script, and refuses where nothing does."""

    port: int = 0
    turns: list[Sequence[dict[str, Any]]] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def speak(self, connection: ServerConnection) -> None:
        async for text in connection:
            message = json.loads(text)
            self.heard.append(message)
            if not self.turns:
                await connection.close(4403, "Forbidden")
            elif message["type"] == "connection_init":
                await connection.send(json.dumps({"type": "connection_ack"}))
            elif message["type"] == "subscribe":
                for said in self.turns.pop(0):
                    await connection.send(json.dumps({"id": message["id"], **said}))

    @property
    def show(self) -> Show:
        return Show(self.port, WATCH, None)


def snapshot(sequence: int, *, resumed: bool) -> dict[str, Any]:
    told = {"__typename": "GenerationSnapshot", "cursor": f"at-{sequence}", "sequence": sequence, "job": {"id": "job"}}
    return {"type": "next", "payload": {"data": {"generationJobEvents": told | {"resumed": resumed}}}}


def progress(sequence: int) -> dict[str, Any]:
    told = {"__typename": "GenerationProgress", "cursor": f"at-{sequence}", "sequence": sequence, "slotIndex": 0}
    told |= {"step": 4, "totalSteps": 20, "preview": f"data:,{clock.stamp()}"}
    return {"type": "next", "payload": {"data": {"generationJobEvents": told}}}


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    script = Script()
    async with served(script):
        yield script


@asynccontextmanager
async def served(script: Script) -> AsyncIterator[None]:
    async with serve(script.speak, "127.0.0.1", 0, subprotocols=["graphql-transport-ws"]) as server:  # type: ignore[list-item]
        script.port = server.sockets[0].getsockname()[1]
        yield


async def test_gaps_and_repeats_are_counted(script: Script) -> None:
    # given a stream without its eighth event and with its ninth twice
    script.turns = [[snapshot(5, resumed=False), *(progress(number) for number in (6, 7, 9, 9, 10))]]
    crowd = Crowd()
    # when a crowd of one follows it
    await crowd.gather(script.show, [Seat("Bearer token", {"jobId": "job"})])
    account = await crowd.settle(published=5, quiet_s=0.3)
    await crowd.leave()
    # then
    assert (account.received, account.missing, account.doubled) == (5, 1, 1)
    assert script.heard[0]["payload"] == {"authorization": "Bearer token"}


async def test_events_that_never_come_are_missing(script: Script) -> None:
    script.turns = [[snapshot(0, resumed=False), progress(1)]]
    crowd = Crowd()
    await crowd.gather(script.show, [Seat(None, {"jobId": "job"})])
    account = await crowd.settle(published=3, quiet_s=0.3)
    await crowd.leave()
    assert account.missing == 2


async def test_errors_are_not_passed_over(script: Script) -> None:
    failure = {"type": "next", "payload": {"data": None, "errors": [{"message": "no"}]}}
    script.turns = [[snapshot(0, resumed=False), failure]]
    crowd = Crowd()
    await crowd.gather(script.show, [Seat(None, {"jobId": "job"})])
    with pytest.raises(TroubledStreamsError, match='"message": "no"'):
        await crowd.settle(published=0)


async def test_a_refused_client_is_told_as_such(script: Script) -> None:
    with pytest.raises(TroubledStreamsError, match="4403 Forbidden"):
        await Crowd().gather(script.show, [Seat(None, {"jobId": "job"})])
    assert [message["type"] for message in script.heard] == ["connection_init"]


@pytest.mark.parametrize(("resumed", "lost"), [(True, 0), (False, 1)])
async def test_a_client_goes_on_behind_its_last_event(script: Script, resumed: bool, lost: int) -> None:  # noqa: FBT001
    # given a client that has seen two events and whose connection is reset
    script.turns = [
        [snapshot(0, resumed=False), progress(1), progress(2)],
        [snapshot(2, resumed=resumed), progress(3)],
    ]
    tally = Tally()
    client = Client(script.show, Seat(None, {"jobId": "job"}), tally)
    await client.come()
    await until(lambda: tally.received == 2)
    client.cut()
    # when it comes back
    await client.come()
    await until(lambda: tally.received == 3)
    client.cut()
    # then it asked for what follows, and a stream that starts over is a loss
    subscriptions = [message["payload"]["variables"] for message in script.heard if message["type"] == "subscribe"]
    assert subscriptions == [{"jobId": "job"}, {"jobId": "job", "after": "at-2"}]
    assert (tally.lost, tally.doubled, tally.troubles) == (lost, 0, [])


def test_the_clock_goes_on_where_it_wraps() -> None:
    assert clock.microseconds(1_999_999_990, 1_000_000_005) == 15
    assert len(str(clock.stamp())) == 10
