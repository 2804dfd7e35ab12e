"""Counts are what they count, whoever is killed while thousands change them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import httpx2
import pytest

from conftest import install
from db.session import Database
from db.tables import Session
from domain import counters
from domain.tokens import AccessTokens
from people import key_in, later, new_artwork, new_users
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

CLIENTS: Final = 8
CHANGE: Final = """mutation($on: Boolean!, $artwork: ID!, $author: ID!, $key: String!) {
  addComment(input: {artworkId: $artwork, text: "x", idempotencyKey: $key}) { __typename }
  setReaction(input: {subjectId: $artwork, on: $on}) { __typename }
  setFollow(input: {target: $author, on: $on}) { __typename } }"""


async def arrived(place: Installation, db: Database) -> tuple[str, list[GraphClient]]:
    """Return an author, and clients that are signed in as others; nobody types a password."""
    users = await new_users(db, "author", *(f"user{number}" for number in range(CLIENTS)))
    sessions = [Session(user_id=key_in(user), expires_at=later()) for user in users]
    async with db.write() as tx:
        tx.add_all(sessions)
    tokens = AccessTokens([(place.folder / "keys" / "token.pem").read_bytes()], place.url, timedelta(hours=1))
    return users[0], [place.client(tokens.issue(each.user_id, each.id).text) for each in sessions[1:]]


async def change(client: GraphClient, artwork: str, author: str, done: asyncio.Event) -> None:
    """Comment, like and follow, and take likes and follows back, again and again.

    What is cut off may have happened or not.
    """
    on = True
    while not done.is_set():
        with suppress(httpx2.TransportError, ValueError):
            await client.post(CHANGE, {"on": on, "artwork": artwork, "author": author, "key": uuid4().hex})
        on = not on


async def wrong(db: Database) -> list[str]:
    async with db.read() as tx:
        return [str(each) for counter in counters.COUNTERS.values() for each in await counters.differences(tx, counter)]


@pytest.fixture
def place(spare_database_url: str, spare_redis_url: str, tmp_path: Path) -> Iterator[Installation]:
    installation = install(tmp_path, spare_database_url, spare_redis_url)
    with installation.running("api", "sweeper"):
        yield installation


async def test_counts_survive_the_death_of_who_counts(place: Installation, spare_database_url: str) -> None:
    db = Database(spare_database_url)
    author, clients = await arrived(place, db)
    artwork, done = await new_artwork(db, author), asyncio.Event()
    changing = [asyncio.create_task(change(each, artwork, author, done)) for each in clients]

    # when those who count are killed in the middle of it
    for name in ("api", "sweeper", "api"):
        written = await until(lambda: sql(spare_database_url, "SELECT xmin::text FROM artworks"))
        await until(lambda: sql(spare_database_url, "SELECT xmin::text FROM artworks") != written)  # noqa: B023 - at once
        place.processes[name].kill()
        assert await wrong(db) == []
        place.start(name)
        await place.answering()
    done.set()
    await asyncio.gather(*changing)

    # then the counts are what they count, at every moment, and in the end nothing waits
    assert await wrong(db) == []
    await until(lambda: not sql(spare_database_url, "SELECT id FROM count_changes"))
    assert await wrong(db) == []
    assert sql(spare_database_url, "SELECT comment_count > 0 FROM artworks") == [(True,)]
    await db.close()
