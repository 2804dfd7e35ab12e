"""What must be true of all rows and objects at any moment, and what of those of finished jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from domain import ledger
from domain.variants import object_key
from domain.words import ImageVariant
from stored import connected, sql

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import LiteralString

_ALWAYS: Final[dict[str, LiteralString]] = {
    "slot is ready and its picture is not, or the other way round": """
        SELECT s.id FROM generation_slots s LEFT JOIN media_assets m ON m.id = s.asset_id
        WHERE (s.status = 'READY') <> (coalesce(m.status, '') IN ('READY', 'HIDDEN', 'TRASHED', 'PURGED'))""",
    "gallery does not count its pictures": """
        SELECT g.id FROM galleries g WHERE g.image_count <> (
            SELECT count(*) FROM media_assets m WHERE m.gallery_id = g.id AND m.status = 'READY')""",
    "gallery with pictures has none that stands for all": """
        SELECT g.id FROM galleries g WHERE g.kind <> 'USER' AND g.image_count > 0 AND NOT EXISTS (
            SELECT FROM media_assets m WHERE m.gallery_id = g.id AND m.is_primary)""",
    "avatar is not the primary picture": """
        SELECT u.id FROM users u
        LEFT JOIN media_assets m ON m.gallery_id = u.id AND m.is_primary AND m.content_level = 'GENERAL'
        WHERE u.avatar_asset_id IS DISTINCT FROM m.id""",
    "job has another number of slots than images": """
        SELECT j.id FROM generation_jobs j WHERE j.count <> (
            SELECT count(*) FROM generation_slots s WHERE s.job_id = j.id)""",
    "picture hangs in another gallery than its job is for": """
        SELECT m.id FROM media_assets m JOIN generation_jobs j ON j.id = m.job_id
        JOIN galleries g ON g.id = j.gallery_id WHERE g.deleted_at IS NULL AND m.gallery_id <> g.id""",
    "blocked picture has no decision, or several, or one has it that is not blocked": """
        SELECT s.id FROM generation_slots s
        LEFT JOIN guard_decisions d ON d.slot_id = s.id AND d.subject = 'PICTURE'
        GROUP BY s.id HAVING count(d.id) <> CASE s.status WHEN 'BLOCKED' THEN 1 ELSE 0 END""",
    "job waits without a place in the line, or has one and does not wait": """
        SELECT p.job_id, j.id FROM line_places p
        FULL JOIN (SELECT id, engine FROM generation_jobs WHERE status = 'QUEUED') j
        ON j.id = p.job_id AND j.engine = p.engine WHERE p.job_id IS NULL OR j.id IS NULL""",
    "picture has no slot": """
        SELECT m.id FROM media_assets m WHERE m.job_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM generation_slots s WHERE s.asset_id = m.id)""",
}
_AT_THE_END: Final[dict[str, LiteralString]] = {
    "block of the line counts what does not wait": """
        SELECT engine, rank, turn, block, load FROM line_counts GROUP BY 1, 2, 3, 4, 5
        HAVING sum(jobs) <> 0 OR sum(images) <> 0""",
    "job has not ended": "SELECT id FROM generation_jobs WHERE finished_at IS NULL",
    "job kept its lease": "SELECT id FROM generation_jobs WHERE num_nulls(lease_owner, lease_expires_at) < 2",
    "slot has not ended": "SELECT id FROM generation_slots WHERE finished_at IS NULL",
    "hold is not settled": "SELECT id FROM holds WHERE captured + released <> amount",
    "credits are still held": "SELECT id FROM credit_accounts WHERE held <> 0",
    "job did not end as the fold of its slots": """
        SELECT j.id FROM generation_jobs j JOIN LATERAL (
            SELECT count(*) FILTER (WHERE status = 'READY') AS ready,
                   count(*) FILTER (WHERE status = 'BLOCKED') AS blocked,
                   count(*) FILTER (WHERE status = 'SKIPPED') AS skipped
            FROM generation_slots s WHERE s.job_id = j.id
        ) f ON true WHERE j.status <> CASE
            WHEN j.status IN ('CANCELED', 'EXPIRED') THEN j.status
            WHEN ready = j.count THEN 'SUCCEEDED' WHEN ready > 0 THEN 'PARTIAL'
            WHEN blocked > 0 THEN 'BLOCKED' ELSE 'FAILED' END
        OR skipped > 0 AND j.status NOT IN ('CANCELED', 'EXPIRED')""",
}


def check_ledger(database_url: str) -> None:
    """Assert what ``easel ledger verify`` proves."""
    with connected(database_url) as connection:
        found = ledger.differences_over(connection)
    assert [str(difference) for difference in found] == []


def check_rows(database_url: str) -> None:
    """Assert what holds at any moment, also in the middle of a fault."""
    check_ledger(database_url)
    _check(database_url, _ALWAYS)


def check_end(database_url: str, stored: Iterable[str] | None = None) -> None:
    """Assert what holds when all jobs have ended; ``stored`` are the keys of all objects, after a sweep."""
    check_rows(database_url)
    _check(database_url, _AT_THE_END)
    if stored is not None:
        kept = sql(database_url, "SELECT id FROM media_assets WHERE status IN ('READY', 'HIDDEN', 'TRASHED')")
        wanted = {object_key(key, variant) for (key,) in kept for variant in ImageVariant}
        assert (set(stored) - wanted, wanted - set(stored)) == (set(), set()), "orphans, and objects that are missing"


def _check(database_url: str, questions: dict[str, LiteralString]) -> None:
    violations = {what: rows for what, question in questions.items() if (rows := sql(database_url, question))}
    assert violations == {}
