"""galleries."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "galleries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "USER",
                "CHARACTER",
                "STORY",
                "ORIG_CHAT",
                name="kind_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("image_count", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("image_count >= 0 AND version >= 0", name="counts"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_galleries_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_galleries"),
    )
    op.create_index("ix_galleries_user_id", "galleries", ["user_id"])
    op.add_column("media_assets", sa.Column("gallery_id", sa.Uuid(), nullable=True))
    op.add_column("media_assets", sa.Column("position", sa.Integer(), server_default="0", nullable=False))
    op.add_column("media_assets", sa.Column("is_primary", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("media_assets", sa.Column("alt_text", sa.String(), server_default="", nullable=False))
    op.add_column(
        "media_assets",
        sa.Column(
            "content_level",
            sa.Enum(
                "GENERAL",
                "SENSITIVE",
                "MATURE",
                name="content_level_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="GENERAL",
            nullable=False,
        ),
    )
    op.alter_column("media_assets", "content_level", server_default=None)
    op.create_foreign_key(
        "fk_media_assets_gallery_id_galleries", "media_assets", "galleries", ["gallery_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index("ix_media_assets_gallery_id_position", "media_assets", ["gallery_id", "position"])
    op.create_index(
        "uq_media_assets_primary", "media_assets", ["gallery_id"], unique=True, postgresql_where=sa.text("is_primary")
    )
    op.create_check_constraint(
        "primary", "media_assets", "NOT is_primary OR (status = 'READY' AND gallery_id IS NOT NULL)"
    )
    for name, table in (("gallery_id", "galleries"), ("parent_id", "generation_jobs")):
        op.add_column("generation_jobs", sa.Column(name, sa.Uuid(), nullable=True))
        op.create_foreign_key(
            f"fk_generation_jobs_{name}_{table}", "generation_jobs", table, [name], ["id"], ondelete="SET NULL"
        )
        op.create_index(f"ix_generation_jobs_{name}", "generation_jobs", [name])


def downgrade() -> None:
    for name, table in (("gallery_id", "galleries"), ("parent_id", "generation_jobs")):
        op.drop_index(f"ix_generation_jobs_{name}", table_name="generation_jobs")
        op.drop_constraint(f"fk_generation_jobs_{name}_{table}", "generation_jobs", type_="foreignkey")
        op.drop_column("generation_jobs", name)
    op.drop_constraint("ck_media_assets_primary", "media_assets", type_="check")
    op.drop_index("uq_media_assets_primary", table_name="media_assets", postgresql_where=sa.text("is_primary"))
    op.drop_index("ix_media_assets_gallery_id_position", table_name="media_assets")
    op.drop_constraint("fk_media_assets_gallery_id_galleries", "media_assets", type_="foreignkey")
    for name in ("content_level", "alt_text", "is_primary", "position", "gallery_id"):
        op.drop_column("media_assets", name)
    op.drop_index("ix_galleries_user_id", table_name="galleries")
    op.drop_table("galleries")
