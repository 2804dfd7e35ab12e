"""Uploads that nobody confirmed, and those that broke off at any step: collected, and nothing stays in the store."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.scanning.process import ChildScanner
from domain import uploads, uploads_checking
from domain.errors import NotFound, UploadNotReady, UploadRejected
from domain.ports import StorageUnavailable
from domain.words import UploadProblem
from stored import sql
from uploading import brought, drawn, saved, vast_png
from waiting import until

if TYPE_CHECKING:
    from domain.renditions import Rendition
    from domain.uploads import Parent
    from workshop import Workshop

pytestmark = pytest.mark.anyio

PNG = saved(drawn())


def pass_time(shop: Workshop) -> None:
    """Let all links end, and all checks be given up."""
    sql(shop.database_url, "UPDATE uploads SET expires_at = now() - interval '1 s', checked_at = NULL")


def states(shop: Workshop) -> list[str]:
    return [status for (status,) in sql(shop.database_url, "SELECT status FROM media_assets ORDER BY id")]


async def test_what_is_never_confirmed_is_collected_once_its_link_has_ended(shop: Workshop) -> None:
    user = await shop.user()
    await brought(shop, user, PNG)

    await shop.sweeper().forget_uploads()
    assert (len(shop.stored()), states(shop)) == (1, ["UPLOADING"])
    pass_time(shop)
    await shop.sweeper(timedelta(minutes=10)).forget_uploads()
    assert (len(shop.stored()), states(shop)) == (1, ["UPLOADING"])

    await shop.sweeper().forget_uploads()
    assert (shop.stored(), states(shop)) == (set(), ["FAILED"])
    assert sql(shop.database_url, "SELECT id FROM uploads") == []


async def test_a_file_that_is_put_again_after_it_was_confirmed_is_collected(shop: Workshop) -> None:
    user = await shop.user()
    upload = await brought(shop, user, PNG)
    await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id)
    await shop.store.put(uploads.deposit_of(upload).key, PNG, "image/png")
    pass_time(shop)

    await shop.sweeper().forget_uploads()

    assert (len(shop.stored()), states(shop)) == (4, ["READY"])


async def test_a_check_that_is_killed_between_storing_and_accepting_leaves_nothing(shop: Workshop) -> None:
    # given an API that dies as it stores the last object
    user = await shop.user()
    upload = await brought(shop, user, PNG)

    class Dying(type(shop.store)):  # type: ignore[misc]
        async def put(self, key: str, data: bytes, content_type: str) -> None:
            await shop.store.put(key, data, content_type)
            if key.endswith("original.png"):
                raise SystemExit

    dying = Dying(shop.media, "http://easel.example", b"0123456789abcdef0123456789abcdef")
    with pytest.raises(SystemExit):
        await uploads_checking.confirm(shop.gate(dying), ChildScanner(), user, upload.id)
    assert (len(shop.stored()), states(shop)) == (5, ["SCANNING"])

    # then its owner waits, or it is collected
    with pytest.raises(UploadNotReady):
        await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id)
    pass_time(shop)
    await shop.sweeper().forget_uploads()
    assert (shop.stored(), states(shop)) == (set(), ["FAILED"])


async def test_what_the_sweeper_gave_up_meanwhile_does_not_become_an_image(shop: Workshop) -> None:
    user = await shop.user()
    upload = await brought(shop, user, PNG)

    async def scan(data: bytes, media_type: str, _parent: Parent | None = None) -> Rendition:
        rendition = await ChildScanner()(data, media_type)
        pass_time(shop)
        await shop.sweeper().forget_uploads()
        return rendition

    with pytest.raises(UploadNotReady):
        await uploads_checking.confirm(shop.gate(), scan, user, upload.id)
    assert (shop.stored(), states(shop)) == (set(), ["FAILED"])


async def test_what_is_confirmed_while_it_is_given_up_shows_nothing_that_is_removed(shop: Workshop) -> None:
    # given an overdue upload whose owner confirms it just before the sweeper removes its first object
    user = await shop.user()
    upload = await brought(shop, user, PNG)
    pass_time(shop)
    refused: list[str] = []

    class Late(type(shop.store)):  # type: ignore[misc]
        async def delete(self, key: str) -> None:
            if not refused:
                with pytest.raises(NotFound) as refusal:
                    await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id)
                refused.append(refusal.value.reason)
            await super().delete(key)

    late = Late(shop.media, "http://easel.example", b"0123456789abcdef0123456789abcdef")
    await uploads_checking.give_up(shop.db, late, upload.id)

    assert (refused, shop.stored(), states(shop)) == (["not_found"], set(), ["FAILED"])
    assert sql(shop.database_url, "SELECT id FROM uploads") == []


async def test_a_store_that_is_away_makes_nothing_worse(shop: Workshop) -> None:
    user = await shop.user()
    upload = await brought(shop, user, PNG)

    class Away(type(shop.store)):  # type: ignore[misc]
        async def put(self, key: str, _data: bytes, _content_type: str) -> None:
            raise StorageUnavailable(key)

    away = Away(shop.media, "http://easel.example", b"0123456789abcdef0123456789abcdef")
    with pytest.raises(UploadNotReady) as refusal:
        await uploads_checking.confirm(shop.gate(away), ChildScanner(), user, upload.id)
    assert refusal.value.reason == "upload.store_away"

    await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id)
    assert (len(shop.stored()), states(shop)) == (4, ["READY"])


async def test_a_child_that_takes_too_much_is_ended(shop: Workshop) -> None:
    user = await shop.user()
    upload = await brought(shop, user, vast_png(4096, 4096))

    with pytest.raises(UploadRejected) as refusal:
        await uploads_checking.confirm(shop.gate(), ChildScanner(memory=200 * 2**20), user, upload.id)

    assert refusal.value.problem is UploadProblem.TOO_EXPENSIVE
    assert (shop.stored(), states(shop)) == (set(), ["REJECTED"])


async def test_a_child_that_nobody_waits_for_any_more_holds_its_place_until_it_has_ended() -> None:
    scanner = ChildScanner(at_once=1, patience=0.01)
    first = asyncio.create_task(scanner(PNG, "image/png"))
    await until(scanner._places.locked)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first

    with pytest.raises(UploadNotReady):
        await scanner(PNG, "image/png")
    await until(lambda: not scanner._places.locked())
    assert (await scanner(PNG, "image/png")).width == 96


async def test_a_machine_that_is_too_busy_may_be_asked_again(shop: Workshop) -> None:
    user = await shop.user()
    upload = await brought(shop, user, PNG)

    for busy in (ChildScanner(seconds=0), ChildScanner(at_once=0, patience=0.01)):
        with pytest.raises(UploadNotReady) as refusal:
            await uploads_checking.confirm(shop.gate(), busy, user, upload.id)
        assert refusal.value.reason == "upload.busy"

    await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id)
    assert (len(shop.stored()), states(shop)) == (4, ["READY"])
