"""Asking for archives: what is refused writes nothing, and what is asked for twice is made once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest

from archiving import CANCEL, WAITING, Owner, ask, rows
from states import put
from stored import new_asset, row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio


@pytest.fixture
async def owner(easel: Installation) -> Owner:
    return Owner(easel, await easel.signed_up())


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


async def test_an_archive_that_lacks_an_image_is_made_anew_once_that_is_back(owner: Owner) -> None:
    # given an archive that was packed while one of its images lay in the trash
    first, second = await owner.picture(), await owner.picture()
    archive = await owner.archive(assetIds=[first, second])
    await owner.finished(archive)
    put(owner.url, "UPDATE archives SET status = 'PARTIAL', packed_count = 1, skipped_count = 1")

    again = await owner.archive(assetIds=[first, second])

    assert again != archive
    found = await owner.finished(again)
    assert (found["status"], found["packedCount"], found["skippedCount"]) == ("SUCCEEDED", 2, 0)


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
    put(owner.url, WAITING)
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


async def test_the_ten_newest_are_kept(easel: Installation, owner: Owner) -> None:
    other = Owner(easel, await easel.signed_up())
    assets = [await owner.picture() for _ in range(11)]
    theirs = await other.archive(assetIds=[await other.picture()])
    await other.finished(theirs)
    made = []
    for asset in assets:
        made.append(await owner.archive(assetIds=[asset]))
        await owner.finished(made[-1])

    query = "SELECT id, user_id = %s FROM archives WHERE expires_at > now() ORDER BY id"
    kept = [(f"archive_{key.hex}", mine) for key, mine in sql(owner.url, query, owner.key)]
    assert kept == [(theirs, False), *((each, True) for each in made[1:])]
    # and what is asked for again is found among them, without costing another one
    assert await owner.archive(assetIds=[assets[-1]]) == made[-1]
    assert len(sql(owner.url, query, owner.key)) == 11
    assert await owner.archive(assetIds=[assets[0]]) != made[0]


async def test_who_asks_too_often_is_refused_for_a_while(owner: Owner) -> None:
    asset = await owner.picture()
    for _ in range(30):
        assert (await owner.request())["code"] == "INVALID_INPUT"
    before = row_counts(owner.url)

    refused = await owner.request(assetIds=[asset])

    assert (refused["code"], refused["retryable"]) == ("TOO_MANY_ATTEMPTS", True)
    assert row_counts(owner.url) == before


async def test_cancel_ends_what_waits_once_and_refuses_what_has_ended(owner: Owner) -> None:
    archive = await owner.archive(assetIds=[await owner.picture()])
    await owner.finished(archive)
    refused = await ask(owner.client, CANCEL, archiveId=archive)
    assert (refused["code"], refused["path"]) == ("ALREADY_FINISHED", ["input", "archiveId"])
    put(owner.url, WAITING)

    for _ in range(2):
        result = await ask(owner.client, CANCEL, archiveId=archive)
        assert (result["archive"]["status"], result["archive"]["url"]) == ("CANCELED", None)

    assert [status for status, *_ in rows(owner.url)] == ["CANCELED"]
