"""What the folder promises beyond the port: whole files, right permissions, no litter, honest links."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from adapters.storage.folder import FolderStore
from adapters.storage.links import OpenLink
from domain.ports import StorageUnavailable

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000.0
KEY = "assets/a/original.png"


def store_in(root: Path, now: float = NOW, secret: bytes = b"secret") -> FolderStore:
    return FolderStore(root, "https://easel.example/", secret, lambda: now)


def query_of(link: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def paths_in(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


async def test_files_and_folders_can_be_read_by_other_users_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        store = store_in(tmp_path / "media")
        await store.put(KEY, b"pixels", "image/png")
        async with store.writing("archives/a/1.zip", "application/zip") as file:
            await file.write(b"pixels")
    finally:
        os.umask(before)

    for key in (KEY, "archives/a/1.zip"):
        assert (tmp_path / "media" / key).stat().st_mode & 0o777 == 0o644
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "media").rglob("*") if path.is_dir()} == {0o755}


async def test_a_write_that_fails_leaves_the_old_object_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_in(tmp_path)
    await store.put(KEY, b"old", "image/png")

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(StorageUnavailable, match="No space left on device"):
        await store.put(KEY, b"new", "image/png")

    assert await store.get(KEY) == b"old"
    assert paths_in(tmp_path) == ["assets", "assets/a", KEY]


async def test_a_folder_that_cannot_be_made_is_an_unavailable_store(tmp_path: Path) -> None:
    (tmp_path / "assets").write_bytes(b"a file where a folder should be")

    with pytest.raises(StorageUnavailable):
        await store_in(tmp_path).put(KEY, b"pixels", "image/png")
    with pytest.raises(StorageUnavailable):
        await store_in(tmp_path).get(KEY)


async def test_the_last_object_takes_its_folders_with_it(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await store.put(KEY, b"pixels", "image/png")

    await store.delete(KEY)

    assert paths_in(tmp_path) == []


@pytest.mark.parametrize(("removals", "is_stored"), [(2, True), (3, False)])
async def test_a_write_outlives_deletes_that_take_its_folder_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removals: int, *, is_stored: bool
) -> None:
    store = store_in(tmp_path)
    left = iter(range(removals))
    really_open = os.open

    def open_too_late(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT and next(left, None) is not None:
            path.parent.rmdir()
        return really_open(path, flags, mode)

    monkeypatch.setattr(os, "open", open_too_late)
    if is_stored:
        await store.put(KEY, b"pixels", "image/png")
        assert await store.get(KEY) == b"pixels"
    else:
        with pytest.raises(StorageUnavailable, match="being removed"):
            await store.put(KEY, b"pixels", "image/png")


async def test_writers_of_one_key_leave_one_whole_object(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    versions = [bytes([number]) * 200_000 for number in range(8)]

    async with anyio.create_task_group() as group:
        for version in versions:
            group.start_soon(store.put, KEY, version, "image/png")

    assert await store.get(KEY) in versions
    assert paths_in(tmp_path) == ["assets", "assets/a", KEY]


async def test_a_link_says_where_and_until_when(tmp_path: Path) -> None:
    link = store_in(tmp_path).url(KEY, timedelta(hours=1), "고양이.png")

    assert link.startswith(f"https://easel.example/media/{KEY}?expires=")
    assert NOW + 3_600 <= int(query_of(link)["expires"]) <= NOW + 5_400
    allowed = store_in(tmp_path).verify(KEY, query_of(link))
    assert allowed is not None
    assert allowed.download_name == "고양이.png"
    assert allowed.seconds_left == int(query_of(link)["expires"]) - NOW


async def test_processes_agree_on_links_and_keys_do_not_change_together(tmp_path: Path) -> None:
    hour = timedelta(hours=1)
    keys = [f"assets/{number}/card.webp" for number in range(50)]

    assert [store_in(tmp_path).url(key, hour) for key in keys] == [store_in(tmp_path).url(key, hour) for key in keys]
    assert len({query_of(store_in(tmp_path).url(key, hour))["expires"] for key in keys}) > 40


@pytest.mark.parametrize(
    "change",
    [
        {"expires": "1800009999"},
        {"expires": "-1"},
        {"expires": "١٨٠٠٠٠٩٩٩٩"},
        {"expires": "9" * 5_000},
        {"expires": ""},
        {"signature": ""},
        {"signature": "그림"},
        {"signature": "\ud800"},
        {"download": "other.png"},
        {"download": ""},
    ],
)
async def test_a_changed_query_opens_nothing(tmp_path: Path, change: dict[str, str]) -> None:
    store = store_in(tmp_path)
    query = query_of(store.url(KEY, timedelta(hours=1)))
    assert isinstance(store.verify(KEY, query), OpenLink)

    assert store.verify(KEY, query | change) is None


async def test_a_link_opens_its_own_key_under_its_own_secret_until_its_time(tmp_path: Path) -> None:
    query = query_of(store_in(tmp_path).url(KEY, timedelta(hours=1)))
    expires = int(query["expires"])

    assert store_in(tmp_path).verify("assets/b/original.png", query) is None
    assert store_in(tmp_path, secret=b"other").verify(KEY, query) is None
    assert store_in(tmp_path, now=expires - 1).verify(KEY, query) == OpenLink(1, None)
    assert store_in(tmp_path, now=expires).verify(KEY, query) is None
    assert store_in(tmp_path).verify(KEY, {}) is None


async def test_a_link_of_no_time_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two seconds"):
        store_in(tmp_path).url(KEY, timedelta(seconds=1))
