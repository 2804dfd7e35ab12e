"""What the followers of one subscription are told: each step of its stream as the bytes of a response."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import structlog
from graphql import ExecutionResult, GraphQLError

from app.streams.common import Common
from db.session import AWAY
from domain.streams import COMPLETED
from domain.watching import Snapshot
from planner import Abandoned

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Hashable, Mapping, MutableMapping

    from graphql import DocumentNode

    from app.streams.cohorts import Step
    from app.streams.reading import SubscriptionReader
    from domain.ports import Event, Position
    from planner import EventWriter
    from resolvers.streams import Watch
    from schema.context import Context

    Commons = MutableMapping[Hashable, Common]

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

    __slots__ = ("_asked", "_common", "_context", "_reader", "key", "viewer_id", "watch")

    def __init__(
        self, reader: SubscriptionReader, asked: Asked, watch: Watch, context: Context, commons: Commons
    ) -> None:
        """Tell what ``watch`` says, to the viewer of ``context`` and others of its audience.

        ``commons`` is what audiences of one stream have in common, by what they ask for.
        """
        audience = watch.audience
        claims = context.claims if audience.viewer_id else None
        self._reader = reader
        self._asked = asked
        self._context = replace(context, claims=claims, language=audience.language, connection_params=None)
        self.watch = watch
        self.viewer_id = audience.viewer_id
        self.key: Hashable = (watch.stream, audience, asked.key)
        alike = watch.stream, audience.language, asked.key
        self._common = commons.setdefault(alike, Common()) if audience.is_open else None

    def write(self, step: Step) -> bytes | Coroutine[Any, Any, bytes | None] | None:
        """Return the response to a step, to be awaited where rows are needed; None where it is not told."""
        try:
            return self._said(step)
        except Exception as error:
            logger.exception("event can not be told", stream=self.watch.stream)
            return self._failed(error)

    def _said(self, step: Step) -> bytes | Coroutine[Any, Any, bytes | None] | None:
        if isinstance(step, Snapshot):
            place = self.watch.place(step.position, is_last=step.is_last)
            said: object = self.watch.snapshot(place, resumed=step.resumed)
        else:
            said = self.watch.event(step, self.watch.place(step.position, is_last=step.kind == COMPLETED))
            if said is None:
                return None
            if self.watch.is_selective:
                return self._if_concerned(step, said)
            if self._common:
                return self._told_alike(self._common, step.position, said)
        return self._written(said, self._context)

    async def _if_concerned(self, event: Event, said: object) -> bytes | None:
        try:
            if not await self.watch.concerns(event):
                return None
        except AWAY:
            raise
        except Exception:  # an error would tell them that there is something, which may be what they must not see
            logger.exception("event is told to nobody", stream=self.watch.stream)
            return None
        written = self._written(said, self._context)
        return written if isinstance(written, bytes) else await written

    def _told_alike(self, common: Common, position: Position, said: object) -> bytes | Coroutine[Any, Any, bytes]:
        """Return the response to an event of an open stream, written once for all audiences where that is possible."""
        if (found := common.at(position)) is not None:
            return self._taken(found, said)
        context = replace(self._context, is_personal=False)
        written = self._written(said, context)
        return written if isinstance(written, bytes) else common.write(position, context, written)

    async def _taken(self, found: Awaitable[bytes | None], said: object) -> bytes:
        if (response := await found) is not None:
            return response
        written = self._written(said, self._context)
        return written if isinstance(written, bytes) else await written

    def _written(self, said: object, context: Context) -> bytes | Coroutine[Any, Any, bytes]:
        writer = self._asked.writer
        if writer is None:
            return self._executed(said, context)
        try:
            written = writer.write(said, context, self._asked.variables)
        except Exception as error:  # noqa: BLE001 - whatever it is, graphql-core answers the same and tells it
            return self._executed(said, context, error)
        return written if isinstance(written, bytes) else self._awaited(written, said, context)

    async def _awaited(self, written: Awaitable[bytes], said: object, context: Context) -> bytes:
        try:
            return await written
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            return await self._executed(said, context, error)

    async def _executed(self, said: object, context: Context, reason: Exception | None = None) -> bytes:
        """Return what graphql-core answers.

        Raises:
            AWAY: rows that are needed can not be read now.
        """
        if reason and not isinstance(reason, Abandoned):
            logger.warning("plan left", reason=type(reason).__name__)
        try:
            result = await self._result(said, context)
        except AWAY:
            raise
        except Exception as error:
            logger.exception("event can not be told", stream=self.watch.stream)
            return self._failed(error)
        for each in result.errors or ():
            if isinstance(each.original_error, AWAY):
                raise each.original_error
        return self._reader.response(result)

    async def _result(self, said: object, context: Context) -> ExecutionResult:
        core = self._reader.core(self._asked.document, self._asked.name, self._asked.raw, context)
        assert not isinstance(core, list), "the variables were coerced before"
        found = core.build_per_event_executor(said).execute_operation()
        return cast("ExecutionResult", await found if core.is_awaitable(found) else found)

    def _failed(self, error: Exception) -> bytes:
        """Return the response to an event that is broken: the stream goes on behind it."""
        return self._reader.response(ExecutionResult(None, [GraphQLError("", original_error=error)]))
