"""What nobody foresaw costs the job that it happens to, and neither the worker nor the jobs beside it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy.exc import InternalError, OperationalError

from adapters.engines.sandbox import SandboxEngine
from adapters.storage.folder import FolderStore
from audit import check_end
from db.session import Database
from db.tables import GenerationJob
from db.words import JobStatus, Operation
from domain import generation
from domain.operations import Ingredients
from domain.ports import EngineUnavailable
from domain.variants import object_key
from domain.words import FailureCode, ImageVariant
from stored import new_asset, sql
from workshop import small

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.ports import NotPainted, Painted, PaintRequest, PaintStep
    from workshop import Workshop

pytestmark = pytest.mark.anyio

Found = TypeVar("Found")


class Together(SandboxEngine):
    """The sandbox, which paints two images at once."""

    batch_size = 2


class Unloadable(SandboxEngine):
    """An engine that can not be loaded the first time, for a reason that it does not name."""

    def __init__(self) -> None:
        super().__init__()
        self._loads = 0

    def load(self) -> None:
        self._loads += 1
        if self._loads == 1:
            raise UnicodeEncodeError("ascii", "clé", 2, 3, "ordinal not in range(128)")


async def test_an_engine_that_raises_as_it_is_loaded_fails_its_job_and_no_other(shop: Workshop) -> None:
    user = await shop.user()
    jobs = [await shop.job(user, count=2), await shop.job(user)]

    await shop.painter(Unloadable()).paint_waiting()

    rows = [await shop.row(job) for job in jobs]
    assert [(row.status, row.failure_code, row.attempt) for row in rows] == [
        (JobStatus.FAILED, FailureCode.ENGINE_ERROR, 0),
        (JobStatus.SUCCEEDED, None, 0),
    ]
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(99, 0)]
    check_end(shop.database_url, shop.stored())


class Gone(Together):
    """An engine whose model was there when it was loaded, and is not any more."""

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        del request, on_step
        raise EngineUnavailable("no such model")


async def test_a_model_that_is_gone_when_it_is_to_paint_fails_as_one_that_is_not_there(shop: Workshop) -> None:
    user = await shop.user()
    jobs = [await shop.job(user), await shop.job(user)]

    await shop.painter(Gone()).paint_waiting()

    rows = [await shop.row(job) for job in jobs]
    assert [row.failure_code for row in rows] == [FailureCode.ENGINE_UNAVAILABLE] * 2
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(100, 0)]
    check_end(shop.database_url, shop.stored())


class Flawed(Database):
    """The real database, but for what goes wrong once."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.is_away = False
        """Whether the next question finds nobody."""
        self.refuses_end = False
        """Whether the next end of a job is refused, in no way that is known to pass."""

    async def look_up(self, question: Callable[[AsyncSession], Awaitable[Found]]) -> Found:
        if self.is_away:
            self.is_away = False
            raise OperationalError("SELECT", None, ConnectionRefusedError())
        return await super().look_up(question)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        async with super().write() as tx:
            yield tx
            ended = [row for row in tx.dirty if isinstance(row, GenerationJob) and row.status.is_final]
            if ended and self.refuses_end:
                self.refuses_end = False
                raise InternalError("UPDATE", None, Exception("cannot execute UPDATE in a read-only transaction"))


@pytest.fixture
async def flawed(shop: Workshop) -> AsyncIterator[Flawed]:
    database = Flawed(shop.database_url)
    yield database
    await database.close()


class Broken(FolderStore):
    """The real store, which raises once what the port does not know."""

    is_broken = True

    async def get(self, key: str) -> bytes:
        if self.is_broken:
            self.is_broken = False
            raise RuntimeError("a defect")
        return await super().get(key)


async def restyling(shop: Workshop, user: UUID) -> UUID:
    """Submit a job that needs material."""
    source = UUID(new_asset(shop.database_url, f"user_{user.hex}").removeprefix("asset_"))
    content = BytesIO()
    Image.new("RGB", (64, 64), "red").save(content, "PNG")
    await shop.store.put(object_key(source, ImageVariant.ORIGINAL), content.getvalue(), "image/png")
    made_from = Ingredients(source, strength=0.5)
    spec = replace(small(), operation=Operation.RESTYLE, made_from=made_from, ratio="", width=0, height=0)
    async with shop.db.write() as tx:
        return await generation.submit(tx, user, spec, uuid4().hex)


@pytest.mark.parametrize("what", ["database", "store"])
async def test_a_fault_while_material_is_fetched_sends_its_job_back_and_no_other(
    shop: Workshop, flawed: Flawed, what: str
) -> None:
    # given two jobs that are painted in one call, and a fault that meets one of them
    user = await shop.user()
    jobs = [await restyling(shop, user) for _ in range(2)]
    flawed.is_away = what == "database"
    store = Broken(shop.media, "http://easel.example", b"0" * 32) if what == "store" else None

    await shop.painter(Together(), db=flawed, store=store).paint_waiting()

    rows = [await shop.row(job) for job in jobs]
    assert [row.status for row in rows] == [JobStatus.SUCCEEDED] * 2
    assert sorted(row.attempt for row in rows) == [0, 1]
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(98, 0)]
    sql(shop.database_url, "DELETE FROM media_assets WHERE job_id IS NULL")  # the sources, which no job painted
    check_end(shop.database_url)


async def test_an_end_that_can_not_be_written_is_left_to_the_sweeper(shop: Workshop, flawed: Flawed) -> None:
    user = await shop.user()
    jobs = [await shop.job(user, count=2), await shop.job(user)]
    flawed.refuses_end = True

    await shop.painter(db=flawed).paint_waiting()

    # then the other job has ended, and the first one's images are there
    assert [(await shop.row(job)).status for job in jobs] == [JobStatus.RUNNING, JobStatus.SUCCEEDED]
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(97, 0)]
    # and once the lease has run out it ends
    late = "UPDATE generation_jobs SET lease_expires_at = now() - interval '1 second' WHERE status = 'RUNNING'"
    sql(shop.database_url, late)
    await shop.sweeper().rescue_lost()
    await shop.painter(db=flawed).paint_waiting()
    assert (await shop.row(jobs[0])).status is JobStatus.SUCCEEDED
    check_end(shop.database_url, shop.stored())
