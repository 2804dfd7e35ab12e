"""Operations of clients who listen: queries and mutations answered once, subscriptions followed.

A subscription is asked for its watch as graphql-core would ask; from there on its events are written once for all who
are told the same.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast
from weakref import WeakValueDictionary

import structlog
from graphql import ExecutionResult, GraphQLError, create_source_event_stream
from strawberry.types.graphql import OperationType as Kind

from app.edge.answers import RefusedError
from app.execution import resolve
from app.streams.cohorts import Cohort, Member, Outlet
from app.streams.common import Common
from app.streams.told import Asked, Told
from db.session import AWAY
from domain import watching
from domain.errors import FAILED, NOT_NOW, RequestError
from domain.topics import Topics
from domain.watching import Snapshot
from resolvers.graph import treated

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
    from uuid import UUID

    from graphql import DocumentNode

    from app.edge.requests import GraphQLRequest
    from app.execution import Executor
    from app.metrics import Metrics
    from app.streams.reading import SubscriptionReader
    from domain.ports import EventLog, Position
    from domain.topics import Topic
    from resolvers.streams import Watch
    from schema.context import Context

logger = structlog.get_logger()


class Listener(Outlet, Protocol):
    """Takes what one operation is answered with."""

    member: Member | None
    """The subscription, while it is followed."""
    resume_after: str | None
    """Where the client goes on if its document does not say it: the cursor of the last event that it got."""

    def fail(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Say why the operation is not executed; nothing follows."""


class _ToldCohort(Cohort):
    """A cohort, and what says what it is told."""

    __slots__ = ("told",)

    def __init__(self, topic: Topic, told: Told) -> None:
        super().__init__(topic, told.write)
        self.told = told


class Operations:
    """Runs operations for listeners."""

    def __init__(self, executor: Executor, reader: SubscriptionReader, log: EventLog, metrics: Metrics) -> None:
        """Run what ``executor`` executes, and follow the streams of ``log``."""
        self.topics = Topics(log)
        self._executor = executor
        self._reader = reader
        self._metrics = metrics
        self._cohorts: dict[Hashable, _ToldCohort] = {}
        self._commons: WeakValueDictionary[Hashable, Common] = WeakValueDictionary()

    def followed(self) -> Iterator[tuple[Cohort, Watch]]:
        """Iterate over all who are told the same, with the watch that says what."""
        return iter([(cohort, cohort.told.watch) for cohort in self._cohorts.values()])

    def viewer_of(self, member: Member) -> UUID | None:
        """Return the only viewer who may be told what a member is told, None where everybody may."""
        return _cohort(member).told.viewer_id

    async def run(
        self, request: GraphQLRequest, context: Context, listener: Listener, allowed: Collection[Kind]
    ) -> None:
        """Answer an operation, or begin to follow a stream: ``listener.member`` then goes on by itself."""
        try:
            text = await resolve(self._executor.documents, request)
            document = self._reader.document(text, request.operation_name)
            if document and Kind.SUBSCRIPTION in allowed:
                await self._subscribe(text, document, request, context, listener)
            else:
                await self._answer(request, context, listener, set(allowed) - {Kind.SUBSCRIPTION})
        except RefusedError as refusal:
            listener.fail(refusal.body["errors"])
        except AWAY:
            listener.fail([_error("INTERNAL", NOT_NOW)])
        except Exception:
            logger.exception("operation failed")
            listener.fail([_error("INTERNAL", FAILED)])

    async def _answer(self, request: GraphQLRequest, context: Context, listener: Listener, allowed: set[Kind]) -> None:
        answer = await self._executor.execute(request, context, allowed)
        if answer.is_refused:
            listener.fail(json.loads(answer.body)["errors"])
        else:
            listener.next(answer.body, None)
            listener.end()

    async def _subscribe(
        self, text: str, document: DocumentNode, request: GraphQLRequest, context: Context, listener: Listener
    ) -> None:
        name, raw = request.operation_name, request.variables
        core = self._reader.refusals(text, request, context) or self._reader.core(document, name, raw, context)
        if isinstance(core, list):
            self._metrics.operation_ended("subscription", "refused")
            listener.fail([treated(error).formatted for error in core])
            return
        found = create_source_event_stream(core)
        source = await found if core.is_awaitable(found) else found
        if isinstance(source, ExecutionResult):
            self._refuse(listener, source)
            return
        variables = core.variable_values.coerced
        raw = variables if raw == variables else raw  # held for as long as the stream is followed: once will do
        asked = Asked(document, name, raw, variables, self._reader.writer(text, document, name, variables))
        watch = cast("Watch", source)
        if watch.after is None:
            watch.after = listener.resume_after
        try:
            await watch.check()
            after, was_last = _place(watch)
        except RequestError as error:
            self._refuse(listener, ExecutionResult(None, [GraphQLError(str(error), original_error=error)]))
            return
        told = Told(self._reader, asked, watch, context, self._commons)
        if after and was_last:
            await _tell_again(told, Snapshot(after, resumed=True, is_last=True), listener)
        else:
            await self._follow(told, after, listener)

    async def _follow(self, told: Told, after: Position | None, listener: Listener) -> None:
        topic = await self.topics.enter(told.watch.stream)
        cohort = self._cohorts.get(told.key)
        if cohort is None:
            cohort = self._cohorts[told.key] = _ToldCohort(topic, told)
        member = listener.member = Member(cohort, listener, self._left)
        self._metrics.subscription_started()
        try:
            await member.join(self.topics.log, after, partial(_is_over, told.watch))
        except BaseException:
            member.leave()
            raise

    def _left(self, member: Member) -> None:
        cohort = _cohort(member)
        self._metrics.subscription_ended()
        self._metrics.operation_ended("subscription", "ok")
        if not cohort.members:
            cohort.close()
            del self._cohorts[cohort.told.key]
        self.topics.leave(cohort.topic)

    def _refuse(self, listener: Listener, result: ExecutionResult) -> None:
        """Tell why a valid subscription is not followed, as a result: so graphql-js does it."""
        self._metrics.operation_ended("subscription", "refused")
        listener.next(self._reader.response(result), None)
        listener.end()


def _cohort(member: Member) -> _ToldCohort:
    assert isinstance(member.cohort, _ToldCohort), "all members here are of such"
    return member.cohort


async def _tell_again(told: Told, step: Snapshot, listener: Listener) -> None:
    """Tell somebody who has had the last event how things are."""
    written = told.write(step)
    payload = written if isinstance(written, bytes) or written is None else await written
    assert payload is not None, "a snapshot is for everybody"
    listener.next(payload, step)
    listener.end()


def _place(watch: Watch) -> tuple[Position | None, bool]:
    """Return where a watch goes on, and whether nothing follows there."""
    return (None, False) if watch.after is None else watching.position_of(watch.place_name, watch.after)


async def _is_over(watch: Watch) -> bool:
    """Look whether a watch has ended; while PostgreSQL is away, nothing ends."""
    try:
        return await watch.has_ended()
    except AWAY:
        return False


def _error(code: str, message: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}}
