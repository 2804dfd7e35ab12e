"""An end to requests that hang: what has not begun to answer in time is cancelled, down to its statement."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.edge.answers import RefusedError


class AnswerDeadline:
    """Cancels a request to ``paths`` that has not begun to answer within ``seconds`` and answers 504 itself.

    A plain answer begins when it is complete; a stream that has begun is left alone. Cancelling the task makes
    psycopg cancel the statement in PostgreSQL and roll back. The client does not wait for that: where PostgreSQL hangs,
    psycopg gives up only after another ten seconds.
    """

    def __init__(self, app: ASGIApp, paths: Collection[str], seconds: float = 10.0) -> None:
        """Stand in front of ``app``."""
        self.app = app
        self.paths = frozenset(paths)
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] not in self.paths:
            await self.app(scope, receive, send)
            return
        deadline = asyncio.timeout(self.seconds)
        has_begun = False
        late: asyncio.Task[None] | None = None

        async def begin(message: Message) -> None:
            nonlocal has_begun
            if deadline.expired():
                return  # an answer made while being cancelled: ours is sent instead
            if not has_begun:
                has_begun = True
                deadline.reschedule(None)
                timer.cancel()
            await send(message)

        def refuse() -> None:
            nonlocal late
            refusal = RefusedError(504, f"The request took longer than {self.seconds:g} s.", "TIMEOUT")
            late = asyncio.create_task(refusal.answer(scope, receive, send))

        timer = asyncio.get_running_loop().call_later(self.seconds, refuse)
        try:
            async with deadline:
                await self.app(scope, receive, begin)
        except TimeoutError:
            if not deadline.expired():
                raise
        finally:
            timer.cancel()
            if deadline.expired() and late is None:
                refuse()
            if late:
                await late
