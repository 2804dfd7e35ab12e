"""loads: how much work there was in jobs that are older than their line."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say of each job what ``domain.line_measures.load_of`` says: waits are measured from those that have ended."""
    op.execute(
        "UPDATE generation_jobs SET load = round(2 * log(2, greatest(width::numeric * height * steps, 1)))"
        " WHERE load = 0"
    )


def downgrade() -> None:
    """Leave them: they are right."""
