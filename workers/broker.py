"""Dramatiq's Redis broker with a wake-up token: an idle consumer waits on a list instead of polling with back-off."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import AsyncIO

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dramatiq import MessageProxy

GPU_QUEUE: Final = "gpu"
ARCHIVE_QUEUE: Final = "archives"
PAINT: Final = "generation.paint"
PACK: Final = "archives.pack"
_ACTORS: Final = {GPU_QUEUE: PAINT, ARCHIVE_QUEUE: PACK}
"""What a message on each queue is for."""
_TOKENS: Final = 16


class _WakingConsumer(_RedisConsumer):
    """Fetches and acknowledges as Dramatiq does, but sleeps on the wake-up list where Dramatiq would poll.

    Dramatiq also polls, ever more slowly, while its workers have all that they may; here the end of a message wakes it.
    """

    def __init__(self, *arguments: Any) -> None:  # noqa: ANN401 - dramatiq's signature
        super().__init__(*arguments)  # type: ignore[no-untyped-call]
        self._message_ended = threading.Event()

    def __next__(self) -> Any:  # noqa: ANN401 - dramatiq's signature
        if self.message_cache:
            return super().__next__()  # type: ignore[no-untyped-call]
        room = 0 if self.broker.is_resting else self.prefetch - self.outstanding_message_count
        if room <= 0:
            self._message_ended.wait(self.timeout / 1000)
            self._message_ended.clear()
            return None
        try:
            self.message_cache = self.broker.do_fetch(self.queue_name, room)
            if not self.message_cache:
                self.broker.wait_for_token(self.queue_name, self.timeout / 1000)
                return None
        except redis.ConnectionError as error:
            raise ConnectionClosed(error) from None
        return super().__next__()  # type: ignore[no-untyped-call]

    def ack(self, message: MessageProxy) -> None:
        try:
            super().ack(message)  # type: ignore[no-untyped-call]
        finally:
            self._message_ended.set()

    def nack(self, message: MessageProxy) -> None:
        try:
            super().nack(message)  # type: ignore[no-untyped-call]
        finally:
            self._message_ended.set()


class WakingBroker(RedisBroker):
    """A Redis broker that leaves a token on a short list for each message, so that an idle worker starts at once.

    While it ``is_resting``, it fetches nothing: what rings then is for others to hear.

    Tokens are hints: a lost one costs a worker's idle timeout, a spare one an empty fetch.
    """

    def __init__(self, url: str, *, namespace: str = "dramatiq", heartbeat_timeout_ms: int = 30_000) -> None:
        """Connect on first use. Messages of a worker that is silent for ``heartbeat_timeout_ms`` are delivered anew."""
        self.is_resting = False
        super().__init__(  # type: ignore[no-untyped-call]
            url=url,
            namespace=namespace,
            middleware=[AsyncIO()],
            heartbeat_timeout=heartbeat_timeout_ms,
            maintenance_chance=100_000,
        )

    @property
    def consumer_class(self) -> type[_WakingConsumer]:
        """The consumer that waits on tokens."""
        return _WakingConsumer

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        """Enqueue as Dramatiq does, then leave a token for whoever waits."""
        enqueued = super().enqueue(message, delay=delay)
        if delay is None:
            with self.client.pipeline(transaction=False) as pipe:
                pipe.lpush(self._tokens(message.queue_name), 1)
                pipe.ltrim(self._tokens(message.queue_name), 0, _TOKENS - 1)
                pipe.execute()
        return enqueued

    def wait_for_token(self, queue_name: str, timeout_s: float) -> None:
        """Wait until a message may be there, at most ``timeout_s`` seconds."""
        with suppress(redis.TimeoutError):  # the client waits less long for an answer than the list may
            self.client.blpop([self._tokens(queue_name)], timeout=timeout_s)

    def waiting(self, queue_name: str) -> int:
        """Return how many messages nobody has fetched yet."""
        return int(self.client.llen(f"{self.namespace}:{queue_name}"))

    def _tokens(self, queue_name: str) -> str:
        return f"{self.namespace}:{queue_name}.tokens"


class Bell:
    """Rings the workers: an empty message on a queue, by the name of the actor alone."""

    def __init__(self, broker: WakingBroker) -> None:
        """Ring through ``broker``."""
        self._broker = broker
        for queue in _ACTORS:
            broker.declare_queue(queue)

    def ring(self, queue: str = GPU_QUEUE, times: int = 1) -> None:
        """Let as many idle workers look for work of a kind. Blocks for a tenth of a millisecond each.

        Where more rings than there are tokens wait to be answered, nobody is idle: no more are added.

        Raises:
            ConnectionError: Redis can not be reached.
        """
        try:
            for _ in range(min(times, _TOKENS - self._broker.waiting(queue))):
                message: dramatiq.Message[None] = dramatiq.Message(
                    queue_name=queue, actor_name=_ACTORS[queue], args=(), kwargs={}, options={}
                )
                self._broker.enqueue(message)
        except (redis.RedisError, OSError) as error:
            raise ConnectionError(str(error)) from error

    def is_unanswered(self, queue: str = GPU_QUEUE) -> bool:
        """Whether an earlier ring still waits for a worker.

        Raises:
            ConnectionError: Redis can not be reached.
        """
        try:
            return self._broker.waiting(queue) > 0
        except (redis.RedisError, OSError) as error:
            raise ConnectionError(str(error)) from error


def declare_actors(
    broker: WakingBroker, paint: Callable[[], Awaitable[None]], pack: Callable[[], Awaitable[None]]
) -> None:
    """Say what a worker runs when it is rung; failures are not retried here, the sweeper rings again."""
    dramatiq.actor(actor_name=PAINT, queue_name=GPU_QUEUE, broker=broker)(paint)
    dramatiq.actor(actor_name=PACK, queue_name=ARCHIVE_QUEUE, broker=broker)(pack)
