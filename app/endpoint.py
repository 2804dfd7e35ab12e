"""GraphQL over HTTP: plain answers here, streams by Strawberry's view.

Follows https://graphql.github.io/graphql-over-http/draft/; what it leaves open is decided in docs/http.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from strawberry.types.graphql import OperationType

from app.delivery import PRIVATE, UNSTORED, Delivery, deliver
from app.edge.answers import RefusedError
from app.edge.exchange import PASSAGE_KEY, exchange_of
from app.edge.negotiation import Medium, encoding_of, language_of, medium_for
from app.edge.requests import graphql_request
from app.execution import away_refusal, resolve
from app.identity import new_context
from db.session import AWAY

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.cache import AnswerCache, Kept, Key
    from app.edge.exchange import Exchange
    from app.edge.passage import Passage
    from app.execution import Answer, Executor
    from app.metrics import Metrics
    from schema.context import Services

_ALLOWED: Final = {
    "GET": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}


@dataclass(frozen=True, slots=True)
class GraphQLEndpoint:
    """Answers requests to the GraphQL paths that the edge let through: their bodies are read, their tokens verified."""

    executor: Executor
    services: Services
    streams: ASGIApp
    """Answers those who ask for a stream."""
    cache: AnswerCache[Answer]
    metrics: Metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            RefusedError: it can not be answered, in a way that HTTP has a status for.
        """
        exchange = exchange_of(scope)
        medium = medium_for(scope["path"], exchange.field(b"accept"))
        if medium is None:
            raise RefusedError(406, "Accept application/json or application/graphql-response+json.")
        if medium.is_stream:
            await self.streams(scope, receive, send)
            return
        is_own = b"authorization" in exchange.fields or not self.cache.seconds
        delivery = await (self._own if is_own else self._shared)(scope, exchange, medium)
        answer = _unless_known(delivery, exchange)
        passage: Passage | None = scope.get(PASSAGE_KEY)
        if passage is None or not passage.whole(answer.status, answer.head, answer.body):
            await answer.send(send)

    def kept(self, scope: Scope, exchange: Exchange) -> Delivery | None:
        """Return the answer for somebody who is not signed in, where it is kept."""
        medium = medium_for(scope["path"], exchange.field(b"accept"))
        if medium is None or medium.is_stream:
            return None
        kept = self.cache.find(_key(scope, exchange, medium))
        if kept is None:
            return None
        exchange.operation = kept.operation
        return _unless_known(self._kept_delivery(scope, exchange, medium, kept), exchange)

    async def _own(self, scope: Scope, exchange: Exchange, medium: Medium) -> Delivery:
        """Answer somebody who is signed in, or anybody where nothing is kept."""
        return self._delivery(scope, exchange, medium, await self._execute(scope, exchange))

    async def _shared(self, scope: Scope, exchange: Exchange, medium: Medium) -> Delivery:
        """Answer somebody who is not signed in, as everybody else who asks the same."""
        if delivery := self.kept(scope, exchange):
            self.metrics.operation_ended("query", "ok")
            return delivery
        request = graphql_request(scope)
        query = await resolve(self.executor.documents, request)
        if not self.executor.is_shared(query, request.operation_name):
            return await self._own(scope, exchange, medium)
        key = _key(scope, exchange, medium)
        answer = await self.cache.fetch(key, exchange.operation, lambda: self._execute(scope, exchange))
        kept = self.cache.find(key)
        if kept:
            return self._kept_delivery(scope, exchange, medium, kept)
        return self._delivery(scope, exchange, medium, answer)

    def _kept_delivery(self, scope: Scope, exchange: Exchange, medium: Medium, kept: Kept[Answer]) -> Delivery:
        encoding = encoding_of(exchange.field(b"accept-encoding"))
        return kept.deliveries.get(encoding) or self.cache.in_encoding(
            kept, encoding, lambda: self._delivery(scope, exchange, medium, kept.answer)
        )

    def _delivery(self, scope: Scope, exchange: Exchange, medium: Medium, answer: Answer) -> Delivery:
        encoding = encoding_of(exchange.field(b"accept-encoding"))
        if b"authorization" in exchange.fields:
            return deliver(answer, medium, encoding, PRIVATE)
        if scope["method"] == "GET" and answer.is_cacheable:
            return deliver(answer, medium, encoding, b"public, max-age=%d" % self.cache.seconds)
        return deliver(answer, medium, encoding, UNSTORED)

    async def _execute(self, scope: Scope, exchange: Exchange) -> Answer:
        context = new_context(self.services, scope)
        try:
            answer = await self.executor.execute(graphql_request(scope), context, _ALLOWED[scope["method"]])
        except AWAY as error:
            raise away_refusal() from error
        if context.claims is None:
            exchange.user = None
        return answer


def _key(scope: Scope, exchange: Exchange, medium: Medium) -> Key:
    """Return all that an answer for somebody who is not signed in depends on."""
    text = exchange.body if scope["method"] == "POST" else scope["query_string"]
    is_new = medium is Medium.GRAPHQL_RESPONSE
    return scope["method"], text, is_new, language_of(exchange.field(b"accept-language"))


def _unless_known(delivery: Delivery, exchange: Exchange) -> Delivery:
    """Return an answer, or only that the client has it already."""
    is_known = delivery.is_known(exchange.field(b"if-none-match"))
    return delivery.unchanged if is_known else delivery
