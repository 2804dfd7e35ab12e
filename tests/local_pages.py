"""Pages beside the graph in the test's own process, for what is only seen from within: statements, clocks, rates."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, LiteralString

import httpx2
import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine
from starlette.applications import Starlette

from adapters.throttle import LocalThrottle
from app.cache import AnswerCache
from app.edge.rates import Rate, RequestCounts, RequestRates
from app.share.routes import share_routes
from app.share.serving import Desk
from local_graph import ISSUER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from app.share.page import Page
    from schema.context import Services

FILL: LiteralString = """
    WITH n AS MATERIALIZED (
        SELECT n, gen_random_uuid() AS artwork, gen_random_uuid() AS asset FROM generate_series(1, %s) n
    ), u AS (
        INSERT INTO users (id, email, password_hash, handle, display_name, bio, follower_count, following_count,
                           artwork_count, created_at)
        SELECT gen_random_uuid(), n || '@x', '', 'user' || n, 'U', '', 0, 0, 0, now() FROM generate_series(1, 50) n
        RETURNING id, handle
    ), m AS (
        INSERT INTO media_assets (id, owner_id, status, width, height, byte_size, sha256, dhash, blurhash,
                                  dominant_color, engine, style, ratio, seed, content_level, created_at)
        SELECT asset, u.id, 'READY', 64, 64, 1, '', 0, '', '', '', '', '', 7, 'GENERAL', now()
        FROM n JOIN u ON u.handle = 'user' || (n %% 50 + 1)
    ), a AS (
        INSERT INTO artworks (id, author_id, title, description, visibility, prompt, prompt_visibility, style,
                              like_count, comment_count, created_at)
        SELECT artwork, u.id, 'x', '', 'PUBLIC', '', 'PUBLIC', '', 0, 0, now() - n * interval '1 s'
        FROM n JOIN u ON u.handle = 'user' || (n %% 50 + 1)
    )
    INSERT INTO artwork_images (artwork_id, asset_id, position) SELECT artwork, asset, 0 FROM n"""
"""Stores so many public artworks of fifty users, each with a picture of its own."""


@asynccontextmanager
async def local_pages(
    services: Services, cache: AnswerCache[Page] | None = None, limit: int = 1_000_000
) -> AsyncIterator[httpx2.AsyncClient]:
    """Serve pages, ``limit`` of them in five minutes, and one picture more; nothing is kept by default."""
    counts = RequestCounts(LocalThrottle(), RequestRates(address=Rate(limit, timedelta(minutes=5))))
    pictures = RequestCounts(LocalThrottle(), RequestRates(address=Rate(limit + 1, timedelta(minutes=5))), "pictures")
    app = Starlette(routes=share_routes(services, Desk(counts, pictures, cache or AnswerCache(0, 0))))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ISSUER, timeout=30) as client:
        yield client


@contextmanager
def executed() -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements of this process with their values."""
    seen: list[tuple[str, Any]] = []

    def note(*call: Any) -> None:  # noqa: ANN401 - SQLAlchemy's signature
        seen.append((call[2], call[3]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def plan_of(database_url: str, statement: str, values: Any) -> str:  # noqa: ANN401 - as SQLAlchemy hands them on
    """Return how PostgreSQL does a statement."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(f"EXPLAIN {statement}", values).fetchall()
    return "\n".join(row[0] for row in rows)
