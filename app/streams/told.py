"""What the followers of one subscription are told: each step of its stream as the bytes of a response."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import structlog

from db.session import AWAY
from domain.streams import COMPLETED
from domain.watching import Snapshot
from planner import Abandoned

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Hashable, Mapping

    from graphql import DocumentNode, ExecutionResult

    from app.streams.cohorts import Step
    from app.streams.reading import SubscriptionReader
    from planner import EventWriter
    from resolvers.streams import Watch
    from schema.context import Context

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asked:
    """A subscription as it was asked for."""

    document: DocumentNode
    name: str | None
    """Of the operation."""
    raw: Mapping[str, Any] | None
    """Variables as they were sent."""
    variables: Mapping[str, Any]
    """Coerced."""
    writer: EventWriter | None
    """None where graphql-core writes everything."""

    @property
    def key(self) -> Hashable:
        """What is alike where the same is told; where each resumes differs."""
        resumes_by = self.writer and self.writer.resumes_by
        given = {name: value for name, value in (self.raw or {}).items() if name != resumes_by}
        return id(self.document), self.name, json.dumps(given, sort_keys=True)


class Told:
    """What all are told who ask alike for one stream and are of one audience."""

    __slots__ = ("_asked", "_context", "_reader", "key", "viewer_id", "watch")

    def __init__(self, reader: SubscriptionReader, asked: Asked, watch: Watch, context: Context) -> None:
        """Tell what ``watch`` says, to the viewer of ``context`` and others of its audience."""
        audience = watch.audience
        claims = context.claims if audience.viewer_id else None
        self._reader = reader
        self._asked = asked
        self._context = replace(context, claims=claims, language=audience.language, connection_params=None)
        self.watch = watch
        self.viewer_id = audience.viewer_id
        self.key: Hashable = (watch.stream, audience, asked.key)

    def write(self, step: Step) -> bytes | Coroutine[Any, Any, bytes] | None:
        """Return the response to a step, to be awaited where rows are needed; None where it is not told."""
        if isinstance(step, Snapshot):
            place = self.watch.place(step.position, is_last=step.is_last)
            said: object = self.watch.snapshot(place, resumed=step.resumed)
        else:
            said = self.watch.event(step, self.watch.place(step.position, is_last=step.kind == COMPLETED))
            if said is None:
                return None
        writer = self._asked.writer
        if writer is None:
            return self._executed(said)
        try:
            written = writer.write(said, self._context, self._asked.variables)
        except Exception as error:  # noqa: BLE001 - whatever it is, graphql-core answers the same and tells it
            return self._executed(said, error)
        return written if isinstance(written, bytes) else self._awaited(written, said)

    async def _awaited(self, written: Awaitable[bytes], said: object) -> bytes:
        try:
            return await written
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            return await self._executed(said, error)

    async def _executed(self, said: object, reason: Exception | None = None) -> bytes:
        """Return what graphql-core answers.

        Raises:
            AWAY: rows that are needed can not be read now.
        """
        if reason and not isinstance(reason, Abandoned):
            logger.warning("plan left", reason=type(reason).__name__)
        core = self._reader.core(self._asked.document, self._asked.name, self._asked.raw, self._context)
        assert not isinstance(core, list), "the variables were coerced before"
        found = core.build_per_event_executor(said).execute_operation()
        result = cast("ExecutionResult", await found if core.is_awaitable(found) else found)
        for error in result.errors or ():
            if isinstance(error.original_error, AWAY):
                raise error.original_error
        return self._reader.response(result)
