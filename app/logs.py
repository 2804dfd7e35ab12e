"""Structured logs for every process: one renderer for structlog and the standard library, and no secrets in them.

``request_id`` and ``job_id`` come from structlog's context variables (``structlog.contextvars.bound_contextvars``).
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET_NAMES = re.compile(r"password|token|authorization|cookie|prompt|secret|api_?key", re.IGNORECASE)
"""Fields whose names hold one of these words are masked; a person's words and keys are nobody's to read in a log."""
MASK = "***"
UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.access")
"""Loggers that uvicorn gives handlers and levels of their own unless it is told otherwise."""
NOISY = {"uvicorn.access": logging.CRITICAL, "botocore": logging.WARNING, "urllib3": logging.WARNING}
"""Loggers held to a level of their own: uvicorn's access log tells query strings, and the edge writes a better one."""


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
