"""share: short links to artworks, and an index of what a sitemap lists."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "share_links",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("artwork_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "LINK",
                "KAKAO",
                "X",
                "FACEBOOK",
                "LINE",
                name="channel_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_share_links_user_id_users", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["artwork_id"], ["artworks.id"], name="fk_share_links_artwork_id_artworks", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code", name="pk_share_links"),
        sa.UniqueConstraint("user_id", "artwork_id", "channel", name="uq_share_links_user_id_artwork_id_channel"),
    )
    op.create_index("ix_share_links_artwork_id", "share_links", ["artwork_id"])
    op.create_index(
        "ix_artworks_sitemap",
        "artworks",
        ["id"],
        postgresql_include=["created_at"],
        postgresql_where=sa.text("visibility = 'PUBLIC' AND content_level = 'GENERAL'"),
    )


def downgrade() -> None:
    op.drop_index("ix_artworks_sitemap", table_name="artworks")
    op.drop_table("share_links")
