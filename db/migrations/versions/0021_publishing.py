"""publishing: licences, remixes, tags of texts, artworks that are deleted, and what is recommended to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

LICENSES = (
    *("ALL_RIGHTS_RESERVED", "CC0_1_0", "CC_BY_4_0", "CC_BY_SA_4_0", "CC_BY_ND_4_0"),
    *("CC_BY_NC_4_0", "CC_BY_NC_SA_4_0", "CC_BY_NC_ND_4_0"),
)


def license_column(name: str, *, nullable: bool, default: str | None) -> sa.Column[str]:
    kind = sa.Enum(*LICENSES, name=f"{name}_known", native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kind, nullable=nullable, server_default=default)


def upgrade() -> None:
    op.add_column("artworks", license_column("license", nullable=False, default="ALL_RIGHTS_RESERVED"))
    op.add_column("artworks", license_column("remix_license", nullable=True, default=None))
    op.add_column("artworks", sa.Column("remix_of_id", sa.Uuid(), nullable=True))
    op.add_column("artworks", sa.Column("was_public", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("artworks", sa.Column("deleted_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.create_foreign_key(
        "fk_artworks_remix_of_id_artworks", "artworks", "artworks", ["remix_of_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index(
        "ix_artworks_remix_of_id_created_at",
        "artworks",
        ["remix_of_id", sa.text("created_at DESC"), sa.text("id DESC")],
        postgresql_where=sa.text("remix_of_id IS NOT NULL"),
    )
    op.create_index(
        "ix_artworks_deleted_at", "artworks", ["deleted_at"], postgresql_where=sa.text("deleted_at IS NOT NULL")
    )
    op.execute("UPDATE artworks SET was_public = true WHERE visibility = 'PUBLIC'")
    op.add_column("artwork_tags", sa.Column("is_from_text", sa.Boolean(), nullable=False, server_default="false"))

    recommend()


def recommend() -> None:
    op.create_table(
        "recommendation_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.TIMESTAMP(timezone=True), nullable=True),
        user_of("recommendation_lists"),
        sa.PrimaryKeyConstraint("id", name="pk_recommendation_lists"),
    )
    present, replaced = sa.text("replaced_at IS NULL"), sa.text("replaced_at IS NOT NULL")
    op.create_index(
        "uq_recommendation_lists_current",
        "recommendation_lists",
        ["user_id"],
        unique=True,
        postgresql_where=present,
        postgresql_nulls_not_distinct=True,
    )
    for column, where in (("user_id", None), ("replaced_at", replaced), ("made_at", present)):
        name = f"ix_recommendation_lists_{column}"
        op.create_index(name, "recommendation_lists", [column], postgresql_where=where)
    reasons = ("LIKED_BY_PEOPLE_LIKE_YOU", "BECAUSE_TAG", "LOOKS_LIKE_LIKED", "POPULAR")
    reason = sa.Enum(*reasons, name="reason_known", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "recommendations",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("artwork_id", sa.Uuid(), nullable=False),
        sa.Column("reason", reason, nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=True),
        sa.Column("liked_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("rank >= 0", name="rank"),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["recommendation_lists.id"],
            name="fk_recommendations_list_id_recommendation_lists",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("list_id", "rank", name="pk_recommendations"),
        sa.UniqueConstraint("list_id", "artwork_id", name="uq_recommendations_list_id_artwork_id"),
    )
    op.create_table(
        "seen_artworks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("artwork_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.TIMESTAMP(timezone=True), nullable=False),
        user_of("seen_artworks"),
        sa.PrimaryKeyConstraint("user_id", "artwork_id", name="pk_seen_artworks"),
    )
    op.create_index(
        "ix_seen_artworks_user_id_seen_at", "seen_artworks", ["user_id", sa.text("seen_at DESC"), "artwork_id"]
    )
    op.create_table(
        "tastes",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), nullable=True),
        user_of("tastes"),
        sa.PrimaryKeyConstraint("user_id", name="pk_tastes"),
    )
    op.create_index("ix_sessions_last_used_at", "sessions", ["last_used_at"])
    op.create_index("ix_tastes_due_at", "tastes", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))


def user_of(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_user_id_users"
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    op.drop_index("ix_sessions_last_used_at", table_name="sessions")
    for table in ("tastes", "seen_artworks", "recommendations", "recommendation_lists"):
        op.drop_table(table)
    op.drop_column("artwork_tags", "is_from_text")
    op.drop_index("ix_artworks_deleted_at", table_name="artworks")
    op.drop_index("ix_artworks_remix_of_id_created_at", table_name="artworks")
    op.drop_constraint("fk_artworks_remix_of_id_artworks", "artworks", type_="foreignkey")
    for column in ("deleted_at", "was_public", "remix_of_id", "remix_license", "license"):
        op.drop_column("artworks", column)
