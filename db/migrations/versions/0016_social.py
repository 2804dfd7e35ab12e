"""social: tags that people follow or hide, people that they mute or block."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def pair(table: str, other: str, referred: str, *more: sa.schema.SchemaItem) -> None:
    """Make a table of pairs of a user and another thing, found from either side."""
    op.create_table(
        table,
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(other, sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{table}_user_id_users", ondelete="CASCADE"),
        sa.ForeignKeyConstraint([other], [f"{referred}.id"], name=f"fk_{table}_{other}_{referred}", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", other, name=f"pk_{table}"),
        *more,
    )
    op.create_index(f"ix_{table}_{other}", table, [other])


def upgrade() -> None:
    pair("tag_follows", "tag_id", "tags")
    pair("hidden_tags", "tag_id", "tags")
    pair("mutes", "muted_id", "users", sa.CheckConstraint("user_id <> muted_id", name="not_oneself"))
    pair(
        "blocks",
        "other_id",
        "users",
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.CheckConstraint("user_id <> other_id", name="not_oneself"),
    )


def downgrade() -> None:
    for table in ("blocks", "mutes", "hidden_tags", "tag_follows"):
        op.drop_table(table)
