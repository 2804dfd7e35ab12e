"""line."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_generation_jobs_user_id_created_at", "generation_jobs", ["user_id", "created_at"])
    op.create_index(
        "uq_generation_jobs_unfinished_of_gallery",
        "generation_jobs",
        ["gallery_id"],
        unique=True,
        postgresql_where=sa.text("gallery_id IS NOT NULL AND finished_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_generation_jobs_unfinished_of_gallery", table_name="generation_jobs")
    op.drop_index("ix_generation_jobs_user_id_created_at", table_name="generation_jobs")
