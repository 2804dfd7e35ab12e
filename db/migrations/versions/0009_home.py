"""home: uploads, folders, tags, and what finds pictures again."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BANDS = """
CREATE FUNCTION dhash_bands(hash bigint) RETURNS int[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    ARRAY[
        (hash & 65535)::int,
        65536 + ((hash >> 16) & 65535)::int,
        131072 + ((hash >> 32) & 65535)::int,
        196608 + ((hash >> 48) & 65535)::int
    ]
"""
NEAR = """
CREATE FUNCTION dhash_near_bands(hash bigint) RETURNS int[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    ARRAY(
        SELECT band.key # flip.bits
        FROM unnest(dhash_bands(hash)) AS band (key),
            (SELECT 0 AS bits UNION ALL SELECT 1 << bit FROM generate_series(0, 15) AS bit) AS flip
    )
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(BANDS)
    op.execute(NEAR)
    op.create_table(
        "folders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_folders_user_id_users", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["folders.id"], name="fk_folders_parent_id_folders", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_folders"),
    )
    op.create_index("ix_folders_parent_id", "folders", ["parent_id"])
    op.create_index(
        "uq_folders_user_id_parent_id_name",
        "folders",
        ["user_id", "parent_id", "name"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "media_tags",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["media_assets.id"], name="fk_media_tags_asset_id_media_assets", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_media_tags_owner_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "name", name="pk_media_tags"),
    )
    op.create_index("ix_media_tags_owner_id_name", "media_tags", ["owner_id", "name", "asset_id"])
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("IMAGE", name="kind_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("byte_size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("checked_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("byte_size > 0", name="size"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_uploads_user_id_users", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["media_assets.id"], name="fk_uploads_asset_id_media_assets", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sa.UniqueConstraint("asset_id", name="uq_uploads_asset_id"),
    )
    op.create_index("ix_uploads_user_id", "uploads", ["user_id"])
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"])
    op.add_column("media_assets", sa.Column("folder_id", sa.Uuid(), nullable=True))
    op.add_column("media_assets", sa.Column("is_starred", sa.Boolean(), server_default="false", nullable=False))
    op.create_foreign_key(
        "fk_media_assets_folder_id_folders", "media_assets", "folders", ["folder_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index("ix_media_assets_owner_id_byte_size", "media_assets", ["owner_id", "byte_size", "id"])
    op.create_index(
        "ix_media_assets_folder_id_id",
        "media_assets",
        ["folder_id", "id"],
        postgresql_where=sa.text("folder_id IS NOT NULL"),
    )
    op.create_index(
        "ix_media_assets_starred", "media_assets", ["owner_id", "id"], postgresql_where=sa.text("is_starred")
    )
    op.create_index(
        "ix_media_assets_dhash_bands",
        "media_assets",
        [sa.text("dhash_bands(dhash)")],
        postgresql_using="gin",
        postgresql_where=sa.text("status = 'READY'"),
    )
    op.create_index(
        "ix_generation_jobs_prompt",
        "generation_jobs",
        ["prompt"],
        postgresql_using="gin",
        postgresql_ops={"prompt": "gin_trgm_ops"},
    )


def downgrade() -> None:
    op.drop_index("ix_generation_jobs_prompt", table_name="generation_jobs")
    for name in ("dhash_bands", "starred", "folder_id_id", "owner_id_byte_size"):
        op.drop_index(f"ix_media_assets_{name}", table_name="media_assets")
    op.drop_constraint("fk_media_assets_folder_id_folders", "media_assets", type_="foreignkey")
    op.drop_column("media_assets", "is_starred")
    op.drop_column("media_assets", "folder_id")
    for table in ("uploads", "media_tags", "folders"):
        op.drop_table(table)
    op.execute("DROP FUNCTION dhash_near_bands(bigint)")
    op.execute("DROP FUNCTION dhash_bands(bigint)")
