"""The contract of the object store port, held by every adapter against a real server.

The servers are the folder behind its own route, moto, and rclone's, which checks signatures and times.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import httpx2
import pytest

import object_places as places
from domain.ports import Deposit, StoredObject
from object_places import new_key, read

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from object_places import Place

folder_place, moto_place, rclone_place = places.folder_place, places.moto_place, places.rclone_place
place, strict_place = places.place, places.strict_place
pytestmark = pytest.mark.anyio

REFUSALS = {400, 403}
HOUR = timedelta(hours=1)
ODD_KEYS = [
    "",
    "/",
    "/assets/a.png",
    "assets//a.png",
    "assets/../a.png",
    "../a.png",
    "assets/./a.png",
    "assets/.a.png",
    "assets/a.png/",
    "assets/a.png\n",
    "assets/A.png",
    "assets/a b.png",
    "assets\\a.png",
    "assets/a%2e.png",
    "assets/a.png\0",
    "assets/그림.png",
    "assets/a",
    "assets/a.html",
    "assets/a.svg",
    "folder.png/a.png",
    "a" * 250 + ".png",
]


async def test_an_object_comes_back_as_it_was_stored(place: Place) -> None:
    key = new_key()

    await place.store.put(key, b"pixels", "image/png")

    assert await place.store.get(key) == b"pixels"
    assert await place.store.stat(key) == StoredObject(key, 6, "image/png")


async def test_the_same_key_again_replaces_the_object(place: Place) -> None:
    key = new_key()
    await place.store.put(key, b"first", "image/png")

    await place.store.put(key, b"the second", "image/png")

    assert await place.store.get(key) == b"the second"
    assert await place.store.stat(key) == StoredObject(key, 10, "image/png")


async def test_a_deleted_object_is_gone_and_its_neighbour_stays(place: Place) -> None:
    folder = uuid4()
    gone, kept = f"assets/{folder}/original.png", f"assets/{folder}/card.webp"
    await place.store.put(gone, b"pixels", "image/png")
    await place.store.put(kept, b"fewer", "image/webp")
    link = place.store.url(gone, HOUR)

    await place.store.delete(gone)

    assert await place.store.stat(gone) is None
    assert read(link).status_code == 404
    assert await place.store.get(kept) == b"fewer"


async def test_deleting_what_is_not_there_is_no_error(place: Place) -> None:
    await place.store.delete(new_key())


async def test_a_missing_object_is_a_key_error_and_has_no_facts(place: Place) -> None:
    key = new_key()

    with pytest.raises(KeyError, match=key):
        await place.store.get(key)
    assert await place.store.stat(key) is None


async def test_an_empty_and_a_large_object_are_stored_whole(place: Place) -> None:
    empty, large = new_key(), new_key("original.zip")
    data = bytes(range(256)) * 40_000

    await place.store.put(empty, b"", "image/png")
    await place.store.put(large, data, "application/zip")

    assert await place.store.get(empty) == b""
    assert await place.store.get(large) == data
    assert read(place.store.url(large, HOUR)).content == data


async def test_a_link_is_read_without_signing_in_and_may_be_cached(place: Place) -> None:
    key = new_key("card.webp")
    await place.store.put(key, b"pixels", "image/webp")

    response = read(place.store.url(key, HOUR))

    assert (response.status_code, response.content) == (200, b"pixels")
    assert response.headers["content-type"] == "image/webp"
    assert "immutable" in response.headers["cache-control"]


async def test_a_download_link_names_the_file_in_any_language(place: Place) -> None:
    key = new_key()
    await place.store.put(key, b"pixels", "image/png")

    response = read(place.store.url(key, HOUR, '고양이 "a"/b.png'))

    assert response.status_code == 200
    assert response.headers["content-disposition"] == (
        "attachment; filename=\"___ _a__b.png\"; filename*=UTF-8''%EA%B3%A0%EC%96%91%EC%9D%B4%20%22a%22_b.png"
    )


@pytest.mark.parametrize("change", ["key", "signature", "lifetime", "name", "none"])
async def test_a_link_that_was_changed_opens_nothing(strict_place: Place, change: str) -> None:
    key, other = new_key(), new_key()
    await strict_place.store.put(key, b"pixels", "image/png")
    await strict_place.store.put(other, b"secret", "image/png")
    link = strict_place.store.url(key, HOUR, "a.png")
    assert read(link).status_code == 200
    parts = urlsplit(link)
    query = dict(parse_qsl(parts.query))
    path = parts.path
    if change == "key":
        path = path.replace(key, other)
    elif change == "none":
        query = {}
    else:
        found = {
            "signature": ("signature", "X-Amz-Signature"),
            "lifetime": ("expires", "X-Amz-Expires"),
            "name": ("download", "response-content-disposition"),
        }
        name = next(name for name in found[change] if name in query)
        query[name] = query[name][:-1] + ("0" if query[name][-1] != "0" else "1")

    response = read(parts._replace(path=path, query=urlencode(query)).geturl())

    assert response.status_code in REFUSALS
    assert response.content not in {b"pixels", b"secret"}


async def test_a_link_is_dead_once_it_has_expired(strict_place: Place) -> None:
    key = new_key()
    await strict_place.store.put(key, b"pixels", "image/png")
    two_hours_ago = strict_place.at(lambda: time.time() - 7_200)
    a_little_ago = strict_place.at(lambda: time.time() - 3_500)

    assert read(two_hours_ago.url(key, HOUR)).status_code in REFUSALS
    assert read(a_little_ago.url(key, HOUR)).status_code == 200


async def test_a_link_stays_the_same_for_half_of_its_life(place: Place) -> None:
    now = 1_800_000_000.0
    store = place.at(lambda: now)
    links = []
    for _ in range(7_200):
        links.append(store.url("assets/a/card.webp", HOUR))
        now += 1.0

    lengths = [links.count(link) for link in dict.fromkeys(links)]

    assert lengths[1:-1] == [1_800] * (len(lengths) - 2)


@pytest.mark.parametrize("key", ODD_KEYS)
async def test_odd_keys_are_refused_by_every_call(place: Place, key: str) -> None:
    store = place.store
    calls: list[Awaitable[object]] = [
        store.put(key, b"", "image/png"),
        store.get(key),
        store.stat(key),
        store.delete(key),
    ]

    for call in calls:
        with pytest.raises(ValueError, match="Not an object key"):
            await call
    with pytest.raises(ValueError, match="Not an object key"):
        store.url(key, HOUR)


async def test_an_object_is_of_the_type_that_its_key_says(place: Place) -> None:
    key = new_key("card.webp")

    with pytest.raises(ValueError, match="cannot hold 'text/html'"):
        await place.store.put(key, b"<script>", "text/html")
    assert await place.store.stat(key) is None


def deposit_of(data: bytes) -> Deposit:
    return Deposit(f"uploads/{uuid4()}.png", "image/png", len(data), hashlib.sha256(data).hexdigest())


def put(url: str, data: bytes, **headers: str) -> int:
    return httpx2.put(url, content=data, headers=headers, trust_env=False).status_code


async def test_a_client_stores_what_it_announced_and_nothing_else(place: Place) -> None:
    deposit = deposit_of(b"pixels")

    link = place.store.deposit_link(deposit, HOUR)

    assert put(link.url, b"pixels", **link.headers) == 200
    assert await place.store.get(deposit.key) == b"pixels"
    assert await place.store.stat(deposit.key) == StoredObject(deposit.key, 6, "image/png")


async def test_other_lengths_types_times_and_places_are_refused(strict_place: Place) -> None:
    deposit = deposit_of(b"pixels")
    link = strict_place.store.deposit_link(deposit, HOUR)
    old = strict_place.at(lambda: time.time() - 7_200).deposit_link(deposit, HOUR)

    statuses = {
        "longer": put(link.url, b"pixels and more", **link.headers),
        "shorter": put(link.url, b"pix", **link.headers),
        "another type": put(link.url, b"pixels", **{**link.headers, "content-type": "text/html"}),
        "too late": put(old.url, b"pixels", **old.headers),
        "elsewhere": put(link.url.replace("uploads/", "assets/"), b"pixels", **link.headers),
        "to read": httpx2.get(link.url, trust_env=False).status_code // 100 * 100,
    }

    assert {what: status for what, status in statuses.items() if status not in {*REFUSALS, 400}} == {}
    assert await strict_place.store.stat(deposit.key) is None
    with pytest.raises(ValueError, match="cannot hold"):
        strict_place.store.deposit_link(replace(deposit, content_type="image/jpeg"), HOUR)
