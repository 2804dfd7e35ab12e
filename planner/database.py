"""Reading connections: a last-in-first-out stack of psycopg's own, prepared statements, nothing in between."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, LiteralString, cast

import psycopg
from psycopg import AsyncConnection, AsyncRawCursor
from psycopg.types.string import TextLoader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Rows = list[tuple[Any, ...]]


class Away(OSError):
    """PostgreSQL can not be reached, or went away while it answered."""


class Reader:
    """Runs the statements of plans on at most ``size`` connections to one database, each committed by itself.

    Connections are opened when they are needed and used again in the order of last use, so that few stay warm. One
    that was lost while it lay idle is replaced and the statement, which only reads, is run again.
    """

    def __init__(self, url: str, *, size: int = 10, statement_timeout_s: float = 5.0) -> None:
        """Open nothing yet; ``url`` is a libpq URL. A statement is canceled after ``statement_timeout_s``."""
        self._url = url
        self._size = size
        self._timeout = statement_timeout_s
        self._free: list[AsyncConnection[Any]] = []
        self._opened = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.watch: Callable[[str, Sequence[object]], object] | None = None
        """Told every statement with its values before it runs, for those who want to see."""

    async def run(self, statement: str, values: Sequence[object]) -> Rows:
        """Return the rows of a statement with parameters $1, $2, ….

        UUIDs are returned as text of 36 characters, all else as psycopg loads it.

        Raises:
            Away: PostgreSQL can not be reached.
            psycopg.Error: PostgreSQL refuses the statement, or it takes too long.
        """
        if self.watch:
            self.watch(statement, values)
        connection, is_used = await self._take()
        try:
            return await self._ask(connection, statement, values)
        except Away:
            if not is_used:
                raise
        finally:
            await self._give_back(connection)
        await self.close()  # what lay idle beside it is lost as well
        return await self.run(statement, values)

    async def close(self) -> None:
        """Close all connections that are not in use."""
        while self._free:
            await self._free.pop().close()
            self._opened -= 1

    @staticmethod
    async def _ask(connection: AsyncConnection[Any], statement: str, values: Sequence[object]) -> Rows:
        try:
            cursor = await connection.execute(cast("LiteralString", statement), values, prepare=True)
            rows: Rows = await cursor.fetchall()
        except psycopg.OperationalError as error:
            if connection.closed:
                raise Away(str(error)) from error
            raise
        return rows

    async def _take(self) -> tuple[AsyncConnection[Any], bool]:
        """Return a connection, and whether it was used before."""
        while not self._free:
            if self._opened < self._size:
                self._opened += 1
                try:
                    return await self._open(), False
                except BaseException:
                    self._left()
                    raise
            await self._wait()
        return self._free.pop(), True

    async def _wait(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(self._timeout):
                await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                self._wake()  # the turn was ours, and we do not take it
            raise

    async def _open(self) -> AsyncConnection[Any]:
        options = f"-c statement_timeout={int(self._timeout * 1000)} -c TimeZone=UTC"
        try:
            connection = await AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=5, options=options, cursor_factory=AsyncRawCursor
            )
        except psycopg.OperationalError as error:
            raise Away(str(error)) from error
        connection.adapters.register_loader("uuid", TextLoader)
        return connection

    async def _give_back(self, connection: AsyncConnection[Any]) -> None:
        idle = psycopg.pq.TransactionStatus.IDLE
        if connection.closed or connection.pgconn.transaction_status != idle:
            await connection.close()
            self._left()
            return
        self._free.append(connection)
        self._wake()

    def _left(self) -> None:
        self._opened -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
