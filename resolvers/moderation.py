"""The moderators' side: their queue, what they decide, and the audit that administrators read."""

from collections.abc import AsyncIterable
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import and_, true

from domain import moderation, policies, restrictions, streams
from domain.moderation import CASE_CHANGED, Moderator, Verdict
from domain.ports import Event
from planner import Ask, Row, connection, ref
from resolvers.streams import After, Audience, Place, Watch
from schema.audit import AuditEntryConnection, AuditFilter
from schema.context import Context, Info
from schema.moderation import ModerationCase, ModerationCaseConnection, ModerationCaseFilter, ModerationDecision
from schema.moderation_events import ModerationCaseChanged, ModerationQueueEvent, ModerationQueueSnapshot
from schema.moderation_inputs import (
    DecideCaseInput,
    DecideCaseResult,
    DecideCaseSuccess,
    LiftRestrictionInput,
    LiftRestrictionResult,
    LiftRestrictionSuccess,
    ReleaseCaseInput,
    ReleaseCaseResult,
    ReleaseCaseSuccess,
    TakeCaseInput,
    TakeCaseResult,
    TakeCaseSuccess,
)
from schema.node import read_any_key, read_key, required_key
from schema.restrictions import Restriction


def _queued(
    _ask: Ask,
    case: Row,
    *,
    filter: Annotated[  # noqa: A002
        ModerationCaseFilter | None, strawberry.argument(description="Which cases; those that wait by default.")
    ] = None,
) -> Any:  # noqa: ANN401 - a condition
    status = filter.status if filter else None
    conditions = [moderation.is_waiting(case) if status is None else case.status == status]
    if filter and filter.subject_kind is not None:
        conditions.append(case.subject_kind == filter.subject_kind)
    if filter and filter.is_taken is not None:
        conditions.append(moderation.is_taken(case) if filter.is_taken else ~moderation.is_taken(case))
    if filter and filter.owner_id is not None:
        conditions.append(case.owner_id == read_key(filter.owner_id, "user"))
    return and_(*conditions)


def _audited(
    _ask: Ask,
    entry: Row,
    *,
    filter: Annotated[  # noqa: A002
        AuditFilter | None, strawberry.argument(description="Which entries; all by default.")
    ] = None,
) -> Any:  # noqa: ANN401 - a condition
    conditions: list[Any] = [true()]
    if filter and filter.actor_id is not None:
        conditions.append(entry.actor_id == read_key(filter.actor_id, "user"))
    if filter and filter.subject_id is not None:
        conditions.append(entry.subject_id == read_any_key(filter.subject_id))
    if filter and filter.action is not None:
        conditions.append(entry.action == filter.action)
    return and_(*conditions)


def moderator_of(info: Info) -> Moderator:
    """Return who asks, a moderator.

    Raises:
        Unauthenticated: nobody is signed in.
        Forbidden: they are none.
    """
    services = info.context.services
    return Moderator(info.context.require_moderator(), services.moderators | services.admins)


@strawberry.type
class ModerationQueries:
    """Root fields of moderators and administrators."""

    moderation_queue: ModerationCaseConnection = connection(
        "Moderation cases, the oldest first; for moderators, who do not see those about themselves.",
        _queued,
        order=("id",),
        check=Context.require_reading_moderator,
    )
    audit_log: AuditEntryConnection = connection(
        "Who did what to what, the newest first; for administrators.",
        _audited,
        order=("-id",),
        check=Context.require_reading_admin,
    )


@strawberry.type
class ModerationMutations:
    """Mutations of moderators."""

    @strawberry.mutation(
        description="Have a case for oneself for half an hour; again, that begins anew. For moderators."
    )
    async def take_case(
        self,
        info: Info,
        input: Annotated[TakeCaseInput, strawberry.argument(description="Which case.")],  # noqa: A002
    ) -> TakeCaseResult:
        """Take a case."""
        moderator, case_id = moderator_of(info), required_key("case", input.case_id, "caseId")
        async with info.context.services.db.write() as tx:
            await moderation.take(tx, moderator, case_id, info.context.services.rules)
        return TakeCaseSuccess(case=ref(ModerationCase, id=case_id))

    @strawberry.mutation(description="Leave a case that one has taken to others; for moderators.")
    async def release_case(
        self,
        info: Info,
        input: Annotated[ReleaseCaseInput, strawberry.argument(description="Which case.")],  # noqa: A002
    ) -> ReleaseCaseResult:
        """Release a case."""
        moderator, case_id = moderator_of(info), required_key("case", input.case_id, "caseId")
        async with info.context.services.db.write() as tx:
            await moderation.release(tx, moderator, case_id)
        return ReleaseCaseSuccess(case=ref(ModerationCase, id=case_id))

    @strawberry.mutation(
        description="Decide a case, with all that follows from it, at once. Of two moderators who decide at the same "
        "time one is refused with `CaseConflict`. For moderators."
    )
    async def decide_case(
        self,
        info: Info,
        input: Annotated[DecideCaseInput, strawberry.argument(description="What is decided.")],  # noqa: A002
    ) -> DecideCaseResult:
        """Decide a case."""
        moderator, case_id = moderator_of(info), required_key("case", input.case_id, "caseId")
        verdict = Verdict(
            outcome=input.decision,
            effect=input.effect,
            policy=input.policy,
            reason=input.reason,
            note=input.text,
            content_level=input.content_level,
            restrict_until=input.restrict_until,
            activities=policies.RESTRICTED if input.activities is None else input.activities,
        )
        services = info.context.services
        async with services.db.write() as tx:
            made = await moderation.decide(tx, moderator, case_id, verdict, input.expected_version, services.rules)
        decision = ref(ModerationDecision, id=made.id)
        return DecideCaseSuccess(case=ref(ModerationCase, id=case_id), decision=decision)

    @strawberry.mutation(description="End a restriction before its time; for moderators.")
    async def lift_restriction(
        self,
        info: Info,
        input: Annotated[LiftRestrictionInput, strawberry.argument(description="Which restriction.")],  # noqa: A002
    ) -> LiftRestrictionResult:
        """Lift a restriction."""
        moderator = moderator_of(info)
        restriction_id = required_key("restriction", input.restriction_id, "restrictionId")
        async with info.context.services.db.write() as tx:
            await restrictions.lift(tx, moderator.id, restriction_id)
        return LiftRestrictionSuccess(restriction=ref(Restriction, id=restriction_id))


@strawberry.type
class ModerationSubscriptions:
    """Streams of moderators."""

    @strawberry.subscription(
        description="Follow the cases that wait for moderators: a page of them first, then each case that is new or "
        "changes. Give the last `cursor` as `after` to go on after a broken connection; events are kept for ten "
        "minutes. For moderators."
    )
    def moderation_queue_changed(self, info: Info, after: After = None) -> AsyncIterable[ModerationQueueEvent]:
        """Follow the queue."""
        return ModerationWatch(info.context, after)


class ModerationWatch(Watch):
    """A moderator watching the queue."""

    @property
    def stream(self) -> str:
        """Name of the stream, one for all."""
        return streams.of_moderation()

    @property
    def audience(self) -> Audience:
        """The viewer: nobody sees cases about themselves."""
        return Audience(self.context.viewer_id, self.context.language)

    async def check(self) -> None:
        """Refuse who is no moderator, or is not signed in any more."""
        await self.context.require_live_session()
        self.context.require_reading_moderator()

    def snapshot(self, place: Place, *, resumed: bool) -> ModerationQueueSnapshot:
        """Return the queue as it is now."""
        return ModerationQueueSnapshot(**place, resumed=resumed)

    def event(self, event: Event, place: Place) -> Any:  # noqa: ANN401 - a member of ModerationQueueEvent
        """Return what the graph says of an event; nothing where it is of a newer version."""
        if event.kind != CASE_CHANGED:
            return None
        return ModerationCaseChanged(**place, case=ref(ModerationCase, id=UUID(event.data["case"])))
