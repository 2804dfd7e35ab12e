"""The hub: one Redis subscription for the whole process, fanned out to all who listen here.

Built on broadcaster's classes with a backend of our own: the ones that it ships lose their subscriptions when Redis
restarts. Messages are handed to listeners as they are read, many in one turn of the loop, without a queue or a task for
each; after any gap each listener gets a resync mark (``RESYNC``) and looks up for itself what it missed.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections import Counter, deque
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from broadcaster import Broadcast, Event
from broadcaster._backends.base import BroadcastBackend
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from redis.asyncio.connection import AbstractConnection

    Listener = Callable[[bytes], None]

RESYNC: Final = b""
"""The message that says: there was a gap, look for yourself."""
SUBSCRIBE_WAIT_S: Final = 2.0
CONNECTIONS: Final = 16
BROKEN: Final = (RedisError, OSError, RuntimeError, AttributeError)
"""What redis-py raises when two tasks use a connection that breaks. The reader waits out anything: it must not end."""
_SILENCE_S: Final = 15.0
_LONGEST_PAUSE_S: Final = 2.0
_FIRST_PAUSE_S: Final = 0.05
_OWN: Final = "easel:hub"
"""A channel that nobody publishes to: a connection that is not subscribed could not be pinged."""

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
        """Connect to nothing yet; ``url`` is ``redis://``, ``rediss://`` or ``unix://``."""
        # A reconnect behind our back would hide a gap: this client never tries again. Over protocol 3 redis-py writes
        # every message down as text for its log.
        self._pool = ConnectionPool.from_url(url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=2, protocol=2)
        self._redis = Redis.from_pool(self._pool)
        self._connection: AbstractConnection | None = None
        self._channels: dict[str, asyncio.Future[None]] = {}
        """Each is done once Redis has confirmed it, or is no longer waited for."""
        self._due: Counter[str] = Counter()
        """By channel, how many of our SUBSCRIBE commands this connection has not answered yet."""
        self._unsaid: list[tuple[str, str]] = []
        self._saying: asyncio.Task[None] | None = None
        self._published: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._is_silent = True
        self._reader: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Start the reader; it connects as soon as Redis is there."""
        self._reader = asyncio.create_task(self._read_for_ever(), name="hub-reader")

    async def disconnect(self) -> None:
        """Stop the reader and close the connections."""
        for task in (self._reader, self._saying):
            if task:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await self._redis.aclose()

    async def subscribe(self, channel: str) -> None:
        """Subscribe, and wait until Redis has confirmed it; where Redis is away, it is done when it is back.

        Where somebody was about to, only wait.
        """
        confirmed = self._channels.get(channel)
        if confirmed is None:
            confirmed = self._channels[channel] = asyncio.get_running_loop().create_future()
            self._say("SUBSCRIBE", channel)
        if not confirmed.done():
            await asyncio.wait({confirmed}, timeout=SUBSCRIBE_WAIT_S)
        if not confirmed.done():
            confirmed.set_result(None)  # whatever is confirmed from here on ends a gap

    async def unsubscribe(self, channel: str) -> None:
        """Leave the channel."""
        self.leave(channel)

    def leave(self, channel: str) -> None:
        """Leave the channel, without waiting for Redis."""
        del self._channels[channel]
        self._say("UNSUBSCRIBE", channel)

    async def publish(self, channel: str, message: Any) -> None:  # noqa: ANN401 - broadcaster's signature
        """Send a message to all processes."""
        await self._redis.publish(channel, message)

    async def next_published(self) -> Event:
        """Return the next message of any channel."""
        while not self._published:
            self._arrived.clear()
            await self._arrived.wait()
        return self._published.popleft()

    def published(self) -> Iterator[Event]:
        """Return what else is there already, in order."""
        while self._published:
            yield self._published.popleft()

    def _say(self, command: str, channel: str) -> None:
        """Send a command soon, together with all others of this turn of the loop."""
        self._unsaid.append((command, channel))
        if self._saying is None:
            self._saying = asyncio.create_task(self._say_all())

    async def _say_all(self) -> None:
        try:
            while self._unsaid and (connection := self._connection):
                unsaid, self._unsaid = self._unsaid, []
                for command, group in groupby(unsaid, key=lambda each: each[0]):
                    channels = [channel for _, channel in group]
                    if command == "SUBSCRIBE":
                        self._due.update(channels)
                    await connection.send_command(command, *channels)
        except BROKEN:
            pass  # the reader sees it too, and begins anew with all channels
        finally:
            self._saying = None

    async def _read_for_ever(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            connection: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py's
            try:
                await connection.connect()  # type: ignore[no-untyped-call]
                pause = _FIRST_PAUSE_S
                await self._read_from(connection)
            except Exception as error:  # noqa: BLE001 - see BROKEN
                logger.warning("hub lost Redis, trying again: %s", type(error).__name__)
            finally:
                self._connection = None
                with suppress(*BROKEN):
                    await connection.disconnect(nowait=True)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects, guards nothing
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _read_from(self, connection: AbstractConnection) -> None:
        """Read until the connection breaks, or Redis does not answer a ping."""
        self._unsaid.clear()
        self._due = Counter(self._channels)
        self._connection = connection  # from here on, who subscribes says so; who came before is made up for
        await connection.send_command("SUBSCRIBE", _OWN, *self._channels)
        async with asyncio.TaskGroup() as together:
            together.create_task(self._read(connection))
            together.create_task(self._ping(connection))

    async def _ping(self, connection: AbstractConnection) -> None:
        while True:
            self._is_silent = True
            await connection.send_command("PING")
            await asyncio.sleep(_SILENCE_S)
            if self._is_silent:
                raise TimeoutError

    async def _read(self, connection: AbstractConnection) -> None:
        while True:
            kind, name, content = _parts(await connection.read_response(disable_decoding=True, timeout=math.inf))
            self._is_silent = False
            if kind == b"message":
                self._publish(Event(name.decode(), content))
            elif kind == b"subscribe":
                self._confirm(name.decode())

    def _confirm(self, channel: str) -> None:
        """Tell of a confirmation, unless the channel was left and entered again since that was said."""
        self._due[channel] -= 1
        if self._due[channel] > 0:
            return
        del self._due[channel]
        confirmed = self._channels.get(channel)
        if confirmed is None:
            return
        if confirmed.done():
            self._publish(Event(channel, RESYNC))
        else:
            confirmed.set_result(None)

    def _publish(self, event: Event) -> None:
        self._published.append(event)
        self._arrived.set()


def _parts(answer: Any) -> tuple[bytes, bytes, bytes]:  # noqa: ANN401 - whatever Redis says
    """Return kind, channel and content of what a subscribed connection is told; a pong has no channel."""
    kind, name, *content = answer
    return kind, name or b"", content[0] if kind == b"message" else b""


class Hub(Broadcast):  # type: ignore[misc]  # broadcaster ships no types
    """Broadcasts to functions that are called in the reader's turn; they must be quick and must not raise."""

    def __init__(self, url: str) -> None:
        """Listen on the Redis at ``url`` once connected."""
        super().__init__(backend=RedisBackend(url))
        self._listeners: dict[str, dict[Listener, None]] = {}

    async def disconnect(self) -> None:
        """Stop listening."""
        self._listener_task.cancel()
        with suppress(asyncio.CancelledError):
            await self._listener_task
        await self._backend.disconnect()

    async def enter(self, channel: str, listener: Listener) -> None:
        """Call ``listener`` with each message of the channel; all that is published after this returns is heard."""
        self._listeners.setdefault(channel, {})[listener] = None
        try:
            await self._backend.subscribe(channel)
        except BaseException:
            self.leave(channel, listener)
            raise

    def leave(self, channel: str, listener: Listener) -> None:
        """Call ``listener`` no more."""
        listeners = self._listeners.get(channel, {})
        if listener in listeners:
            del listeners[listener]
            if not listeners:
                del self._listeners[channel]
                self._backend.leave(channel)

    async def _listener(self) -> None:
        while True:
            self._tell(await self._backend.next_published())
            for event in self._backend.published():
                self._tell(event)

    def _tell(self, event: Event) -> None:
        for listener in tuple(self._listeners.get(event.channel, ())):
            try:
                listener(event.message)
            except Exception:
                logger.exception("a listener failed")
