"""What the worker does with a picture that is blocked, or can not be judged: nothing of it is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from adapters.checkers.block_list import BlockList, signed
from adapters.checkers.in_turn import InTurn
from adapters.checkers.known_pictures import KnownPictures
from audit import check_end
from db.session import Database
from db.words import ContentLevel, JobStatus, SlotStatus
from domain import blocked_pictures
from domain.ports import Painted, Rated
from domain.words import FailureCode
from stored import sql
from workshop import LEASE, slots_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from domain.ports import PaintRequest, PaintStep
    from workshop import Workshop

pytestmark = pytest.mark.anyio


class Striping:
    """An engine whose pictures are stripes, as many as the image's place in its job says; one mode for all."""

    key = "sandbox"
    revision = "striping"
    batch_size = 2

    def __init__(self, mode: str = "RGB") -> None:
        self._mode = mode

    def load(self) -> None:
        pass

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted]:
        del on_step
        return [Painted(self._stripes(task.index + 1, request.width, request.height)) for task in request.images]

    def _stripes(self, count: int, width: int, height: int) -> Image.Image:
        """Return stripes: of colours, or opaque ones before a black that is hidden because it is transparent."""
        picture = Image.new(self._mode, (width, height))
        stripe = width // (2 * count)
        for place in range(count):
            picture.paste("teal", (2 * place * stripe, 0, (2 * place + 1) * stripe, height))
        return picture


async def slots(shop: Workshop, job_id: UUID) -> Sequence[tuple[SlotStatus, str | None]]:
    async with shop.db.read() as tx:
        rows = await slots_of(tx, job_id)
    return [(slot.status, slot.failure_code) for slot in rows]


def hashes(shop: Workshop) -> list[str]:
    """Return the hashes of all stored pictures, oldest first, as an operator would read them for the block list."""
    rows = sql(shop.database_url, "SELECT lpad(to_hex(dhash), 16, '0') FROM media_assets ORDER BY ready_at")
    return [text for (text,) in rows]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
async def test_a_picture_is_blocked_by_the_hash_that_its_row_had(shop: Workshop, mode: str) -> None:
    # given three pictures, one of which is then put on the list
    user, engine = await shop.user(), Striping(mode)
    await shop.job(user, count=3)
    await shop.painter(engine).paint_waiting()
    before, known = shop.stored(), hashes(shop)
    assert len({*known}) == 3
    async with shop.db.write() as tx:
        await blocked_pictures.block(tx, {signed(known[1]): "the second"})

    # when they are painted again
    job = await shop.job(user, count=3)
    await shop.painter(engine, checker=BlockList(KnownPictures(shop.db, LEASE, distance=0))).paint_waiting()

    # then nothing of that one is stored or paid for
    assert sorted(await slots(shop, job), key=str) == sorted(
        [(SlotStatus.READY, None), (SlotStatus.BLOCKED, FailureCode.CONTENT_BLOCKED), (SlotStatus.READY, None)], key=str
    )
    assert (await shop.row(job)).status == JobStatus.PARTIAL
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(95, 0)]
    assert len(shop.stored() - before) == 2 * 4
    check_end(shop.database_url, shop.stored())

    # and why is kept
    decided = sql(shop.database_url, "SELECT user_id, job_id, subject, effect, reason, policy FROM guard_decisions")
    assert decided == [(user, job, "PICTURE", "BLOCK", "KNOWN_PICTURE", "easel-pictures")]


async def test_a_picture_that_can_not_be_judged_fails_alone_and_the_worker_lives_on(shop: Workshop) -> None:
    # given a list that is away
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", statement_timeout_s=0.1)
    user, checkers = await shop.user(), [BlockList(KnownPictures(away, timedelta(0)))]
    painter = shop.painter(Striping(), checker=InTurn(checkers))
    failed = await shop.job(user, count=2)

    # when pictures are painted
    await painter.paint_waiting()

    # then nobody will see or pay for them
    assert set(await slots(shop, failed)) == {(SlotStatus.FAILED, FailureCode.CHECK_UNAVAILABLE)}
    assert (await shop.row(failed)).status == JobStatus.FAILED
    assert shop.stored() == set()
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(100, 0)]
    assert sql(shop.database_url, "SELECT id FROM guard_decisions") == []

    # and the same worker goes on once the list is back
    checkers[:] = [BlockList(KnownPictures(shop.db, LEASE))]
    job = await shop.job(user, count=2)
    await painter.paint_waiting()
    assert set(await slots(shop, job)) == {(SlotStatus.READY, None)}
    check_end(shop.database_url, shop.stored())
    await away.close()


class Rating:
    """A checker that finds every picture to be of one level."""

    def __init__(self, level: ContentLevel) -> None:
        self._rated = Rated(level, "said so")

    async def judge(self, picture: Image.Image) -> Rated:
        del picture
        return self._rated

    def warm_up(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("of_prompt", "of_checker", "expected"),
    [
        ("GENERAL", "MATURE", "MATURE"),
        ("SENSITIVE", "MATURE", "MATURE"),
        ("MATURE", "SENSITIVE", "MATURE"),
        ("SENSITIVE", "GENERAL", "SENSITIVE"),
    ],
)
async def test_a_picture_has_the_higher_of_the_levels_that_prompt_and_checkers_say(
    shop: Workshop, of_prompt: str, of_checker: str, expected: str
) -> None:
    user = await shop.user()
    await shop.job(user)
    sql(shop.database_url, "UPDATE generation_jobs SET content_level = %s", of_prompt)
    checkers = InTurn([Rating(ContentLevel.GENERAL), Rating(ContentLevel(of_checker)), Rating(ContentLevel.GENERAL)])

    await shop.painter(Striping(), checker=checkers).paint_waiting()

    assert sql(shop.database_url, "SELECT status, content_level FROM media_assets") == [("READY", expected)]
    assert sql(shop.database_url, "SELECT id FROM guard_decisions") == []
