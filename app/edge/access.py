"""The access log and the HTTP measures: one line and one count for each request and socket."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Final, Protocol

import structlog

from app.edge.exchange import Exchange
from app.metrics import Metrics

CLIENT_GONE: Final = 499
"""Status told for a client that left before it was answered, as nginx does."""
QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: logged at DEBUG."""
_PATH_CHARACTERS: Final = 200


class Journal(Protocol):
    """Takes the lines of the access log."""

    def write(self, event: str, facts: dict[str, object], *, is_quiet: bool) -> None:
        """Write one line, or none where ``is_quiet`` ones are not wanted."""

    def close(self) -> None:
        """Leave nothing unwritten."""


class StructuredJournal:
    """Writes as every other log is written: readable for people, in any form that structlog has."""

    def __init__(self) -> None:
        """Write to the logger of that name."""
        self._logger = structlog.stdlib.get_logger("easel.access")

    def write(self, event: str, facts: dict[str, object], *, is_quiet: bool) -> None:
        """Write one line."""
        log = self._logger.debug if is_quiet else self._logger.info
        log(event, **facts)

    def close(self) -> None:
        """Do nothing: every line was written at once."""


class AccessLog:
    """Logs method, path, status, time, size, operation and user; never a query string, a header or a body."""

    def __init__(self, metrics: Metrics, routes: Collection[str], journal: Journal) -> None:
        """Count and write.

        Args:
            metrics: Where requests and sockets are counted.
            routes: Paths that are counted by name; one that ends with "/" stands for all below it. Any other path
                is counted as "other", because labels must stay few.
            journal: Where lines are written.
        """
        self.metrics = metrics
        self._exact = frozenset(routes)
        self._prefixes = tuple(route for route in routes if route.endswith("/"))
        self._journal = journal

    def request_ended(
        self, path: str, method: str, exchange: Exchange, answer: tuple[int, int, bool], started: float
    ) -> None:
        """Tell of an answered request.

        Args:
            path: As the scope has it.
            method: As the scope has it.
            exchange: What is known of the request.
            answer: Status (0 for none), bytes of the body, and whether it was a stream.
            started: ``time.perf_counter()`` at the request's beginning.
        """
        seconds = time.perf_counter() - started
        status, size, is_stream = answer
        status = status or CLIENT_GONE
        self.metrics.request_ended(self._route(path), method, status, None if is_stream else seconds)
        facts: dict[str, object] = {"method": method, "status": status, "ms": _ms(seconds), "bytes": size}
        self._write("request", path, exchange, facts)

    def socket_ended(self, path: str, exchange: Exchange, status: int, close_code: int | None, started: float) -> None:
        """Tell of a socket that was closed or refused."""
        facts: dict[str, object] = {
            "status": status,
            "ms": _ms(time.perf_counter() - started),
            "close_code": close_code,
        }
        self._write("websocket", path, exchange, facts)

    def _route(self, path: str) -> str:
        if path in self._exact:
            return path
        return next((prefix for prefix in self._prefixes if path.startswith(prefix)), "other")

    def _write(self, event: str, path: str, exchange: Exchange, facts: dict[str, object]) -> None:
        facts["path"] = path if path in self._exact else _printable(path[:_PATH_CHARACTERS])
        facts["operation"] = exchange.operation
        facts["user"] = exchange.user
        facts["request_id"] = exchange.request_id
        self._journal.write(event, facts, is_quiet=path in QUIET)


def _printable(text: str) -> str:
    """Return ``text`` as a terminal may show it: a path can say escape sequences and NUL."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
