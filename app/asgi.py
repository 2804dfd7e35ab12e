"""The API process: the graph, pictures, GraphiQL and health behind one edge."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import psycopg
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from starlette.applications import Starlette

from adapters.rate_limits import RedisRateLimiter
from adapters.scanning.process import ChildScanner
from adapters.shared_throttle import SharedThrottle
from adapters.storage.folder import FolderStore
from app.cache import AnswerCache
from app.demo import DEMO
from app.deposits import deposit_routes
from app.documents import open_documents
from app.edge.access import StructuredJournal
from app.edge.rates import Rate, RequestCounts, RequestRates
from app.edge.stack import Edge, EdgeOptions, Guarded
from app.endpoint import GraphQLEndpoint
from app.execution import Answer, Executor, Graph
from app.graphiql import graphiql_routes
from app.health import Health
from app.identity import Identity
from app.logs import JsonJournal
from app.measures import OperationMeasures, measure_for_ever
from app.media import media_routes
from app.metrics import Metrics
from app.services import (
    open_database,
    open_guard,
    open_language,
    open_messaging,
    open_picture_guard,
    open_reader,
    open_store,
)
from app.share.routes import share_routes
from app.share.serving import Desk
from app.streams.host import Host
from app.streams.http import HttpStreams
from app.streams.operations import Operations
from app.streams.reading import SubscriptionReader
from app.styles import style_images, style_routes
from db.words import BucketKind
from domain.credits import Grant, Welcome
from domain.places import Places
from domain.policies import Rules
from domain.ports import Bucket, Throttle
from domain.tokens import AccessTokens
from resolvers.graph import build_planner, build_schema
from schema.context import Services
from schema.documents import DocumentReader
from schema.limits import DocumentLimits
from schema.node import key_of
from schema.rates import charge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from uuid import UUID

    from starlette.routing import BaseRoute

    from app.services import Messaging
    from app.settings import Settings
    from db.session import Database

RATE_WINDOW: Final = timedelta(minutes=5)
_PICTURES: Final = 10
"""Addresses of pictures that may be asked for in place of one page."""


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
        language=open_language(settings),
        guard=open_guard(settings),
        scan=ChildScanner(),
        picture_guard=open_picture_guard(settings, db),
        engines=settings.engine_keys,
        style_images=style_images(settings.base_url),
        welcome=_welcome(settings),
        admins=_users(settings.admins),
        daily_images=settings.daily_images,
        moderators=_users(settings.moderators),
        rules=_rules(settings),
        places=Places(settings.base_url),
    )


def _users(ids: Iterable[str]) -> frozenset[UUID]:
    return frozenset(key for each in ids if (key := key_of("user", each)))


def _rules(settings: Settings) -> Rules:
    return Rules(
        strike_life=timedelta(days=settings.strike_days),
        appeal_within=timedelta(days=settings.appeal_days),
        review_within=timedelta(minutes=settings.review_minutes),
        hold_at=settings.hold_reports,
        reporter_age=timedelta(days=settings.reporter_days),
    )


def _desk(settings: Settings, counts: RequestCounts, throttle: Throttle) -> Desk:
    pictures = Rate(_PICTURES * settings.requests_per_address, RATE_WINDOW)
    return Desk(
        counts,
        RequestCounts(throttle, RequestRates(address=pictures), "pictures"),
        AnswerCache(settings.answer_cache_ms / 1000, settings.answer_cache_bytes),
    )


def _welcome(settings: Settings) -> Welcome:
    life = timedelta(days=settings.welcome_credits_days)
    return Welcome(Grant(BucketKind.PROMOTIONAL, settings.welcome_credits, life), settings.low_credits)


def create_host(settings: Settings) -> Host:
    """Return what serves sockets and, as its ``edge``, requests; it connects when it starts and closes when it ends."""
    db, messaging = open_database(settings), open_messaging(settings)
    throttle = SharedThrottle(messaging.redis)
    services = graph_services(settings, db, messaging, throttle)
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    reader = DocumentReader(DocumentLimits(cost=settings.operation_cost), charge, is_open=settings.is_open)
    schema = build_schema(reader, lambda: OperationMeasures(metrics))
    rows = open_reader(settings)
    graph = Graph(schema, reader, build_planner(schema, rows, reader))
    documents = open_documents(settings, messaging.redis, reader, schema._schema)  # noqa: SLF001 - no public name
    executor = Executor(graph, documents, metrics, shows_plans=settings.show_plans)
    counts = RequestCounts(
        throttle,
        RequestRates(
            user=Rate(settings.requests_per_user, RATE_WINDOW), address=Rate(settings.requests_per_address, RATE_WINDOW)
        ),
    )
    identity = Identity(services.tokens)
    operations = Operations(executor, SubscriptionReader(graph), messaging.events, metrics)
    host = Host(operations, services, identity, counts)
    cache: AnswerCache[Answer] = AnswerCache(settings.answer_cache_ms / 1000, settings.answer_cache_bytes)
    graphql = GraphQLEndpoint(executor, services, HttpStreams(host), cache, metrics)
    journal = JsonJournal(settings.log_level) if settings.logs_are_json else StructuredJournal()
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
        tasks = [asyncio.create_task(measure_for_ever(db, metrics)), asyncio.create_task(host.tend_for_ever())]
        yield
        for task in tasks:
            task.cancel()
        await messaging.hub.disconnect()
        await services.language.close()
        services.picture_guard.close()
        await throttle.close()
        await messaging.close()
        await rows.close()
        await db.close()
        journal.close()

    routes: list[BaseRoute] = [
        *graphiql_routes({"email": DEMO.email, "password": DEMO.password} if settings.demo else None),
        *style_routes(settings.allowed_origins),
        *share_routes(services, _desk(settings, counts, throttle)),
        *Health({"postgresql": ping_database}, {"redis": ping_redis}, registry).routes(),
    ]
    if isinstance(services.store, FolderStore):
        routes += media_routes(services.store, settings.allowed_origins)
        routes += deposit_routes(services.store, settings.allowed_origins)
    app = Starlette(routes=routes, lifespan=lifespan)
    app.router.redirect_slashes = False  # it would lead to whatever host the request names
    options = EdgeOptions(
        origins=tuple(settings.allowed_origins), trusted_proxies=tuple(settings.trusted_proxies), journal=journal
    )
    host.edge = Edge(Guarded(app, graphql, graphql.kept), options, counts, identity, metrics)
    return host
