"""Who watches: signed-in users, each with a job that is being painted, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg

if TYPE_CHECKING:
    from uuid import UUID

_STATEMENT: Final = """
WITH people AS (
    INSERT INTO users (id, email, password_hash, handle, display_name, bio, follower_count, following_count,
                       artwork_count, created_at)
    SELECT gen_random_uuid(), 'user_' || i || '@easel.example', 'no password', 'user_' || i, 'User Number ' || i, '',
           0, 0, 0, now()
    FROM generate_series(1, %s) i RETURNING id
), signed_in AS (
    INSERT INTO sessions (id, user_id, user_agent, created_at, last_used_at, expires_at)
    SELECT gen_random_uuid(), id, 'benchmark', now(), now(), now() + interval '1 day' FROM people
    RETURNING id, user_id
), jobs AS (
    INSERT INTO generation_jobs (id, user_id, status, operation, engine, prompt, negative_prompt, style, ratio, width,
                                 height, count, seed, steps, guidance, price, visibility, priority, attempt,
                                 lease_owner, lease_expires_at, queued_at, created_at, started_at)
    SELECT gen_random_uuid(), id, 'RUNNING', 'TEXT_TO_IMAGE', 'sandbox', 'a quiet sea', '', 'anime', '1:1', 1024, 1024,
           1, 7, 20, 7.0, 1, 'PRIVATE', 0, 1, gen_random_uuid(),
           now() + interval '1 day', now(), now(), now()
    FROM people RETURNING id, user_id
), slots AS (
    INSERT INTO generation_slots (id, job_id, index, status, seed)
    SELECT gen_random_uuid(), id, 0, 'RENDERING', 7 FROM jobs
)
SELECT user_id, signed_in.id, jobs.id FROM signed_in JOIN jobs USING (user_id)
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a session and a running job."""

    user_id: UUID
    session_id: UUID
    job_id: UUID


def make(database_url: str, count: int) -> list[Person]:
    """Write ``count`` people into the database; nobody works on their jobs."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        made = connection.execute(_STATEMENT, (count,)).fetchall()
        connection.execute("ANALYZE")
    return [Person(*keys) for keys in made]
