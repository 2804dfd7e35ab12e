"""The operators' routes: alive, ready with every state of the parts, and all measures."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from httpx2 import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from structlog.testing import capture_logs

from app.health import Health, Probe
from app.metrics import Metrics, PaintMetrics

if TYPE_CHECKING:
    from starlette.types import ASGIApp

pytestmark = pytest.mark.anyio


async def answers() -> None:
    return None


async def refuses() -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", 1)
    writer.close()


async def is_silent() -> None:
    await asyncio.Event().wait()


def health(postgresql: Probe = answers, redis: Probe = answers, registry: CollectorRegistry | None = None) -> ASGIApp:
    parts = Health({"postgresql": postgresql}, {"redis": redis}, registry or CollectorRegistry(), patience=0.02)
    return Starlette(routes=parts.routes())


def asking(app: ASGIApp) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app), base_url="http://easel")


async def test_a_living_process_says_so_whatever_is_away() -> None:
    async with asking(health(refuses, refuses)) as client:
        response = await client.get("/healthz")

    assert (response.status_code, response.text) == (200, "ok\n")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("postgresql", "redis", "code", "status", "states"),
    [
        (answers, answers, 200, "ready", ["up", "up"]),
        (answers, refuses, 200, "degraded", ["up", "away"]),
        (answers, is_silent, 200, "degraded", ["up", "away"]),
        (refuses, answers, 503, "unavailable", ["away", "up"]),
        (is_silent, answers, 503, "unavailable", ["away", "up"]),
        (is_silent, is_silent, 503, "unavailable", ["away", "away"]),
    ],
)
async def test_readiness_follows_the_parts(
    postgresql: Probe, redis: Probe, code: int, status: str, states: list[str]
) -> None:
    async with asking(health(postgresql, redis)) as client:
        response = await client.get("/readyz")

    assert response.status_code == code
    answer = response.json()
    assert answer["status"] == status
    assert [answer["parts"][name]["state"] for name in ("postgresql", "redis")] == states
    assert all(part["milliseconds"] >= 0 for part in answer["parts"].values() if part["state"] == "up")
    assert response.headers["cache-control"] == "no-store"


async def test_why_a_part_is_away_is_for_the_log_alone() -> None:
    async with asking(health(refuses)) as client:
        with capture_logs() as logs:
            response = await client.get("/readyz")

    assert logs == [
        {"event": "part_away", "part": "postgresql", "reason": "ConnectionRefusedError", "log_level": "warning"}
    ]  # fmt: skip
    assert response.json()["parts"]["postgresql"] == {"state": "away"}


async def test_all_measures_are_told() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    paint_metrics = PaintMetrics(registry)
    metrics.request_ended("/graphql", "POST", 200, 0.004)
    metrics.request_ended("/graphql/stream", "POST", 200, None)
    metrics.operation_ended("query", "ok")
    metrics.operation_ended("mutation", "refused")
    metrics.websocket_opened()
    metrics.websocket_opened()
    metrics.websocket_closed()
    metrics.subscription_started()
    metrics.subscription_ended()
    paint_metrics.job_ended("SUCCEEDED")
    paint_metrics.painted("sandbox", 1.5)
    metrics.queue_is(7)
    metrics.outbox_lags(0.25)

    async with asking(health(registry=registry)) as client:
        response = await client.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain; version=")
    samples = {
        (sample.name, *dict(sorted(sample.labels.items())).values()): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
        if not sample.name.endswith(("_created", "_bucket"))
    }
    assert samples == {
        ("easel_http_requests_total", "POST", "/graphql", "200"): 1,
        ("easel_http_requests_total", "POST", "/graphql/stream", "200"): 1,
        ("easel_http_request_seconds_count", "POST", "/graphql"): 1,
        ("easel_http_request_seconds_sum", "POST", "/graphql"): 0.004,
        ("easel_graphql_operations_total", "ok", "query"): 1,
        ("easel_graphql_operations_total", "refused", "mutation"): 1,
        ("easel_websockets_open",): 1,
        ("easel_subscriptions_active",): 0,
        ("easel_jobs_total", "SUCCEEDED"): 1,
        ("easel_paint_seconds_count", "sandbox"): 1,
        ("easel_paint_seconds_sum", "sandbox"): 1.5,
        ("easel_queue_depth",): 7,
        ("easel_outbox_lag_seconds",): 0.25,
    }


async def test_a_scraper_may_prefer_openmetrics() -> None:
    async with asking(health()) as client:
        response = await client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})

    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")
