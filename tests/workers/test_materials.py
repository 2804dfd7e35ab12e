"""What a claimed job is made from: out of the store and within bounds, or a failure that gives the credits back."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from adapters.engines.sandbox import SandboxEngine
from audit import check_end
from db.words import JobStatus, Operation
from domain import generation, masks
from domain.masks import Area
from domain.operations import Ingredients, Margins
from domain.pictures import read_metadata
from domain.ports import Material, Painted
from domain.variants import object_key
from domain.words import FailureCode, ImageVariant
from stored import new_asset, sql
from workers.materials import MaterialUnavailable, materials_of
from workshop import small

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.ports import NotPainted, PaintRequest, PaintStep
    from workshop import Workshop

pytestmark = pytest.mark.anyio

SIDE = 64


def png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


RED = Image.new("RGB", (SIDE, SIDE), "red")


async def a_picture(shop: Workshop, user: UUID, data: bytes | None) -> UUID:
    """Store a picture of the user's; only its row where there are no data."""
    key = UUID(new_asset(shop.database_url, f"user_{user.hex}").removeprefix("asset_"))
    if data is not None:
        await shop.store.put(object_key(key, ImageVariant.ORIGINAL), data, "image/png")
    return key


async def submit(shop: Workshop, user: UUID, operation: Operation, made_from: Ingredients, **change: Any) -> UUID:  # noqa: ANN401
    """Submit a job of one small picture that is made from others."""
    shape: dict[str, Any] = {} if operation is Operation.REFERENCES else {"ratio": "", "width": 0, "height": 0}
    spec = replace(small(), operation=operation, made_from=made_from, **shape | change)
    async with shop.db.write() as tx:
        return await generation.submit(tx, user, spec, uuid4().hex)


async def material(shop: Workshop, job: UUID) -> Material:
    return await materials_of(shop.db, shop.store, await shop.row(job))


async def test_words_alone_need_no_material(shop: Workshop) -> None:
    job = await shop.job(await shop.user())
    assert await material(shop, job) == Material()


async def test_a_mask_of_another_size_is_laid_upon_the_source(shop: Workshop) -> None:
    user = await shop.user()
    source = await a_picture(shop, user, png(RED))
    mask = masks.of_areas([Area(0.25, 0.5, 0.5, 0.25)])
    job = await submit(shop, user, Operation.INPAINT, Ingredients(source, mask=mask, strength=0.5))

    made_from = await material(shop, job)

    assert made_from.source
    assert made_from.mask
    assert (made_from.source.mode, made_from.source.size, made_from.strength) == ("RGB", (SIDE, SIDE), 0.5)
    assert (made_from.mask.mode, made_from.mask.size) == ("L", (SIDE, SIDE))
    assert made_from.mask.getbbox() == (16, 32, 48, 48)
    assert set(made_from.mask.tobytes()) == {0, 255}


async def test_margins_are_told_in_their_order(shop: Workshop) -> None:
    user = await shop.user()
    source = await a_picture(shop, user, png(RED))
    job = await submit(shop, user, Operation.OUTPAINT, Ingredients(source, margins=Margins(8, 16, 24, 32)))

    assert (await material(shop, job)).margins == (8, 16, 24, 32)
    row = await shop.row(job)
    assert (row.width, row.height) == (SIDE + 32, SIDE + 48)


async def test_references_come_in_their_order_and_without_transparency(shop: Workshop) -> None:
    user = await shop.user()
    colours = ("red", "lime", "blue")
    pictures = [await a_picture(shop, user, png(Image.new("RGBA", (8, 8), colour))) for colour in colours]
    job = await submit(shop, user, Operation.REFERENCES, Ingredients(reference_ids=tuple(reversed(pictures))))

    references = (await material(shop, job)).references

    assert [image.mode for image in references] == ["RGB"] * 3
    assert [image.getpixel((0, 0)) for image in references] == [(0, 0, 255), (0, 255, 0), (255, 0, 0)]


PALETTED = RED.convert("P")
MODES = {
    "grey": (RED.convert("L"), "RGB"),
    "one bit": (RED.convert("1"), "RGB"),
    "palette": (PALETTED, "RGB"),
    "grey with alpha": (RED.convert("LA"), "RGBA"),
    "transparent": (RED.convert("RGBA"), "RGBA"),
}


@pytest.mark.parametrize("kind", MODES)
async def test_a_source_of_any_mode_is_told_in_colours(shop: Workshop, kind: str) -> None:
    image, mode = MODES[kind]
    user = await shop.user()
    source = await a_picture(shop, user, png(image))
    job = await submit(shop, user, Operation.REMOVE_BACKGROUND, Ingredients(source))

    told = (await material(shop, job)).source

    assert told
    assert (told.mode, told.size) == (mode, (SIDE, SIDE))


BAD: dict[str, tuple[bytes | None, FailureCode]] = {
    "no object": (None, FailureCode.SOURCE_GONE),
    "an empty object": (b"", FailureCode.INVALID_SOURCE),
    "cut off": (png(RED)[: len(png(RED)) // 2], FailureCode.INVALID_SOURCE),
    "text": (b"not a picture at all, but long enough to be one", FailureCode.INVALID_SOURCE),
    "too large": (png(Image.new("1", (8_000, 8_000))), FailureCode.INVALID_SOURCE),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_source_that_can_not_be_read_fails_its_job_and_no_other(shop: Workshop, kind: str) -> None:
    # given a job whose source is broken, and one that needs none
    data, code = BAD[kind]
    user = await shop.user()
    source = await a_picture(shop, user, data)
    job = await submit(shop, user, Operation.RESTYLE, Ingredients(source, strength=0.5), count=2)
    other = await shop.job(user)

    # when a worker takes both
    await shop.painter().paint_waiting()

    # then the first has failed with a clear code and its credits are back
    row = await shop.row(job)
    assert (row.status, row.failure_code) == (JobStatus.FAILED, code)
    assert (await shop.row(other)).status is JobStatus.SUCCEEDED
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(99, 0)]
    failures = sql(shop.database_url, "SELECT failure_code FROM generation_slots WHERE job_id = %s", job)
    assert failures == [(code,)] * 2
    sql(shop.database_url, "DELETE FROM media_assets WHERE id = %s", source)
    check_end(shop.database_url)


TAKEN_AWAY = {
    "deleted": "UPDATE media_assets SET status = 'TRASHED' WHERE id = %s",
    "hidden": "UPDATE media_assets SET status = 'HIDDEN' WHERE id = %s",
    "purged with its row": "DELETE FROM media_assets WHERE id = %s",
}


@pytest.mark.parametrize("how", TAKEN_AWAY)
@pytest.mark.parametrize("operation", [Operation.UPSCALE, Operation.REFERENCES])
async def test_a_picture_that_is_deleted_while_its_job_waits_fails_it(
    shop: Workshop, how: str, operation: Operation
) -> None:
    user = await shop.user()
    picture = await a_picture(shop, user, png(RED))
    made_from = Ingredients(picture, factor=2) if operation is Operation.UPSCALE else Ingredients(None, (picture,))
    job = await submit(shop, user, operation, made_from)
    sql(shop.database_url, TAKEN_AWAY[how], picture)

    await shop.painter().paint_waiting()

    row = await shop.row(job)
    assert (row.status, row.failure_code) == (JobStatus.FAILED, FailureCode.SOURCE_GONE)
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(100, 0)]


async def test_a_store_that_refuses_fails_the_job_as_such(shop: Workshop) -> None:
    # given a store that can not read the source, because a folder has its name
    user = await shop.user()
    source = await a_picture(shop, user, None)
    shop.store.path(object_key(source, ImageVariant.ORIGINAL)).mkdir(parents=True)
    job = await submit(shop, user, Operation.UPSCALE, Ingredients(source, factor=2))

    with pytest.raises(MaterialUnavailable) as missing:
        await material(shop, job)

    assert missing.value.code is FailureCode.STORAGE_UNAVAILABLE


class Recorder(SandboxEngine):
    """The sandbox, which remembers what it was asked and says by which means it painted."""

    revision = "recorder 2"

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[PaintRequest] = []

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        self.requests.append(request)
        outcomes = super().paint(request, on_step)
        return [Painted(each.image, "lanczos") for each in outcomes if isinstance(each, Painted)]


async def test_the_engine_is_handed_the_material_and_its_means_are_kept(shop: Workshop) -> None:
    # given a picture that is to be made larger
    user, engine = await shop.user(), Recorder()
    source = await a_picture(shop, user, png(RED))
    job = await submit(shop, user, Operation.UPSCALE, Ingredients(source, factor=2))

    await shop.painter(engine).paint_waiting()

    # then the engine was told what to do with what
    (request,) = engine.requests
    assert (request.operation, request.width, request.height) == (Operation.UPSCALE, 2 * SIDE, 2 * SIDE)
    (task,) = request.images
    assert task.material.source
    assert task.material.source.tobytes() == RED.tobytes()

    # and the image says from what, by what and by which means it came to be
    kept = "SELECT parent_id, engine_revision, method, width FROM media_assets WHERE job_id = %s"
    assert sql(shop.database_url, kept, job) == [(source, "recorder 2", "lanczos", 2 * SIDE)]
    ((image,),) = sql(shop.database_url, "SELECT id FROM media_assets WHERE job_id = %s", job)
    written = read_metadata(await shop.store.get(object_key(image, ImageVariant.ORIGINAL)))
    assert written
    assert (written.operation, written.strength, written.source_id) == (Operation.UPSCALE, None, source)
