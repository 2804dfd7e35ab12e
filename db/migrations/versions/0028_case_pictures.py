"""case pictures: a case keeps the pictures that were reported, wherever their owner moves them."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

KEEP = """
INSERT INTO case_pictures (case_id, asset_id)
SELECT c.id, i.asset_id FROM moderation_cases c JOIN artwork_images i ON i.artwork_id = c.subject_id
UNION SELECT c.id, m.id FROM moderation_cases c JOIN media_assets m ON m.id = c.subject_id
"""


def upgrade() -> None:
    op.create_table(
        "case_pictures",
        sa.Column(
            "case_id",
            sa.Uuid(),
            sa.ForeignKey("moderation_cases.id", name="fk_case_pictures_case_id_moderation_cases"),
            nullable=False,
        ),
        sa.Column(
            "asset_id",
            sa.Uuid(),
            sa.ForeignKey("media_assets.id", name="fk_case_pictures_asset_id_media_assets"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("case_id", "asset_id", name="pk_case_pictures"),
    )
    op.create_index("ix_case_pictures_asset_id", "case_pictures", ["asset_id"])
    op.execute(KEEP)


def downgrade() -> None:
    op.drop_table("case_pictures")
