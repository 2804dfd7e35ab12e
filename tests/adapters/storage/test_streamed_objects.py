"""Objects that are written as their bytes come, in every store: whole or not at all, in parts, and read in parts."""

from __future__ import annotations

import resource
import time
import tracemalloc
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from botocore.exceptions import ReadTimeoutError

import object_places as places
from adapters.storage import multipart
from adapters.storage.s3 import S3Store
from domain.ports import StorageUnavailable
from object_places import new_key, read

if TYPE_CHECKING:
    from object_places import Place

folder_place, moto_place, rclone_place = places.folder_place, places.moto_place, places.rclone_place
place = places.place
pytestmark = pytest.mark.anyio

MEGABYTE = bytes(range(256)) * 4_096
HOUR = timedelta(hours=1)


class BrokenError(Exception):
    """What a test raises in the midst of writing."""


def uploads(store: Any) -> list[Any]:  # noqa: ANN401 - of S3, or any other
    """Return the unfinished uploads of a bucket."""
    if not isinstance(store, S3Store):
        return []
    try:
        found: list[Any] = store._client.list_multipart_uploads(Bucket="pictures").get("Uploads", [])
    except store._client.exceptions.NoSuchUpload:  # rclone says so where there are none
        return []
    return found


@pytest.mark.parametrize("megabytes", [0, 1, 8, 20], ids=["empty", "small", "one part", "several parts"])
async def test_what_was_written_piece_by_piece_is_one_object(place: Place, megabytes: int) -> None:
    key = new_key("1.zip")

    async with place.store.writing(key, "application/zip") as file:
        for number in range(megabytes):
            await file.write(bytes([number]) + MEGABYTE[1:])

    written = await place.store.get(key)
    assert [written[number << 20] for number in range(megabytes)] == list(range(megabytes))
    assert len(written) == megabytes << 20
    found = await place.store.stat(key)
    assert found
    assert (found.size, found.content_type) == (megabytes << 20, "application/zip")
    assert uploads(place.store) == []


async def test_what_breaks_off_leaves_nothing(place: Place) -> None:
    key = new_key("1.zip")

    async def break_off() -> None:
        async with place.store.writing(key, "application/zip") as file:
            for _ in range(20):
                await file.write(MEGABYTE)
            raise BrokenError

    with pytest.raises(BrokenError):
        await break_off()

    assert await place.store.stat(key) is None
    assert uploads(place.store) == []


async def test_what_a_killed_writer_left_is_discarded(place: Place) -> None:
    # given a writer that never comes to its end
    key, other = new_key("1.zip"), new_key("2.zip")
    writing = place.store.writing(key, "application/zip")
    file = await writing.__aenter__()
    for _ in range(20):
        await file.write(MEGABYTE)
    async with place.store.writing(other, "application/zip") as beside:
        await beside.write(b"stays")

    await place.store.discard(key)

    assert await place.store.stat(key) is None
    assert uploads(place.store) == []
    assert await place.store.get(other) == b"stays"
    # and such a writer, woken up, finds that it can not go on
    with pytest.raises(StorageUnavailable):
        await writing.__aexit__(None, None, None)
    assert await place.store.stat(key) is None

    await place.store.put(key, b"an object", "application/zip")
    await place.store.discard(key)
    await place.store.discard(key)
    assert await place.store.stat(key) is None


async def test_a_full_disk_is_an_unavailable_store_and_leaves_nothing(folder_place: Place) -> None:
    key = new_key("1.zip")

    async def write(data: bytes) -> None:
        async with folder_place.store.writing(key, "application/zip") as file:
            await file.write(data)

    # given no room for more than a kilobyte: neither for what is written at once, nor for what waits to be
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        for data in (MEGABYTE, MEGABYTE[:2_000]):
            with pytest.raises(StorageUnavailable):
                await write(data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    await folder_place.store.discard(key)
    assert await folder_place.store.stat(key) is None


async def test_a_folder_holds_no_more_than_was_written_last(folder_place: Place) -> None:
    tracemalloc.start()
    async with folder_place.store.writing(new_key("1.zip"), "application/zip") as file:
        for _ in range(64):
            await file.write(bytes(MEGABYTE))
        _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 2 * len(MEGABYTE)


async def test_a_bucket_holds_no_more_than_a_part(moto_place: Place) -> None:
    # moto keeps what it is sent, in this very process: so what waits is looked at, not the memory of all
    async with moto_place.store.writing(new_key("1.zip"), "application/zip") as file:
        assert isinstance(file, multipart.PartsWriter)
        for _ in range(64):
            await file.write(MEGABYTE)
            assert len(file._waiting) < multipart.PART_BYTES


async def test_an_end_whose_answer_was_lost_is_found_to_be_one(moto_place: Place) -> None:
    # given a bucket that does what it is told, and a line that is cut before it can say so, once
    store, key = moto_place.at(time.time), new_key("1.zip")
    assert isinstance(store, S3Store)
    cut: list[str] = []

    def cut_the_line(**_: object) -> None:
        if not cut:
            cut.append("cut")
            raise ReadTimeoutError(endpoint_url="moto")

    store._client.meta.events.register("after-call.s3.CompleteMultipartUpload", cut_the_line)

    async with store.writing(key, "application/zip") as file:
        for _ in range(20):
            await file.write(MEGABYTE)

    assert cut
    assert await store.get(key) == MEGABYTE * 20


@pytest.mark.parametrize("fails_at", ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
async def test_a_bucket_that_goes_away_in_the_midst_leaves_nothing(moto_place: Place, fails_at: str) -> None:
    store, key = moto_place.at(time.time), new_key("1.zip")
    assert isinstance(store, S3Store)

    def be_away(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="moto")

    store._client.meta.events.register(f"before-call.s3.{fails_at}", be_away)

    async def write() -> None:
        async with store.writing(key, "application/zip") as file:
            for _ in range(20):
                await file.write(MEGABYTE)

    with pytest.raises(StorageUnavailable):
        await write()

    assert await store.stat(key) is None
    assert uploads(store) == []


@pytest.mark.parametrize("store", ["folder", "moto"])  # rclone answers with the right bytes and the wrong status
async def test_a_broken_download_goes_on_where_it_stopped(store: str, request: pytest.FixtureRequest) -> None:
    place: Place = request.getfixturevalue(f"{store}_place")
    key = new_key("1.zip")
    whole = bytes(range(256)) * 4_000
    async with place.store.writing(key, "application/zip") as file:
        await file.write(whole)
    first = read(place.store.url(key, HOUR, "모음.zip"))
    assert first.headers["accept-ranges"] == "bytes"
    etag, half = first.headers["etag"], len(whole) // 2

    def asked(**headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx2.get(place.store.url(key, HOUR, "모음.zip"), headers=named, trust_env=False)

    rest = asked(range=f"bytes={half}-", if_range=etag)
    assert (rest.status_code, whole[:half] + rest.content == whole) == (206, True)
    assert rest.headers["content-range"] == f"bytes {half}-{len(whole) - 1}/{len(whole)}"
    assert (rest.headers["etag"], "attachment" in rest.headers["content-disposition"]) == (etag, True)
    assert asked(range="bytes=5-9").content == whole[5:10]
    assert asked(range="bytes=-7").content == whole[-7:]
    assert asked(range=f"bytes={len(whole)}-").status_code == 416
