"""The lives of jobs, pictures, archives, cases and more: docs/states.md tells what is legal, all else is not."""

from __future__ import annotations

import ast
import re
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import psycopg
import pytest

from db.tables import Archive, GenerationJob, GenerationSlot, Hold, MediaAsset, ModerationCase, Report
from db.words import FINAL_JOB_STATUSES, FINAL_SLOT_STATUSES, AssetStatus, HoldStatus, JobStatus, SlotStatus
from db.words_moderation import CaseStatus, ReportReason, ReportStatus, SubjectKind
from domain import archives_states, credits, jobs, media, moderation_states
from states import TABLES, told
from stored import new_asset, sql
from workshop import small

if TYPE_CHECKING:
    from enum import StrEnum
    from uuid import UUID

    from workshop import Workshop

READY, FAILED, BLOCKED, SKIPPED = SlotStatus.READY, SlotStatus.FAILED, SlotStatus.BLOCKED, SlotStatus.SKIPPED
ROOT: Final = Path(__file__).parents[2]
WORDS: Final[dict[str, type[StrEnum]]] = {
    "GenerationJob": JobStatus,
    "GenerationSlot": SlotStatus,
    "MediaAsset": AssetStatus,
    "Hold": HoldStatus,
    "Archive": JobStatus,
    "ModerationCase": CaseStatus,
    "Report": ReportStatus,
}


def job(status: JobStatus) -> GenerationJob:
    spec = small()
    names = ("engine", "prompt", "style", "ratio", "width", "height", "count")
    settings = {name: getattr(spec, name) for name in names}
    return GenerationJob(user_id=uuid4(), status=status, seed=0, steps=1, guidance=1.0, price=1, **settings)


@pytest.mark.parametrize(("here", "there"), [*product(JobStatus, JobStatus)], ids=str)
def test_only_told_moves_of_a_job_are_legal(here: JobStatus, there: JobStatus) -> None:
    moved = job(here)
    if (here.value, there.value) in told("GenerationJob").moves:
        jobs.move(moved, there)
        assert moved.status is there
    else:
        with pytest.raises(jobs.IllegalMove, match=f"{here} -> {there}"):
            jobs.move(moved, there)
        assert moved.status is here


@pytest.mark.parametrize(("here", "there"), [*product(JobStatus, JobStatus)], ids=str)
def test_only_told_moves_of_an_archive_are_legal(here: JobStatus, there: JobStatus) -> None:
    archive = Archive(user_id=uuid4(), name="a.zip", fingerprint="", image_count=1, status=here)
    if (here.value, there.value) in told("Archive").moves:
        archives_states.move(archive, there)
        assert archive.status is there
    else:
        with pytest.raises(jobs.IllegalMove, match=f"{here} -> {there}"):
            archives_states.move(archive, there)
        assert archive.status is here


@pytest.mark.parametrize(("here", "there"), [*product(SlotStatus, SlotStatus)], ids=str)
def test_only_told_moves_of_an_image_are_legal(here: SlotStatus, there: SlotStatus) -> None:
    slot = GenerationSlot(job_id=uuid4(), index=0, seed=0, status=here)
    if (here.value, there.value) in told("GenerationSlot").moves:
        jobs.move_slot(slot, there)
        assert slot.status is there
    else:
        with pytest.raises(jobs.IllegalMove, match=f"{here} -> {there}"):
            jobs.move_slot(slot, there)
        assert slot.status is here


@pytest.mark.parametrize(("here", "there"), [*product(AssetStatus, AssetStatus)], ids=str)
def test_only_told_moves_of_a_picture_are_legal(here: AssetStatus, there: AssetStatus) -> None:
    asset = MediaAsset(owner_id=uuid4(), status=here)
    if (here.value, there.value) in told("MediaAsset").moves:
        media.move(asset, there)
        assert asset.status is there
    else:
        with pytest.raises(media.IllegalMove, match=f"{here} -> {there}"):
            media.move(asset, there)
        assert asset.status is here


@pytest.mark.parametrize(("here", "there"), [*product(CaseStatus, CaseStatus)], ids=str)
def test_only_told_moves_of_a_case_are_legal(here: CaseStatus, there: CaseStatus) -> None:
    case = ModerationCase(subject_kind=SubjectKind.USER, subject_id=uuid4(), owner_id=uuid4(), status=here)
    if (here.value, there.value) in told("ModerationCase").moves:
        moderation_states.move(case, there)
        assert case.status is there
    else:
        with pytest.raises(moderation_states.IllegalMove, match=f"{here} -> {there}"):
            moderation_states.move(case, there)
        assert case.status is here


@pytest.mark.parametrize("to", ReportStatus)
@pytest.mark.anyio
async def test_only_told_moves_of_reports_are_made(shop: Workshop, to: ReportStatus) -> None:
    # given a report in each state
    user = await shop.user()
    async with shop.db.write() as tx:
        case = ModerationCase(subject_kind=SubjectKind.USER, subject_id=user, owner_id=user)
        tx.add(case)
        await tx.flush()
        tx.add_all(report(case, user, status) for status in ReportStatus)
    # when they are to become something
    async with shop.db.write() as tx:
        await moderation_states.move_reports(tx, case, to)
    # then those do that may
    moves = told("Report").moves
    expected = sorted(to.value if (here.value, to.value) in moves else here.value for here in ReportStatus)
    assert sorted(status for (status,) in sql(shop.database_url, "SELECT status FROM reports")) == expected


def report(case: ModerationCase, user: UUID, status: ReportStatus) -> Report:
    return Report(
        case_id=case.id,
        reporter_id=user,
        subject_kind=SubjectKind.USER,
        subject_id=uuid4(),
        reason=ReportReason.SPAM,
        status=status,
        is_counted=False,
    )


def held(amount: int, captured: int, released: int) -> HoldStatus:
    hold = Hold(account_id=uuid4(), bucket_id=uuid4(), job_id=uuid4(), amount=amount)
    hold.captured, hold.released = captured, released
    credits.settle(hold)
    return hold.status


def test_a_hold_knows_the_told_moves_and_no_others_however_it_is_settled() -> None:
    # given every way in which the numbers of a hold can grow
    ways = [
        ((amount, captured, released), (amount, captured + more, released + back))
        for amount in range(1, 6)
        for captured, released, more, back in product(range(6), repeat=4)
        if captured + released + more + back <= amount
    ]
    made = {(held(*before), held(*after)) for before, after in ways}
    assert {(here.value, there.value) for here, there in made if here is not there} == told("Hold").moves
    assert {here for here, _ in made} == set(HoldStatus)


def test_what_is_final_never_changes() -> None:
    leaving = {here for here, _ in told("GenerationJob").moves}
    assert {status.value for status in JobStatus if not status.is_final} == leaving
    assert {status for status in JobStatus if status.is_final} == FINAL_JOB_STATUSES
    leaving = {here for here, _ in told("GenerationSlot").moves}
    assert {status.value for status in SlotStatus if not status.is_final} == leaving
    assert {READY, FAILED, BLOCKED, SKIPPED} == FINAL_SLOT_STATUSES


def writes_of_states(path: Path) -> set[tuple[str, str]]:
    """Return where a file writes a state, as (file, what is written): by assignment, by statement, or in SQL."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr == "status" and isinstance(node.ctx, ast.Store):
            found.add(ast.unparse(node))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".values"):
            found |= {f"values({word.arg})" for word in node.keywords if word.arg == "status"}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(re.findall(r"SET\s+status|'status'\s*:", node.value))
    return {(str(path.relative_to(ROOT)), what) for what in found}


def test_each_machine_lives_in_one_place() -> None:
    folders = ("db/tables", "domain", "planner", "schema", "resolvers", "adapters", "workers")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    written = set().union(*map(writes_of_states, files))
    assert written == {
        ("domain/jobs.py", "job.status"),
        ("domain/jobs.py", "slot.status"),
        ("domain/media.py", "asset.status"),
        ("domain/credits.py", "held.status"),
        ("domain/archives_states.py", "archive.status"),
        ("domain/moderation_states.py", "case.status"),
        ("domain/moderation_states.py", "values(status)"),
    }


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.anyio
async def test_the_database_of_tests_refuses_every_other_move(shop: Workshop, name: str) -> None:
    # given a row of each kind
    user = await shop.user()
    await shop.job(user)
    new_asset(shop.database_url, f"user_{user.hex}")
    async with shop.db.write() as tx:
        tx.add(Archive(user_id=user, name="a.zip", fingerprint="", image_count=1))
        case = ModerationCase(subject_kind=SubjectKind.USER, subject_id=user, owner_id=user)
        tx.add(case)
        await tx.flush()
        tx.add(report(case, user, ReportStatus.PENDING))
    machine, words = told(name), WORDS[name]
    table = psycopg.sql.Identifier(TABLES[name])
    change = psycopg.sql.SQL("UPDATE {} SET status = %s").format(table)
    with psycopg.connect(shop.database_url, autocommit=True) as connection:
        for here, there in product(words, words):
            connection.execute("SET tests.any_move = 'on'")
            connection.execute(change, [here.value])
            connection.execute("SET tests.any_move = 'off'")
            if here is there or (here.value, there.value) in machine.moves | machine.shortcuts:
                connection.execute(change, [there.value])
            else:
                with pytest.raises(psycopg.errors.RaiseException, match=f"{here} -> {there}"):
                    connection.execute(change, [there.value])
    # what is stored as one move is one, and no more
    assert not machine.moves & machine.shortcuts


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
    assert jobs.fold(slots) is end
    assert jobs.fold(reversed(slots)) is end
