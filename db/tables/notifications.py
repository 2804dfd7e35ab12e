"""What people are notified of: notes as they come, and the groups that these are folded into."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none, word
from db.words import NotificationKind


class NotificationNote(SQLModel, table=True):
    """Something that somebody is to be notified of, until it is folded into a group.

    Rows are only added and taken, and refer to nothing: two hundred who like one artwork at once wait for nobody.
    """

    __tablename__ = "notification_notes"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    kind: NotificationKind = word(NotificationKind, "kind")
    recipient_id: UUID
    actor_id: UUID | None = None
    subject_id: UUID
    item_id: UUID | None = None
    amount: int = 0
    is_withdrawn: bool = False
    """Whether it takes an earlier one back."""
    created_at: datetime = moment()


class NotificationBox(SQLModel, table=True):
    """What a user's notifications have in common; who changes any of them locks it first."""

    __tablename__ = "notification_boxes"
    __table_args__ = (Index("ix_notification_boxes_full", "user_id", postgresql_where=text("group_count > 1000")),)

    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    edition: int = Field(default=0, sa_type=BigInteger)
    """Grows whenever a group comes or grows."""
    group_count: int = 0
    off: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    """Kinds that the user does not want to be notified of."""


class NotificationGroup(SQLModel, table=True):
    """Notifications of one kind about one thing: it grows while it is unread, then another one begins."""

    __tablename__ = "notification_groups"
    __table_args__ = (
        Index(
            "ix_notification_groups_unread",
            *("recipient_id", "kind", "subject_id"),
            unique=True,
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("ix_notification_groups_recipient_id", "recipient_id"),
    )

    id: UUID = key()
    recipient_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    kind: NotificationKind = word(NotificationKind, "kind")
    subject_id: UUID
    """What it is about: an artwork, a comment, or the recipient themselves."""
    actor_count: int = 0
    item_count: int = 0
    latest_item_id: UUID | None = None
    amount: int = 0
    grown: int = Field(default=0, sa_type=BigInteger)
    """The edition in which it came or last grew."""
    created_at: datetime = moment()
    latest_at: datetime = moment(index=True)
    read_at: datetime | None = moment_or_none()


class NotificationActor(SQLModel, table=True):
    """Somebody whose doings a group tells of."""

    __tablename__ = "notification_actors"
    __table_args__ = (
        Index("ix_notification_actors_latest", "group_id", text("latest_at DESC"), "actor_id"),
        Index("ix_notification_actors_actor_id", "actor_id", "subject_id"),
    )

    group_id: UUID = Field(foreign_key="notification_groups.id", ondelete="CASCADE", primary_key=True)
    actor_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    subject_id: UUID
    """The group's: by it is found whether somebody was told of before."""
    latest_at: datetime = moment()


class NotificationItem(SQLModel, table=True):
    """One of the things that a group tells of, such as a comment; a like is none."""

    __tablename__ = "notification_items"
    __table_args__ = (Index("ix_notification_items_actor_id", "group_id", "actor_id"),)

    group_id: UUID = Field(foreign_key="notification_groups.id", ondelete="CASCADE", primary_key=True)
    item_id: UUID = Field(primary_key=True)
    actor_id: UUID | None = None


class NotificationPlace(SQLModel, table=True):
    """Where a group stands among its recipient's, and where it stood a while ago: so that pages stay as they were."""

    __tablename__ = "notification_places"
    __table_args__ = (
        Index("ix_notification_places_group_id", "group_id"),
        Index("ix_notification_places_left_at", "left_at", postgresql_where=text("left_at IS NOT NULL")),
    )

    recipient_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    place: int = Field(sa_type=BigInteger, primary_key=True)
    """The edition in which it came there; the highest is the first of the list."""
    group_id: UUID = Field(foreign_key="notification_groups.id", ondelete="CASCADE", primary_key=True)
    until: int | None = Field(default=None, sa_type=BigInteger)
    """The edition in which it left."""
    left_at: datetime | None = moment_or_none()
