"""Archives as their owners have them: watched, downloaded in parts, found again; and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from archiving import CANCEL, REQUEST, WAITING, Owner, ask, global_id, read, rows, unpacked
from domain.ports import Position
from domain.streams import of_archive
from domain.watching import cursor_of
from graph_client import StreamError
from states import put
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio


@pytest.fixture
async def owner(easel: Installation) -> Owner:
    return Owner(easel, await easel.signed_up())


async def test_a_selection_is_asked_for_watched_and_downloaded(owner: Owner) -> None:
    assets = [await owner.picture(b"one", shows="고양이"), await owner.picture(b"two", shows="고양이")]

    asked = (await owner.request(assetIds=assets))["archive"]
    assert (asked["imageCount"], asked["folder"]) == (2, None)
    archive = asked["id"]
    done = await owner.finished(archive)

    assert {key: done[key] for key in ("status", "progress", "packedCount", "skippedCount", "failure")} == {
        "status": "SUCCEEDED",
        "progress": 1.0,
        "packedCount": 2,
        "skippedCount": 0,
        "failure": None,
    }
    answer = await read(done["url"])
    assert unpacked(answer.content) == {"고양이.png": b"one", "고양이 (2).png": b"two"}
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{asked["name"]}"'
    # it is found again, as any job is
    found = await owner.found(archive)
    node = found["node"]
    assert (node["status"], node["cost"], node["queue"], node["failure"]) == ("SUCCEEDED", 0, None, None)
    assert node["sequence"] >= 2
    assert node["createdAt"] <= node["startedAt"] <= node["finishedAt"] < node["expiresAt"]
    assert found["viewer"]["archives"] == {
        "totalCount": 1,
        "nodes": [{"id": archive, "name": asked["name"], "imageCount": 2}],
    }
    # and its end is told to those who come late
    late = [event["__typename"] async for event in owner.watch(archive)]
    assert (late[0], late[-1]) == ("ArchiveSnapshot", "ArchiveCompleted")


async def test_who_comes_back_is_told_what_happened_meanwhile(owner: Owner) -> None:
    archive = await owner.archive(assetIds=[await owner.picture()])
    await owner.finished(archive)
    beginning = cursor_of(of_archive(UUID(archive.partition("_")[2])), Position((0, 0), 0))

    told = [event async for event in owner.watch(archive, after=beginning)]

    assert (told[0]["__typename"], told[0]["resumed"], told[0]["cursor"]) == ("ArchiveSnapshot", True, beginning)
    assert [event["sequence"] for event in told] == [*range(len(told))]
    assert (told[1]["__typename"], told[-1]["__typename"]) == ("ArchiveSnapshot", "ArchiveCompleted")
    again = [event async for event in owner.watch(archive, after=told[1]["cursor"])]
    assert [event["cursor"] for event in again] == [event["cursor"] for event in told[1:]]
    with pytest.raises(StreamError) as refusal:
        await anext(owner.watch(archive, after="what"))
    assert refusal.value.code == "BAD_CURSOR"


async def test_who_signs_out_is_told_no_more(owner: Owner) -> None:
    archive = await owner.archive(assetIds=[await owner.picture()])
    await owner.finished(archive)
    put(owner.url, WAITING)
    stream = owner.watch(archive)
    assert (await anext(stream))["archive"]["status"] == "QUEUED"

    await owner.client.data("mutation { signOut(input: {}) { ... on SignOutSuccess { viewer { id } } } }")

    with pytest.raises(StreamError) as refusal:
        await anext(stream)
    assert refusal.value.code == "UNAUTHENTICATED"


async def test_a_download_that_broke_off_goes_on_byte_by_byte_also_at_a_newer_link(owner: Owner) -> None:
    whole_pictures = [await owner.picture(bytes([number]) * 70_000) for number in range(5)]
    url = (await owner.finished(await owner.archive(assetIds=whole_pictures)))["url"]
    whole = await read(url)
    etag, half = whole.headers["etag"], len(whole.content) // 2

    newer = (await owner.found(await owner.archive(assetIds=whole_pictures)))["node"]["url"]
    rest = await read(newer, range=f"bytes={half}-", if_range=etag)

    assert rest.status_code == 206
    assert len(unpacked(whole.content[:half] + rest.content)) == 5
    assert (rest.headers["etag"], urlsplit(newer).path) == (etag, urlsplit(url).path)
    assert (await read(url, range=f"bytes={half}-", if_range='"another"')).content == whole.content
    beyond = await read(url, range=f"bytes={len(whole.content)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole.content)}")
    assert (await read(url.replace("signature=", "signature=0"))).status_code == 403


async def test_a_folder_is_packed_with_all_folders_in_it(owner: Owner) -> None:
    top = await owner.folder("Summer: 2026?")
    deepest, path = top, ""
    for level in range(2, 9):
        deepest, path = await owner.folder(f"level {level}", deepest), f"{path}level {level}/"
    beside, device = await owner.folder("LEVEL 2", top), await owner.folder("con", top)
    await owner.folder("empty", top)
    for data, place in ((b"top", top), (b"deep", deepest), (b"beside", beside), (b"device", device)):
        await owner.picture(data, place, shows="a/b")
    await owner.picture(b"outside")

    result = (await owner.request(folderId=top))["archive"]
    assert (result["name"], result["folder"], result["imageCount"]) == ("Summer 2026.zip", {"id": top}, 4)
    url = (await owner.finished(result["id"]))["url"]

    files = unpacked((await read(url)).content)
    assert files == {
        "a b.png": b"top",
        f"{path.replace('level 2', 'level 2 (2)')}a b.png": b"deep",
        "LEVEL 2/a b.png": b"beside",
        "_con/a b.png": b"device",
    }


async def test_an_archive_is_packed_while_the_worker_paints(owner: Owner) -> None:
    submitted = await owner.client.submit("a cat #slow", key="1", count=8, steps=50)
    job = submitted["job"]["id"]
    status = "SELECT status FROM generation_jobs"
    await until(lambda: sql(owner.url, status) == [("RUNNING",)])

    done = await owner.finished(await owner.archive(assetIds=[await owner.picture()]))

    assert (done["status"], sql(owner.url, status)) == ("SUCCEEDED", [("RUNNING",)])
    await owner.client.core("cancel", {"jobId": job})
    await until(lambda: sql(owner.url, status) == [("CANCELED",)])


async def test_a_stranger_finds_nothing(easel: Installation, owner: Owner) -> None:
    archive = await owner.archive(assetIds=[await owner.picture()])
    await owner.finished(archive)
    stranger = Owner(easel, await easel.signed_up())

    found = await stranger.found(archive)
    assert (found["node"], found["viewer"]["archives"]["totalCount"]) == (None, 0)
    assert (await ask(stranger.client, CANCEL, archiveId=archive))["code"] == "NOT_FOUND"
    for nobody in (stranger.watch(archive), owner.watch("archive_what"), owner.watch(owner.client.viewer_id)):
        with pytest.raises(StreamError) as refusal:
            await anext(nobody)
        assert refusal.value.code == "NOT_FOUND"
    assert rows(owner.url) == [("SUCCEEDED", 1, 0, None)]
    signed_out = easel.client()
    assert (await signed_out.data("query($id: ID!) { node(id: $id) { id } }", {"id": archive}))["node"] is None
    answer = await signed_out.post(REQUEST, {"input": {"assetIds": []}})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_an_end_without_a_file_is_told_in_the_readers_language(easel: Installation) -> None:
    owner = Owner(easel, await easel.signed_up(language="ko"))
    asset = await owner.picture()
    sql(owner.url, "UPDATE media_assets SET id = gen_random_uuid(), status = 'READY' WHERE id = %s", UUID(asset[6:]))
    ((key,),) = sql(owner.url, "SELECT id FROM media_assets WHERE owner_id = %s", owner.key)

    done = await owner.finished(await owner.archive(assetIds=[global_id("asset", key)]))

    assert (done["status"], done["url"], done["skippedCount"]) == ("FAILED", None, 1)
    assert done["failure"] == {
        "code": "NOTHING_TO_PACK",
        "message": "압축할 이미지가 모두 삭제되었습니다. 다른 이미지를 골라 주세요.",
    }


async def test_an_archive_is_gone_after_its_day(owner: Owner) -> None:
    archive = await owner.archive(assetIds=[await owner.picture()])
    url = (await owner.finished(archive))["url"]

    sql(owner.url, "UPDATE archives SET expires_at = now() - interval '1 s'")
    await until(lambda: sql(owner.url, "SELECT status FROM archives WHERE is_cleared") == [("EXPIRED",)])

    node = (await owner.found(archive))["node"]
    assert (node["status"], node["url"]) == ("EXPIRED", None)
    assert (await read(url)).status_code == 404
