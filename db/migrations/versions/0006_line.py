"""line."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ORDER = ["engine", "rank", "turn", "block"]
_CHANGED = "status, priority, queued_at, engine, count, load"


def upgrade() -> None:
    op.create_index("ix_generation_jobs_user_id_created_at", "generation_jobs", ["user_id", "created_at"])
    op.create_index(
        "uq_generation_jobs_unfinished_of_gallery",
        "generation_jobs",
        ["gallery_id"],
        unique=True,
        postgresql_where=sa.text("gallery_id IS NOT NULL AND finished_at IS NULL"),
    )
    op.add_column("generation_jobs", sa.Column("load", sa.Integer(), server_default="0", nullable=False))
    op.add_column("generation_jobs", sa.Column("promised_s", sa.Integer(), nullable=True))
    op.drop_index("ix_generation_jobs_line", table_name="generation_jobs")
    for name, columns, where in (
        ("line", ["user_id", "engine"], "status = 'QUEUED'"),
        ("measured", ["engine", "finished_at"], "status = 'SUCCEEDED'"),
        ("waited", ["engine", "started_at"], "started_at IS NOT NULL"),
    ):
        op.create_index(f"ix_generation_jobs_{name}", "generation_jobs", columns, postgresql_where=sa.text(where))
    _create_tables()
    _count_blocks()
    _follow_jobs()


def _create_tables() -> None:
    op.create_table(
        "line_places",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("load", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["generation_jobs.id"], name="fk_line_places_job_id_generation_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name="pk_line_places"),
    )
    op.create_index(
        "ix_line_places_order",
        "line_places",
        [*_ORDER, "queued_at", "job_id"],
        unique=True,
        postgresql_include=["images", "load"],
    )
    op.create_index("ix_line_places_user_id_engine", "line_places", ["user_id", "engine"])
    op.create_table(
        "line_counts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("load", sa.Integer(), nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_line_counts"),
    )
    op.create_index("ix_line_counts_order", "line_counts", _ORDER, postgresql_include=["load", "jobs", "images"])
    op.create_table(
        "paused_engines",
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("paused_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_paused_engines_user_id_users", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("engine", name="pk_paused_engines"),
    )


def _count_blocks() -> None:
    """Let ``line_counts`` follow ``line_places``: rows are only added, so that nobody waits for another's count."""
    op.execute(
        """
        CREATE FUNCTION line_count() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'DELETE' THEN
                INSERT INTO line_counts (engine, rank, turn, block, load, jobs, images)
                SELECT engine, rank, turn, block, load, count(*), sum(images)
                FROM entered GROUP BY engine, rank, turn, block, load;
            END IF;
            IF TG_OP <> 'INSERT' THEN
                INSERT INTO line_counts (engine, rank, turn, block, load, jobs, images)
                SELECT engine, rank, turn, block, load, -count(*), -sum(images)
                FROM gone GROUP BY engine, rank, turn, block, load;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for event, tables in (
        ("insert", "NEW TABLE AS entered"),
        ("update", "OLD TABLE AS gone NEW TABLE AS entered"),
        ("delete", "OLD TABLE AS gone"),
    ):
        op.execute(
            f"CREATE TRIGGER line_count_{event} AFTER {event} ON line_places "
            f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION line_count()"
        )


def _follow_jobs() -> None:
    """Let ``line_places`` follow ``generation_jobs``, at the commit of what changes a job.

    Plans are kept, and those made while the line is short must serve when it is long: none reads whole tables.

    One transaction after the other changes a line, from here to the end of its commit: a user's turns are counted anew
    from all their waiting jobs, so each must see what the last one did. It is the last lock that a transaction takes.
    """
    op.execute(
        """
        CREATE FUNCTION line_arrange(line text, owner uuid) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(x'EA5E3'::int, hashtext(line));
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
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION line_follow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR OLD.engine <> NEW.engine) THEN
                PERFORM line_arrange(OLD.engine, OLD.user_id);
            END IF;
            IF TG_OP <> 'DELETE' THEN
                PERFORM line_arrange(NEW.engine, NEW.user_id);
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for event, when in (
        ("INSERT", "NEW.status = 'QUEUED'"),
        (f"UPDATE OF {_CHANGED}", "OLD.status = 'QUEUED' OR NEW.status = 'QUEUED'"),
        ("DELETE", "OLD.status = 'QUEUED'"),
    ):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER line_follow_{event.split()[0].lower()} AFTER {event} ON generation_jobs "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION line_follow()"
        )
    op.execute(
        "SELECT line_arrange(engine, user_id) FROM (SELECT DISTINCT engine, user_id FROM generation_jobs "
        "WHERE status = 'QUEUED' ORDER BY engine) AS waiting"
    )


def downgrade() -> None:
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER line_follow_{event} ON generation_jobs")
    op.execute("DROP FUNCTION line_follow")
    op.execute("DROP FUNCTION line_arrange")
    for table in ("paused_engines", "line_counts", "line_places"):
        op.drop_table(table)
    op.execute("DROP FUNCTION line_count")
    for name in ("waited", "measured", "line"):
        op.drop_index(f"ix_generation_jobs_{name}", table_name="generation_jobs")
    op.create_index(
        "ix_generation_jobs_line",
        "generation_jobs",
        ["queued_at", "id"],
        postgresql_where=sa.text("status = 'QUEUED'"),
    )
    op.drop_column("generation_jobs", "promised_s")
    op.drop_column("generation_jobs", "load")
    op.drop_index("uq_generation_jobs_unfinished_of_gallery", table_name="generation_jobs")
    op.drop_index("ix_generation_jobs_user_id_created_at", table_name="generation_jobs")
