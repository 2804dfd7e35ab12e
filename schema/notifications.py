"""Notifications in the graph: groups of them, what they are about, and of what the viewer wants to be notified."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import strawberry

from db import tables
from db.words import NotificationKind
from domain import notifications_marking, notifications_reading
from planner import Connection, column, computed, expression, one_of, planned, to_many, to_one
from schema.accounts import User, Viewer
from schema.artworks import Artwork
from schema.comments import Comment
from schema.context import Context
from schema.errors import InvalidInput, NotFound
from schema.generation import GenerationJob
from schema.node import Node, identity
from schema.saved_searches import SavedSearch
from schema.scalars import Cursor

NotificationSubject = Annotated[
    Artwork | Comment | GenerationJob | SavedSearch | User,
    strawberry.union("NotificationSubject", description="What a notification is about."),
]


def _told(context: Context, kind: str, *values: Any) -> str:  # noqa: ANN401 - columns
    named: Mapping[str, Any] = dict(zip(_VALUES, values, strict=True))
    return notifications_reading.told(context.language, NotificationKind(kind), named)


_VALUES: Final = ("name", "actors", "items", "title", "job_status", "amount")
_COLUMNS: Final = ("actor_name", "actor_count", "item_count", "title", "job_status", "amount")


@strawberry.type(
    description="Notifications of one kind about one thing, such as all likes of an artwork. It grows while it is "
    "unread; once it was read, another one begins."
)
@planned(
    notifications_reading.listed(),
    visible_to=lambda ask, group: notifications_reading.visible_to(group, ask.viewer),
)
class NotificationGroup(Node):
    """Notifications of one kind about one thing."""

    id: strawberry.ID = identity("notification")
    kind: NotificationKind = column("Of what kind.")
    message: str = computed(
        "What it says, for people, in the language of the request (Korean or English).", _told, "kind", *_COLUMNS
    )
    actors: list[User] = to_many(
        "Whose doings it tells of: the last three. Empty where nobody did anything.",
        lambda _ask, group, user, link: notifications_reading.is_actor_of(group, link, user),
        through=tables.NotificationActor,
        order=lambda _user, link: [link.latest_at.desc(), link.actor_id.desc()],
        limit=notifications_reading.TOLD_ACTORS,
    )
    actor_count: int = column("How many people it tells of; who is blocked is not counted.")
    item_count: int = column(
        "How many comments, jobs, refunds or artworks that match it tells of; 0 for likes and follows. Those of people "
        "who are blocked are not counted."
    )
    amount: int = column("How many credits came back; 0 for other kinds.")
    subject: NotificationSubject | None = one_of(
        "The artwork of likes, comments and mentions, the viewer's comment that was replied to, the newest of the "
        "jobs, the viewer's saved search; the viewer for all else. Null where it is gone.",
        Artwork=lambda _ask, group, artwork: (
            (artwork.id == group.subject_id) & group.kind.in_(notifications_reading.OF_ARTWORKS)
        ),
        Comment=lambda _ask, group, comment: (comment.id == group.subject_id) & (group.kind == NotificationKind.REPLY),
        GenerationJob=lambda _ask, group, job: (job.id == group.latest_item_id) & (group.kind == NotificationKind.JOB),
        SavedSearch=lambda _ask, group, search: (
            (search.id == group.subject_id) & (group.kind == NotificationKind.SAVED_SEARCH)
        ),
        User=lambda _ask, group, user: (
            (user.id == group.recipient_id) & group.kind.in_(notifications_reading.OF_THE_VIEWER)
        ),
    )
    comment: Comment | None = to_one(
        "The newest comment that it tells of; null for what is not about comments, and where it is gone.",
        lambda _ask, group, comment: (
            (comment.id == group.latest_item_id) & group.kind.in_(notifications_reading.OF_COMMENTS)
        ),
        unique=True,
    )
    artwork: Artwork | None = to_one(
        "The newest artwork that matches the saved search; null for what is not about one, and where it is gone.",
        lambda _ask, group, artwork: (
            (artwork.id == group.latest_item_id) & (group.kind == NotificationKind.SAVED_SEARCH)
        ),
        unique=True,
    )
    created_at: datetime = column("When it began.")
    latest_at: datetime = column("When it last grew.")
    read_at: datetime | None = column("When it was read; null while it is unread.")
    is_read: bool = expression("Whether it was read.", lambda _ask, group: group.read_at.is_not(None))


@strawberry.type(description="A page of notification groups.")
class NotificationGroupConnection(Connection[NotificationGroup]):
    """A page of notification groups."""


@strawberry.type(description="Whether the viewer wants to be notified of something.")
@planned(notifications_reading.settings())
class NotificationSetting:
    """Whether the viewer wants to be notified of something."""

    kind: NotificationKind = column("Of what.")
    in_app: bool = column("Whether it comes into the list of notifications.")


@strawberry.input(description="Which notification groups were read: either `ids` or `upTo`.")
class MarkNotificationsReadInput:
    """Which notification groups were read."""

    ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description=f"1 to {notifications_marking.MAXIMUM_MARKED} ids. Groups that are gone, or read already, are "
        "passed over.",
    )
    up_to: Cursor | None = strawberry.field(
        default=None,
        description="A cursor of `notifications`: the group there, and all older ones, but for those that have grown "
        "since the first page was read. The first page's `startCursor` means all that were there.",
    )
    kinds: list[NotificationKind] | None = strawberry.field(
        default=None, description="With `upTo`: only of these kinds; of all by default, and where the list is empty."
    )


@strawberry.type(description="The groups are read.")
class MarkNotificationsReadSuccess:
    """The groups are read."""

    notifications: list[NotificationGroup] = strawberry.field(
        description="Those that were unread before, the newest first, a hundred at most."
    )
    marked_count: int = strawberry.field(description="How many were unread before.")
    viewer: Viewer = strawberry.field(description="The viewer, with what is still unread.")


@strawberry.input(description="Whether the viewer wants to be notified of something.")
class NotificationSettingInput:
    """Whether the viewer wants to be notified of something."""

    kind: NotificationKind = strawberry.field(description="Of what.")
    in_app: bool = strawberry.field(description="Whether it shall come into the list of notifications.")


@strawberry.input(description="Of what the viewer wants to be notified; kinds that are not named stay as they are.")
class UpdateNotificationSettingsInput:
    """Of what the viewer wants to be notified."""

    settings: list[NotificationSettingInput] = strawberry.field(description="Each kind at most once.")


@strawberry.type(description="The settings as they are now; what was noted before stays.")
class UpdateNotificationSettingsSuccess:
    """The settings as they are now."""

    viewer: Viewer = strawberry.field(description="The viewer.")


MarkNotificationsReadResult = Annotated[
    MarkNotificationsReadSuccess | InvalidInput | NotFound,
    strawberry.union("MarkNotificationsReadResult", description="Result of `markNotificationsRead`."),
]
UpdateNotificationSettingsResult = Annotated[
    UpdateNotificationSettingsSuccess | InvalidInput,
    strawberry.union("UpdateNotificationSettingsResult", description="Result of `updateNotificationSettings`."),
]
