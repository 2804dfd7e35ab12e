"""moderation: reports, cases, decisions with what they changed, appeals, strikes, restrictions, the audit."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

HIDDEN = ("artworks", "comments")
APPENDED = {"moderation_decisions": "decisions of moderation", "audit_entries": "entries of the audit"}
SUBJECTS = ("ARTWORK", "COMMENT", "PICTURE", "USER")
LEVELS = ("GENERAL", "SENSITIVE", "MATURE")
REASONS = (
    *("SPAM", "HARASSMENT", "HATE", "IMPERSONATION", "VIOLENCE", "SEXUAL"),
    *("MINORS", "SELF_HARM", "WRONG_LEVEL", "RIGHTS", "PRIVACY", "OTHER"),
)
ACTIONS = (
    *("CASE_OPENED", "CASE_TAKEN", "CASE_RELEASED", "CASE_HELD", "CASE_DECIDED", "CASE_APPEALED"),
    *("USER_RESTRICTED", "RESTRICTION_LIFTED"),
)
CASES = ("OPEN", "IN_REVIEW", "UPHELD", "OVERTURNED", "REMOVED", "APPEALED", "UPHELD_FINAL")
NOTES = ("FOLLOW", "LIKE", "COMMENT", "REPLY", "MENTION", "JOB", "CREDITS_LOW", "CREDITS_BACK")
NOTED = ("notification_notes", "notification_groups")
GATHERING = "status IN ('OPEN', 'IN_REVIEW')"
WAITING = "status IN ('OPEN', 'IN_REVIEW', 'APPEALED')"
UNANSWERED = "status IN ('PENDING', 'PROCESSING')"


def word(name: str, known: tuple[str, ...], *, nullable: bool = False) -> sa.Column[Any]:
    kind = sa.Enum(*known, name=f"{name}_known", native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kind, nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=nullable)


def uuid(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False)


def refers(table: str, column: str, to: str = "users") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}_{to}")


def create(table: str, *parts: sa.Column[Any] | sa.Constraint, by: tuple[tuple[str, ...], ...]) -> None:
    """Make a table with indexes of these columns."""
    key = sa.PrimaryKeyConstraint("id", name=f"pk_{table}")
    op.create_table(table, uuid("id"), *parts, key)
    for columns in by:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, [*columns])


def upgrade() -> None:
    create_cases()
    create_decisions()
    create_consequences()
    create(
        "audit_entries",
        uuid("actor_id", nullable=True),
        word("action", ACTIONS),
        text("subject_kind"),
        uuid("subject_id"),
        sa.Column("before", JSONB(), nullable=False),
        sa.Column("after", JSONB(), nullable=False),
        moment("created_at"),
        refers("audit_entries", "actor_id"),
        by=(("actor_id", "id"), ("subject_id", "id")),
    )
    for table in HIDDEN:
        op.add_column(table, moment("hidden_at", nullable=True))
    notify_of(*NOTES, "MODERATION", "REPORT")
    for table, what in APPENDED.items():
        op.execute(
            f"""
            CREATE FUNCTION {table}_stay() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '{what} are only ever added';
            END $$
            """
        )
        op.execute(
            f"""
            CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_stay()
            """
        )


def notify_of(*kinds: str) -> None:
    """Let notifications be of these kinds, and of no others."""
    known = ", ".join(f"'{kind}'" for kind in kinds)
    for table in NOTED:
        op.drop_constraint(f"ck_{table}_kind_known", table)
        op.create_check_constraint("kind_known", table, f"kind IN ({known})")


def create_cases() -> None:
    create(
        "moderation_cases",
        word("subject_kind", SUBJECTS),
        uuid("subject_id"),
        uuid("owner_id"),
        word("status", CASES),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("report_count", sa.Integer(), nullable=False),
        uuid("taken_by", nullable=True),
        moment("taken_until", nullable=True),
        moment("created_at"),
        moment("decided_at", nullable=True),
        sa.CheckConstraint("(taken_by IS NULL) = (taken_until IS NULL)", name="taken_whole"),
        sa.CheckConstraint("report_count >= 0", name="reports"),
        refers("moderation_cases", "owner_id"),
        refers("moderation_cases", "taken_by"),
        by=(("status", "id"), ("subject_id", "id"), ("owner_id", "id")),
    )
    waiting, gathering = sa.text(WAITING), sa.text(GATHERING)
    op.create_index("ix_moderation_cases_waiting", "moderation_cases", ["id"], postgresql_where=waiting)
    op.create_index(
        "uq_moderation_cases_gathering", "moderation_cases", ["subject_id"], unique=True, postgresql_where=gathering
    )
    create(
        "reports",
        uuid("case_id"),
        uuid("reporter_id"),
        word("subject_kind", SUBJECTS),
        uuid("subject_id"),
        word("reason", REASONS),
        text("text"),
        word("status", ("PENDING", "PROCESSING", "ACTIONED", "UNACTIONED")),
        sa.Column("is_counted", sa.Boolean(), nullable=False),
        moment("created_at"),
        moment("closed_at", nullable=True),
        refers("reports", "case_id", "moderation_cases"),
        refers("reports", "reporter_id"),
        by=(("case_id", "id"), ("reporter_id", "id")),
    )
    unanswered = sa.text(UNANSWERED)
    op.create_index(
        "uq_reports_unanswered", "reports", ["reporter_id", "subject_id"], unique=True, postgresql_where=unanswered
    )


def create_decisions() -> None:
    create(
        "moderation_decisions",
        uuid("case_id"),
        word("subject_kind", SUBJECTS),
        uuid("subject_id"),
        uuid("owner_id"),
        word("outcome", ("HELD", "UPHELD", "REMOVED", "OVERTURNED", "UPHELD_FINAL")),
        word("effect", ("NONE", "WARN", "RELABEL", "HIDE", "REMOVE", "RESTRICT")),
        word("policy", ("CONDUCT", "CONTENT", "RIGHTS")),
        text("policy_version"),
        word("reason", REASONS),
        *(text("text_en"), text("text_ko"), text("note")),
        word("content_level", LEVELS, nullable=True),
        moment("restricted_until", nullable=True),
        uuid("actor_id", nullable=True),
        moment("appealable_until", nullable=True),
        moment("created_at"),
        refers("moderation_decisions", "actor_id"),
        refers("moderation_decisions", "case_id", "moderation_cases"),
        refers("moderation_decisions", "owner_id"),
        by=(("case_id", "id"), ("subject_id", "id"), ("owner_id", "id")),
    )
    create(
        "moderation_changes",
        uuid("decision_id"),
        word("subject_kind", SUBJECTS),
        uuid("subject_id"),
        word("kind", ("HIDDEN", "LEVEL")),
        word("level_before", LEVELS, nullable=True),
        word("level_after", LEVELS, nullable=True),
        moment("undone_at", nullable=True),
        refers("moderation_changes", "decision_id", "moderation_decisions"),
        by=(("decision_id",),),
    )
    op.create_index(
        "ix_moderation_changes_standing",
        "moderation_changes",
        ["subject_id", "kind"],
        postgresql_where=sa.text("undone_at IS NULL"),
    )


def create_consequences() -> None:
    create(
        "appeals",
        uuid("decision_id"),
        uuid("case_id"),
        uuid("user_id"),
        text("text"),
        moment("created_at"),
        refers("appeals", "case_id", "moderation_cases"),
        refers("appeals", "decision_id", "moderation_decisions"),
        refers("appeals", "user_id"),
        sa.UniqueConstraint("decision_id", name="uq_appeals_decision_id"),
        by=(("case_id",), ("user_id", "id")),
    )
    create(
        "strikes",
        uuid("user_id"),
        uuid("decision_id"),
        moment("created_at"),
        moment("expires_at"),
        moment("taken_back_at", nullable=True),
        refers("strikes", "decision_id", "moderation_decisions"),
        refers("strikes", "user_id"),
        sa.UniqueConstraint("decision_id", name="uq_strikes_decision_id"),
        by=(("user_id", "expires_at"),),
    )
    create(
        "restrictions",
        uuid("user_id"),
        uuid("decision_id"),
        sa.Column("activities", ARRAY(sa.Text()), nullable=False),
        word("reason", REASONS),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        moment("created_at"),
        moment("until"),
        moment("lifted_at", nullable=True),
        uuid("lifted_by", nullable=True),
        sa.CheckConstraint("cardinality(activities) > 0", name="something"),
        refers("restrictions", "decision_id", "moderation_decisions"),
        refers("restrictions", "lifted_by"),
        refers("restrictions", "user_id"),
        by=(("decision_id",), ("user_id", "until")),
    )


def downgrade() -> None:
    for table in NOTED:
        noted = sa.table(table, sa.column("kind"))
        op.execute(sa.delete(noted).where(noted.c.kind.in_(("MODERATION", "REPORT"))))
    notify_of(*NOTES)
    for table in HIDDEN:
        op.drop_column(table, "hidden_at")
    tables = ("restrictions", "strikes", "appeals", "moderation_changes", "reports")
    for table in (*tables, "audit_entries", "moderation_decisions", "moderation_cases"):
        op.drop_table(table)
    for table in APPENDED:
        op.execute(f"DROP FUNCTION {table}_stay")
