"""How pages are answered: counted, kept for a moment, made once for all who ask, within a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import QueryParams
from starlette.routing import Route

from app.edge.exchange import exchange_of
from app.edge.negotiation import encoding_of, language_of
from app.share.page import Asked, AskedWronglyError, NotShownError, Page, deliver, told
from db.session import AWAY

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from app.cache import AnswerCache
    from app.delivery import Delivery
    from app.edge.answers import RefusedError
    from app.edge.exchange import Exchange
    from app.edge.negotiation import Encoding
    from app.edge.rates import RequestCounts
    from domain.messages import Language

Make = Callable[[Asked], Awaitable[Page]]
Missing = Callable[["Language"], Page]
"""Makes the page of what is not shown."""
SECONDS: Final = 10.0
"""How long a page may take."""


def nothing(_language: Language) -> Page:
    """Return what programs are told of what is not shown."""
    return told(HTTPStatus.NOT_FOUND, "There is nothing here.")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where pages are asked for."""

    counts: RequestCounts
    """Of pages, together with requests to the graph."""
    pictures: RequestCounts
    """Of pictures' addresses: a reader of feeds asks for fifty at once."""
    cache: AnswerCache[Page]

    def route(self, path: str, make: Make, missing: Missing = nothing, names: Sequence[str] = ()) -> Route:
        """Return a route whose pages depend on the path, the language, and these parameters of the query alone."""
        return Route(path, _Counter(self, make, missing, tuple(names), self.counts), methods=["GET", "HEAD"])

    def picture(self, path: str, make: Make) -> Route:
        """Return a route of pictures' addresses."""
        return Route(path, _Counter(self, make, nothing, (), self.pictures), methods=["GET", "HEAD"])


@dataclass(frozen=True, slots=True)
class _Counter:
    """The ASGI application behind one route."""

    desk: Desk
    make: Make
    missing: Missing
    names: tuple[str, ...]
    counts: RequestCounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Answer one request; who asks is not looked at."""
        exchange = exchange_of(scope)
        refusal = self.counts.refusal(scope, None)
        answer = _plain(_refused(refusal), exchange) if refusal else await self._answer(scope, exchange)
        if answer.is_known(exchange.field(b"if-none-match")):
            answer = answer.unchanged
        await answer.send(send)

    async def _answer(self, scope: Scope, exchange: Exchange) -> Delivery:
        language = language_of(exchange.field(b"accept-language"))
        try:
            async with asyncio.timeout(SECONDS):
                return await self._found(scope, exchange, language)
        except NotShownError:
            page = self.missing(language)
        except AskedWronglyError as error:
            page = told(error.status, str(error))
        except AWAY:
            page = told(HTTPStatus.SERVICE_UNAVAILABLE, "This can not be shown at present.", {"Retry-After": "5"})
        return _plain(page, exchange)

    async def _found(self, scope: Scope, exchange: Exchange, language: Language) -> Delivery:
        query = QueryParams(scope["query_string"]) if self.names else {}
        given = {name: query[name] for name in self.names if name in query}
        asked, cache = Asked(scope["path_params"], given, language), self.desk.cache
        key = _bytes(scope["path"]), _bytes(repr(given)), language
        if cache.seconds and (kept := cache.find(key)):
            return cache.in_encoding(kept, _encoding(exchange), partial(deliver, kept.answer, _encoding(exchange)))
        page = await (cache.fetch(key, None, lambda: _made(self.make, asked)) if cache.seconds else self.make(asked))
        return _plain(page, exchange)


async def _made(make: Make, asked: Asked) -> Page:
    return await make(asked)


def _plain(page: Page, exchange: Exchange) -> Delivery:
    return deliver(page, _encoding(exchange))


def _encoding(exchange: Exchange) -> Encoding:
    return encoding_of(exchange.field(b"accept-encoding"))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _refused(refusal: RefusedError) -> Page:
    return told(HTTPStatus(refusal.status), str(refusal), {"Retry-After": refusal.headers["retry-after"]})
