"""Sessions on PostgreSQL: ``write`` commits what returns and rolls back what raises; ``read`` never writes."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from select import POLLIN, poll
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import event, text
from sqlalchemy.exc import InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from db.crowds import PATIENCE_S, Crowd
from db.searches import Search

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping

LOST: Final = (OperationalError, InterfaceError, PoolTimeoutError)
"""What a session raises when PostgreSQL can not be reached, goes away or takes too long: the same may succeed later."""
AWAY: Final = (*LOST, OSError)
"""The same of whatever asks PostgreSQL."""
_PAUSE_S: Final = 0.1
_BY_ONE: Final = {"40001", "40P01", "53200", "55P03", "57014"}
"""Codes of errors by what one asks for: it can not be serialized, waits in a circle, for too many locks or too long."""
_HURRY: Final = text(f"SET LOCAL lock_timeout = {int(PATIENCE_S * 1000)}")

Key = TypeVar("Key")
Found = TypeVar("Found")
Subject = TypeVar("Subject")
Actor = TypeVar("Actor")
Wish = TypeVar("Wish")


def driver_url(url: str) -> str:
    """Return a libpq URL (``postgres://…`` or ``postgresql://…``) as SQLAlchemy names it."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]


class Database:
    """A pool of connections to one PostgreSQL database.

    A statement may take ``statement_timeout_s`` seconds; a connection is waited for twice as long, as a request may
    take, then SQLAlchemy's ``TimeoutError`` is raised. Connections are looked at before use, so a restarted server is
    noticed here and not by the caller.
    """

    def __init__(self, url: str, *, pool_size: int = 10, statement_timeout_s: float = 5.0) -> None:
        """Open nothing yet; ``url`` is a libpq URL. Writes have ``pool_size`` connections, reads half as many."""
        options: dict[str, Any] = {
            "max_overflow": 0,
            "pool_timeout": 2 * statement_timeout_s,
            "pool_use_lifo": True,
            "hide_parameters": True,
            "connect_args": {
                "connect_timeout": 5,
                "options": f"-c statement_timeout={int(statement_timeout_s * 1000)} -c TimeZone=UTC",
            },
        }
        self._engine = create_async_engine(driver_url(url), pool_size=pool_size, **options)
        options |= {"pool_size": -(-pool_size // 2), "isolation_level": "AUTOCOMMIT"}
        self._reader = create_async_engine(driver_url(url), **options)
        for engine in (self._engine, self._reader):
            event.listen(engine.sync_engine, "checkout", _check_alive)
        self._patience_s = statement_timeout_s
        self._searches: dict[Any, Search[Any, Any]] = {}
        self._crowds: dict[Any, Crowd[Any, Any, Any]] = {}

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """Run the block in one transaction: it commits on return and leaves no trace when it raises."""
        async with AsyncSession(self._engine, expire_on_commit=False) as tx:
            yield tx
            await tx.commit()

    async def write_together(
        self,
        write: Callable[[AsyncSession, Subject, Mapping[Actor, Wish]], Awaitable[Mapping[Actor, Exception]]],
        subject: Subject,
        actor: Actor,
        wish: Wish,
    ) -> None:
        """Do what somebody wants of a subject by a function of ``domain/``, which returns what it refused by actor.

        Many who want something of the same subject at the same time share its transactions, each of which is one of
        ``write``; those of other subjects do not wait for them. Cancelled, it is not done, unless its transaction has
        begun and others share it.

        Raises:
            Exception: what the function refused this actor, or raised for this wish alone.
            LOST: of it and of all that shared its transaction.
        """
        known: Crowd[Subject, Actor, Wish] | None = self._crowds.get(write)
        if known is None:

            async def do(subject: Subject, wishes: Mapping[Actor, Wish]) -> Mapping[Actor, Exception]:
                async with self.write() as tx:
                    if len(wishes) > 1:
                        await tx.execute(_HURRY)
                    return await write(tx, subject, wishes)

            known = self._crowds[write] = Crowd(do, _concerns_all)
        await known.join(subject, actor, wish)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Run the block's statements one by one, each with the newest state; nothing is written."""
        async with AsyncSession(self._reader, expire_on_commit=False, autoflush=False) as tx:
            yield tx

    async def look_up(self, question: Callable[[AsyncSession], Awaitable[Found]]) -> Found:
        """Answer a question in a reading session; ask again while PostgreSQL restarts, for as long as a statement may.

        Raises:
            AWAY: it did not come back in time.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._patience_s
        while True:
            try:
                async with self.read() as tx:
                    return await question(tx)
            except AWAY:
                if clock() > deadline:
                    raise
            await asyncio.sleep(_PAUSE_S)

    async def find(
        self, search: Callable[[AsyncSession, Collection[Key]], Awaitable[Mapping[Key, Found]]], key: Key
    ) -> Found | None:
        """Return what a function of ``domain/`` finds by key, None where it finds nothing.

        Many who ask at the same time share its statements. It is asked again while PostgreSQL restarts, as
        ``look_up`` does.

        Raises:
            AWAY: it did not come back in time.
        """
        known: Search[Key, Found] | None = self._searches.get(search)
        if known is None:
            known = self._searches[search] = Search(lambda keys: self.look_up(lambda tx: search(tx, keys)))
        return await known.find(key)

    async def close(self) -> None:
        """Close all connections; what is being written together is rolled back."""
        for crowd in self._crowds.values():
            await crowd.close()
        await self._engine.dispose()
        await self._reader.dispose()


def _concerns_all(error: Exception) -> bool:
    """Return whether an error is everybody's who shares a transaction, whatever each of them wants."""
    return isinstance(error, LOST) and getattr(getattr(error, "orig", None), "sqlstate", None) not in _BY_ONE


def _check_alive(connection: Any, *_: object) -> None:  # noqa: ANN401 - SQLAlchemy's adapter of psycopg's
    """Let the pool open its connections anew where the server has ended one: it sends an idle client nothing else.

    To ask the server, as ``pool_pre_ping`` does, would take a fifth of the time of a transaction of one statement.

    Raises:
        InvalidatePoolError: which the pool catches.
    """
    driver = connection.driver_connection
    if driver.closed:
        raise InvalidatePoolError
    socket = poll()
    socket.register(driver.fileno(), POLLIN)
    if socket.poll(0):
        raise InvalidatePoolError
