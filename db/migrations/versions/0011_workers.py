"""workers: which of them run, and who painted a job."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("engines", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("started_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("seen_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("draining_since", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.add_column("generation_jobs", sa.Column("worker_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("generation_jobs", "worker_id")
    op.drop_table("workers")
