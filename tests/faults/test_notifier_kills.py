"""A notifier that is killed as it folds a burst, with most of its batch written: nothing is lost, nothing doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from conftest import install
from db.tables import NotificationBox, NotificationGroup
from domain import notifications_folding
from noticing import like, noticeboard
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

pytestmark = pytest.mark.anyio

BURST = notifications_folding.BATCH + 100
PATIENCE_S = 60
WAITING = "SELECT 1 FROM pg_locks WHERE NOT granted"


def people_like(database_url: str, author: UUID, artwork: UUID, after: int) -> None:
    """Note that people like an artwork, the last two of whom take it back."""
    sql(
        database_url,
        "INSERT INTO users (id, email, password_hash, handle, display_name, bio, links, content_level, follower_count,"
        " following_count, artwork_count, created_at) SELECT gen_random_uuid(), 'p' || n || '@easel.example', '',"
        " 'p' || n, 'p', '', '{}', 'GENERAL', 0, 0, 0, now() FROM generate_series(%s::int, %s::int) n",
        *(after + 1, after + BURST),
    )
    sql(
        database_url,
        "INSERT INTO notification_notes (kind, recipient_id, actor_id, subject_id, amount, is_withdrawn, created_at)"
        " SELECT 'LIKE', %s, u.id, %s, 0, taken, now() FROM (VALUES (false), (true)) AS said (taken), users u"
        " WHERE substr(u.handle, 2)::int > CASE WHEN taken THEN %s::int ELSE %s::int END AND u.handle ~ '^p[0-9]+$'"
        " ORDER BY taken, u.id",
        *(author, artwork, after + BURST - 2, after),
    )


async def test_a_burst_is_folded_once_whoever_is_killed_as_they_fold_it(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path
) -> None:
    place = install(tmp_path, spare_database_url, spare_redis_url)
    async with noticeboard(spare_database_url, spare_redis_url, tmp_path) as board:
        # given a notifier, and an author who was told of a first like
        author, ann = [await board.person(name) for name in ("author", "ann")]
        artwork = await board.artwork(author)
        await board.note(like(author, artwork, ann))
        place.start("relay")
        try:
            await until(lambda: board.counts()["groups"] == 1, PATIENCE_S)

            # when it is killed where it locks the recipient, and where it writes what a batch has come to
            for number, table in enumerate((NotificationBox, NotificationGroup)):
                async with board.graph.services.db.write() as tx:
                    await tx.execute(select(table).with_for_update(key_share=True))
                    people_like(spare_database_url, author, artwork, number * BURST)

                    await until(lambda: sql(spare_database_url, WAITING), PATIENCE_S)
                    place.processes["relay"].kill()
                    assert board.counts()["notes"] == BURST + 2
                place.start("relay")
                await until(lambda: board.counts()["notes"] == 0, PATIENCE_S)

                # then each is counted once, and who has taken it back is not
                (group,) = await board.groups(author)
                expected = 1 + (number + 1) * (BURST - 2)
                assert (group["actorCount"], board.counts()["actors"]) == (expected, expected)
                assert sql(spare_database_url, "SELECT group_count FROM notification_boxes") == [(1,)]
            assert await board.unread(author) == 1
            await until(lambda: board.counts()["outbox"] == 0, PATIENCE_S)
        finally:
            place.stop()
