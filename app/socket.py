"""graphql-transport-ws with every message checked before Strawberry acts on it, and sockets counted for each user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from schema.context import Context

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from app.graphql import GraphQLView

_NEEDS_ID: Final = frozenset({"subscribe", "complete"})
_KNOWN: Final = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})


class SocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """One socket. What is no message of the protocol closes it with 4400, as the protocol demands."""

    view: GraphQLView
    _counted: UUID | None = None

    async def handle(self) -> None:
        """Serve the socket until it closes."""
        try:
            await super().handle()
        finally:
            if self._counted:
                self.view.sockets[self._counted] -= 1
                if not self.view.sockets[self._counted]:
                    del self.view.sockets[self._counted]

    async def handle_message(self, message: Any) -> None:  # noqa: ANN401 - anything that JSON can say
        """Act on a message, or close the socket where it is none."""
        if (problem := _problem(message)) is not None:
            await self.handle_invalid_message(problem)
            return
        await super().handle_message(message)
        if self.connection_acknowledged and self._counted is None and self.context.claims:
            self._counted = self.context.claims.user_id
            self.view.sockets[self._counted] += 1


def _problem(message: object) -> str | None:
    """Return what is wrong with a message, None where nothing is."""
    if not isinstance(message, dict) or message.get("type") not in _KNOWN:
        return "This is not a message of graphql-transport-ws"
    if message["type"] in _NEEDS_ID and not (isinstance(message.get("id"), str) and message["id"]):
        return "`id` must be a string that is not empty"
    if not isinstance(message.get("payload"), dict | None):
        return "`payload` must be an object"
    return _payload_problem(message.get("payload") or {}) if message["type"] == "subscribe" else None


def _payload_problem(payload: Mapping[str, object]) -> str | None:
    if not isinstance(payload.get("query"), str):
        return "`payload.query` must be a string"
    if not isinstance(payload.get("variables"), dict | None):
        return "`payload.variables` must be an object"
    if not isinstance(payload.get("operationName"), str | None):
        return "`payload.operationName` must be a string"
    return None
