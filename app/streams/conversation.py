"""graphql-transport-ws on one socket, as https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md has it.

Every message is checked before it is acted on; what is none of the protocol closes the socket with 4400.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from strawberry.types.graphql import OperationType

from app.edge.answers import RefusedError
from app.edge.requests import NESTING, GraphQLRequest
from app.edge.strict_json import parse_json
from app.execution import encode
from db.session import AWAY
from domain.errors import RateLimited, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.streams.cohorts import Member, Step
    from app.streams.host import Host
    from app.streams.socket import StreamSocket
    from domain.errors import RequestError
    from schema.context import Context

PROTOCOL: Final = "graphql-transport-ws"
INIT_WAIT_S: Final = 3.0
SUBSCRIPTIONS: Final = 50
"""At once on one socket, queries and mutations included."""
_NEEDS_ID: Final = frozenset({"subscribe", "complete"})
_KNOWN: Final = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})
_ALL: Final = frozenset(OperationType)


class SocketListener:
    """One operation on a socket."""

    __slots__ = ("_conversation", "_head", "_socket", "id", "is_open", "member", "resume_after", "task")

    def __init__(self, conversation: Conversation, key: str) -> None:
        """Be the operation that the client calls ``key``."""
        self._conversation = conversation
        self._socket = conversation.socket
        self._head = b'{"id":%b,"type":"next","payload":' % encode(key)
        self.id = key
        self.is_open = True
        self.member: Member | None = None
        self.resume_after: str | None = None
        self.task: asyncio.Task[None] | None = None

    @property
    def is_paused(self) -> bool:
        """Whether the client takes nothing more for now."""
        return self._socket.is_paused

    def next(self, payload: bytes, _step: Step | None) -> None:
        """Send one response."""
        if self.is_open:
            self._socket.send(self._head, payload, b"}")

    def fail(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Say why the operation is not executed; nothing follows."""
        if self._close():
            self._conversation.say({"id": self.id, "type": "error", "payload": errors})

    def end(self) -> None:
        """Say that nothing will follow."""
        if self._close():
            self._conversation.say({"id": self.id, "type": "complete"})

    def leave(self) -> None:
        """Stop, and say nothing more."""
        self._close()
        if self.task:
            self.task.cancel()
        if self.member:
            self.member.leave()

    def _close(self) -> bool:
        """Free the id; return whether it was in use."""
        was_open, self.is_open = self.is_open, False
        if was_open:
            del self._conversation.listeners[self.id]
        return was_open


class Conversation:
    """What is said on one socket."""

    __slots__ = ("_host", "_init_task", "_init_timer", "_is_acknowledged", "_unread", "context", "listeners", "socket")

    def __init__(self, socket: StreamSocket, host: Host, context: Context) -> None:
        """Wait for ``connection_init``."""
        self.socket = socket
        self.context = context
        self.listeners: dict[str, SocketListener] = {}
        self._host = host
        self._is_acknowledged = False
        self._unread: list[str] | None = None
        """Messages that came while the token was looked at, None before and after."""
        self._init_task: asyncio.Task[None] | None = None
        self._init_timer: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(
            INIT_WAIT_S, socket.close, 4408, "Connection initialisation timeout"
        )

    def receive(self, text: str) -> None:
        """Act on a message, or close the socket where it is none."""
        if self._unread is not None:
            self._unread.append(text)
            return
        try:
            message = parse_json(text, "message", NESTING)
        except RefusedError:
            self.socket.close(4400, "WebSocket message must be valid JSON")
            return
        problem = problem_of(message)
        if problem:
            self.socket.close(4400, problem)
        else:
            self._act(message)

    def ended(self) -> None:
        """Leave everything: the socket is closed."""
        self._stop_timer()
        if self._init_task:
            self._init_task.cancel()
        for listener in tuple(self.listeners.values()):
            listener.leave()
        self._host.sockets.leave(self.context)

    def expire(self, refusal: RequestError) -> None:
        """Tell in each subscription that the viewer may see no more, and close."""
        for listener in tuple(self.listeners.values()):
            listener.fail([error_of(refusal.code, str(refusal))])
            listener.leave()
        self.socket.close(4401, str(refusal))

    def tend(self) -> None:
        """End what somebody else followed: another may have signed in on the same socket."""
        claims = self.context.claims
        for listener in tuple(self.listeners.values()):
            member = listener.member
            if member and self._host.operations.viewer_of(member) not in {None, claims and claims.user_id}:
                listener.fail([error_of(Unauthenticated.code, "Somebody else has signed in.")])
                listener.leave()

    def catch_up(self) -> None:
        """Send what could not be sent before."""
        for listener in tuple(self.listeners.values()):
            if listener.member:
                listener.member.catch_up(self._host.log)

    def say(self, message: Mapping[str, Any]) -> None:
        """Send a message of the protocol."""
        self.socket.send(encode(message))

    def _act(self, message: Any) -> None:  # noqa: ANN401 - checked before
        kind = message["type"]
        if kind == "subscribe":
            self._subscribe(message["id"], message["payload"])
        elif kind == "complete":
            listener = self.listeners.get(message["id"])
            if listener:
                listener.leave()
        elif kind == "ping":
            self.say({"type": "pong"})
        elif kind == "connection_init":
            self._begin(message.get("payload") or {})

    def _begin(self, payload: Mapping[str, Any]) -> None:
        if self._init_task or self._is_acknowledged:
            self.socket.close(4429, "Too many initialisation requests")
            return
        self._stop_timer()
        self._unread = []
        self.socket.hold()
        self._init_task = asyncio.create_task(self._admit(payload))

    async def _admit(self, payload: Mapping[str, Any]) -> None:
        """Take the token of ``connection_init``, or that of the handshake; a bad one closes the socket."""
        given = {str(name).lower(): value for name, value in payload.items()}
        try:
            await self._host.sign_in(self.context, given.get("authorization"))
        except AWAY:
            self.socket.close(1013, "Try again later")
            return
        if self.context.refusal or not self._host.sockets.enter(self.context):
            self.socket.close(4403, "Forbidden")
            return
        self._is_acknowledged, self._init_task = True, None
        self.say({"type": "connection_ack"})
        unread, self._unread = self._unread or [], None
        for text in unread:
            self.receive(text)
        self.socket.go_on()

    def _subscribe(self, key: str, payload: Mapping[str, Any]) -> None:
        if not self._is_acknowledged:
            self.socket.close(4401, "Unauthorized")
        elif key in self.listeners:
            self.socket.close(4409, f"Subscriber for {key} already exists")
        elif len(self.listeners) >= SUBSCRIPTIONS:
            self._refuse(key, "This socket follows as much as it may at once.")
        elif refusal := self._host.counts.operation_refusal(self.context.viewer_key, self.context.address):
            self._refuse(key, str(refusal))
        else:
            listener = self.listeners[key] = SocketListener(self, key)
            listener.task = asyncio.create_task(self._run(listener, payload))

    async def _run(self, listener: SocketListener, payload: Mapping[str, Any]) -> None:
        request = GraphQLRequest(
            payload.get("query"), payload.get("variables"), payload.get("operationName"), payload.get("extensions")
        )
        await self._host.operations.run(request, self.context, listener, _ALL)
        listener.task = None

    def _refuse(self, key: str, reason: str) -> None:
        self.say({"id": key, "type": "error", "payload": [error_of(RateLimited.code, reason)]})

    def _stop_timer(self) -> None:
        if self._init_timer:
            self._init_timer.cancel()
            self._init_timer = None


def error_of(code: str, message: str) -> dict[str, Any]:
    """Return an error as an answer holds it."""
    return {"message": message, "extensions": {"code": code}}


def problem_of(message: object) -> str | None:
    """Return what is wrong with a message, None where nothing is."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str) or message["type"] not in _KNOWN:
        return "This is not a message of graphql-transport-ws"
    if message["type"] in _NEEDS_ID and not (isinstance(message.get("id"), str) and message["id"]):
        return "`id` must be a string that is not empty"
    if not isinstance(message.get("payload"), dict | None):
        return "`payload` must be an object"
    return _payload_problem(message.get("payload") or {}) if message["type"] == "subscribe" else None


def _payload_problem(payload: Mapping[str, object]) -> str | None:
    extensions = payload.get("extensions")
    if not isinstance(extensions, dict | None):
        return "`payload.extensions` must be an object"
    names_one = extensions is not None and extensions.get("persistedQuery") is not None
    if not isinstance(payload.get("query"), str | None) or not (payload.get("query") or names_one):
        return "`payload.query` must be a string that is not empty"
    if not isinstance(payload.get("variables"), dict | None):
        return "`payload.variables` must be an object"
    if not isinstance(payload.get("operationName"), str | None):
        return "`payload.operationName` must be a string"
    return None
