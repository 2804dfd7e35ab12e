"""``easel explain``: the statements that a query runs, each with PostgreSQL's plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from adapters.throttle import LocalThrottle
from app.asgi import graph_services
from app.services import open_database, open_messaging, open_reader
from domain import accounts
from domain.tokens import Claims
from resolvers.graph import build_planner, build_schema
from schema.context import Context
from schema.documents import DocumentReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.settings import Settings
    from schema.context import Services


class NotExplained(Exception):
    """The document can not be run; the message says why."""


async def explain(settings: Settings, document: str, variables: Mapping[str, Any], handle: str | None) -> list[str]:
    """Run a query as the user called ``handle`` and return each of its statements with PostgreSQL's plan for it.

    Raises:
        NotExplained: the document is no query, has errors, or there is no such user.
    """
    statements: list[tuple[str, Mapping[str, Any]]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Mapping[str, Any], *_rest: object) -> None:
        statements.append((statement, parameters))

    db, messaging, reader = open_database(settings), open_messaging(settings), open_reader(settings)
    reader.watch = lambda statement, values: statements.append((statement, values))
    try:
        context = await _context(graph_services(settings, db, messaging, LocalThrottle()), handle)
        event.listen(Engine, "before_cursor_execute", note)
        try:
            schema = build_schema(DocumentReader())
            build_planner(schema, reader)
            result = await schema.execute(
                document, dict(variables), context, allowed_operation_types=[OperationType.QUERY]
            )
        except InvalidOperationTypeError as error:
            raise NotExplained("Only queries are explained.") from error
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        if result.errors:
            raise NotExplained("; ".join(error.message for error in result.errors))
    finally:
        await messaging.close()
        await reader.close()
        await db.close()
    with psycopg.connect(settings.database_url) as connection:
        return [f"{statement}\n\n{_plan(connection, statement, parameters)}" for statement, parameters in statements]


async def _context(services: Services, handle: str | None) -> Context:
    if handle is None:
        return Context(services)
    async with services.db.read() as tx:
        user = await accounts.find_by_handle(tx, handle)
    if user is None:
        raise NotExplained(f"There is no user @{handle}.")
    return Context(services, claims=Claims(user.id, uuid4(), user.created_at))


def _plan(connection: psycopg.Connection[Any], statement: str, parameters: Mapping[str, Any]) -> str:
    rows = connection.execute(f"EXPLAIN {statement}".encode(), parameters).fetchall()
    return "\n".join(f"    {line}" for (line,) in rows)
