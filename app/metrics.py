"""What Easel's processes count and time for Prometheus, on a registry that is handed in."""

from __future__ import annotations

from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from app.tallies import Counts, Durations

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REQUEST_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
PAINT_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320)

OperationType = Literal["query", "mutation", "subscription", "unknown"]
OperationOutcome = Literal["ok", "refused", "failed"]
"""``refused``: the graph said no (validation, permission, limits); ``failed``: something broke."""


class Metrics:
    """The measures of an API process.

    No label is a client's own text: routes, methods and operation types are closed sets, or the series would grow
    without end. What is counted for each request is counted in plain dictionaries, which costs a tenth of a
    ``prometheus_client`` metric, and turned into samples when it is asked for.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register all measures; a registry takes them once."""
        self.registry = registry
        self._requests = Counts("easel_http_requests", "HTTP requests answered.", ("route", "method", "status"))
        self._request_seconds = Durations(
            "easel_http_request_seconds",
            "Time from a request's head to the end of its answer; streams are left out.",
            ("route", "method"),
            REQUEST_SECONDS,
        )
        self._operations = Counts("easel_graphql_operations", "GraphQL operations ended.", ("type", "outcome"))
        for counted in (self._requests, self._request_seconds, self._operations):
            registry.register(counted)
        self._websockets = Gauge("easel_websockets_open", "WebSockets open now.", registry=registry)
        self._subscriptions = Gauge("easel_subscriptions_active", "Subscriptions running now.", registry=registry)
        self._queue_depth = Gauge("easel_queue_depth", "Jobs waiting for a worker.", registry=registry)
        self._outbox_lag = Gauge(
            "easel_outbox_lag_seconds", "Age of the oldest message not yet relayed.", registry=registry
        )

    def request_ended(self, route: str, method: str, status: int, seconds: float | None) -> None:
        """Count an answered request; ``seconds`` is None for a stream, whose length says nothing about speed."""
        known = method if method in METHODS else "other"
        self._requests.add(route, known, str(status))
        if seconds is not None:
            self._request_seconds.add(seconds, route, known)

    def operation_ended(self, kind: OperationType, outcome: OperationOutcome) -> None:
        """Count a GraphQL operation over any transport."""
        self._operations.add(kind, outcome)

    def websocket_opened(self) -> None:
        """Count a socket that was accepted."""
        self._websockets.inc()

    def websocket_closed(self) -> None:
        """Take a socket off again."""
        self._websockets.dec()

    def subscription_started(self) -> None:
        """Count a subscription over any transport."""
        self._subscriptions.inc()

    def subscription_ended(self) -> None:
        """Take a subscription off again."""
        self._subscriptions.dec()

    def queue_is(self, depth: int) -> None:
        """Tell how many jobs wait."""
        self._queue_depth.set(depth)

    def outbox_lags(self, seconds: float) -> None:
        """Tell the age of the oldest message that waits for the relay; 0 where none does."""
        self._outbox_lag.set(seconds)


class PaintMetrics:
    """The measures of a GPU worker."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register all measures; a registry takes them once."""
        self._jobs = Counter("easel_jobs", "Generation jobs ended.", ("outcome",), registry=registry)
        self._paint_seconds = Histogram(
            "easel_paint_seconds",
            "Time of one call to an engine, for all of its images.",
            ("engine",),
            buckets=PAINT_SECONDS,
            registry=registry,
        )

    def job_ended(self, outcome: str) -> None:
        """Count a job by its final ``JobStatus``."""
        self._jobs.labels(outcome).inc()

    def painted(self, engine: str, seconds: float) -> None:
        """Time one ``paint`` call of an engine, named by its key in the catalogue."""
        self._paint_seconds.labels(engine).observe(seconds)
