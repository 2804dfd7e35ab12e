"""The routes that operators and load balancers ask: alive, ready, and the measures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

Probe = Callable[[], Awaitable[object]]
"""Asks one part something cheap, and raises where it does not answer."""

logger = structlog.stdlib.get_logger(__name__)
FRESH = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class Health:
    """What this process needs, and what it can do without for a while.

    A process without a ``required`` part is not ready (503). Without an ``optional`` one it is ready but degraded
    (200): while Redis is away every read still answers, and taking all processes out of the balancer at once would
    turn a small fault into an outage.
    """

    required: Mapping[str, Probe]
    optional: Mapping[str, Probe]
    registry: CollectorRegistry
    patience: float = 1.0
    """Seconds that each part has to answer."""

    def routes(self) -> list[Route]:
        """Make the three routes."""
        return [
            Route("/healthz", self.alive, methods=["GET"]),
            Route("/readyz", self.ready, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
        ]

    async def alive(self, _request: Request) -> Response:
        """Answer 200: the event loop turns."""
        return PlainTextResponse("ok\n", headers=FRESH)

    async def ready(self, _request: Request) -> Response:
        """Answer 200 with "ready" or "degraded", or 503 with "unavailable", and the state of each part."""
        probes = {**self.required, **self.optional}
        states = dict(zip(probes, await asyncio.gather(*map(self._ask, probes, probes.values())), strict=True))
        if any(states[name] is None for name in self.required):
            status = "unavailable"
        else:
            status = "degraded" if None in states.values() else "ready"
        parts = {
            name: {"state": "away"} if milliseconds is None else {"state": "up", "milliseconds": milliseconds}
            for name, milliseconds in states.items()
        }
        code = 503 if status == "unavailable" else 200
        return JSONResponse({"status": status, "parts": parts}, code, headers=FRESH)

    async def metrics(self, request: Request) -> Response:
        """Answer the registry's measures in the format that the scraper prefers."""
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self.registry), headers={**FRESH, "content-type": content_type})

    async def _ask(self, name: str, probe: Probe) -> float | None:
        """Return the ms that the part took to answer, or None where it did not."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self.patience):
                await probe()
        except Exception as error:  # noqa: BLE001 - whatever a part fails with, it is away
            logger.warning("part_away", part=name, reason=type(error).__name__)
            return None
        return round((time.perf_counter() - started) * 1000, 1)
