"""The API process: the graph, pictures, GraphiQL and health behind one edge."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import psycopg
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.routing import Route, WebSocketRoute

from adapters.rate_limits import RedisRateLimiter
from adapters.shared_throttle import SharedThrottle
from adapters.storage.folder import FolderStore
from app.demo import DEMO
from app.documents import open_documents
from app.edge.rates import Rate, RequestRates
from app.edge.stack import EdgeOptions, edge
from app.graphiql import graphiql_routes
from app.graphql import STREAM_PATH, GraphQLView
from app.health import Health
from app.measures import OperationMeasures, measure_for_ever
from app.media import media_routes
from app.metrics import Metrics
from app.services import open_database, open_messaging, open_reader, open_store
from domain.errors import Unauthenticated
from domain.ports import Bucket
from domain.tokens import AccessTokens
from resolvers.graph import build_planner, build_schema
from schema.context import Services
from schema.documents import DocumentReader
from schema.limits import DocumentLimits
from schema.rates import charge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Scope

    from app.services import Messaging
    from app.settings import Settings
    from db.session import Database
    from domain.ports import Throttle

RATE_WINDOW: Final = timedelta(minutes=5)


def graph_services(settings: Settings, db: Database, messaging: Messaging, throttle: Throttle) -> Services:
    """Return what resolvers are handed."""
    return Services(
        db=db,
        tokens=AccessTokens(settings.token_key_pems(), settings.base_url, timedelta(seconds=settings.token_life_s)),
        store=open_store(settings),
        events=messaging.events,
        limiter=RedisRateLimiter(messaging.redis),
        throttle=throttle,
        cost_bucket=Bucket(settings.cost_bucket, settings.cost_refill),
        engines=(settings.engine,),
        welcome_credits=settings.welcome_credits,
    )


def create_app(settings: Settings) -> ASGIApp:
    """Return the application; it connects when it starts and closes when it ends."""
    db, messaging = open_database(settings), open_messaging(settings)
    throttle = SharedThrottle(messaging.redis)
    services = graph_services(settings, db, messaging, throttle)
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    reader = DocumentReader(DocumentLimits(cost=settings.operation_cost), charge)
    schema = build_schema(reader, lambda: OperationMeasures(metrics))
    rows = open_reader(settings)
    build_planner(schema, rows)
    rates = RequestRates(
        user=Rate(settings.requests_per_user, RATE_WINDOW), address=Rate(settings.requests_per_address, RATE_WINDOW)
    )
    documents = open_documents(settings, messaging.redis, reader, schema._schema)  # noqa: SLF001 - no public name
    view = GraphQLView(schema, services, settings.allowed_origins, documents, rates)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)

    async def ping_database() -> None:
        async with await psycopg.AsyncConnection.connect(settings.database_url, connect_timeout=1) as connection:
            await connection.execute("SELECT 1")

    async def ping_redis() -> None:
        await messaging.redis.ping()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await messaging.hub.connect()
        measuring = asyncio.create_task(measure_for_ever(db, metrics))
        yield
        measuring.cancel()
        await messaging.hub.disconnect()
        await throttle.close()
        await messaging.close()
        await rows.close()
        await db.close()

    routes: list[BaseRoute] = [
        Route("/graphql", view, methods=["GET", "POST"]),
        Route(STREAM_PATH, view, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", view),
        *graphiql_routes({"email": DEMO.email, "password": DEMO.password} if settings.demo else None),
        *Health({"postgresql": ping_database}, {"redis": ping_redis}, registry).routes(),
    ]
    if isinstance(services.store, FolderStore):
        routes += media_routes(services.store, settings.allowed_origins)
    app = Starlette(routes=routes, lifespan=lifespan)
    options = EdgeOptions(
        origins=tuple(settings.allowed_origins),
        trusted_proxies=tuple(settings.trusted_proxies),
        rates=rates,
    )
    return edge(app, options, throttle, _Identify(services.tokens), metrics)


class _Identify:
    """Tells whose token a request carries, without I/O; whether it still counts is looked up later."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens

    def __call__(self, scope: Scope) -> str | None:
        scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return str(self._tokens.verify(token.strip()).user_id)
        except Unauthenticated:
            return None
