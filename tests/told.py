"""What was told on streams, held against the rows: nothing that ended is left out, told twice, or told otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, LiteralString

from domain.ports import Position
from domain.streams import COMPLETED, of_job, of_media, of_user
from domain.words import MediaChange, MyEventType
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from uuid import UUID

    from domain.ports import Event
    from workshop import Workshop

_BEGINNING: Final = Position((0, 0), 0)
_JOBS: Final[LiteralString] = """
    SELECT s.job_id,
        coalesce(array_agg(s.index ORDER BY s.index) FILTER (WHERE s.status = 'READY'), '{}'),
        coalesce(array_agg(s.index ORDER BY s.index) FILTER (WHERE s.status IN ('FAILED', 'BLOCKED')), '{}'),
        j.price
    FROM generation_slots s JOIN generation_jobs j ON j.id = s.job_id WHERE j.finished_at IS NOT NULL
    GROUP BY s.job_id, j.price"""
_USERS: Final[LiteralString] = """
    SELECT a.user_id, (SELECT count(*) FROM ledger_entries e WHERE e.account_id = a.id AND e.kind <> 'GRANT'),
        (SELECT count(*) FROM generation_jobs j WHERE j.user_id = a.user_id AND j.finished_at IS NOT NULL)
    FROM credit_accounts a"""


async def check_told(shop: Workshop) -> None:
    """Assert that watchers of jobs that have ended, their owners and galleries were told what the rows say, each once.

    Galleries must have changed by nothing but what was painted for them.
    """
    await until(lambda: not sql(shop.database_url, "SELECT id FROM outbox LIMIT 1"))
    for job, ready, failed, price in sql(shop.database_url, _JOBS):
        events = await told(shop, of_job(job))
        kinds = [event.kind for event in events]
        assert (kinds.count(COMPLETED), kinds[-1]) == (1, COMPLETED), job
        assert sorted(event.data["slot"] for event in events if event.kind == "image_ready") == ready, job
        failures = [event.data for event in events if event.kind == "image_failed"]
        assert sorted(failure["slot"] for failure in failures) == failed, job
        assert {failure["released"] for failure in failures} <= {price}, job
    for user, moved, ended in sql(shop.database_url, _USERS):
        heard = [event.kind for event in await told(shop, of_user(user))]
        moves = heard.count(MyEventType.CREDITS_CHANGED) - 1  # the welcome
        assert (moves, heard.count(MyEventType.JOB_COMPLETED)) == (moved, ended), user
    for gallery, version, pictures in sql(shop.database_url, "SELECT id, version, image_count FROM galleries"):
        changes = [event.data["change"] for event in await told(shop, of_media(gallery))]
        assert (changes, version) == ([MediaChange.ADDED] * pictures, pictures), gallery


async def told(shop: Workshop, stream: str) -> list[Event]:
    """Return all that a stream has told and keeps."""
    return await shop.log.read_after(stream, _BEGINNING) or []


def order_of(shop: Workshop, gallery: UUID) -> list[tuple[UUID, int]]:
    """Return the READY pictures of a gallery in order, as (job, index of its image)."""
    query: LiteralString = """
        SELECT s.job_id, s.index FROM media_assets m JOIN generation_slots s ON s.asset_id = m.id
        WHERE m.gallery_id = %s AND m.status = 'READY' ORDER BY m.position, m.id"""
    return [(job, index) for job, index in sql(shop.database_url, query, gallery)]
