"""effective_prompts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("generation_jobs", sa.Column("effective_prompt", sa.String(), nullable=True))
    op.add_column("generation_jobs", sa.Column("effective_negative_prompt", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("generation_jobs", "effective_negative_prompt")
    op.drop_column("generation_jobs", "effective_prompt")
