"""The hub: one Redis subscription for the whole process, fanned out to all who listen here.

Built on broadcaster's classes with a backend of our own: the ones that it ships lose their subscriptions when Redis
restarts. A listener's queue is bounded and drops the oldest; after any gap each listener gets a resync mark (an event
whose message is ``RESYNC``) and looks up for itself what it missed.
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from broadcaster import Broadcast, Event
from broadcaster._backends.base import BroadcastBackend
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from redis.asyncio.client import PubSub

RESYNC: Final = ""
"""The message that says: there was a gap, look for yourself."""
QUEUE_LENGTH: Final = 256
SUBSCRIBE_WAIT_S: Final = 2.0
CONNECTIONS: Final = 16
BROKEN: Final = (RedisError, OSError, RuntimeError, AttributeError)
"""What redis-py raises when two tasks use a connection that breaks. The reader waits out anything: it must not end."""
_KEEPALIVE: Final = "easel:hub"
_SILENCE_S: Final = 15.0
_LONGEST_PAUSE_S: Final = 2.0

logger = logging.getLogger(__name__)


def redis_client(url: str) -> Redis:
    """Return a client for commands that may be said twice: it tries again where a connection has broken.

    Its connections are few and waited for: after an outage, all watchers look at the log at once.
    """
    retry = Retry(ExponentialBackoff(cap=0.2, base=0.02), 2)
    pool = BlockingConnectionPool.from_url(
        url, max_connections=CONNECTIONS, timeout=5, retry=retry, socket_connect_timeout=2
    )
    return Redis.from_pool(pool)


class RedisBackend(BroadcastBackend):  # type: ignore[misc]  # broadcaster ships no types
    """Subscribes to Redis channels over one connection that one task reads and, when it breaks, makes anew."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet; ``url`` is ``redis://`` or ``unix://``."""
        # A reconnect behind our back would hide a gap: this client never tries again.
        self._redis = Redis.from_url(url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=2)
        self._pubsub: PubSub | None = None
        self._confirmed: dict[str, asyncio.Event] = {}
        self._published: asyncio.Queue[Event] = asyncio.Queue()
        self._reader: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Future[object]] = set()

    async def connect(self) -> None:
        """Start the reader; it connects as soon as Redis is there."""
        self._reader = asyncio.create_task(self._read_for_ever(), name="hub-reader")

    async def disconnect(self) -> None:
        """Stop the reader and close the connections."""
        if self._reader:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
        await self._redis.aclose()

    async def subscribe(self, channel: str) -> None:
        """Subscribe, and wait until Redis has confirmed it; where Redis is away, it is done when it is back.

        Where somebody was about to, only wait.
        """
        is_new = channel not in self._confirmed
        confirmed = self._confirmed.setdefault(channel, asyncio.Event())
        with suppress(*BROKEN):
            if self._pubsub and is_new:
                await self._whole(self._pubsub.subscribe(channel))
            async with asyncio.timeout(SUBSCRIBE_WAIT_S):
                await confirmed.wait()
        confirmed.set()  # whatever is confirmed from here on ends a gap

    async def unsubscribe(self, channel: str) -> None:
        """Leave the channel."""
        del self._confirmed[channel]
        with suppress(*BROKEN):
            if self._pubsub:
                await self._whole(self._pubsub.unsubscribe(channel))

    async def publish(self, channel: str, message: Any) -> None:  # noqa: ANN401 - broadcaster's signature
        """Send a message to all processes."""
        await self._redis.publish(channel, message)

    async def next_published(self) -> Event:
        """Return the next message of any channel."""
        return await self._published.get()

    async def _whole(self, command: Awaitable[object]) -> None:
        """Send a command to its end, also for a listener who leaves: half of one breaks the connection for all."""
        sending = asyncio.ensure_future(command)
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        await asyncio.shield(sending)

    async def _read_for_ever(self) -> None:
        pause = 0.05
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(_KEEPALIVE)
                    pause = 0.05
                    await self._read_from(pubsub)
            except Exception as error:  # noqa: BLE001 - see BROKEN
                logger.warning("hub lost Redis, trying again: %s", type(error).__name__)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects, guards nothing
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _read_from(self, pubsub: PubSub) -> None:
        self._pubsub = pubsub  # from here on, who subscribes does so itself; who came before is made up for
        try:
            if self._confirmed:
                await pubsub.subscribe(*self._confirmed)
            await self._read(pubsub)
        finally:
            self._pubsub = None

    async def _read(self, pubsub: PubSub) -> None:
        silent = False
        while True:
            message = await pubsub.get_message(timeout=_SILENCE_S)
            if message is None:
                if silent:
                    raise TimeoutError
                await pubsub.ping()
                silent = True
                continue
            silent = False
            channel = (message["channel"] or b"").decode()
            if message["type"] == "message":
                self._published.put_nowait(Event(channel, message["data"].decode()))
            elif message["type"] == "subscribe" and (confirmed := self._confirmed.get(channel)):
                if confirmed.is_set():
                    self._published.put_nowait(Event(channel, RESYNC))
                confirmed.set()


class Hub(Broadcast):  # type: ignore[misc]  # broadcaster ships no types
    """Broadcasts with bounded queues; one lock a channel keeps subscribing and leaving in order."""

    def __init__(self, url: str) -> None:
        """Listen on the Redis at ``url`` once connected."""
        super().__init__(backend=RedisBackend(url))
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Of each channel, for as long as anybody enters, listens or leaves."""

    async def disconnect(self) -> None:
        """Stop listening."""
        self._listener_task.cancel()
        with suppress(asyncio.CancelledError):
            await self._listener_task
        await self._backend.disconnect()

    async def _listener(self) -> None:
        while True:
            event = await self._backend.next_published()
            for queue in self._subscribers.get(event.channel, ()):
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(event)

    @asynccontextmanager
    async def subscribe(self, channel: str) -> AsyncIterator[asyncio.Queue[Event]]:
        """Receive the channel's events in a queue while the context is open."""
        queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE_LENGTH)
        lock = self._locks.setdefault(channel, asyncio.Lock())
        try:
            async with lock:
                self._subscribers.setdefault(channel, set()).add(queue)
                await self._backend.subscribe(channel)
            yield queue
        finally:
            await asyncio.shield(self._leave(channel, queue, lock))

    async def _leave(self, channel: str, queue: asyncio.Queue[Event], lock: asyncio.Lock) -> None:
        async with lock:
            queues = self._subscribers.get(channel, set())
            if queue not in queues:
                return  # it left while it still waited to enter
            queues.remove(queue)
            if not queues:
                del self._subscribers[channel]
                await self._backend.unsubscribe(channel)
