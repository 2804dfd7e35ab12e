"""counts: counts that nobody waits for, and lists of who follows and likes, the latest first."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

LISTS = (
    ("follows", "followee_id", "follower_id"),
    ("follows", "follower_id", "followee_id"),
    ("reactions", "artwork_id", "user_id"),
    ("reactions", "user_id", "artwork_id"),
    ("tag_follows", "user_id", "tag_id"),
    ("mutes", "user_id", "muted_id"),
    ("blocks", "user_id", "other_id"),
)
"""Table, whose list, and who or what is in it."""
REPLACED = (("follows", "followee_id"), ("reactions", "user_id"))


def upgrade() -> None:
    op.create_table(
        "count_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("counter", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_count_changes"),
    )
    op.create_index("ix_count_changes_subject", "count_changes", ["counter", "subject_id"])
    for count in ("artwork_count", "follower_count"):
        op.add_column("tags", sa.Column(count, sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        """UPDATE tags SET artwork_count = counted.number FROM (
            SELECT tag_id, count(*) AS number FROM artwork_tags JOIN artworks ON artworks.id = artwork_id
            WHERE visibility = 'PUBLIC' GROUP BY tag_id
        ) counted WHERE tag_id = tags.id"""
    )
    op.create_check_constraint("counts", "tags", "artwork_count >= 0 AND follower_count >= 0")
    for table, column, other in LISTS:
        op.create_index(f"ix_{table}_{column}_created_at", table, [column, "created_at", other])
    for table, column in REPLACED:
        op.drop_index(f"ix_{table}_{column}", table)


def downgrade() -> None:
    for table, column in REPLACED:
        op.create_index(f"ix_{table}_{column}", table, [column])
    for table, column, _ in LISTS:
        op.drop_index(f"ix_{table}_{column}_created_at", table)
    op.drop_constraint("counts", "tags", type_="check")
    for count in ("artwork_count", "follower_count"):
        op.drop_column("tags", count)
    op.drop_table("count_changes")
