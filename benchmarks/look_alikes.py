"""How fast look-alikes are found among many pictures: ``python -m benchmarks.look_alikes [ROWS]``."""

from __future__ import annotations

import random
import statistics
import sys
import time
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import psycopg
from PIL import Image
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from app.embedded.folders import throwaway_home
from app.embedded.postgres import start_postgres
from db import migrate
from domain import similar
from domain.pictures.fingerprints import dhash

ROWS: Final = 200_000
FAMILIES: Final = 10
"""Pictures that look alike come in groups of so many: variations of one prompt."""
ASKED: Final = 200
_FILL: Final = """
INSERT INTO media_assets (id, owner_id, status, width, height, byte_size, sha256, dhash, blurhash, dominant_color,
    engine, style, ratio, seed, content_level, created_at)
SELECT gen_random_uuid(), %s, 'READY', 64, 64, 1, '', hash, '', '#ffffff', 'sandbox', 'anime', '1:1', 7, 'GENERAL',
    now()
FROM unnest(%s::bigint[]) AS hash
"""


def main() -> None:
    """Fill a throwaway database, ask for the look-alikes of pictures at random, and print how long it takes."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with throwaway_home() as home:
        server = start_postgres(Path(home), fsync=False)
        try:
            migrate.upgrade(server.url)
            owner = _fill(server.url, rows)
            times, found = _ask(server.url, owner)
        finally:
            server.stop()
    cuts = statistics.quantiles(times, n=100)
    print(f"{rows:,} pictures: median {statistics.median(times):.2f} ms, p99 {cuts[98]:.2f} ms, {found:.1f} found each")


def _fill(url: str, rows: int) -> UUID:
    owner, chance = uuid4(), random.Random(1)  # noqa: S311 - the same pictures in each run
    hashes = []
    for _ in range(rows // FAMILIES):
        spots = Image.frombytes("L", (5, 5), chance.randbytes(25))  # pictures are smooth: neighbouring bits agree
        base = dhash(spots.resize((64, 64), Image.Resampling.BICUBIC))
        for _ in range(FAMILIES):
            flips = sum(1 << bit for bit in chance.sample(range(64), chance.randint(0, 6)))
            changed = (base ^ flips) & 2**64 - 1
            hashes.append(changed - (changed >> 63 << 64))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO users (id, email, password_hash, handle, display_name, bio, links, follower_count,"
            " following_count, artwork_count, created_at) VALUES (%s, 'a@b.c', '', 'a', 'A', '', '{}', 0, 0, 0, now())",
            [owner],
        )
        connection.execute(_FILL, [owner, hashes])
        connection.execute("VACUUM ANALYZE media_assets")
    return owner


def _ask(url: str, owner: UUID) -> tuple[list[float], float]:
    """Ask as the planner does: constants in the text, so that the partial index serves."""
    pairs = similar.pairs()
    times, found = [], []
    with psycopg.connect(url) as connection:
        chosen = connection.execute("SELECT id FROM media_assets ORDER BY random() LIMIT %s", [ASKED]).fetchall()
        for (key,) in chosen:
            query = select(pairs.c.id).where(pairs.c.of_id == key, similar.is_known_to(pairs.c, owner))
            query = query.order_by(pairs.c.distance, pairs.c.id).limit(21)
            dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's
            text = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
            started = time.perf_counter()
            found.append(len(connection.execute(text.encode()).fetchall()))
            times.append((time.perf_counter() - started) * 1000)
    return times, statistics.mean(found)


if __name__ == "__main__":
    main()
