"""Generation as its owner sees it: submit, cancel, look up."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Float,
    Integer,
    Uuid,
    any_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    literal,
    select,
)
from sqlmodel import col
from uuid_utils.compat import uuid7

from db import outbox
from db.tables import GenerationJob, GenerationMask, GenerationReference, GenerationSlot, Hold
from db.words import FINAL_SLOT_STATUSES, JobStatus, Operation, SlotStatus, Visibility
from db.words_moderation import Activity
from domain import allowance, credits, galleries, guard, idempotency, jobs, line, operations, presets, restrictions
from domain.bounds import INPUT, chosen, within
from domain.catalogue import DEFAULT_STYLE, RATIOS, STYLES, ratio_of, size_of
from domain.errors import AlreadyFinished, InvalidInput, NotFound
from domain.line_measures import load_of
from domain.operations import SHAPED_BY_SOURCE, TOLD_BY_SOURCE, WORDS_ALONE, Ingredients
from domain.texts import clean
from domain.words import FailureCode, MyEventType

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Insert, Select, Table
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.attempts import Stair
    from domain.bounds import Path
    from domain.clauses import Row, Value
    from domain.engines import EngineSpec
    from domain.galleries import Owner
    from domain.prompts import ToldPrompt

MAXIMUM_COUNT: Final = 8
DEFAULT_COUNT: Final = 4
DEFAULT_RATIO: Final = "3:4"
_SLOTS: Final[Table] = GenerationSlot.__table__  # type: ignore[attr-defined]  # SQLModel does not tell of it
OPERATION: Final = "submitGeneration"
"""What the idempotency keys of all jobs are kept for."""
SUBMITS_PER_USER: Final[Sequence[Stair]] = ((300, timedelta(hours=1)),)
"""How often a user may ask for jobs: those that are canceled or blocked cost neither credits nor images of the day."""
SEED_RANGE: Final = 2**31
"""Seeds fit into a GraphQL Int."""


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What a client asks for, as it arrived; None where the default shall serve."""

    prompt: str
    negative_prompt: str | None = None
    engine: str | None = None
    style: str | None = None
    ratio: str | None = None
    count: int | None = None
    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    visibility: Visibility = Visibility.PRIVATE
    size: tuple[int, int] | None = None
    """Width and height in pixels, in place of a ratio."""
    operation: Operation = Operation.TEXT_TO_IMAGE
    made_from: Ingredients = WORDS_ALONE
    owner: Owner | None = None
    preset_id: UUID | None = None
    """Where what is left out is to be taken from."""
    asked: GenerationRequest | None = None
    """The request as it arrived, where a preset has filled it: what counts for its idempotency key."""


@dataclass(frozen=True, slots=True)
class GenerationSpec:
    """A request that has been checked: every value is within the engine's limits.

    What its source decides is empty or 0 until ``submit`` has looked at it: ratio and size, style, prompt.
    """

    prompt: str
    negative_prompt: str
    engine: str
    style: str
    ratio: str
    width: int
    height: int
    count: int
    seed: int | None
    steps: int
    guidance: float
    price: int = field(repr=False)
    """Credits for one image, as the engine has it today: the same request is the same when that has changed."""
    visibility: Visibility
    operation: Operation = Operation.TEXT_TO_IMAGE
    made_from: Ingredients = WORDS_ALONE
    owner: Owner | None = None
    """Whose gallery the images join; None where they are the user's own, in no gallery."""
    preset_id: UUID | None = field(default=None, repr=False)
    """The preset that has filled it."""
    parent_id: UUID | None = None
    """The job whose failed images it paints again."""
    seeds: tuple[int, ...] = ()
    """Of each image; counted up from the first one's where empty."""
    asked: object = field(default=None, repr=False)
    """What was asked for, where the specification may be another when the same is asked again."""


def check(
    request: GenerationRequest, engines: Sequence[str], at: Path = INPUT, *, may_be_silent: bool = False
) -> GenerationSpec:
    """Return the specification of ``request``.

    Args:
        request: what the client sent.
        engines: keys of the engines that workers of this installation run; the first that can is the default.
        at: where the values stand in the input.
        may_be_silent: whether the prompt may be empty, because it is said later.

    Raises:
        InvalidInput: naming the first value that is not acceptable.
    """
    engine = operations.engine_for(request.operation, request.engine, engines, at)
    made_from = operations.checked(request.operation, request.made_from, engine, at)
    ratio, width, height = _shape(request, engine, at)
    words = 0 if may_be_silent or request.operation in TOLD_BY_SOURCE else 1
    is_styled = request.style is None and made_from.source_id is not None
    return GenerationSpec(
        prompt=clean(request.prompt, (*at, "prompt"), minimum=words, maximum=engine.max_prompt_length),
        negative_prompt=clean(
            request.negative_prompt or "", (*at, "negativePrompt"), minimum=0, maximum=engine.max_prompt_length
        ),
        engine=engine.key,
        style="" if is_styled else chosen((*at, "style"), request.style, DEFAULT_STYLE, STYLES),
        ratio=ratio,
        width=width,
        height=height,
        count=int(within((*at, "count"), request.count, DEFAULT_COUNT, 1, MAXIMUM_COUNT)),
        seed=None if request.seed is None else int(within((*at, "seed"), request.seed, 0, 0, SEED_RANGE - 1)),
        steps=int(within((*at, "steps"), request.steps, engine.default_steps, 1, engine.max_steps)),
        guidance=within((*at, "guidance"), request.guidance, engine.default_guidance, 0.0, engine.max_guidance),
        price=engine.prices[request.operation],
        visibility=request.visibility,
        operation=request.operation,
        made_from=made_from,
        owner=request.owner,
        preset_id=request.preset_id,
        asked=request.asked,
    )


def _shape(request: GenerationRequest, engine: EngineSpec, at: Path) -> tuple[str, int, int]:
    """Return ratio, width and height; nothing where the source decides."""
    if request.size:
        if request.ratio is not None:
            raise InvalidInput("size.and_ratio", (*at, "size"))
        width, height = operations.checked_size(*request.size, engine, at)
        return ratio_of(width, height, engine), width, height
    is_variation = request.operation is Operation.IMAGE_TO_IMAGE and request.ratio is None
    if request.operation in SHAPED_BY_SOURCE or is_variation:
        return "", 0, 0
    ratio = chosen((*at, "ratio"), request.ratio, DEFAULT_RATIO, RATIOS)
    return ratio, *size_of(ratio, engine.base_side, engine.side_multiple)


async def submit(
    tx: AsyncSession,
    user_id: UUID,
    spec: GenerationSpec,
    key: str,
    told: ToldPrompt | None = None,
    daily_limit: int | None = None,
) -> UUID:
    """Put a job in the line, hold its credits, and ring for a worker; return the job's id.

    The same ``key`` with the same ``spec`` returns the first job and changes nothing, whatever is ``told`` to the
    engine: the prompt itself where nothing is given. Without a ``daily_limit`` of images, any number is accepted.

    Raises:
        NotFound: a picture that it is to be made from is not the user's, or not ready; or the owner is not theirs;
            or they may not load the preset any more.
        InvalidInput: the source can not be worked on like that.
        NothingToRetry: the failed images of the parent are painted again already.
        OwnerBusy: a job for the same gallery has not ended.
        DailyLimitReached: the images are more than is left of the day's.
        InsufficientCredits: the job costs more than is available.
        IdempotencyConflict: the key belongs to another request.
        ContentBlocked: the content guard blocks the prompt.
        Restricted: moderation keeps the user from having pictures painted.
    """
    job_id = uuid7()
    request = spec.asked or spec
    first = await idempotency.claim(tx, user_id, key, operation=OPERATION, request=request, subject_id=job_id)
    if first:
        return first
    await restrictions.check(tx, user_id, Activity.GENERATE)
    if spec.preset_id:
        await presets.require(tx, user_id, spec.preset_id)
    ruling = told.ruling if told else None
    if ruling:
        ruling.require_passed()
        guard.record(tx, user_id, ruling, job_id)
    spec = await operations.prepared(tx, user_id, spec)
    if spec.owner:
        await galleries.require(tx, user_id, spec.owner)
    account = await credits.lock_account(tx, user_id)
    if spec.owner:
        await allowance.require_idle(tx, spec.owner.id)
    if spec.parent_id:
        await allowance.require_untried(tx, spec.parent_id)
    if daily_limit is not None:
        await allowance.require(tx, user_id, spec.count, daily_limit)
    job = _job_of(job_id, user_id, spec, told)
    job.promised_s = (await line.place_of_next(tx, spec.engine, user_id)).eta_seconds
    job.content_level = await operations.content_level(tx, spec.made_from, ruling)
    tx.add(job)
    await tx.flush()
    seeds = spec.seeds or [(job.seed + index) % SEED_RANGE for index in range(spec.count)]
    slots = {"ids": [uuid7() for _ in seeds], "job": job_id, "indices": [*range(len(seeds))], "seeds": seeds}
    await tx.execute(_new_slots(), slots)
    await credits.hold(tx, account, job_id, spec.price * spec.count)
    tx.add_all(
        GenerationReference(job_id=job_id, position=position, asset_id=asset_id)
        for position, asset_id in enumerate(spec.made_from.reference_ids)
    )
    if spec.made_from.mask:
        tx.add(GenerationMask(job_id=job_id, png=spec.made_from.mask.png))
    jobs.tell_owner(tx, job, MyEventType.JOB_QUEUED)
    outbox.ring_gpu(tx)
    outbox.line_changed(tx)
    if spec.preset_id:
        await presets.count_use(tx, spec.preset_id)
    return job_id


async def first_job(tx: AsyncSession, user_id: UUID, key: str, asked: object) -> UUID | None:
    """Return the job that was made of what was ``asked`` when ``key`` was first used, whatever became of it since.

    Raises:
        IdempotencyConflict: the key belongs to another request.
    """
    return await idempotency.first_of(tx, user_id, key, operation=OPERATION, request=asked)


@cache
def _new_slots() -> Insert:
    """Return the statement that adds all slots of a job at once."""
    arrays = [bindparam("ids", type_=ARRAY(Uuid)), bindparam("indices", type_=ARRAY(Integer))]
    new = (
        func.unnest(*arrays, bindparam("seeds", type_=ARRAY(BigInteger)))
        .table_valued("id", "index", "seed")
        .render_derived()
    )
    rows = select(new.c.id, bindparam("job", type_=Uuid), new.c.index, new.c.seed, literal(SlotStatus.PENDING.value))
    return insert(_SLOTS).from_select(["id", "job_id", "index", "seed", "status"], rows)


def _job_of(job_id: UUID, user_id: UUID, spec: GenerationSpec, told: ToldPrompt | None) -> GenerationJob:
    margins = spec.made_from.margins
    return GenerationJob(
        id=job_id,
        user_id=user_id,
        operation=spec.operation,
        engine=spec.engine,
        prompt=spec.prompt,
        negative_prompt=spec.negative_prompt,
        effective_prompt=told.prompt if told and told.prompt not in {"", spec.prompt} else None,
        effective_negative_prompt=(
            told.negative_prompt if told and told.negative_prompt != spec.negative_prompt else None
        ),
        style=spec.style,
        ratio=spec.ratio,
        width=spec.width,
        height=spec.height,
        count=spec.count,
        seed=secrets.randbelow(SEED_RANGE) if spec.seed is None else spec.seed,
        steps=spec.steps,
        guidance=spec.guidance,
        source_asset_id=spec.made_from.source_id,
        strength=spec.made_from.strength,
        margin_left=margins.left if margins else None,
        margin_top=margins.top if margins else None,
        margin_right=margins.right if margins else None,
        margin_bottom=margins.bottom if margins else None,
        factor=spec.made_from.factor,
        price=spec.price,
        visibility=spec.visibility,
        gallery_id=spec.owner.id if spec.owner else None,
        parent_id=spec.parent_id,
        preset_id=spec.preset_id,
        load=load_of(spec.width, spec.height, spec.steps),
    )


async def cancel(tx: AsyncSession, user_id: UUID, job_id: UUID) -> int:
    """Stop a job and give back the credits of every image that is not finished; return all credits released.

    A waiting job is CANCELED at once. Of a running one, all unfinished slots are SKIPPED at once, whatever the GPU
    still does with them, and the worker turns CANCELING into CANCELED when it has let go. Canceling again changes
    nothing.

    Raises:
        NotFound: the user has no such job.
        AlreadyFinished: the job ended otherwise.
    """
    if await status_of(tx, user_id, job_id) is None:
        raise NotFound(("input", "jobId"))
    wallet = await credits.lock_hold(tx, job_id)
    job = await jobs.lock(tx, job_id)
    if job.status in (JobStatus.CANCELED, JobStatus.CANCELING):
        return wallet.released
    if job.status.is_final:
        raise AlreadyFinished
    await jobs.close_open_slots(tx, wallet, job, SlotStatus.SKIPPED, FailureCode.CANCELED)
    is_waiting = job.status is JobStatus.QUEUED
    jobs.move(job, JobStatus.CANCELING)
    if is_waiting:  # no worker has to let go of it
        jobs.finish(tx, job, JobStatus.CANCELED)
    else:
        jobs.tell(tx, job, "canceling", released=wallet.released)
    return wallet.released


async def status_of(tx: AsyncSession, user_id: UUID, job_id: UUID) -> JobStatus | None:
    """Return how far one of the user's jobs is; None where it is not theirs."""
    query = select(col(GenerationJob.status)).where(
        col(GenerationJob.id) == job_id, col(GenerationJob.user_id) == user_id
    )
    return (await tx.execute(query)).scalar_one_or_none()


async def states_of(tx: AsyncSession, job_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, bool]]:
    """Return the owner of each job, and whether it is final."""
    rows = await tx.execute(_states(), {"jobs": [*job_ids]})
    return {job_id: (user_id, status.is_final) for job_id, user_id, status in rows}


@cache
def _states() -> Select[UUID, UUID, JobStatus]:
    columns = col(GenerationJob.id), col(GenerationJob.user_id), col(GenerationJob.status)
    return select(*columns).where(col(GenerationJob.id) == any_(bindparam("jobs", type_=ARRAY(Uuid))))


def is_slot_of(slot: Row, user_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which slots are of the user's jobs."""
    return exists().where(col(GenerationJob.id) == slot.job_id, col(GenerationJob.user_id) == user_id)


def counted(job: Row, *statuses: SlotStatus) -> ColumnElement[int]:
    """Return how many of a job's slots are in one of these states."""
    return (
        select(func.count())
        .where(col(GenerationSlot.job_id) == job.id, col(GenerationSlot.status).in_(statuses))
        .scalar_subquery()
    )


def progress(job: Row) -> ColumnElement[float]:
    """Return the share of a job's slots that have ended, 0 to 1."""
    share: ColumnElement[float] = cast(counted(job, *FINAL_SLOT_STATUSES), Float(53)) / job.count
    return share


def released(job: Row) -> ColumnElement[int]:
    """Return how many credits of a job's hold came back."""
    amount = select(func.coalesce(func.sum(col(Hold.released)), 0)).where(col(Hold.job_id) == job.id)
    return cast(amount.scalar_subquery(), Integer)
