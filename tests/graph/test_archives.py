"""Archives as their owners have them: asked for, watched, downloaded in parts, found again; and nobody else's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest

from adapters.storage.folder import FolderStore
from archiving import CANCEL, REQUEST, ask, global_id, picture, rows, unpacked
from graph_client import StreamError, http_client
from stored import new_asset, row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpx2

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

WATCH = """subscription Archive($id: ID!, $after: Cursor) { archiveEvents(id: $id, after: $after) {
  __typename
  ... on JobEvent { cursor sequence }
  ... on ArchiveSnapshot { resumed archive { id status progress imageCount } }
  ... on ArchiveProgress { archive { id progress packedCount } }
  ... on ArchiveCompleted { archive { id status progress packedCount skippedCount url failure { code message } } }
} }"""
FOUND = """query($id: ID!) {
  node(id: $id) {
    ... on Job { status progress cost sequence queue { position } failure { code } createdAt startedAt finishedAt }
    ... on Archive { name url expiresAt }
  }
  viewer { archives(first: 10) { totalCount nodes { id name imageCount } } }
}"""
FOLDER = """mutation($input: CreateFolderInput!) {
  createFolder(input: $input) { ... on CreateFolderSuccess { folder { id } } } }"""
WAITING = "UPDATE archives SET status = 'QUEUED', due_at = now() + interval '1 h'"


class Owner:
    """Somebody with pictures."""

    def __init__(self, easel: Installation, client: GraphClient) -> None:
        self.client = client
        self.key = UUID(client.viewer_id.partition("_")[2])
        self.url = easel.environment["DATABASE_URL"]
        self._store = FolderStore(easel.folder / "media", easel.url, b"x" * 32)

    async def picture(self, data: bytes = b"pixels", folder: str | None = None, **options: Any) -> str:  # noqa: ANN401
        inside = UUID(folder.partition("_")[2]) if folder else None
        key = await picture((self.url, self._store), self.key, data, folder=inside, **options)
        return global_id("asset", key)

    async def folder(self, name: str, parent: str | None = None) -> str:
        found: str = (await ask(self.client, FOLDER, name=name, parentId=parent))["folder"]["id"]
        return found

    async def request(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401
        return await ask(self.client, REQUEST, **given)

    async def archive(self, **given: Any) -> str:  # noqa: ANN401
        found: str = (await self.request(**given))["archive"]["id"]
        return found

    async def watch(self, archive: str, after: str | None = None) -> AsyncGenerator[dict[str, Any], None]:
        async with self.client.socket() as socket, asyncio.timeout(20):
            async for data in socket.subscribe(WATCH, {"id": archive, "after": after}):
                yield data["archiveEvents"]

    async def finished(self, archive: str) -> dict[str, Any]:
        """Return the archive of the last event."""
        told = [event async for event in self.watch(archive)]
        assert (told[0]["__typename"], told[-1]["__typename"]) == ("ArchiveSnapshot", "ArchiveCompleted")
        found: dict[str, Any] = told[-1]["archive"]
        return found

    async def found(self, archive: str) -> dict[str, Any]:
        return await self.client.data(FOUND, {"id": archive})


@pytest.fixture
async def owner(easel: Installation) -> Owner:
    return Owner(easel, await easel.signed_up())


async def read(url: str, **headers: str) -> httpx2.Response:
    async with http_client() as http:
        return await http.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})


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
    told = [event async for event in owner.watch(archive)]

    again = [event async for event in owner.watch(archive, after=told[0]["cursor"])]

    assert (again[0]["__typename"], again[0]["resumed"]) == ("ArchiveSnapshot", True)
    assert [event["cursor"] for event in again] == [event["cursor"] for event in told]
    assert [event["sequence"] for event in again] == [*range(told[0]["sequence"], told[-1]["sequence"] + 1)]
    with pytest.raises(StreamError) as refusal:
        await anext(owner.watch(archive, after="what"))
    assert refusal.value.code == "BAD_CURSOR"


async def test_who_signs_out_is_told_no_more(owner: Owner) -> None:
    archive = await owner.archive(assetIds=[await owner.picture()])
    await owner.finished(archive)
    sql(owner.url, WAITING)
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


async def test_what_is_refused_writes_nothing(easel: Installation, owner: Owner) -> None:
    other = Owner(easel, await easel.signed_up())
    mine, trashed, theirs = await owner.picture(), await owner.picture(), await other.picture()
    sql(owner.url, "UPDATE media_assets SET status = 'TRASHED', trashed_at = now() WHERE id = %s", UUID(trashed[6:]))
    folder, empty, foreign = await owner.folder("mine"), await owner.folder("empty"), await other.folder("theirs")
    await owner.picture(folder=folder, byte_size=2 * 10**9)
    await owner.picture(folder=folder, byte_size=1)
    large = [await owner.picture(byte_size=10**9) for _ in range(2)] + [mine]
    crowded = await owner.folder("crowded")
    pending = new_asset(owner.url, owner.client.viewer_id, "PENDING")
    insert = (
        "INSERT INTO media_assets (id, owner_id, status, width, height, byte_size, sha256, dhash, blurhash,"
        " dominant_color, engine, style, ratio, seed, content_level, created_at, folder_id)"
        " SELECT gen_random_uuid(), %s, 'READY', 1, 1, 1, '', 0, '', '', '', '', '', 0, 'GENERAL', now(), %s"
        " FROM generate_series(1, 1001)"
    )
    sql(owner.url, insert, owner.key, UUID(crowded[7:]))
    before = row_counts(owner.url)

    refused: dict[str, dict[str, Any]] = {
        "both": {"assetIds": [mine], "folderId": folder},
        "neither": {},
        "none": {"assetIds": []},
        "too many": {"assetIds": [mine] * 1_001},
        "twice": {"assetIds": [mine, mine]},
        "foreign": {"assetIds": [mine, theirs]},
        "trashed": {"assetIds": [trashed]},
        "unfinished": {"assetIds": [pending]},
        "no id": {"assetIds": ["what"]},
        "a folder's id": {"assetIds": [folder]},
        "too large": {"assetIds": large},
        "too large a folder": {"folderId": folder},
        "too many in a folder": {"folderId": crowded},
        "an empty folder": {"folderId": empty},
        "a foreign folder": {"folderId": foreign},
        "an asset's id": {"folderId": mine},
    }
    results = {name: await owner.request(**given) for name, given in refused.items()}

    assert {name: (result["code"], result["path"]) for name, result in results.items()} == {
        "both": ("INVALID_INPUT", ["input"]),
        "neither": ("INVALID_INPUT", ["input"]),
        "none": ("INVALID_INPUT", ["input", "assetIds"]),
        "too many": ("INVALID_INPUT", ["input", "assetIds"]),
        "twice": ("INVALID_INPUT", ["input", "assetIds"]),
        "foreign": ("NOT_FOUND", ["input", "assetIds", "1"]),
        "trashed": ("NOT_FOUND", ["input", "assetIds", "0"]),
        "unfinished": ("NOT_FOUND", ["input", "assetIds", "0"]),
        "no id": ("NOT_FOUND", ["input", "assetIds", "0"]),
        "a folder's id": ("NOT_FOUND", ["input", "assetIds", "0"]),
        "too large": ("INVALID_INPUT", ["input", "assetIds"]),
        "too large a folder": ("INVALID_INPUT", ["input", "folderId"]),
        "too many in a folder": ("INVALID_INPUT", ["input", "folderId"]),
        "an empty folder": ("INVALID_INPUT", ["input", "folderId"]),
        "a foreign folder": ("NOT_FOUND", ["input", "folderId"]),
        "an asset's id": ("NOT_FOUND", ["input", "folderId"]),
    }
    assert row_counts(owner.url) == before


async def test_the_same_asked_for_again_is_the_same_archive_while_it_is_good_for_something(owner: Owner) -> None:
    first, second = await owner.picture(), await owner.picture()
    archive = await owner.archive(assetIds=[first, second])
    await owner.finished(archive)

    # in another order too; another selection is another one
    assert await owner.archive(assetIds=[second, first]) == archive
    assert await owner.archive(assetIds=[first]) != archive
    # and once it can not be downloaded any more, it is made anew
    sql(owner.url, "UPDATE archives SET expires_at = now() - interval '1 s'")
    assert await owner.archive(assetIds=[first, second]) != archive


async def test_clicks_at_once_make_one_archive(owner: Owner) -> None:
    # given five requests that all wait for the user's row
    asset = await owner.picture()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%users%%'"
    with psycopg.connect(owner.url) as blocking:
        blocking.execute("SELECT id FROM users WHERE id = %s FOR UPDATE", [owner.key])
        asking = [asyncio.create_task(owner.archive(assetIds=[asset])) for _ in range(5)]
        await until(lambda: sql(owner.url, waiting) >= [(5,)])

    found = await asyncio.gather(*asking)

    assert len(set(found)) == 1
    assert sql(owner.url, "SELECT count(*) FROM archives") == [(1,)]


async def test_two_archives_may_be_unfinished_and_a_third_is_refused(easel: Installation, owner: Owner) -> None:
    assets = [await owner.picture() for _ in range(4)]
    first, second = [await owner.archive(assetIds=[asset]) for asset in assets[:2]]
    await owner.finished(first)
    await owner.finished(second)
    sql(owner.url, WAITING)
    before = row_counts(owner.url)

    refused = await owner.request(assetIds=[assets[2]])

    assert (refused["__typename"], refused["code"]) == ("TooManyArchives", "TOO_MANY_ARCHIVES")
    assert (refused["limit"], refused["retryable"]) == (2, True)
    assert row_counts(owner.url) == before
    assert await owner.archive(assetIds=[assets[0]]) == first
    other = Owner(easel, await easel.signed_up())
    await other.archive(assetIds=[await other.picture()])
    await ask(owner.client, CANCEL, archiveId=first)
    assert await owner.archive(assetIds=[assets[2]])


async def test_who_asks_too_often_is_refused_for_a_while(owner: Owner) -> None:
    asset = await owner.picture()
    for _ in range(30):
        assert (await owner.request())["code"] == "INVALID_INPUT"
    before = row_counts(owner.url)

    refused = await owner.request(assetIds=[asset])

    assert (refused["code"], refused["retryable"]) == ("TOO_MANY_ATTEMPTS", True)
    assert row_counts(owner.url) == before


async def test_an_archive_is_packed_while_the_worker_paints(owner: Owner) -> None:
    submitted = await owner.client.submit("a cat #slow", key="1", count=8, ratio="1:1", steps=50)
    job = submitted["job"]["id"]
    status = "SELECT status FROM generation_jobs"
    await until(lambda: sql(owner.url, status) == [("RUNNING",)])

    done = await owner.finished(await owner.archive(assetIds=[await owner.picture()]))

    assert (done["status"], sql(owner.url, status)) == ("SUCCEEDED", [("RUNNING",)])
    await owner.client.core("cancel", {"jobId": job})
    await until(lambda: sql(owner.url, status) == [("CANCELED",)])


async def test_cancel_ends_what_waits_once_and_refuses_what_has_ended(owner: Owner) -> None:
    archive = await owner.archive(assetIds=[await owner.picture()])
    await owner.finished(archive)
    refused = await ask(owner.client, CANCEL, archiveId=archive)
    assert (refused["code"], refused["path"]) == ("ALREADY_FINISHED", ["input", "archiveId"])
    sql(owner.url, WAITING)

    for _ in range(2):
        result = await ask(owner.client, CANCEL, archiveId=archive)
        assert (result["archive"]["status"], result["archive"]["url"]) == ("CANCELED", None)

    assert [status for status, *_ in rows(owner.url)] == ["CANCELED"]


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
