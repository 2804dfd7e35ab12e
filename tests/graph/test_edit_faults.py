"""Edits that break off, and people who edit too much: refused for now, and nothing is left."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from adapters.scanning.process import ChildScanner
from domain import edits_making, trash, uploads_checking
from domain.edits import Recipe
from domain.errors import MediaUnavailable
from domain.ports import StorageUnavailable
from gallery_client import change
from stored import new_asset, row_counts, sql
from uploading import brought, drawn, saved

if TYPE_CHECKING:
    from conftest import Installation
    from workshop import Workshop

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("broken", ["get", "put", "put and delete"])
async def test_a_store_that_is_away_refuses_an_edit_for_now_and_nothing_is_left(shop: Workshop, broken: str) -> None:
    # given a picture, and a store that breaks off as the edit is read, or when half of it is stored
    user = await shop.user()
    upload = await brought(shop, user, saved(drawn()))
    parent = await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id)
    before, kept = row_counts(shop.database_url), shop.stored()

    class Away(type(shop.store)):  # type: ignore[misc]
        async def get(self, key: str) -> bytes:
            if broken == "get":
                raise StorageUnavailable(key)
            data: bytes = await super().get(key)
            return data

        async def put(self, key: str, data: bytes, content_type: str) -> None:
            if key.endswith("thumb.webp"):
                raise StorageUnavailable(key)
            await super().put(key, data, content_type)

        async def delete(self, key: str) -> None:
            if broken == "put and delete":
                raise StorageUnavailable(key)
            await super().delete(key)

    away = Away(shop.media, "http://easel.example", b"0123456789abcdef0123456789abcdef")
    recipe = Recipe(flip_vertical=True)
    with pytest.raises(MediaUnavailable) as refusal:
        await edits_making.edit(shop.gate(away), user, parent, recipe, ("input", "recipe"))

    # then it may be tried again, and nothing is left: at once, or once the store is there for the sweeper
    assert refusal.value.retryable
    if broken == "put and delete":
        assert len(shop.stored() - kept) == 2
        await shop.sweeper().remove_abandoned()
        assert sql(shop.database_url, "SELECT status FROM media_assets ORDER BY id") == [("READY",), ("FAILED",)]
    else:
        assert row_counts(shop.database_url) == before
    assert shop.stored() == kept
    await edits_making.edit(shop.gate(), user, parent, recipe, ("input", "recipe"))
    assert len(shop.stored()) == len(kept) + 4


async def test_an_edit_whose_parent_is_deleted_meanwhile_leaves_nothing(shop: Workshop) -> None:
    user = await shop.user()
    upload = await brought(shop, user, saved(drawn()))
    parent = await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id)
    before, kept = row_counts(shop.database_url), shop.stored()

    class Slow(type(shop.store)):  # type: ignore[misc]
        async def put(self, key: str, data: bytes, content_type: str) -> None:
            await super().put(key, data, content_type)
            async with shop.db.write() as tx:
                await trash.delete(tx, user, parent)

    slow = Slow(shop.media, "http://easel.example", b"0123456789abcdef0123456789abcdef")
    with pytest.raises(Exception, match="not_found"):
        await edits_making.edit(shop.gate(slow), user, parent, Recipe(flip_vertical=True), ("input", "recipe"))

    assert (row_counts(shop.database_url), shop.stored()) == (before, kept)


async def test_an_edit_that_nobody_waits_for_any_more_holds_its_place_until_it_has_ended(shop: Workshop) -> None:
    # given a process with one place, and an edit in it whose request has ended
    user = await shop.user()
    upload = await brought(shop, user, saved(drawn()))
    parent = await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id)
    begun, goes_on = asyncio.Event(), asyncio.Event()

    class Slow(type(shop.store)):  # type: ignore[misc]
        async def get(self, key: str) -> bytes:
            begun.set()
            await goes_on.wait()
            data: bytes = await super().get(key)
            return data

    slow = Slow(shop.media, "http://easel.example", b"0123456789abcdef0123456789abcdef")
    gate = replace(shop.gate(slow), edit_places=asyncio.Semaphore(1))
    recipe, at = Recipe(flip_vertical=True), ("input", "recipe")
    first = asyncio.create_task(edits_making.edit(gate, user, parent, recipe, at))
    await begun.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    before = row_counts(shop.database_url)

    # then the next one waits for it, for a while
    with pytest.raises(MediaUnavailable):
        await edits_making.edit(gate, user, parent, recipe, at)
    assert row_counts(shop.database_url) == before
    goes_on.set()
    await edits_making.edit(gate, user, parent, recipe, at)


async def test_who_edits_too_much_waits(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    asset = new_asset(database_url, client.viewer_id)
    for _ in range(60):
        assert (await change(client, "applyEdit", assetId=asset, recipe={}))["code"] == "INVALID_INPUT"
    before = row_counts(database_url)

    for name, given in (
        ("applyEdit", {"recipe": {}}),
        ("cropMedia", {"crop": dict.fromkeys(("x", "y", "width", "height"), 1)}),
    ):
        refusal = await change(client, name, assetId=asset, **given)
        assert (refusal["__typename"], refusal["code"], refusal["retryable"]) == (
            *("TooManyAttempts", "TOO_MANY_ATTEMPTS"),
            True,
        )
    assert row_counts(database_url) == before
