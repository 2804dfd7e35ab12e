"""owners."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_MOMENT = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    visibility = sa.Enum(
        *("PUBLIC", "UNLISTED", "PRIVATE"),
        name="visibility_known",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.add_column("galleries", sa.Column("visibility", visibility, server_default="PUBLIC", nullable=False))
    op.alter_column("galleries", "visibility", server_default=None)
    op.add_column("galleries", sa.Column("deleted_at", _MOMENT, nullable=True))
    op.create_table(
        "owner_entities",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("name", "description", "personality", "tone", "world", "summary")
        ),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["id"], ["galleries.id"], name="fk_owner_entities_id_galleries", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_owner_entities"),
    )
    op.add_column("media_assets", sa.Column("trashed_at", _MOMENT, nullable=True))
    op.create_index(
        "ix_media_assets_trash", "media_assets", ["trashed_at"], postgresql_where=sa.text("trashed_at IS NOT NULL")
    )
    op.create_table(
        "edit_recipes",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        *(sa.Column(f"crop_{name}", sa.Integer(), nullable=True) for name in ("x", "y", "width", "height")),
        sa.Column("rotation", sa.Integer(), nullable=False),
        sa.Column("flip_horizontal", sa.Boolean(), nullable=False),
        sa.Column("flip_vertical", sa.Boolean(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.CheckConstraint("num_nulls(crop_x, crop_y, crop_width, crop_height) IN (0, 4)", name="crop_whole"),
        sa.CheckConstraint("num_nulls(width, height) IN (0, 2)", name="size_whole"),
        sa.CheckConstraint("rotation IN (0, 90, 180, 270)", name="rotation_square"),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["media_assets.id"], name="fk_edit_recipes_asset_id_media_assets", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("asset_id", name="pk_edit_recipes"),
    )
    # an avatar is the primary picture of its user's gallery from now on
    op.execute(
        "INSERT INTO galleries (id, user_id, kind, image_count, version, visibility)"
        " SELECT u.id, u.id, 'USER', 1, 1, 'PUBLIC' FROM users u JOIN media_assets m ON m.id = u.avatar_asset_id"
        " WHERE m.status = 'READY' ON CONFLICT DO NOTHING"
    )
    op.execute(
        "UPDATE media_assets m SET gallery_id = u.id, is_primary = true FROM users u"
        " WHERE m.id = u.avatar_asset_id AND m.status = 'READY'"
    )


def downgrade() -> None:
    op.drop_table("edit_recipes")
    op.drop_index(
        "ix_media_assets_trash", table_name="media_assets", postgresql_where=sa.text("trashed_at IS NOT NULL")
    )
    op.drop_column("media_assets", "trashed_at")
    op.drop_table("owner_entities")
    op.drop_column("galleries", "deleted_at")
    op.drop_column("galleries", "visibility")
