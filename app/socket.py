"""graphql-transport-ws with every message checked before Strawberry acts on it, and sockets counted for each user."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation

from db.session import AWAY
from domain.errors import RateLimited, RequestError, Unauthenticated
from schema.context import Context

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage

    from app.graphql import GraphQLView

CANCEL_AGAIN_S: Final = 0.5
_ENDINGS: Final[set[asyncio.Task[None]]] = set()
"""Operations on their way out, of sockets that may be gone."""
_NEEDS_ID: Final = frozenset({"subscribe", "complete"})
_KNOWN: Final = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})


class Sockets:
    """Counts the open sockets of each signed-in user."""

    def __init__(self, limit: int) -> None:
        """Let each user have ``limit`` of them."""
        self._limit = limit
        self._owners: dict[int, UUID] = {}
        self._counts: Counter[UUID] = Counter()

    def enter(self, context: Context) -> bool:
        """Count the socket of ``context``, once; False where its viewer has too many. Strangers are not counted."""
        if context.claims is None:
            return True
        user = context.claims.user_id
        if self._counts[user] >= self._limit:
            return False
        self._counts[user] += 1
        self._owners[id(context)] = user
        return True

    def leave(self, context: Context) -> None:
        """Count the socket of ``context`` no more."""
        user = self._owners.pop(id(context), None)
        if user:
            self._counts[user] -= 1
            if not self._counts[user]:
                del self._counts[user]


class SocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """One socket. What is no message of the protocol closes it with 4400, as the protocol demands."""

    view: GraphQLView

    async def handle(self) -> None:
        """Serve the socket until it closes."""
        try:
            await super().handle()
        finally:
            self.view.sockets.leave(self.context)

    async def handle_message(self, message: Any) -> None:  # noqa: ANN401 - anything that JSON can say
        """Act on a message, or close the socket where it is none."""
        if (problem := _problem(message)) is not None:
            await self.handle_invalid_message(problem)
        else:
            await super().handle_message(message)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Start an operation, unless as many run already as may, or too many were asked for lately."""
        if self._is_full and message["id"] not in self.operations:
            await self._refuse(message, RateLimited.code, "This socket follows as much as it may at once.")
        elif not self.connection_acknowledged:
            await super().handle_subscribe(message)
        elif refusal := self.view.rate_refusal(self.context):
            await self._refuse(message, RateLimited.code, str(refusal))
        else:
            await self._subscribe(message)

    async def _subscribe(self, message: SubscribeMessage) -> None:
        payload = message["payload"]
        try:
            payload["query"] = await self.view.documents.resolve(payload.get("query"), payload.get("extensions"))
        except RequestError as refusal:
            await self._refuse(message, refusal.code, str(refusal))
        else:
            await super().handle_subscribe(message)

    async def _refuse(self, message: SubscribeMessage, code: str, reason: str) -> None:
        error = _error(code, reason)
        await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Run an operation for the viewer of the socket, who may have signed out since it opened."""
        try:
            if self.context.claims:
                await self.context.require_live_session()
        except Unauthenticated as refusal:
            self.context.refuse(refusal)
        except AWAY:
            await operation.send_initial_errors([_error("INTERNAL", "This can not be answered now. Try again later.")])
            return
        await super().run_operation(operation)

    async def cleanup_operation(self, operation_id: str) -> None:
        """Cancel an operation; from now on nothing more is said of it."""
        operation = self.operations.get(operation_id)
        await super().cleanup_operation(operation_id)
        if operation and operation.task:
            operation.completed = True
            ending = asyncio.create_task(cancel_for_good(operation.task))
            _ENDINGS.add(ending)
            ending.add_done_callback(_ENDINGS.discard)

    @property
    def _is_full(self) -> bool:
        most = self.max_subscriptions_per_connection
        return most is not None and len(self.operations) >= most


async def cancel_for_good(task: asyncio.Task[None]) -> None:
    """Cancel a task until it ends: before Python 3.12, ``asyncio.wait_for`` can swallow a cancellation."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_S)


def _error(code: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def _problem(message: object) -> str | None:
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
