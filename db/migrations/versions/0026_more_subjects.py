"""more subjects: collections, characters, stories and original chats can be reported, and hidden."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

HIDDEN = ("collections", "galleries")
JUDGED = ("moderation_cases", "reports", "moderation_decisions", "moderation_changes")
BEFORE = ("ARTWORK", "COMMENT", "PICTURE", "USER")
AFTER = (*BEFORE, "COLLECTION", "CHARACTER", "STORY", "ORIG_CHAT")
NEW = ", ".join(f"'{kind}'" for kind in AFTER[len(BEFORE) :])


def _know(kinds: tuple[str, ...]) -> None:
    known = ", ".join(f"'{kind}'" for kind in kinds)
    for table in JUDGED:
        op.drop_constraint(op.f(f"ck_{table}_subject_kind_known"), table)
        op.create_check_constraint(op.f(f"ck_{table}_subject_kind_known"), table, f"subject_kind IN ({known})")


def upgrade() -> None:
    for table in HIDDEN:
        op.add_column(table, sa.Column("hidden_at", sa.TIMESTAMP(timezone=True), nullable=True))
    _know(AFTER)


def downgrade() -> None:
    cases = f"(SELECT id FROM moderation_cases WHERE subject_kind IN ({NEW}))"  # noqa: S608 - words of ours
    decisions = f"(SELECT id FROM moderation_decisions WHERE case_id IN {cases})"  # noqa: S608
    for table in ("strikes", "restrictions", "appeals", "moderation_changes"):
        op.execute(f"DELETE FROM {table} WHERE decision_id IN {decisions}")  # noqa: S608
    op.execute("ALTER TABLE moderation_decisions DISABLE TRIGGER USER")
    for table in ("moderation_decisions", "reports"):
        op.execute(f"DELETE FROM {table} WHERE case_id IN {cases}")  # noqa: S608
    op.execute("ALTER TABLE moderation_decisions ENABLE TRIGGER USER")
    op.execute(f"DELETE FROM moderation_cases WHERE subject_kind IN ({NEW})")  # noqa: S608
    _know(BEFORE)
    for table in HIDDEN:
        op.drop_column(table, "hidden_at")
