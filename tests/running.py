"""Coroutines run by tests that are no coroutines themselves."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine


def running_in(runner: asyncio.Runner) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Return a function that runs a coroutine by ``runner`` with the context variables of its caller."""

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - what the coroutine returns
        return runner.run(coroutine, context=copy_context())

    return run
