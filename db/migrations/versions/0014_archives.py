"""archives: pictures packed into one file."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATUSES = (
    *("ACCEPTED", "QUEUED", "PREPARING", "RUNNING", "CANCELING"),
    *("SUCCEEDED", "PARTIAL", "FAILED", "BLOCKED", "CANCELED", "EXPIRED"),
)


def upgrade() -> None:
    op.create_table(
        "archives",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(*STATUSES, name="status_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("image_count", sa.Integer(), nullable=False),
        sa.Column("packed_count", sa.Integer(), nullable=False),
        sa.Column("skipped_count", sa.Integer(), nullable=False),
        sa.Column("byte_size", sa.BigInteger(), nullable=True),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Uuid(), nullable=True),
        sa.Column("lease_expires_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("is_cleared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("started_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("finished_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("image_count > 0 AND packed_count + skipped_count <= image_count", name="counts"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_archives_user_id_users", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["folders.id"], name="fk_archives_folder_id_folders", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_archives"),
    )
    op.create_index("ix_archives_folder_id", "archives", ["folder_id"])
    op.create_index("ix_archives_user_id_id", "archives", ["user_id", "id"])
    op.create_index("ix_archives_user_id_fingerprint", "archives", ["user_id", "fingerprint"])
    op.create_index("ix_archives_waiting", "archives", ["due_at", "id"], postgresql_where=sa.text("status = 'QUEUED'"))
    op.create_index(
        "ix_archives_running", "archives", ["lease_expires_at"], postgresql_where=sa.text("status = 'RUNNING'")
    )
    op.create_index("ix_archives_uncleared", "archives", ["status"], postgresql_where=sa.text("NOT is_cleared"))
    op.create_table(
        "archive_items",
        sa.Column("archive_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["archives.id"], name="fk_archive_items_archive_id_archives", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["media_assets.id"], name="fk_archive_items_asset_id_media_assets", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("archive_id", "position", name="pk_archive_items"),
    )
    op.create_index("ix_archive_items_asset_id", "archive_items", ["asset_id"])


def downgrade() -> None:
    op.drop_table("archive_items")
    op.drop_table("archives")
