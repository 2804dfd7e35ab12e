"""told: notifications of artworks that match saved searches, and whether somebody has commented on an artwork."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLES = ("notification_notes", "notification_groups")
BEFORE = (
    *("FOLLOW", "LIKE", "COMMENT", "REPLY", "MENTION", "JOB", "CREDITS_LOW", "CREDITS_BACK"),
    *("MODERATION", "REPORT"),
)


def notify_of(*kinds: str) -> None:
    """Let notifications be of these kinds, and of no others."""
    known = ", ".join(f"'{kind}'" for kind in kinds)
    for table in TABLES:
        op.drop_constraint(f"ck_{table}_kind_known", table)
        op.create_check_constraint("kind_known", table, f"kind IN ({known})")


def upgrade() -> None:
    notify_of(*BEFORE, "SAVED_SEARCH")
    op.create_index("ix_comments_author_id_artwork_id", "comments", ["author_id", "artwork_id"])
    op.drop_index("ix_comments_author_id", table_name="comments")


def downgrade() -> None:
    op.create_index("ix_comments_author_id", "comments", ["author_id"])
    op.drop_index("ix_comments_author_id_artwork_id", table_name="comments")
    for table in TABLES:
        noted = sa.table(table, sa.column("kind"))
        op.execute(sa.delete(noted).where(noted.c.kind == "SAVED_SEARCH"))
    notify_of(*BEFORE)
