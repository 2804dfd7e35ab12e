"""``easel explain``: what a query costs, and the statements that it runs, each with PostgreSQL's plan."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
from graphql import GraphQLError
from psycopg import RawCursor
from sqlalchemy import event
from sqlalchemy.engine import Engine
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from adapters.throttle import LocalThrottle
from app.asgi import graph_services
from app.services import open_database, open_messaging, open_reader
from domain import accounts
from domain.tokens import Claims
from planner import noting
from resolvers.graph import build_planner, build_schema
from schema.context import Context
from schema.documents import DocumentReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.settings import Settings
    from planner import Reader
    from schema.context import Services


class NotExplained(Exception):
    """The document can not be run; the message says why."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a query takes."""

    cost: int
    is_planned: bool
    """Whether it is answered by plans alone, past graphql-core."""
    statements: tuple[str, ...]
    """Each with PostgreSQL's plan for it."""


async def explain(settings: Settings, document: str, variables: Mapping[str, Any], handle: str | None) -> Explanation:
    """Run a query as the user called ``handle`` and return what it took.

    Raises:
        NotExplained: the document is no query, has errors, or there is no such user.
    """
    db, messaging, rows = open_database(settings), open_messaging(settings), open_reader(settings)
    try:
        context = await _context(graph_services(settings, db, messaging, LocalThrottle()), handle)
        with noting() as planned, _noting_others() as others:
            cost, is_planned = await _run(rows, document, variables, context)
    finally:
        await messaging.close()
        await rows.close()
        await db.close()
    with psycopg.connect(settings.database_url) as connection:
        statements = [_explained(RawCursor(connection), *each) for each in planned]
        statements += [_explained(connection.cursor(), *each) for each in others]
    return Explanation(cost, is_planned, tuple(statements))


async def _run(rows: Reader, text: str, variables: Mapping[str, Any], context: Context) -> tuple[int, bool]:
    """Answer a query as the API does when it sees it again; return its cost, and whether plans answered it."""
    documents = DocumentReader()
    schema = build_schema(documents)
    lane = build_planner(schema, rows, documents).lane
    try:
        if errors := documents.validate(schema._schema, text):  # noqa: SLF001 - no public name
            raise errors[0]
        cost = documents.measure(schema._schema, text, None, variables).cost  # noqa: SLF001 - no public name
        if found := lane.find(text, None, variables, documents.seen, guarded=False):
            await lane.answer(*found, context)
            return cost, True
        result = await schema.execute(text, dict(variables), context, allowed_operation_types=[OperationType.QUERY])
    except InvalidOperationTypeError as error:
        raise NotExplained("Only queries are explained.") from error
    except GraphQLError as error:
        raise NotExplained(error.message) from error
    if result.errors:
        raise NotExplained("; ".join(error.message for error in result.errors))
    return cost, False


@contextmanager
def _noting_others() -> Iterator[list[tuple[str, Mapping[str, Any]]]]:
    """Collect the statements that no plan runs."""
    noted: list[tuple[str, Mapping[str, Any]]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Mapping[str, Any], *_rest: object) -> None:
        noted.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def _context(services: Services, handle: str | None) -> Context:
    if handle is None:
        return Context(services)
    async with services.db.read() as tx:
        user_id = await accounts.id_of(tx, handle)
    if user_id is None:
        raise NotExplained(f"There is no user @{handle}.")
    return Context(services, claims=Claims(user_id, uuid4(), datetime.now(UTC)))


def _explained(cursor: psycopg.Cursor[Any], statement: str, parameters: Sequence[object] | Mapping[str, Any]) -> str:
    plan = cursor.execute(f"EXPLAIN {statement}".encode(), parameters).fetchall()
    return f"{statement}\n\n" + "\n".join(f"    {line}" for (line,) in plan)
