"""Reading connections: a last-in-first-out stack over libpq, statements prepared, nothing in between.

psycopg opens the connections, adapts the values and loads the rows. Its cursors are left out: a statement is sent and
its result awaited on the connection itself, which saves half of the time that a short statement costs in Python.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import AsyncConnection
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.types.string import TextLoader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from psycopg.pq.abc import PGresult

Rows = list[tuple[Any, ...]]
Waiter = asyncio.Future["_Connection | None"]

PREPARED_CHARACTERS: Final = 400_000
"""Of statements that stay prepared on one connection. For each PostgreSQL takes some 110 bytes: 44 MB at most."""
REMEMBERED: Final = 400
"""Statements of which a connection knows that they have run on it."""
CANCEL_WAIT_S: Final = 5.0
READING: Final = (
    "-c default_transaction_read_only=on -c TimeZone=UTC "
    "-c plan_cache_mode=force_generic_plan -c jit=off -c enable_memoize=off"
)
"""How the connections that read are set up. A statement is planned once for all values: planning takes longer than
running it, and what would want another plan is another statement. Costs are told for what is hardly ever reached, so
that compiling would take longer too; and what is looked up for each row of a page seldom repeats itself."""
_OUTDATED: Final = (FeatureNotSupported, InvalidSqlStatementName)
"""What a prepared statement is refused with after a migration changed the type of a column, or where it is gone."""
_GOOD: Final = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})


_NOTED: ContextVar[list[tuple[str, Sequence[object]]] | None] = ContextVar("statements", default=None)


@contextmanager
def noting() -> Iterator[list[tuple[str, Sequence[object]]]]:
    """Collect the statements, with their values, that plans run within the context."""
    noted: list[tuple[str, Sequence[object]]] = []
    token = _NOTED.set(noted)
    try:
        yield noted
    finally:
        _NOTED.reset(token)


class Away(OSError):
    """PostgreSQL can not be reached, or went away while it answered."""


class Reader:
    """Runs the statements of plans on at most ``size`` connections to one database, each committed by itself.

    Connections are opened when they are needed and used again in the order of last use, so that few stay warm. Where
    one was lost while it lay idle, or a migration made what it has prepared out of date, the statement, which only
    reads, is run again on a new one.
    """

    def __init__(self, url: str, *, size: int = 10, statement_timeout_s: float = 5.0) -> None:
        """Open nothing yet; ``url`` is a libpq URL. A statement is canceled after ``statement_timeout_s``."""
        self._url = url
        self._size = size
        self._timeout = statement_timeout_s
        self._free: list[_Connection] = []
        self._opened = 0
        self._waiting: deque[tuple[float, Waiter]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._endings: set[asyncio.Task[None]] = set()

    async def run(self, statement: str, values: Sequence[object]) -> Rows:
        """Return the rows of a statement with parameters $1, $2, ….

        UUIDs are returned as text of 36 characters, all else as psycopg loads it.

        Raises:
            Away: PostgreSQL can not be reached.
            TimeoutError: all connections were in use for too long.
            psycopg.Error: PostgreSQL refuses the statement, or it takes too long.
        """
        if (noted := _NOTED.get()) is not None:
            noted.append((statement, values))
        while True:
            connection = self._free.pop() if self._free else await self._take()
            was_used = connection.was_used
            try:
                rows = await connection.ask(statement, values)
            except (Away, *_OUTDATED):
                self._drop(connection)
                if not was_used:
                    raise
            except psycopg.Error:
                self._give_back(connection)
                raise
            except BaseException:
                self._drop(connection)
                raise
            else:
                self._give_back(connection)
                return rows

    async def close(self) -> None:
        """Close all connections that are not in use."""
        while self._free:
            self._drop(self._free.pop())
        if self._endings:
            await asyncio.wait(self._endings)

    async def _take(self) -> _Connection:
        """Return a new connection, or else the next one that is given back."""
        if self._opened < self._size:
            self._opened += 1
            return await self._open()
        return await self._wait() or await self._open()

    async def _wait(self) -> _Connection | None:
        """Return the connection that is passed on to us, None where we may open one in the place of another."""
        loop = asyncio.get_running_loop()
        waiter: Waiter = loop.create_future()
        self._waiting.append((loop.time() + self._timeout, waiter))
        if self._timer is None:
            self._timer = loop.call_later(self._timeout, self._end_late)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._return(waiter.result())  # the turn was ours, and we do not take it
            raise

    def _end_late(self) -> None:
        """End the waits that take too long; one timer serves all, because each may last equally long."""
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._waiting:
            ends, waiter = self._waiting[0]
            if not waiter.done() and ends > loop.time():
                self._timer = loop.call_at(ends, self._end_late)
                return
            self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(TimeoutError())

    def _return(self, connection: _Connection | None) -> None:
        """Pass a connection, or the place of one that is no more, on to who has waited longest."""
        while self._waiting:
            _, waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection:
            self._free.append(connection)
        else:
            self._opened -= 1

    async def _open(self) -> _Connection:
        options = f"{READING} -c statement_timeout={int(self._timeout * 1000)}"
        try:
            opened = await AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5, options=options)
        except psycopg.OperationalError as error:
            self._return(None)
            raise Away(str(error)) from error
        except BaseException:
            self._return(None)
            raise
        return _Connection(opened, self._lost)

    def _give_back(self, connection: _Connection) -> None:
        connection.was_used = True
        self._return(connection)

    def _lost(self, connection: _Connection) -> None:
        """Take a connection out that was lost while it lay idle."""
        if connection in self._free:
            self._free.remove(connection)
            self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        ending = asyncio.get_running_loop().create_task(connection.end())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        self._return(None)


class _Connection:
    """One connection, for one statement at a time."""

    def __init__(self, opened: AsyncConnection[Any], lost: Callable[[_Connection], None]) -> None:
        opened.adapters.register_loader("uuid", TextLoader)
        self.was_used = False
        self._opened = opened
        self._libpq = opened.pgconn
        self._transformer = Transformer(opened)
        self._known: OrderedDict[str, bytes | None] = OrderedDict()
        """The names of prepared statements by their text; one that ran only once has none."""
        self._named = 0
        self._characters = 0
        """Of the prepared ones."""
        self._readable: asyncio.Future[None] | None = None
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._socket = self._libpq.socket
        self._loop.add_reader(self._socket, self._on_readable)

    async def ask(self, statement: str, values: Sequence[object]) -> Rows:
        """Return the rows of a statement; it is prepared when it runs a second time."""
        transformer = self._transformer
        dumped = transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))
        try:
            if statement not in self._known:
                await self._remember(statement)
                self._libpq.send_query_params(statement.encode(), dumped)
            else:
                name = self._known[statement] or await self._prepare(statement)
                self._known.move_to_end(statement)
                self._libpq.send_query_prepared(name, dumped)
            result = await self._result()
        except psycopg.OperationalError as error:
            if self._libpq.status == ConnStatus.BAD:
                raise Away(str(error)) from error
            raise
        transformer.set_pgresult(result)
        rows: Rows = transformer.load_rows(0, result.ntuples, tuple)
        return rows

    async def end(self) -> None:
        """Close the connection; a statement that still runs is canceled in PostgreSQL."""
        self._loop.remove_reader(self._socket)
        if self._libpq.transaction_status == TransactionStatus.ACTIVE:
            with suppress(psycopg.Error, OSError):
                await self._opened.cancel_safe(timeout=CANCEL_WAIT_S)
        await self._opened.close()

    async def _prepare(self, statement: str) -> bytes:
        """Prepare a statement, and forget those that ran longest ago where it takes their room."""
        self._named += 1
        name = b"plan%d" % self._named
        self._libpq.send_prepare(name, statement.encode())
        await self._result()
        self._known[statement] = name
        self._known.move_to_end(statement)
        self._characters += len(statement)
        while self._characters > PREPARED_CHARACTERS and len(self._known) > 1:
            await self._forget_oldest()
        return name

    async def _remember(self, statement: str) -> None:
        """Make room for a statement that is new here."""
        self._known[statement] = None
        if len(self._known) > REMEMBERED:
            await self._forget_oldest()

    async def _forget_oldest(self) -> None:
        statement, name = self._known.popitem(last=False)
        if name:
            self._characters -= len(statement)
            self._libpq.send_query_params(b"DEALLOCATE " + name, None)
            await self._result()

    async def _result(self) -> PGresult:
        """Return the result of what was sent.

        Raises:
            psycopg.Error: PostgreSQL refuses it, or the connection is lost.
        """
        while self._libpq.flush():
            await self._writable()
        found: PGresult | None = None
        while True:
            if self._libpq.is_busy():
                self._readable = self._loop.create_future()
                await self._readable
            elif (result := self._libpq.get_result()) is not None:
                found = result
            else:
                break
        if found is None:
            raise psycopg.OperationalError(self._libpq.get_error_message())
        if found.status not in _GOOD:
            raise error_from_result(found, encoding="utf-8")
        return found

    async def _writable(self) -> None:
        """Wait until the socket takes more."""
        is_writable = asyncio.Event()
        self._loop.add_writer(self._socket, is_writable.set)
        try:
            await is_writable.wait()
        finally:
            self._loop.remove_writer(self._socket)

    def _on_readable(self) -> None:
        try:
            self._libpq.consume_input()
            is_complete = not self._libpq.is_busy()
        except psycopg.OperationalError as error:
            self._loop.remove_reader(self._socket)
            if self._readable and not self._readable.done():
                self._readable.set_exception(error)
            else:
                self._lost(self)
            return
        if is_complete and self._readable and not self._readable.done():
            self._readable.set_result(None)
