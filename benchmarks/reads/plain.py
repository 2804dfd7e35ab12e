"""Easel's schema behind Strawberry's own view, with its parser and validation caches, and no edge.

Started as ``python -m benchmarks.reads.plain`` with the settings of ``easel api``. It is what a read costs where
nothing is planned; who asks is checked as Easel does.
"""

from __future__ import annotations

import gc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from adapters.shared_throttle import SharedThrottle
from app.asgi import graph_services
from app.memory import return_large_blocks
from app.services import open_database, open_messaging
from app.settings import Settings
from resolvers.graph import build_schema
from schema.context import Context
from schema.documents import DocumentReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

    from schema.context import Services


class PlainView(GraphQL[Context, None]):
    """Strawberry's view; it adds only who is asking."""

    services: Services

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        """Return the signed-in viewer."""
        context = Context(services=self.services)
        if authorization := request.headers.get("authorization"):
            context.claims = self.services.tokens.verify(authorization.removeprefix("Bearer "))
            await context.require_live_session()
        return context


def main() -> None:
    return_large_blocks()
    settings = Settings()
    db, messaging = open_database(settings), open_messaging(settings)
    throttle = SharedThrottle(messaging.redis)
    schema = build_schema(DocumentReader())
    schema.extensions = (ParserCache, ValidationCache)
    view = PlainView(schema, graphql_ide=None)
    view.services = graph_services(settings, db, messaging, throttle)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await throttle.close()
        await messaging.close()
        await db.close()

    app = Starlette(routes=[Route("/graphql", view, methods=["POST"])], lifespan=lifespan)
    gc.collect()
    gc.freeze()
    uvicorn.run(app, port=settings.port, log_config=None, access_log=False, proxy_headers=False, server_header=False)


if __name__ == "__main__":
    main()
