"""The floor: raw ASGI over psycopg's pool, one hand-written statement per request, no check of any kind.

Started as ``python -m benchmarks.reads.floor``; takes DATABASE_URL, PORT and PUBLIC_URL from the environment, and the
viewer's id from the header ``x-viewer``.
"""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, Any, Final

import orjson
import uvicorn
from psycopg_pool import AsyncConnectionPool

from benchmarks.reads import floor_statements

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

CONNECTIONS: Final = 10
"""As many as an API process has by default."""
PAGES: Final = (20, 100)


class Floor:
    """The application: reads a GraphQL request as far as it must, and answers with what the database returns."""

    def __init__(self, database_url: str, public_url: str) -> None:
        """Connect when the server starts; picture URLs begin with ``public_url``."""
        options = {"autocommit": True, "prepare_threshold": 0, "options": "-c TimeZone=UTC"}
        self._pool = AsyncConnectionPool(
            database_url, min_size=CONNECTIONS, max_size=CONNECTIONS, open=False, kwargs=options
        )
        self._pages = {first: floor_statements.feed(first, public_url) for first in PAGES}
        self._one = {"One": floor_statements.one("node"), "Artwork": floor_statements.one("artwork")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the lifespan or one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        viewer = next((value.decode() for name, value in scope["headers"] if name == b"x-viewer"), None)
        answer = await self._answer(orjson.loads(body), viewer)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, request: dict[str, Any], viewer: str | None) -> bytes:
        variables = request["variables"]
        if request["operationName"] == "Feed":
            statement = self._pages[variables["first"]]
        else:
            statement = self._one[request["operationName"]]
        values = {"viewer": viewer, "id": variables.get("id", "")[-32:]}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(statement, values)
            row = await cursor.fetchone()
        assert row, "each statement returns one row"
        text: str = row[0]
        return text.encode()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._pool.open(wait=True)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})


def main() -> None:
    app = Floor(os.environ["DATABASE_URL"], os.environ["PUBLIC_URL"])
    gc.collect()
    gc.freeze()
    uvicorn.run(
        app, port=int(os.environ["PORT"]), loop="uvloop", http="httptools", ws="none", lifespan="on", log_config=None,
        access_log=False, proxy_headers=False, server_header=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
