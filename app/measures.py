"""What the API process measures of itself beyond requests: operations by outcome, the line, the outbox."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from db import outbox
from domain import line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLError

    from app.metrics import Metrics, OperationOutcome
    from app.metrics import OperationType as Kind
    from db.session import Database

EVERY_S: Final = 5.0
_KINDS: Final[dict[OperationType, Kind]] = {
    OperationType.QUERY: "query",
    OperationType.MUTATION: "mutation",
    OperationType.SUBSCRIPTION: "subscription",
}

logger = structlog.get_logger()


class OperationMeasures(SchemaExtension):
    """Counts operations by kind and outcome, and subscriptions while they run."""

    def __init__(self, metrics: Metrics) -> None:
        """Count into ``metrics``."""
        self._metrics = metrics

    def on_operation(self) -> Iterator[None]:
        """Count one operation at its end."""
        yield
        result = self.execution_context.result
        self._metrics.operation_ended(self._kind(), _outcome(getattr(result, "errors", None)))

    def on_execute(self) -> Iterator[None]:
        """Count a subscription while it runs."""
        is_stream = self.execution_context.operation_type is OperationType.SUBSCRIPTION
        if is_stream:
            self._metrics.subscription_started()
        try:
            yield
        finally:
            if is_stream:
                self._metrics.subscription_ended()

    def _kind(self) -> Kind:
        if not self.execution_context.graphql_document:
            return "unknown"
        try:
            return _KINDS[self.execution_context.operation_type]
        except RuntimeError:  # the document has no operation, or none of the name that was asked for
            return "unknown"


async def measure_for_ever(db: Database, metrics: Metrics) -> None:
    """Tell every five seconds how many jobs wait and how far behind the relay is, until cancelled."""
    while True:
        try:
            async with db.read() as tx:
                metrics.queue_is(await line.length(tx))
                metrics.outbox_lags(await outbox.lag_s(tx))
        except (SQLAlchemyError, OSError) as error:
            logger.warning("not measured", error=type(error).__name__)
        await asyncio.sleep(EVERY_S)


def _outcome(errors: list[GraphQLError] | None) -> OperationOutcome:
    if not errors:
        return "ok"
    is_ours = any((error.extensions or {}).get("code") == "INTERNAL" for error in errors)
    return "failed" if is_ours else "refused"
