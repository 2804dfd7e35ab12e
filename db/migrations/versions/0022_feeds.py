"""feeds: a tag's artworks in order, an author's and a style's public ones, and the scores of popularity."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

WINDOWS = ("day", "week", "month", "ever")
IS_PUBLIC = sa.text("visibility = 'PUBLIC'")


def upgrade() -> None:
    moment = sa.TIMESTAMP(timezone=True)
    op.add_column("artwork_tags", sa.Column("listed_at", moment, nullable=True))
    op.execute(
        "UPDATE artwork_tags t SET listed_at = a.created_at FROM artworks a"
        " WHERE a.id = t.artwork_id AND a.visibility = 'PUBLIC'"
    )
    op.create_index(
        "ix_artwork_tags_latest",
        "artwork_tags",
        ["tag_id", sa.text("listed_at DESC"), sa.text("artwork_id DESC")],
        postgresql_where=sa.text("listed_at IS NOT NULL"),
    )
    for name in ("author", "style"):
        op.create_index(
            f"ix_artworks_{name}_latest",
            "artworks",
            [{"author": "author_id"}.get(name, name), sa.text("created_at DESC"), sa.text("id DESC")],
            postgresql_where=IS_PUBLIC,
        )

    op.create_table(
        "artwork_scores",
        sa.Column("artwork_id", sa.Uuid(), nullable=False),
        sa.Column("since", moment, server_default=sa.text("'-infinity'"), nullable=False),
        sa.Column("until", moment, server_default=sa.text("'infinity'"), nullable=False),
        *(sa.Column(window, sa.Double(), nullable=False) for window in WINDOWS),
        sa.ForeignKeyConstraint(
            ["artwork_id"], ["artworks.id"], name="fk_artwork_scores_artwork_id_artworks", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("artwork_id", "since", name="pk_artwork_scores"),
    )
    op.execute(
        """
        INSERT INTO artwork_scores (artwork_id, day, week, month, ever)
        SELECT id, points + born / 28800, points + born / 172800, points + born / 691200, points
        FROM (SELECT id, ln(1 + like_count + 2 * comment_count) / ln(2::double precision) AS points,
                     extract(epoch FROM created_at)::double precision AS born
              FROM artworks WHERE visibility = 'PUBLIC') scored
        """
    )
    for window in WINDOWS:
        order = [sa.text(f"{window} DESC"), sa.text("artwork_id DESC")]
        op.create_index(f"ix_artwork_scores_{window}", "artwork_scores", order)
    op.create_index(
        "ix_artwork_scores_until", "artwork_scores", ["until"], postgresql_where=sa.text("until < 'infinity'")
    )
    op.create_table("score_rounds", sa.Column("at", moment, nullable=False), sa.PrimaryKeyConstraint("at"))
    op.create_table(
        "score_marks",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("artwork_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(
        """
        CREATE FUNCTION artworks_mark() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO score_marks (artwork_id) VALUES (NEW.id);
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER artworks_mark AFTER UPDATE OF like_count, comment_count ON artworks FOR EACH ROW
        WHEN (NEW.visibility = 'PUBLIC' AND (OLD.like_count, OLD.comment_count) <> (NEW.like_count, NEW.comment_count))
        EXECUTE FUNCTION artworks_mark()
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER artworks_mark ON artworks")
    op.execute("DROP FUNCTION artworks_mark")
    for table in ("score_marks", "score_rounds", "artwork_scores"):
        op.drop_table(table)
    for name in ("style", "author"):
        op.drop_index(f"ix_artworks_{name}_latest", "artworks")
    op.drop_index("ix_artwork_tags_latest", "artwork_tags")
    op.drop_column("artwork_tags", "listed_at")
