"""Structured logs for every process: one renderer for structlog and the standard library, and no secrets in them.

``request_id`` and ``job_id`` come from structlog's context variables (``structlog.contextvars.bound_contextvars``).
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET_NAMES = re.compile(r"password|token|authorization|cookie|prompt|secret|api_?key", re.IGNORECASE)
"""Fields whose names hold one of these words are masked; a person's words and keys are nobody's to read in a log."""
MASK = "***"
UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.access")
"""Loggers that uvicorn gives handlers and levels of their own unless it is told otherwise."""
NOISY = {"uvicorn.access": logging.CRITICAL, "botocore": logging.WARNING, "urllib3": logging.WARNING}
"""Loggers held to a level of their own: uvicorn's access log tells query strings, and the edge writes a better one."""


FLUSH_S: Final = 0.25
"""How long a line of the access log may wait for others to be written with."""


class JsonJournal:
    """Writes the access log as JSON with the same names as every other log, many lines at a time.

    A line through structlog costs ten times as much as all the rest of a request's way through the edge.
    """

    def __init__(self, level: str, stream: TextIO | None = None) -> None:
        """Write to ``stream`` (standard error by default) what is of ``level`` or above."""
        self._stream = stream or sys.stderr
        self._least = logging.getLevelNamesMapping()[level.upper()]
        self._lines: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    def write(self, event: str, facts: dict[str, object], *, is_quiet: bool) -> None:
        """Write one line, at the latest ``FLUSH_S`` seconds from now."""
        if (logging.DEBUG if is_quiet else logging.INFO) < self._least:
            return
        facts["event"] = event
        facts["level"] = "debug" if is_quiet else "info"
        facts["logger"] = "easel.access"
        facts["timestamp"] = datetime.now(UTC)
        self._lines.append(orjson.dumps(facts, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))
        if self._is_closed:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self.flush)

    def flush(self) -> None:
        """Write what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        text = b"".join(self._lines).decode()
        self._lines.clear()
        self._stream.write(text)
        self._stream.flush()

    def close(self) -> None:
        """Write what waits, and from now on each line at once: the loop may end before the next timer."""
        self._is_closed = True
        self.flush()


def configure_logs(level: str, *, json: bool, stream: TextIO | None = None) -> None:
    """Send all logs of this process to ``stream`` (standard error by default), one line each.

    Args:
        level: The least level written, as "INFO".
        json: JSON for machines, or key=value for people, in colour on a terminal.
        stream: Where to write.

    Raises:
        ValueError: There is no such level.
    """
    target = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        mask_secrets,
    ]
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, drop_colored_twin],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(json=json, colors=target.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in UVICORN:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    for name, least in NOISY.items():
        logging.getLogger(name).setLevel(least)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask the fields of an event, at any depth, that are named like a secret; DEBUG events are left as they are."""
    if event.get("level") == "debug":
        return event
    return {name: _masked(name, value) for name, value in event.items()}


def drop_colored_twin(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop the copy of its message that uvicorn adds for terminals."""
    event.pop("color_message", None)
    return event


@lru_cache(maxsize=1024)
def _is_secret(name: object) -> bool:
    return isinstance(name, str) and SECRET_NAMES.search(name) is not None


def _masked(name: object, value: object) -> object:
    if _is_secret(name):
        return MASK
    if isinstance(value, Mapping):
        return {key: _masked(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(None, inner) for inner in value]
    return value


def _renderers(*, json: bool, colors: bool) -> list[Processor]:
    if json:
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ]
    # plain_traceback: the default prints local variables, prompts and tokens among them
    return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)]
