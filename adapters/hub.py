"""The hub: one Redis subscription for the whole process, fanned out to all who listen here.

Built on broadcaster's classes with a backend of our own: the ones that it ships lose their subscriptions when Redis
restarts. Messages are handed to listeners as they are read, many in one turn of the loop, without a queue or a task for
each; after any gap each listener gets a resync mark (``RESYNC``) and looks up for itself what it missed.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, cast

from broadcaster import Broadcast
from broadcaster._backends.base import BroadcastBackend
from redis._parsers.hiredis import NOT_ENOUGH_DATA, _AsyncHiredisParser
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis.asyncio.connection import AbstractConnection

    Listener = Callable[[Any], None]

RESYNC: Final = None
"""What listeners are called with in place of a message where there was a gap: look for yourself."""
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

    def __init__(self, url: str, tell: Callable[[str, bytes | None], None]) -> None:
        """Connect to nothing yet; ``url`` is ``redis://``, ``rediss://`` or ``unix://``.

        ``tell`` is called with the channel of each message, and the message or ``RESYNC``.
        """
        # A reconnect behind our back would hide a gap: this client never tries again. With a socket timeout of its own
        # redis-py waits by a function of asyncio's that may swallow a cancellation, so we time what we send ourselves.
        # What is heard is read here, in the words of protocol 2.
        self._pool = ConnectionPool.from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=2,
            socket_timeout=None,
            protocol=2,
            parser_class=_Batches,
        )
        self._redis = Redis.from_pool(self._pool)
        self._connection: AbstractConnection | None = None
        self._channels: dict[str, asyncio.Future[None] | None] = {}
        """Each with what waits for Redis to confirm it, None once it has, or is no longer waited for."""
        self._due: Counter[str] = Counter()
        """By channel, how many of our SUBSCRIBE commands have not been answered yet, those included that are not yet
        sent: what an earlier one is answered says nothing of those who came after it."""
        self._unsaid: list[tuple[str, str]] = []
        self._saying: asyncio.Task[None] | None = None
        self._tell = tell
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
        if channel not in self._channels:
            self._channels[channel] = asyncio.get_running_loop().create_future()
            self._say("SUBSCRIBE", channel)
        waiting = self._channels[channel]
        if waiting is None:
            return
        await asyncio.wait({waiting}, timeout=SUBSCRIBE_WAIT_S)
        if self._channels.get(channel) is waiting:  # whatever is confirmed from here on ends a gap
            waiting.set_result(None)
            self._channels[channel] = None

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

    def _say(self, command: str, channel: str) -> None:
        """Send a command soon, together with all others of this turn of the loop; a new connection begins with all."""
        if self._connection is None:
            return
        self._unsaid.append((command, channel))
        if command == "SUBSCRIBE":
            self._due[channel] += 1
        if self._saying is None:
            self._saying = asyncio.create_task(self._say_all())

    async def _say_all(self) -> None:
        try:
            while self._unsaid and (connection := self._connection):
                unsaid, self._unsaid = self._unsaid, []
                for command, group in groupby(unsaid, key=lambda each: each[0]):
                    channels = [channel for _, channel in group]
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
                async with asyncio.timeout(_SILENCE_S):
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
        self._due = Counter(self._channels.keys())
        self._connection = connection  # from here on, who subscribes says so; who came before is made up for
        async with asyncio.TaskGroup() as together:
            together.create_task(self._read(connection))
            together.create_task(self._ping(connection))
            await connection.send_command("SUBSCRIBE", _OWN, *self._channels)

    async def _ping(self, connection: AbstractConnection) -> None:
        while True:
            self._is_silent = True
            async with asyncio.timeout(_SILENCE_S):
                await connection.send_command("PING")
            await asyncio.sleep(_SILENCE_S)
            if self._is_silent:
                raise TimeoutError

    async def _read(self, connection: AbstractConnection) -> None:
        parser = cast("_Batches", connection._parser)  # noqa: SLF001 - we chose its class, redis-py makes it
        while True:
            for kind, name, *content in await parser.read_batch():
                if kind == b"message":
                    self._tell(name.decode(), content[0])
                elif kind == b"subscribe":
                    self._confirm(name.decode())
            self._is_silent = False

    def _confirm(self, channel: str) -> None:
        """Tell of a confirmation, unless the channel was left and entered again since that was said."""
        self._due[channel] -= 1
        if self._due[channel] > 0:
            return
        del self._due[channel]
        if channel not in self._channels:
            return
        waiting = self._channels[channel]
        if waiting is None:
            self._tell(channel, RESYNC)
        else:
            waiting.set_result(None)
            self._channels[channel] = None


class _Batches(_AsyncHiredisParser):
    """Reads all that has arrived at once: what redis-py does for each answer costs more than telling it here."""

    async def read_batch(self) -> list[list[Any]]:
        """Return what a subscribed connection is told next, one or many answers.

        Raises:
            RedisError: one is an error, or the connection has ended.
        """
        batch: list[list[Any]] = []
        reader: Any = self._reader
        while True:
            while (answer := reader.gets(False)) is not NOT_ENOUGH_DATA:  # as bytes
                if isinstance(answer, Exception):
                    raise answer
                batch.append(answer)
            if batch:
                return batch
            await self.read_from_socket()  # type: ignore[no-untyped-call]  # redis-py's


class Hub(Broadcast):  # type: ignore[misc]  # broadcaster ships no types
    """Broadcasts to functions that are called in the reader's turn; they must be quick and must not raise."""

    def __init__(self, url: str, read: Callable[[bytes], Any] = bytes) -> None:
        """Listen on the Redis at ``url`` once connected; ``read`` makes of a message what listeners are called with."""
        super().__init__(backend=RedisBackend(url, self._tell))
        self._read = read
        self._listeners: dict[str, tuple[Listener, ...]] = {}

    async def connect(self) -> None:
        """Start listening; broadcaster's own task and queues are not needed for that."""
        await self._backend.connect()

    async def disconnect(self) -> None:
        """Stop listening."""
        await self._backend.disconnect()

    async def enter(self, channel: str, listener: Listener) -> None:
        """Call ``listener`` with each message of the channel; all that is published after this returns is heard."""
        self._listeners[channel] = (*self._listeners.get(channel, ()), listener)
        try:
            await self._backend.subscribe(channel)
        except BaseException:
            self.leave(channel, listener)
            raise

    def leave(self, channel: str, listener: Listener) -> None:
        """Call ``listener`` no more."""
        listeners = self._listeners.get(channel, ())
        if listener in listeners:
            self._listeners[channel] = others = tuple(each for each in listeners if each != listener)
            if not others:
                del self._listeners[channel]
                self._backend.leave(channel)

    def _tell(self, channel: str, message: bytes | None) -> None:
        listeners = self._listeners.get(channel, ())
        try:
            told = RESYNC if message is RESYNC else self._read(message)
        except Exception:  # anybody may publish anything: the stream itself says what there is
            logger.exception("a message can not be read")
            told = RESYNC
        for listener in listeners:
            try:
                listener(told)
            except Exception:
                logger.exception("a listener failed")
