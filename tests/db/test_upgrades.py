"""Databases of the first release, brought to the newest schema with what is in them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, LiteralString
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from audit import check_rows
from db import migrate
from db.session import Database
from domain import line, line_measures
from stored import new_worker, sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.embedded.server import EmbeddedServer

pytestmark = pytest.mark.anyio

A_WORLD: Final[LiteralString] = """
CREATE TEMPORARY TABLE told (job uuid, slot uuid, status text, ended text);
INSERT INTO users (id, email, password_hash, handle, display_name, bio, follower_count, following_count, artwork_count,
                   created_at)
VALUES (gen_random_uuid(), 'ann@easel.example', '', 'ann', 'Ann', '', 0, 0, 0, now());
INSERT INTO credit_accounts SELECT gen_random_uuid(), id, 99, 2, now() FROM users;
INSERT INTO told VALUES (gen_random_uuid(), gen_random_uuid(), 'SUCCEEDED', 'READY'),
    (gen_random_uuid(), gen_random_uuid(), 'CANCELED', 'SKIPPED'),
    (gen_random_uuid(), gen_random_uuid(), 'QUEUED', 'PENDING'),
    (gen_random_uuid(), gen_random_uuid(), 'RUNNING', 'RENDERING');
INSERT INTO generation_jobs (id, user_id, status, engine, prompt, negative_prompt, style, ratio, width, height, count,
    seed, steps, guidance, price, visibility, priority, attempt, lease_owner, queued_at, created_at, started_at,
    finished_at)
SELECT job, id, status, 'sandbox', 'a cat', '', 'anime', '1:1', 1024, 1024, 1, 7, 20, 5, 1, 'PRIVATE', 0, 0,
    CASE status WHEN 'RUNNING' THEN gen_random_uuid() END, '2026-01-01', '2026-01-01',
    CASE WHEN status IN ('SUCCEEDED', 'RUNNING') THEN timestamptz '2026-01-01' END,
    CASE WHEN status IN ('SUCCEEDED', 'CANCELED') THEN timestamptz '2026-01-01 00:00:10' END
FROM told, users;
INSERT INTO media_assets (id, owner_id, job_id, status, width, height, byte_size, sha256, dhash, blurhash,
    dominant_color, engine, style, ratio, seed, created_at)
SELECT gen_random_uuid(), id, job, 'READY', 1024, 1024, 1, '', 0, '', '#ffffff', 'sandbox', 'anime', '1:1', 7, now()
FROM told, users WHERE ended = 'READY';
UPDATE users SET avatar_asset_id = (SELECT id FROM media_assets);
INSERT INTO generation_slots (id, job_id, "index", status, seed, asset_id)
SELECT slot, job, 0, ended, 7, (SELECT id FROM media_assets m WHERE m.job_id = job) FROM told;
INSERT INTO holds (id, account_id, job_id, status, amount, captured, released, created_at)
SELECT gen_random_uuid(), a.id, job,
    CASE ended WHEN 'READY' THEN 'SETTLED' WHEN 'SKIPPED' THEN 'RELEASED' ELSE 'ACTIVE' END,
    1, (ended = 'READY')::int, (ended = 'SKIPPED')::int, now() FROM told, credit_accounts a;
INSERT INTO ledger_entries (id, account_id, business_key, kind, debit, credit, amount, balance_after, held_after,
    job_id, slot_id, created_at)
SELECT gen_random_uuid(), a.id, number, kind, debit, credit, amount, total, kept, job, slot,
    now() + number * interval '1 s'
FROM credit_accounts a, (
    SELECT 1, 'GRANT', 'HOUSE', 'AVAILABLE', 100, 100, 0, NULL::uuid, NULL::uuid
    UNION ALL SELECT 1 + row_number() OVER (ORDER BY status DESC), 'HOLD', 'AVAILABLE', 'HELD', 1, 100,
        row_number() OVER (ORDER BY status DESC), job, NULL FROM told
    UNION ALL SELECT 6, 'CAPTURE', 'HELD', 'SPENT', 1, 99, 3, job, slot FROM told WHERE ended = 'READY'
    UNION ALL SELECT 7, 'RELEASE', 'HELD', 'AVAILABLE', 1, 99, 2, job, slot FROM told WHERE ended = 'SKIPPED'
) e (number, kind, debit, credit, amount, total, kept, job, slot);
"""
"""Somebody with an avatar and four jobs of one image, each at another point of its life, as that release has it."""


@contextmanager
def first_release(server: EmbeddedServer) -> Iterator[str]:
    """Make a database with the tables of the first release; yields its URL."""
    name = f"first_{uuid4().hex}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        url = urlsplit(server.url)._replace(path=f"/{name}").geturl()
        migrate.upgrade(url, "0001")
        yield url
        connection.execute(psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(psycopg.sql.Identifier(name)))


async def test_jobs_credits_and_waits_of_the_first_release_go_on(spare_postgres: EmbeddedServer) -> None:
    spare_postgres.start()
    with first_release(spare_postgres) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(A_WORLD)

        migrate.upgrade(url)

        # then all that must be true is: the ledger, the line, the galleries
        migrate.check(url)
        check_rows(url)
        # and what has been painted says how long the next one takes, of the same size and of others
        load = line_measures.load_of(1024, 1024, 20)
        assert sql(url, "SELECT DISTINCT load FROM generation_jobs") == [(load,)]
        assert sql(url, "SELECT images, load FROM line_places") == [(1, load)]
        new_worker(url)
        ((user,),) = sql(url, "SELECT id FROM users")
        db = Database(url)
        async with db.read() as tx:
            place = await line.place_of_next(tx, "sandbox", user)
        await db.close()
        assert (place.position, place.eta_seconds) == (2, 20)
