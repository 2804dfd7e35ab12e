"""The line: a place among 100,000, and 1,000 users who submit jobs of 8 images at once.

*Places.* 100,000 jobs of 20,000 users wait, queued in the course of 50 minutes, with 5 turns and 5 loads; 20,000
are done. Place and waiting time of the first, the middle and the last are asked 200 times each, on one connection,
beside what else reads the line. The clock runs from the call of the function of ``domain.line`` to its result.

*Crowd.* Each of 1,000 users submits one job of 8 images by ``submitGeneration`` over a connection of their own, all
at once; one worker paints them with the sandbox engine (64 × 64, three steps). Who is told that the service is busy,
which it is to those who would wait for longer than ten seconds, submits again under the same key. Every ten seconds,
all places are compared with a count of all that waits, in one snapshot. Waiting times are graded twice: all that are
told at these moments, and, as the service does, those that were promised at the submit, against what came. Who came
before anything was measured was promised nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import httpx2
import orjson
import psycopg
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from benchmarks import machine
from benchmarks.installation import installation
from benchmarks.report import report, spread
from db.session import Database
from db.words import BucketKind
from domain import accounts, line, line_state
from domain.accounts import NewAccount
from domain.credits import Grant, Welcome
from domain.tokens import AccessTokens
from stored import sql

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from benchmarks.report import Row
    from conftest import Installation

WAITING: Final = 100_000
PLACE_MS: Final = 5.0
TRIES: Final = 5
_USERS = """
    INSERT INTO users (id, email, password_hash, handle, display_name, bio, follower_count, following_count,
                       artwork_count, created_at)
    SELECT gen_random_uuid(), 'line' || i || '@easel.example', '', 'line' || i, 'Line', '', 0, 0, 0, now()
    FROM generate_series(1, 20000) AS i"""
_JOBS = """
    INSERT INTO generation_jobs (id, user_id, status, operation, engine, prompt, negative_prompt, style, ratio, width,
        height, count, seed, steps, guidance, price, visibility, priority, attempt, load, queued_at, created_at,
        started_at, finished_at, promised_s)
    SELECT gen_random_uuid(), users.id, {status}, 'TEXT_TO_IMAGE', 'sandbox', 'a cat', '', 'anime', '1:1', 1024, 1024,
        1 + n %% 8, 7, 12, 5, 1, 'PRIVATE', 0, 0, 44 + n %% 5, now() - interval '3000 s' * random(), now(), {times}
    FROM (SELECT id, row_number() OVER () AS r FROM users WHERE handle LIKE 'line%%') AS users,
        generate_series(1, {each}) AS n"""
_LINE = """
    INSERT INTO line_places (job_id, engine, user_id, rank, turn, block, queued_at, images, load)
    SELECT id, engine, user_id, -priority, row_number() OVER (PARTITION BY user_id ORDER BY queued_at, id),
        floor(extract(epoch FROM queued_at) / 16), queued_at, count, load
    FROM generation_jobs WHERE status = 'QUEUED'"""
_COUNTED_ANEW = """
    WITH turns AS (
        SELECT *, row_number() OVER (PARTITION BY engine, user_id ORDER BY priority DESC, queued_at, id) AS turn
        FROM generation_jobs WHERE status = 'QUEUED'
    )
    SELECT id, row_number() OVER (PARTITION BY engine ORDER BY priority DESC, turn, queued_at, id)::int FROM turns"""
_SUBMIT = """mutation Submit($input: SubmitGenerationInput!) { submitGeneration(input: $input) {
    __typename ... on SubmitGenerationSuccess { job { id queue { position etaSeconds } } } } }"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=1_000, help="how many submit at once (1000); 0 for places alone")
    parser.add_argument("--samples", type=int, default=200, help="how often each place is asked for (200)")
    asked = parser.parse_args()
    described = machine.describe()
    with installation() as place:
        rows = asyncio.run(places(place.environment["DATABASE_URL"], asked.samples))
    report("line_places", rows, described)
    if asked.users:
        with installation("api", "relay", "sweeper") as place:
            crowd = asyncio.run(at_once(place, asked.users))
        report("line_crowd", crowd, described)


async def places(url: str, samples: int) -> list[Row]:
    """Return how long the questions take that are asked of a long line."""
    _fill(url)
    db = Database(url)
    order = sql(url, "SELECT job_id, user_id FROM line_places ORDER BY rank, turn, queued_at, job_id")
    asked: dict[str, tuple[Callable[[AsyncSession], Awaitable[Any]], str]] = {
        "place and wait of the first": (lambda tx: line.places(tx, [order[0][0]]), f"p99 ≤ {PLACE_MS}"),
        "place and wait of the middle": (lambda tx: line.places(tx, [order[WAITING // 2][0]]), f"p99 ≤ {PLACE_MS}"),
        "place and wait of the last": (lambda tx: line.places(tx, [order[-1][0]]), f"p99 ≤ {PLACE_MS}"),
        "place and wait of the next": (lambda tx: line.place_of_next(tx, "sandbox", order[0][1]), f"p99 ≤ {PLACE_MS}"),
        "first 200 places": (line.places, "-"),
        "all lines": (line_state.all_queues, "-"),
        "claim": (lambda tx: line.next_waiting(tx, ("sandbox",), uuid4()), "-"),
    }
    rows: list[Row] = []
    async with db.read() as tx:
        for index in (0, WAITING // 2, WAITING - 1):
            job_id = order[index][0]
            assert (await line.places(tx, [job_id]))[job_id].position == index + 1
        for question, (ask, bar) in asked.items():
            times = [await _timed(ask, tx) for _ in range(samples + 5)]
            rows.append({"question": question, **spread(times[5:]), "bar ms": bar})
    await db.close()
    rows += [_in_database(url, index, order[index][0]) for index in (0, WAITING // 2, WAITING - 1)]
    return rows


def _fill(url: str) -> None:
    waiting = _JOBS.format(status="'QUEUED'", times="NULL, NULL, NULL", each=WAITING // 20_000)
    times = "now() + interval '1 s' * r, now() + interval '1 s' * (r + 0.9), r + 3000"
    done = _JOBS.format(status="'SUCCEEDED'", times=times, each=1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_USERS)
        connection.execute("SET session_replication_role = replica")  # the line is filled at once, not job by job
        connection.execute(waiting.replace("%%", "%").encode())
        connection.execute(done.replace("%%", "%").encode())
        connection.execute("SET session_replication_role = origin")
        connection.execute(_LINE)
        connection.execute("VACUUM ANALYZE")


def _in_database(url: str, index: int, job_id: UUID) -> Row:
    """Return how long PostgreSQL itself takes for a place, planning and execution, as EXPLAIN ANALYZE tells."""
    asked = f"EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM ({_told()}) AS told WHERE id = '{job_id}'"  # noqa: S608 - ours
    with psycopg.connect(url, autocommit=True) as connection:
        plans = [connection.execute(asked.encode()).fetchall()[0][0][0] for _ in range(25)]
    times = [plan["Execution Time"] for plan in plans[5:]]
    return {"question": f"place {index + 1:,}, in PostgreSQL", **spread(times), "bar ms": f"p99 ≤ {PLACE_MS}"}


def _told() -> str:
    """Return the statement of all places as text."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's
    return str(select(line.placed()).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


async def _timed(ask: Callable[[AsyncSession], Awaitable[Any]], tx: AsyncSession) -> float:
    began = time.perf_counter()
    await ask(tx)
    return (time.perf_counter() - began) * 1e3


async def at_once(place: Installation, users: int) -> list[Row]:
    """Return what became of the jobs of as many users, submitted at once."""
    await place.answering()
    url, database_url = f"{place.url}/graphql", place.environment["DATABASE_URL"]
    tokens = await _arrived(place, users)
    limits = httpx2.Limits(max_connections=users, max_keepalive_connections=users)
    async with httpx2.AsyncClient(timeout=120, limits=limits) as http:
        place.start("worker")
        began = time.perf_counter()
        answers = await asyncio.gather(*(_submitted(http, url, token) for token in tokens))
        submitted = time.perf_counter() - began
    accepted = sum(tries > 0 for _, tries in answers)
    samples, errors = await _painted(database_url, accepted)
    painted = time.perf_counter() - began
    ((waited_most, fair, error, graded),) = sql(
        database_url,
        """SELECT max(extract(epoch FROM started_at - queued_at))::float,
                  extract(epoch FROM max(finished_at) - min(queued_at))::float,
                  percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(waited - promised_s) / greatest(waited, 1)),
                  count(promised_s)
           FROM (SELECT *, extract(epoch FROM started_at - queued_at)::float AS waited FROM generation_jobs
                 WHERE engine = 'sandbox' AND status = 'SUCCEEDED' AND count = 8) AS jobs""",
    )
    return [
        {"figure": "submits accepted", "value": accepted, "bar": users},
        {"figure": "of these at the first try", "value": sum(tries == 1 for _, tries in answers), "bar": "-"},
        {"figure": "submit p50 ms", "value": spread([answer[0] for answer in answers])["p50 ms"], "bar": "-"},
        {"figure": "submit p99 ms", "value": spread([answer[0] for answer in answers])["p99 ms"], "bar": "≤ 500"},
        {"figure": "submits in a second", "value": round(users / submitted, 1), "bar": "-"},
        {"figure": "jobs in a second", "value": round(accepted / painted, 1), "bar": "-"},
        {"figure": "longest wait, share of the whole run", "value": round(waited_most / fair, 2), "bar": "≤ 2"},
        {"figure": "samples in which all places were exact", "value": samples, "bar": "all"},
        {"figure": "waits told at these samples", "value": len(errors), "bar": "-"},
        {
            "figure": "their median error",
            "value": round(statistics.median(errors), 3) if errors else "-",
            "bar": "≤ 0.2",
        },
        {"figure": "jobs with a promise at the submit", "value": graded, "bar": "-"},
        {
            "figure": "median error of these promises",
            "value": round(error, 3) if error is not None else "-",
            "bar": "≤ 0.2",
        },
    ]


async def _arrived(place: Installation, users: int) -> list[str]:
    """Return access tokens of as many new users; nobody types a password, which would take most of the time."""
    key = (place.folder / "keys" / "token.pem").read_bytes()
    tokens = AccessTokens([key], place.url, timedelta(hours=1))
    welcome = Welcome(Grant(BucketKind.PROMOTIONAL, 100), low_mark=0)
    issued = []
    db = Database(place.environment["DATABASE_URL"])
    for number in range(users):
        name = f"crowd{number}"
        async with db.write() as tx:
            account = NewAccount(f"{name}@easel.example", "", name, name)
            arrived = await accounts.sign_up(tx, account, "", "", welcome)
        issued.append(tokens.issue(arrived.user.id, arrived.session.id).text)
    await db.close()
    return issued


async def _submitted(http: httpx2.AsyncClient, url: str, token: str) -> tuple[float, int]:
    """Return after how many milliseconds a submit was accepted, and at the how many-th try; 0 where it never was."""
    wanted = {"prompt": "a quiet sea", "count": 8, "steps": 3, "size": {"width": 64, "height": 64}}
    began = time.perf_counter()
    for number in range(1, TRIES + 1):
        answer = await _asked(
            http, url, _SUBMIT, wanted | {"idempotencyKey": "1"}, {"authorization": f"Bearer {token}"}
        )
        if answer and answer["submitGeneration"]["__typename"] == "SubmitGenerationSuccess":
            return (time.perf_counter() - began) * 1e3, number
    return (time.perf_counter() - began) * 1e3, 0


async def _asked(
    http: httpx2.AsyncClient, url: str, query: str, given: dict[str, Any], headers: dict[str, str]
) -> dict[str, Any]:
    body = orjson.dumps({"query": query, "variables": {"input": given}})
    try:
        response = await http.post(url, content=body, headers={"content-type": "application/json"} | headers)
    except httpx2.TransportError:  # it was kept for the next try, and closed meanwhile
        return {}
    return orjson.loads(response.content).get("data") or {}


async def _painted(database_url: str, users: int) -> tuple[int, list[float]]:
    """Wait until all is painted; compare all places now and then.

    Returns:
        How often that was, and how far each waiting time that was told then missed, as a share of it, one second at
        least.
    """
    told = f"SELECT id, place, eta_seconds, now() FROM ({_told()}) AS told"  # noqa: S608 - ours
    samples = 0
    waits: list[tuple[UUID, int, datetime]] = []
    while True:
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
            rows = await (await connection.execute(told.encode())).fetchall()
            by_place: dict[UUID, int] = {job_id: place for job_id, place, *_ in rows}
            counted: dict[UUID, int] = dict(await (await connection.execute(_COUNTED_ANEW)).fetchall())
            assert by_place == counted, "a place was not exact"
            done = await connection.execute(
                "SELECT count(*) FROM generation_jobs WHERE count = 8 AND finished_at IS NOT NULL"
            )
            ((ended,),) = await done.fetchall()
        samples += 1
        waits += [(job_id, seconds, at) for job_id, _, seconds, at in rows if seconds is not None]
        if ended >= users:
            break
        await asyncio.sleep(10 if users > 200 else 1)
    began = dict(sql(database_url, "SELECT id, started_at FROM generation_jobs"))
    waited = [(seconds, (began[job_id] - at).total_seconds()) for job_id, seconds, at in waits]
    return samples, [abs(actual - seconds) / max(actual, 1) for seconds, actual in waited]


if __name__ == "__main__":
    main()
