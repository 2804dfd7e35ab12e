"""uploads: decisions about pictures that no engine painted."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("guard_decisions", sa.Column("asset_id", sa.Uuid(), nullable=True))
    op.create_index("ix_guard_decisions_asset_id", "guard_decisions", ["asset_id"])


def downgrade() -> None:
    op.drop_index("ix_guard_decisions_asset_id", table_name="guard_decisions")
    op.drop_column("guard_decisions", "asset_id")
