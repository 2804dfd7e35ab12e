"""guard."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LEVELLED = ("users", "generation_jobs", "artworks")


def words(name: str, *known: str) -> sa.Enum:
    return sa.Enum(*known, name=f"{name}_known", native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    levels = ("GENERAL", "SENSITIVE", "MATURE")
    for table in LEVELLED:
        op.add_column(
            table, sa.Column("content_level", words("content_level", *levels), server_default="GENERAL", nullable=False)
        )
    op.create_table(
        "blocked_pictures",
        sa.Column("dhash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("dhash", name="pk_blocked_pictures"),
    )
    op.create_table(
        "guard_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("subject", words("subject", "PROMPT", "PICTURE"), nullable=False),
        sa.Column("effect", words("effect", "ALLOW", "WARN", "BLOCK"), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("content_level", words("content_level", *levels), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("slot_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_guard_decisions_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_guard_decisions"),
    )
    op.create_index("ix_guard_decisions_user_id_id", "guard_decisions", ["user_id", "id"])
    op.create_index("ix_guard_decisions_job_id", "guard_decisions", ["job_id"])
    op.execute(
        """
        CREATE FUNCTION guard_decisions_stay() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'decisions of the guard are only ever added';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER guard_decisions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON guard_decisions
        FOR EACH STATEMENT EXECUTE FUNCTION guard_decisions_stay()
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER guard_decisions_stay ON guard_decisions")
    op.execute("DROP FUNCTION guard_decisions_stay")
    op.drop_table("guard_decisions")
    op.drop_table("blocked_pictures")
    for table in LEVELLED:
        op.drop_column(table, "content_level")
