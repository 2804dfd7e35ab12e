"""The life of a job: which moves are legal, and how its end follows from those of its slots."""

from __future__ import annotations

from itertools import product

import pytest
from uuid_utils.compat import uuid7

from db.tables import GenerationJob
from db.words import FINAL_JOB_STATUSES, FINAL_SLOT_STATUSES, JobStatus, SlotStatus
from domain.jobs import IllegalMove, fold, move

READY, FAILED, BLOCKED, SKIPPED = SlotStatus.READY, SlotStatus.FAILED, SlotStatus.BLOCKED, SlotStatus.SKIPPED

LEGAL = {
    "ACCEPTED": {"QUEUED", "BLOCKED"},
    "QUEUED": {"PREPARING", "CANCELED", "EXPIRED"},
    "PREPARING": {"RUNNING", "QUEUED", "CANCELING"},
    "RUNNING": {"QUEUED", "CANCELING", "SUCCEEDED", "PARTIAL", "FAILED", "BLOCKED"},
    "CANCELING": {"CANCELED"},
}


def job(status: JobStatus) -> GenerationJob:
    return GenerationJob(
        user_id=uuid7(),
        status=status,
        engine="sandbox",
        prompt="a cat",
        style="anime",
        ratio="1:1",
        width=64,
        height=64,
        count=1,
        seed=0,
        steps=1,
        guidance=1.0,
        price=1,
    )


@pytest.mark.parametrize(("start", "end"), list(product(JobStatus, JobStatus)), ids=lambda status: status.value)
def test_only_listed_moves_are_legal(start: JobStatus, end: JobStatus) -> None:
    moved = job(start)
    if end.value in LEGAL.get(start.value, ()):
        move(moved, end)
        assert moved.status is end
    else:
        with pytest.raises(IllegalMove, match=f"{start} -> {end}"):
            move(moved, end)
        assert moved.status is start


def test_what_is_final_never_changes() -> None:
    assert {status.value for status in JobStatus if not status.is_final} == set(LEGAL)
    assert {status for status in JobStatus if status.is_final} == FINAL_JOB_STATUSES
    assert (
        {status for status in SlotStatus if status.is_final} == FINAL_SLOT_STATUSES == {READY, FAILED, BLOCKED, SKIPPED}
    )


@pytest.mark.parametrize(
    ("slots", "end"),
    [
        ([READY], JobStatus.SUCCEEDED),
        ([READY] * 8, JobStatus.SUCCEEDED),
        ([READY, FAILED], JobStatus.PARTIAL),
        ([BLOCKED, READY], JobStatus.PARTIAL),
        ([READY, SKIPPED], JobStatus.PARTIAL),
        ([FAILED, BLOCKED], JobStatus.BLOCKED),
        ([BLOCKED], JobStatus.BLOCKED),
        ([FAILED] * 8, JobStatus.FAILED),
        ([FAILED, SKIPPED], JobStatus.FAILED),
    ],
)
def test_the_end_of_a_job_is_the_fold_of_its_slots(slots: list[SlotStatus], end: JobStatus) -> None:
    assert fold(slots) is end
    assert fold(reversed(slots)) is end
