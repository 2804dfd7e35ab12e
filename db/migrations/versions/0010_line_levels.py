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


_ARRANGE = """
    CREATE OR REPLACE FUNCTION line_arrange(line text, owner uuid) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off
    AS $$
    BEGIN
        {lock};
        DELETE FROM line_places AS place
        WHERE place.user_id = owner AND place.engine = line AND NOT EXISTS (
            SELECT FROM generation_jobs AS job
            WHERE job.id = place.job_id AND job.engine = line AND job.status = 'QUEUED'
        );
        INSERT INTO line_places AS place (job_id, engine, user_id, rank, turn, block, queued_at, images, load)
        SELECT id, engine, user_id, -priority,
            row_number() OVER (ORDER BY priority DESC, queued_at, id),
            floor(extract(epoch FROM queued_at) / 16), queued_at, count, load
        FROM generation_jobs WHERE user_id = owner AND engine = line AND status = 'QUEUED'
        ON CONFLICT (job_id) DO UPDATE SET engine = excluded.engine, rank = excluded.rank, turn = excluded.turn,
            block = excluded.block, queued_at = excluded.queued_at, images = excluded.images, load = excluded.load
        WHERE (place.engine, place.rank, place.turn, place.queued_at, place.images, place.load)
            IS DISTINCT FROM (excluded.engine, excluded.rank, excluded.turn, excluded.queued_at, excluded.images,
                              excluded.load);
    END $$"""


def upgrade() -> None:
    _lock_users()
    op.execute("DELETE FROM line_counts")
    op.drop_index("ix_line_counts_order", table_name="line_counts")
    op.add_column("line_counts", sa.Column("level", sa.Integer(), nullable=False))
    _index(["engine", "level", *_ORDER])
    _count(_COUNTED)


def downgrade() -> None:
    op.execute(_ARRANGE.format(lock="PERFORM pg_advisory_xact_lock(x'EA5E3'::int, hashtext(line))"))
    op.execute("DROP FUNCTION line_lock")
    op.execute("DELETE FROM line_counts")
    op.drop_index("ix_line_counts_order", table_name="line_counts")
    op.drop_column("line_counts", "level")
    _index(["engine", *_ORDER])
    _count(_COUNTED_BEFORE)


def _lock_users() -> None:
    """Let only transactions wait for each other that change jobs of the same user in the same line.

    A lock is held to the end of the commit, so one for the whole line took as many jobs in a second as the disk does
    syncs. Who changes jobs of several users locks them all before, in one order.
    """
    op.execute(
        """
        CREATE FUNCTION line_lock(line text, owners uuid[]) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(x'EA5E3'::int, key)
            FROM (SELECT DISTINCT hashtext(line || owner) AS key FROM unnest(owners) AS owner ORDER BY key) AS keys;
        END $$
        """
    )
    op.execute(_ARRANGE.format(lock="PERFORM line_lock(line, ARRAY[owner])"))


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
