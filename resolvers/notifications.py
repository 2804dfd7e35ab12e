"""Reading notifications, marking them as read, and saying of what one wants to be notified."""

from typing import Annotated, Any

import strawberry
from sqlalchemy import and_, any_, func, or_

from db.words import NotificationKind
from domain import notifications, notifications_marking, notifications_reading
from domain.notifications_marking import Marking
from planner import Ask, Editions, Row, connection, ref, sql_of
from schema.accounts import Viewer
from schema.context import Context, Info
from schema.node import required_key
from schema.notifications import (
    MarkNotificationsReadInput,
    MarkNotificationsReadResult,
    MarkNotificationsReadSuccess,
    NotificationGroup,
    NotificationGroupConnection,
    UpdateNotificationSettingsInput,
    UpdateNotificationSettingsResult,
    UpdateNotificationSettingsSuccess,
)


def _listed(
    ask: Ask,
    group: Row,
    *,
    kinds: Annotated[
        list[NotificationKind] | None,
        strawberry.argument(description="Only of these kinds; of all by default, and where the list is empty."),
    ] = None,
    unread_only: Annotated[bool, strawberry.argument(description="Only those that are unread.")] = False,
) -> Any:  # noqa: ANN401 - a condition
    conditions = [notifications_reading.shown_to(group, ask.viewer)]
    if unread_only:
        conditions.append(group.read_at.is_(None))
    if kinds is not None:
        wanted = sql_of(kinds)
        conditions.append(or_(func.cardinality(wanted) == 0, group.kind == any_(wanted)))
    return and_(*conditions)


@strawberry.type
class NotificationQueries:
    """Root fields about notifications."""

    notifications: NotificationGroupConnection = connection(
        "What the viewer was notified of, the last activity first. Pages stay as they were when the first one was "
        "read: a group that grows meanwhile is neither lost nor repeated.",
        _listed,
        order=("-place", "-id"),
        seen=True,
        check=Context.require_viewer,
        editions=Editions(
            present=lambda ask: notifications_reading.present_edition(ask.viewer),
            holds=notifications_reading.stood_at,
        ),
    )


@strawberry.type
class NotificationMutations:
    """Mutations about notifications."""

    @strawberry.mutation(
        description="Mark notification groups as read: some, or all up to a place in the list. Marked again, nothing "
        "changes. The viewer's other devices are told."
    )
    async def mark_notifications_read(
        self,
        info: Info,
        input: Annotated[MarkNotificationsReadInput, strawberry.argument(description="Which ones.")],  # noqa: A002
    ) -> MarkNotificationsReadResult:
        """Mark groups as read."""
        viewer_id = info.context.required_viewer_id
        ids = [required_key("notification", each, "ids", str(index)) for index, each in enumerate(input.ids or ())]
        which = Marking(None if input.ids is None else ids, input.up_to, input.kinds)
        async with info.context.services.db.write() as tx:
            marked = await notifications_marking.mark_read(tx, viewer_id, which)
        return MarkNotificationsReadSuccess(
            notifications=[ref(NotificationGroup, id=each) for each in marked.ids],
            marked_count=marked.count,
            viewer=ref(Viewer, id=viewer_id),
        )

    @strawberry.mutation(description="Say of what the viewer wants to be notified from now on.")
    async def update_notification_settings(
        self,
        info: Info,
        input: Annotated[UpdateNotificationSettingsInput, strawberry.argument(description="Of what.")],  # noqa: A002
    ) -> UpdateNotificationSettingsResult:
        """Say of what to be notified."""
        viewer_id = info.context.required_viewer_id
        wanted = notifications.checked_settings((each.kind, each.in_app) for each in input.settings)
        async with info.context.services.db.write() as tx:
            await notifications.choose(tx, viewer_id, wanted)
        return UpdateNotificationSettingsSuccess(viewer=ref(Viewer, id=viewer_id))
