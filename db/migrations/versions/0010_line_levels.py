"""line levels."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ORDER = ["rank", "turn", "block"]
_COUNTED = """
    INSERT INTO line_counts (engine, level, rank, turn, block, load, jobs, images)
    SELECT engine, level, rank, turn, CASE WHEN level < 3 THEN block >> 4 * level ELSE 0 END, load,
        {sign}count(*), {sign}sum(images)
    FROM {places}, generate_series(0, 3) AS level GROUP BY 1, 2, 3, 4, 5, 6"""
_COUNTED_BEFORE = """
    INSERT INTO line_counts (engine, rank, turn, block, load, jobs, images)
    SELECT engine, rank, turn, block, load, {sign}count(*), {sign}sum(images)
    FROM {places} GROUP BY engine, rank, turn, block, load"""


def upgrade() -> None:
    op.execute("DELETE FROM line_counts")
    op.drop_index("ix_line_counts_order", table_name="line_counts")
    op.add_column("line_counts", sa.Column("level", sa.Integer(), nullable=False))
    _index(["engine", "level", *_ORDER])
    _count(_COUNTED)


def downgrade() -> None:
    op.execute("DELETE FROM line_counts")
    op.drop_index("ix_line_counts_order", table_name="line_counts")
    op.drop_column("line_counts", "level")
    _index(["engine", *_ORDER])
    _count(_COUNTED_BEFORE)


def _index(columns: list[str]) -> None:
    op.create_index("ix_line_counts_order", "line_counts", columns, postgresql_include=["load", "jobs", "images"])


def _count(statement: str) -> None:
    """Let ``line_counts`` follow ``line_places`` by a statement: rows are only added, so nobody waits for another's."""
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION line_count() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'DELETE' THEN
                {statement.format(sign="", places="entered")};
            END IF;
            IF TG_OP <> 'INSERT' THEN
                {statement.format(sign="-", places="gone")};
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(statement.format(sign="", places="line_places"))
