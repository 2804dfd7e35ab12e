"""Galleries that several change at once: the losing order of events is made certain, and nobody's change is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from audit import check_rows
from db.words import OwnerKind, Visibility
from domain import folders, galleries, owners, trash
from domain.errors import NotFound, VersionConflict
from domain.galleries import Owner
from domain.owners import Texts
from stored import new_asset, sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workshop import Workshop

pytestmark = pytest.mark.anyio


async def gallery_of(shop: Workshop, user: UUID, count: int) -> tuple[Owner, list[UUID]]:
    """Make a character whose gallery holds pictures; return it, and their keys in order."""
    async with shop.db.write() as tx:
        key = await owners.create(tx, user, OwnerKind.CHARACTER, Texts("Haru"), Visibility.PUBLIC)
    assets = [UUID(new_asset(shop.database_url, f"user_{user.hex}").partition("_")[2]) for _ in range(count)]
    for position, asset in enumerate(assets):
        values = (key, position, position == 0, asset)
        statement = "UPDATE media_assets SET gallery_id = %s, position = %s, is_primary = %s WHERE id = %s"
        sql(shop.database_url, statement, *values)
    sql(shop.database_url, "UPDATE galleries SET image_count = %s WHERE id = %s", count, key)
    return Owner(OwnerKind.CHARACTER, key), assets


def order_of(shop: Workshop, owner: Owner) -> list[UUID]:
    query = "SELECT id FROM media_assets WHERE gallery_id = %s AND status = 'READY' ORDER BY position, id"
    return [key for (key,) in sql(shop.database_url, query, owner.id)]


def is_anyone_waiting(shop: Workshop) -> bool:
    return sql(shop.database_url, "SELECT count(*) FROM pg_locks WHERE NOT granted") != [(0,)]


async def test_of_two_tabs_that_sort_at_once_one_is_refused_with_the_order_of_the_other(shop: Workshop) -> None:
    user = await shop.user()
    owner, (first, second, third) = await gallery_of(shop, user, 3)

    async def sort(order: Sequence[UUID]) -> None:
        async with shop.db.write() as tx:
            await galleries.reorder(tx, user, owner, order, 0)

    # given one tab has sorted and not yet committed, and the other, which read the same version, waits for it
    async with shop.db.write() as tx:
        await galleries.reorder(tx, user, owner, [third, second, first], 0)
        other = asyncio.create_task(sort([second, first, third]))
        await until(lambda: is_anyone_waiting(shop))

    # then it is told what is there now, and has changed nothing
    with pytest.raises(VersionConflict) as refused:
        await other
    assert (refused.value.version, refused.value.keys) == (1, (third, second, first))
    assert order_of(shop, owner) == [third, second, first]
    assert sql(shop.database_url, "SELECT version FROM galleries WHERE id = %s", owner.id) == [(1,)]


async def test_two_who_delete_the_primary_and_its_heir_at_once_leave_one_that_stands(shop: Workshop) -> None:
    user = await shop.user()
    owner, (first, second, third) = await gallery_of(shop, user, 3)

    async def delete(asset: UUID) -> None:
        async with shop.db.write() as tx:
            await trash.delete(tx, user, asset)

    async with shop.db.write() as tx:
        await trash.delete(tx, user, first)
        other = asyncio.create_task(delete(second))
        await until(lambda: is_anyone_waiting(shop))
    await other

    primary = sql(shop.database_url, "SELECT id FROM media_assets WHERE is_primary")
    assert (primary, order_of(shop, owner)) == ([(third,)], [third])
    check_rows(shop.database_url)


async def test_a_picture_that_is_chosen_while_it_is_deleted_does_not_stand(shop: Workshop) -> None:
    user = await shop.user()
    owner, (first, second) = await gallery_of(shop, user, 2)

    async def choose() -> None:
        async with shop.db.write() as tx:
            await galleries.set_primary(tx, user, owner, second)

    async with shop.db.write() as tx:
        await trash.delete(tx, user, second)
        choosing = asyncio.create_task(choose())
        await until(lambda: is_anyone_waiting(shop))
    with pytest.raises(Exception, match=r"asset\.not_ready"):
        await choosing

    assert sql(shop.database_url, "SELECT id FROM media_assets WHERE is_primary") == [(first,)]
    check_rows(shop.database_url)


async def test_who_sorts_pictures_that_are_just_put_into_a_folder_waits_for_that(shop: Workshop) -> None:
    user = await shop.user()
    owner, (first, second, third) = await gallery_of(shop, user, 3)

    async def sort() -> None:
        async with shop.db.write() as tx:
            await galleries.reorder(tx, user, owner, [third], 0)

    # given a transaction that has moved one picture, and moves the other as somebody sorts both
    async with shop.db.write() as tx:
        folder = await folders.create(tx, user, "cats", None)
        await tx.flush()
        await folders.put(tx, user, [second], folder)
        sorting = asyncio.create_task(sort())
        await until(lambda: is_anyone_waiting(shop))
        await folders.put(tx, user, [first], folder)
    await sorting

    filed = sql(shop.database_url, "SELECT id FROM media_assets WHERE folder_id = %s", folder)
    assert {key for (key,) in filed} == {first, second}
    assert order_of(shop, owner) == [third, first, second]


async def test_an_avatar_that_is_chosen_while_it_is_put_into_a_folder_is_in_both_places(shop: Workshop) -> None:
    user = await shop.user()
    asset = UUID(new_asset(shop.database_url, f"user_{user.hex}").partition("_")[2])

    async def choose() -> None:
        async with shop.db.write() as tx:
            await galleries.set_avatar(tx, user, asset)

    # given a transaction that changes the user's folders, and one that needs the user for the avatar
    async with shop.db.write() as tx:
        folder = await folders.create(tx, user, "me", None)
        await tx.flush()
        choosing = asyncio.create_task(choose())
        await until(lambda: is_anyone_waiting(shop))
        await folders.put(tx, user, [asset], folder)
    await choosing

    found = "SELECT a.folder_id, u.avatar_asset_id FROM media_assets a JOIN users u ON u.id = a.owner_id"
    assert sql(shop.database_url, found) == [(folder, asset)]
    check_rows(shop.database_url)


async def test_who_changes_pictures_of_two_galleries_waits_in_no_circle(shop: Workshop) -> None:
    # given a moderator who hides a picture of one gallery
    user = await shop.user()
    (_, (here, *_)), (owner, (there, *others)) = [await gallery_of(shop, user, count) for count in (1, 2)]

    async def sort() -> None:
        async with shop.db.write() as tx:
            await galleries.reorder(tx, user, owner, [*others, there], 0)

    async with shop.db.write() as tx:
        await trash.delete(tx, user, here)
        # when its user sorts another gallery, and the moderator comes to a picture of that one
        sorting = asyncio.create_task(sort())
        await until(lambda: is_anyone_waiting(shop))
        await trash.delete(tx, user, there)

    # then one comes after the other: what was sorted is not there any more
    with pytest.raises(NotFound):
        await sorting
