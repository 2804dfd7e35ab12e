"""Databases of older releases, brought to the newest schema with what is in them."""

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


LETTERS: Final[LiteralString] = """
CREATE TEMPORARY TABLE words AS VALUES (1, U&'\\110F\\110F카'), (2, U&'한글\\1112\\119E\\11AB');
INSERT INTO tags (id, name) SELECT gen_random_uuid(), column2 FROM words;
INSERT INTO search_terms (kind, word, uses) SELECT 'TAG', column2, 1 FROM words;
INSERT INTO search_documents (number, artwork_id, style, ratio, engine, color, content_level, terms, strong, tags, text)
SELECT 1, gen_random_uuid(), '', '', '', '', 'GENERAL', '{}', '{}', '{}', string_agg(column2, ' ' ORDER BY column1)
    || U&' \\1172' FROM words;
INSERT INTO users (id, email, password_hash, handle, display_name, bio, follower_count, following_count, artwork_count,
                   created_at)
VALUES (gen_random_uuid(), 'ann@easel.example', '', 'ann', 'Ann', '', 0, 0, 0, now());
INSERT INTO saved_searches (id, user_id, name, query, styles, ratios, engines, colors, content_levels, tags, notify,
                            trait, created_at)
SELECT gen_random_uuid(), id, '', '', '{}', '{}', '{}', '{}', '{}', ARRAY(SELECT column2 FROM words ORDER BY column1),
    false, 'TAG:' || (SELECT column2 FROM words WHERE column1 = 1), now() FROM users;
INSERT INTO artworks (id, author_id, title, description, visibility, prompt, prompt_visibility, style, like_count,
                      comment_count, created_at)
SELECT gen_random_uuid(), id, title, '', 'PUBLIC', '', 'PRIVATE', 'anime', 0, 0, now()
FROM users, (VALUES ('ㅋㅋㅠㅠ'), ('큐')) t (title);
DELETE FROM search_pending;
"""


@contextmanager
def upgraded(server: EmbeddedServer, revision: str, rows: LiteralString) -> Iterator[str]:
    """Make a database with the tables and rows of an older release, and bring it to the newest; yields its URL."""
    server.start()
    name = f"older_{uuid4().hex}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        url = urlsplit(server.url)._replace(path=f"/{name}").geturl()
        migrate.upgrade(url, revision)
        with psycopg.connect(url, autocommit=True) as older:
            older.execute(rows)
        migrate.upgrade(url)
        yield url
        connection.execute(psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(psycopg.sql.Identifier(name)))


async def test_jobs_credits_and_waits_of_the_first_release_go_on(spare_postgres: EmbeddedServer) -> None:
    with upgraded(spare_postgres, "0001", A_WORLD) as url:
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


async def test_tags_of_letters_that_stand_alone_are_those_that_people_type_now(spare_postgres: EmbeddedServer) -> None:
    with upgraded(spare_postgres, "0028", LETTERS) as url:
        letters, syllables = "ㅋㅋ카", "한글\u1112\u119e\u11ab"
        names = [(letters,), (syllables,)]
        assert sql(url, 'SELECT name FROM tags ORDER BY name COLLATE "C"') == names
        assert sql(url, "SELECT word FROM search_terms ORDER BY id") == names
        assert sql(url, "SELECT text FROM search_documents") == [(f"{letters} {syllables} ㅠ",)]
        assert sql(url, "SELECT tags, trait FROM saved_searches") == [([letters, syllables], f"TAG:{letters}")]
        assert sql(url, "SELECT word FROM search_like('TAG', %s, 9)", "ㅋㅋㅋ카") == [(letters,)]
        # and texts are looked at again of which search composed syllables
        pending = "SELECT title FROM artworks JOIN search_pending ON artwork_id = artworks.id"
        assert sql(url, pending) == [("ㅋㅋㅠㅠ",)]
