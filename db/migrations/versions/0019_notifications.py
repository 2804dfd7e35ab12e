"""notifications: what people are notified of, as notes and as groups."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KINDS = ("FOLLOW", "LIKE", "COMMENT", "REPLY", "MENTION", "JOB", "CREDITS_LOW", "CREDITS_BACK")


def kind() -> sa.Column[Any]:
    """Return the column that says of what somebody is notified."""
    known = sa.Enum(*KINDS, name="kind_known", native_enum=False, create_constraint=True, length=32)
    return sa.Column("kind", known, nullable=False)


def ref(column: str, table: str, referred: str) -> sa.ForeignKeyConstraint:
    """Return a foreign key whose rows go with what they refer to."""
    return sa.ForeignKeyConstraint(
        [column], [f"{referred}.id"], name=f"fk_{table}_{column}_{referred}", ondelete="CASCADE"
    )


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Return a column of a point in time."""
    return sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=nullable)


def uuid(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Return a column of a key."""
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "notification_notes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        kind(),
        uuid("recipient_id"),
        uuid("actor_id", nullable=True),
        uuid("subject_id"),
        uuid("item_id", nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_notification_notes"),
    )
    op.create_table(
        "notification_boxes",
        uuid("user_id"),
        sa.Column("edition", sa.BigInteger(), nullable=False),
        sa.Column("group_count", sa.Integer(), nullable=False),
        sa.Column("off", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
        ref("user_id", "notification_boxes", "users"),
        sa.PrimaryKeyConstraint("user_id", name="pk_notification_boxes"),
    )
    op.create_index(
        "ix_notification_boxes_full",
        "notification_boxes",
        ["user_id"],
        postgresql_where=sa.text("group_count > 1000"),
    )
    op.create_table(
        "notification_groups",
        uuid("id"),
        uuid("recipient_id"),
        kind(),
        uuid("subject_id"),
        sa.Column("actor_count", sa.Integer(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        uuid("latest_item_id", nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("grown", sa.BigInteger(), nullable=False),
        moment("created_at"),
        moment("latest_at"),
        moment("read_at", nullable=True),
        ref("recipient_id", "notification_groups", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_notification_groups"),
    )
    op.create_index(
        "ix_notification_groups_unread",
        "notification_groups",
        ["recipient_id", "kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index("ix_notification_groups_recipient_id", "notification_groups", ["recipient_id"])
    op.create_index("ix_notification_groups_latest_at", "notification_groups", ["latest_at"])
    op.create_table(
        "notification_actors",
        uuid("group_id"),
        uuid("actor_id"),
        uuid("subject_id"),
        moment("latest_at"),
        ref("group_id", "notification_actors", "notification_groups"),
        ref("actor_id", "notification_actors", "users"),
        sa.PrimaryKeyConstraint("group_id", "actor_id", name="pk_notification_actors"),
    )
    op.create_index(
        "ix_notification_actors_latest",
        "notification_actors",
        ["group_id", sa.text("latest_at DESC"), "actor_id"],
    )
    op.create_index("ix_notification_actors_actor_id", "notification_actors", ["actor_id", "subject_id"])
    op.create_table(
        "notification_items",
        uuid("group_id"),
        uuid("item_id"),
        uuid("actor_id", nullable=True),
        ref("group_id", "notification_items", "notification_groups"),
        sa.PrimaryKeyConstraint("group_id", "item_id", name="pk_notification_items"),
    )
    op.create_index("ix_notification_items_actor_id", "notification_items", ["group_id", "actor_id"])
    op.create_table(
        "notification_places",
        uuid("recipient_id"),
        sa.Column("place", sa.BigInteger(), nullable=False),
        uuid("group_id"),
        sa.Column("until", sa.BigInteger(), nullable=True),
        moment("left_at", nullable=True),
        ref("recipient_id", "notification_places", "users"),
        ref("group_id", "notification_places", "notification_groups"),
        sa.PrimaryKeyConstraint("recipient_id", "place", "group_id", name="pk_notification_places"),
    )
    op.create_index("ix_notification_places_group_id", "notification_places", ["group_id"])
    op.create_index(
        "ix_notification_places_left_at",
        "notification_places",
        ["left_at"],
        postgresql_where=sa.text("left_at IS NOT NULL"),
    )


def downgrade() -> None:
    for table in ("places", "items", "actors", "groups", "boxes", "notes"):
        op.drop_table(f"notification_{table}")
