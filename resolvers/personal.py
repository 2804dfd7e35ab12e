"""Watching one's own affairs: jobs and credits in one stream, and credits alone."""

from collections.abc import AsyncIterable, Callable, Collection, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from domain import streams
from domain.errors import Unauthenticated
from domain.ports import Event
from domain.words import MyEventType, NotificationChange
from planner import ref
from resolvers.streams import After, Audience, Place, Watch
from schema.accounts import Viewer
from schema.context import Context, Info
from schema.credits import CreditAccount, LedgerEntry
from schema.generation import GenerationJob, GenerationSlot
from schema.node import global_id
from schema.notifications import NotificationGroup
from schema.personal_events import (
    CreditBalanceChanged,
    CreditEvent,
    CreditsLow,
    CreditSnapshot,
    MyEvent,
    MyEventsSnapshot,
    MyImageReady,
    MyJobCompleted,
    MyJobQueued,
    MyJobStarted,
    NotificationEvent,
    NotificationReceived,
    NotificationShrank,
    NotificationSnapshot,
    NotificationsRead,
    NotificationWithdrawn,
)
from schema.stream_events import StreamEvent


@strawberry.type
class PersonalSubscriptions:
    """Streams about the viewer."""

    @strawberry.subscription(
        description="Follow what happens to the viewer, all on one stream: a snapshot first, then each event once and "
        "in order. Give the last `cursor` as `after` to go on after a broken connection; a day's events are kept."
    )
    def my_events(
        self,
        info: Info,
        after: After = None,
        types: Annotated[
            list[MyEventType] | None,
            strawberry.argument(description="What to be told of; all by default, and where the list is empty."),
        ] = None,
    ) -> AsyncIterable[MyEvent]:
        """Follow the viewer's affairs."""
        return PersonalWatch(info.context, after, frozenset(types or MyEventType))

    @strawberry.subscription(
        description="Follow the viewer's credits: the account first, then each movement once and in order. Give the "
        "last `cursor` as `after` to go on after a broken connection; a day's movements are kept."
    )
    def credit_balance_changed(self, info: Info, after: After = None) -> AsyncIterable[CreditEvent]:
        """Follow the viewer's credits."""
        return CreditWatch(info.context, after)

    @strawberry.subscription(
        description="Follow the viewer's notifications: the list first, then each that comes, grows, is taken back or "
        "read, once and in order. Give the last `cursor` as `after` to go on after a broken connection; a day's events "
        "are kept."
    )
    def notification_received(self, info: Info, after: After = None) -> AsyncIterable[NotificationEvent]:
        """Follow the viewer's notifications."""
        return NotificationWatch(info.context, after)


class PersonalWatch(Watch):
    """Somebody watching their own affairs."""

    def __init__(self, context: Context, after: str | None, types: Collection[str]) -> None:
        """Tell of events of these ``types``."""
        super().__init__(context, after)
        self._types = types
        self._user_id: UUID | None = None

    @property
    def user_id(self) -> UUID:
        """Who watches, known once ``check`` has passed: on a socket, somebody else may sign in later."""
        assert self._user_id, "check has passed"
        return self._user_id

    @property
    def stream(self) -> str:
        """Name of the viewer's stream."""
        return streams.of_user(self.user_id)

    @property
    def audience(self) -> Audience:
        """The viewer alone."""
        return Audience(self.user_id, self.context.language)

    async def check(self) -> None:
        """Refuse who is not, or no longer, signed in, or is not the one who began to watch."""
        claims = await self.context.require_live_session()
        if self._user_id not in {None, claims.user_id}:
            raise Unauthenticated("Somebody else has signed in.")
        self._user_id = claims.user_id

    def snapshot(self, place: Place, *, resumed: bool) -> Any:  # noqa: ANN401 - of this stream, or of a part of it
        """Return the viewer as they are now."""
        return MyEventsSnapshot(**place, viewer=ref(Viewer, id=self.user_id), resumed=resumed)

    def event(self, event: Event, place: Place) -> Any:  # noqa: ANN401 - a member of MyEvent
        """Return what the graph says of an event; nothing where it was not asked for, or is of a newer version."""
        if event.kind not in self._types:
            return None
        if event.kind in _OF_NOTIFICATIONS:
            return self.notification(event, place)
        tell = _TELL.get(event.kind)
        return tell(event.data, place) if tell else None

    def notification(self, event: Event, place: Place) -> Any:  # noqa: ANN401 - a member of NotificationEvent
        """Return what the graph says of notifications that came, or were taken back or read."""
        data, viewer = event.data, ref(Viewer, id=self.user_id)
        if event.kind == MyEventType.NOTIFICATIONS_READ:
            ids = [global_id("notification", UUID(each)) for each in data["groups"]]
            return NotificationsRead(**place, notification_ids=ids, marked_count=data["count"], viewer=viewer)
        key = UUID(data["group"])
        if data["change"] == NotificationChange.RECEIVED:
            return NotificationReceived(**place, notification=ref(NotificationGroup, id=key), viewer=viewer)
        if data["change"] == NotificationChange.SHRANK:
            return NotificationShrank(**place, notification=ref(NotificationGroup, id=key))
        if data["change"] == NotificationChange.WITHDRAWN:
            return NotificationWithdrawn(**place, notification_id=global_id("notification", key), viewer=viewer)
        return None


class CreditWatch(PersonalWatch):
    """Somebody watching their own credits."""

    def __init__(self, context: Context, after: str | None) -> None:
        """Tell of movements of credits."""
        super().__init__(context, after, (MyEventType.CREDITS_CHANGED,))

    def snapshot(self, place: Place, *, resumed: bool) -> CreditSnapshot:
        """Return the account as it is now."""
        return CreditSnapshot(**place, account=ref(CreditAccount, user_id=self.user_id), resumed=resumed)


class NotificationWatch(PersonalWatch):
    """Somebody watching their own notifications."""

    def __init__(self, context: Context, after: str | None) -> None:
        """Tell of notifications."""
        super().__init__(context, after, (MyEventType.NOTIFICATION, MyEventType.NOTIFICATIONS_READ))

    def snapshot(self, place: Place, *, resumed: bool) -> NotificationSnapshot:
        """Return the list as it is now."""
        return NotificationSnapshot(**place, viewer=ref(Viewer, id=self.user_id), resumed=resumed)


def _job(data: Mapping[str, Any]) -> GenerationJob:
    return ref(GenerationJob, id=UUID(data["job"]))


def _image_ready(data: Mapping[str, Any], place: Place) -> MyImageReady:
    slot = ref(GenerationSlot, job_id=UUID(data["job"]), index=data["slot"])
    return MyImageReady(**place, job=_job(data), slot=slot)


def _movement(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"account": ref(CreditAccount, id=UUID(data["account"])), "entry": ref(LedgerEntry, id=UUID(data["entry"]))}


_OF_NOTIFICATIONS: Final = frozenset({MyEventType.NOTIFICATION, MyEventType.NOTIFICATIONS_READ})
_TELL: Final[Mapping[str, Callable[[Mapping[str, Any], Place], StreamEvent]]] = {
    MyEventType.JOB_QUEUED: lambda data, place: MyJobQueued(**place, job=_job(data)),
    MyEventType.JOB_STARTED: lambda data, place: MyJobStarted(**place, job=_job(data)),
    MyEventType.JOB_IMAGE_READY: _image_ready,
    MyEventType.JOB_COMPLETED: lambda data, place: MyJobCompleted(**place, job=_job(data)),
    MyEventType.CREDITS_CHANGED: lambda data, place: CreditBalanceChanged(**place, **_movement(data)),
    MyEventType.CREDITS_LOW: lambda data, place: CreditsLow(**place, **_movement(data)),
}
