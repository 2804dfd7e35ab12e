"""uvicorn's HTTP protocol with bounds of its own, and with answers that need no waiting."""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from starlette.types import Scope
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.edge.answers import CLOSE, RefusedError
from app.edge.exchange import BODY_KEY, WRITE_KEY
from app.edge.heads import too_large
from app.edge.passage import WholeAnswer, header_lines
from app.edge.recall import Recall

AtOnce = Callable[[Scope], WholeAnswer | None]
"""Returns the answer to a request that can be answered without waiting for anything."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which also ends a head that comes too slowly or never ends, unread bodies and answers.

    A silent connection is closed, a late or endless head is answered 408 or 431 first; a client that takes nothing of
    its answer is cut off. A request whose body comes together with its head is handed over when both are complete, the
    body in its scope; what ``at_once`` has an answer to is answered here, without a task of its own, and the same bytes
    again without being parsed.
    """

    head_seconds = 10.0
    head_bytes = 16 * 1024
    slow_seconds = 30.0
    """How long a client may take nothing of what it is sent."""
    at_once: AtOnce | None = None
    at_shutdown: Callable[[], None] | None = None
    recall = Recall(0)

    def __init__(self, *args: Any, **keywords: Any) -> None:  # noqa: ANN401 - whatever uvicorn hands over
        """Take what uvicorn hands over."""
        super().__init__(*args, **keywords)
        self._is_in_head = True
        self._head_arrived = 0
        self._head_timer: TimerHandle | None = None
        self._slow_timer: TimerHandle | None = None
        self._is_feeding = False
        self._begun = 0
        """Requests that have begun."""
        self._is_between = True
        """Whether the last of them has arrived whole."""
        self._recallable: Scope | None = None
        """Of the request that has just been answered at once."""
        self._answered_at = 0.0
        self._held: tuple[RequestResponseCycle, ASGI3Application] | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Wait for the first head."""
        super().connection_made(cast("Any", transport))
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_timer()
        self._wait_no_more()
        self._expect_nothing_taken()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Let nothing more be sent, and see to it that the client takes what was."""
        super().pause_writing()
        self._expect_some_taken()

    def resume_writing(self) -> None:
        """Let more be sent."""
        self._expect_nothing_taken()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Wait for the rest of a head that did not arrive at once, as long and as large as it may be."""
        is_between, begun = self._is_between, self._begun
        if is_between and self._answer_again(data):
            return
        if self._is_in_head:
            self._head_arrived += len(data)
        self._is_feeding = True
        super().data_received(data)
        self._is_feeding = False
        if self._held:
            self._hand_over()
        if self._recallable:
            if is_between and self._is_between and self._begun == begun + 1:
                self.recall.keep(data, self._recallable)
            self._recallable = None
        if self._is_in_head and self._head_arrived:
            self._start_timer()
            if self._head_arrived > self.head_bytes:
                self._refuse(too_large(self.head_bytes))

    def shutdown(self) -> None:
        """Let streams end: uvicorn waits for all that runs."""
        super().shutdown()
        if self.at_shutdown:
            self.at_shutdown()

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the socket, also its end."""
        self._wait_no_more()
        self._expect_nothing_taken()
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # the two hold each other, and nobody else holds them

    def on_message_begin(self) -> None:
        """Take what arrives from now on for one request."""
        self._begun += 1
        self._is_between = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """End the wait."""
        self._is_in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect the next head, for which time runs from its first byte on."""
        super().on_message_complete()
        self._is_between = not self.parser.should_upgrade()
        self._is_in_head = True
        self._head_arrived = 0
        if self._held:
            self._hand_over()

    def on_response_complete(self) -> None:
        """Go on as uvicorn does, but with one timer for all waits, and without reading a body that nobody wanted.

        uvicorn would read it to its end, however much is promised.
        """
        self._answered()
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.cycle.more_body:
            self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Start a request, or wait for the rest of what has just arrived."""
        if self._is_feeding and cycle.more_body:
            self._held = (cycle, app)
        else:
            self._start(cycle, app)

    def _start(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if not cycle.more_body:
            _with_body(cycle)[WRITE_KEY] = partial(self._write_whole, cycle)
        super()._start_asgi_task(cycle, app)

    def _write_whole(self, cycle: RequestResponseCycle, answer: WholeAnswer) -> bool:
        """Write an answer in one go, past ASGI's two messages; False where these have to carry it."""
        if cycle.response_started or cycle.disconnected or not cycle.keep_alive or self.flow.write_paused:
            return False
        self._complete(cycle, answer)
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _hand_over(self) -> None:
        """Start the request that was held, or answer it at once."""
        assert self._held
        (cycle, app), self._held = self._held, None
        is_whole = not (cycle.more_body or cycle.waiting_for_100_continue or self.flow.write_paused)
        if self.at_once and is_whole and cycle.keep_alive and (answer := self.at_once(_with_body(cycle))):
            self._complete(cycle, answer)
            self._answered()
            self._recallable = cast("Scope", cycle.scope)
        else:
            self._start(cycle, app)

    def _answer_again(self, data: bytes) -> bool:
        """Answer a request that is known by its bytes; False where it has to be read."""
        known = self.recall.find(data)
        is_free = self._is_idle() and not self.flow.write_paused and not self.transport.is_closing()
        if known is None or not self.at_once or not is_free:
            return False
        answer = self.at_once({**known, "client": self.client, "server": self.server, "scheme": self.scheme})
        if answer is None:
            return False
        self._stop_timer()
        self._write(answer)
        self._answered()
        return True

    def _complete(self, cycle: RequestResponseCycle, answer: WholeAnswer) -> None:
        self._write(answer)
        cycle.response_started = cycle.response_complete = True

    def _write(self, answer: WholeAnswer) -> None:
        status, head, body = answer
        lines = header_lines(self.server_state.default_headers)
        self.transport.write(b"".join((STATUS_LINE[status], lines, head, b"\r\n", body)))

    def _answered(self) -> None:
        """Expect the next request, for a while."""
        self.server_state.total_requests += 1
        self._answered_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._wait_for_more(self.timeout_keep_alive)

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _unset_keepalive_if_required(self) -> None:
        """Let the timer run: it is cheaper to look, when it ends, what came in between."""

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nothing was asked since the last answer."""
        self.timeout_keep_alive_task = None
        if self._head_timer is not None or not self._is_idle():
            return
        left = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._wait_for_more(left)
        else:
            super().timeout_keep_alive_handler()

    def _wait_for_more(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _wait_no_more(self) -> None:
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _expect_some_taken(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._slow_timer = self.loop.call_later(self.slow_seconds, self._end_unless_taken, left)

    def _expect_nothing_taken(self) -> None:
        if self._slow_timer is not None:
            self._slow_timer.cancel()
            self._slow_timer = None

    def _end_unless_taken(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._expect_some_taken()
        else:
            self.transport.abort()

    def _start_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self._head_is_late)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            return  # the answer before it still goes out; uvicorn's keep-alive time ends the connection after that
        message = f"The head of the request did not arrive within {self.head_seconds:g} s."
        self._refuse(RefusedError(408, message, "TIMEOUT", headers=CLOSE))

    def _refuse(self, refusal: RefusedError) -> None:
        if self.transport.is_closing():
            return
        if self._head_arrived:
            response = refusal.response()
            lines = header_lines(response.raw_headers)
            self.transport.write(STATUS_LINE[response.status_code] + lines + b"\r\n" + response.body)
        self.transport.close()


def guarded_protocol(
    head_seconds: float,
    head_bytes: int,
    at_once: AtOnce | None = None,
    at_shutdown: Callable[[], None] | None = None,
    slow_seconds: float = GuardedProtocol.slow_seconds,
) -> type[GuardedProtocol]:
    """Return the class for ``uvicorn.Config(http=…)``; uvicorn makes the instances, so what they need is its own.

    Args:
        head_seconds: in which a head arrives.
        head_bytes: size of a head, at most.
        at_once: answers what needs no waiting.
        at_shutdown: called as the server stops.
        slow_seconds: in which a client takes some of what it is sent, where that is more than the system holds.
    """
    own: dict[str, object] = {
        "head_seconds": head_seconds,
        "head_bytes": head_bytes,
        "slow_seconds": slow_seconds,
        "at_once": at_once and staticmethod(at_once),
        "at_shutdown": at_shutdown and staticmethod(at_shutdown),
        "recall": Recall(),
    }
    return type("GuardedProtocol", (GuardedProtocol,), own)


def _with_body(cycle: RequestResponseCycle) -> Scope:
    """Return the scope of a request whose body has arrived, with it."""
    scope = cast("Scope", cycle.scope)
    scope[BODY_KEY] = bytes(cycle.body)
    return scope
