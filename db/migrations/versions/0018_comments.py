"""comments: threads, stubs, pins, locks and mentions; collections of artworks."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OLD = "ix_comments_artwork_id_created_at"
NEWEST: list[str | sa.TextClause] = ["artwork_id", sa.text("created_at DESC"), sa.text("id DESC")]


def reference(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    """Return the foreign key of a column whose row goes with the other one."""
    name = f"fk_{table}_{column}_{referred}"
    return sa.ForeignKeyConstraint([column], [f"{referred}.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.add_column(
        "artworks", sa.Column("are_comments_locked", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("artworks", sa.Column("likes_told_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.alter_column("comments", "author_id", nullable=True)
    op.add_column("comments", sa.Column("root_id", sa.Uuid(), nullable=True))
    op.add_column("comments", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.add_column("comments", sa.Column("reply_count", sa.Integer(), server_default=sa.text("0"), nullable=False))
    for name in ("edited_at", "deleted_at", "pinned_at"):
        op.add_column("comments", sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=True))
    for name in ("root_id", "parent_id"):
        constraint = f"fk_comments_{name}_comments"
        op.create_foreign_key(constraint, "comments", "comments", [name], ["id"], ondelete="CASCADE")
    op.create_check_constraint("author_or_deleted", "comments", "(deleted_at IS NULL) = (author_id IS NOT NULL)")
    op.create_check_constraint("reply_whole", "comments", "(root_id IS NULL) = (parent_id IS NULL)")
    op.create_check_constraint("replies", "comments", "reply_count >= 0")
    op.drop_index(OLD, table_name="comments")
    op.create_index(OLD, "comments", NEWEST, postgresql_where=sa.text("root_id IS NULL"))
    op.create_index("ix_comments_artwork_id", "comments", ["artwork_id"])
    op.create_index(
        "ix_comments_root_id_created_at",
        "comments",
        ["root_id", "created_at", "id"],
        postgresql_where=sa.text("root_id IS NOT NULL"),
    )
    op.create_index(
        "ix_comments_parent_id", "comments", ["parent_id"], postgresql_where=sa.text("parent_id IS NOT NULL")
    )
    op.create_index(
        "ix_comments_artwork_id_pinned_at",
        "comments",
        ["artwork_id", "pinned_at"],
        postgresql_where=sa.text("pinned_at IS NOT NULL"),
    )
    op.create_table(
        "comment_mentions",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("offset", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        reference("comment_mentions", "comment_id", "comments"),
        reference("comment_mentions", "user_id", "users"),
        sa.PrimaryKeyConstraint("comment_id", "offset", name="pk_comment_mentions"),
    )
    op.create_index("ix_comment_mentions_user_id", "comment_mentions", ["user_id"])
    make_collections()


def make_collections() -> None:
    visibility = sa.Enum(
        *("PUBLIC", "UNLISTED", "PRIVATE"),
        name="visibility_known",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "collections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("visibility", visibility, nullable=False),
        sa.Column("is_bookmarks", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("NOT is_bookmarks OR (title = '' AND visibility = 'PRIVATE')", name="bookmarks"),
        reference("collections", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_collections"),
        sa.UniqueConstraint("user_id", "title", name="uq_collections_user_id_title"),
    )
    op.create_index("ix_collections_user_id_id", "collections", ["user_id", "id"])
    op.create_table(
        "collection_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("artwork_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        reference("collection_items", "collection_id", "collections"),
        reference("collection_items", "artwork_id", "artworks"),
        sa.PrimaryKeyConstraint("id", name="pk_collection_items"),
        sa.UniqueConstraint("collection_id", "artwork_id", name="uq_collection_items_collection_id_artwork_id"),
    )
    op.create_index("ix_collection_items_collection_id_id", "collection_items", ["collection_id", "id"])
    op.create_index("ix_collection_items_artwork_id_user_id", "collection_items", ["artwork_id", "user_id"])


def downgrade() -> None:
    for table in ("collection_items", "collections", "comment_mentions"):
        op.drop_table(table)
    op.execute("DELETE FROM comments WHERE author_id IS NULL")
    for name in ("ix_comments_artwork_id_pinned_at", "ix_comments_parent_id", "ix_comments_root_id_created_at"):
        op.drop_index(name, table_name="comments")
    op.drop_index("ix_comments_artwork_id", table_name="comments")
    op.drop_index(OLD, table_name="comments")
    op.create_index(OLD, "comments", NEWEST)
    for name in ("author_or_deleted", "reply_whole", "replies"):
        op.drop_constraint(name, "comments", type_="check")
    for name in ("root_id", "parent_id"):
        op.drop_constraint(f"fk_comments_{name}_comments", "comments", type_="foreignkey")
    for name in ("pinned_at", "deleted_at", "edited_at", "reply_count", "parent_id", "root_id"):
        op.drop_column("comments", name)
    op.alter_column("comments", "author_id", nullable=False)
    op.drop_column("artworks", "likes_told_at")
    op.drop_column("artworks", "are_comments_locked")
