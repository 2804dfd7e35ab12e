"""Artworks that several change at once: the losing order of events is made certain."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from db.words import ArtworkLicense, ContentLevel, Visibility
from db.words_moderation import DecisionEffect, DecisionOutcome, Policy, ReportReason, SubjectKind
from domain import moderation, publishing, reports
from domain.errors import NotFound
from domain.moderation import Moderator, Verdict
from domain.policies import Rules
from domain.publishing import Changes, Publication
from domain.reports import Complaint
from stored import new_asset, row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncSession

    from workshop import Workshop

pytestmark = pytest.mark.anyio


def new_image(shop: Workshop, user: UUID) -> UUID:
    return UUID(new_asset(shop.database_url, f"user_{user.hex}").partition("_")[2])


async def published(shop: Workshop, user: UUID, **more: object) -> UUID:
    given = Publication((new_image(shop, user),), "x", **more)  # type: ignore[arg-type]  # as the test says
    async with shop.db.write() as tx:
        return await publishing.publish(tx, user, given)


async def update(shop: Workshop, user: UUID, artwork: UUID, **changes: object) -> None:
    async with shop.db.write() as tx:
        await publishing.update(tx, user, artwork, Changes(**changes))  # type: ignore[arg-type]  # as the test says


def is_anyone_waiting(shop: Workshop) -> bool:
    return sql(shop.database_url, "SELECT count(*) FROM pg_locks WHERE NOT granted") != [(0,)]


def state(shop: Workshop) -> tuple[object, ...]:
    """Return title, visibility, and how many public artworks the author is said to have."""
    ((*found,),) = sql(
        shop.database_url, "SELECT title, visibility, artwork_count FROM artworks a JOIN users u ON u.id = a.author_id"
    )
    return tuple(found)


async def test_an_update_that_waits_for_an_unpublish_changes_what_it_says_alone(shop: Workshop) -> None:
    user = await shop.user()
    artwork = await published(shop, user)
    async with shop.db.write() as tx:
        await publishing.unpublish(tx, user, artwork)
        other = asyncio.create_task(update(shop, user, artwork, title="y", tags=("a",)))
        await until(lambda: is_anyone_waiting(shop))
    await other
    assert state(shop) == ("y", "PRIVATE", 0)


async def test_an_unpublish_that_waits_for_an_update_has_the_last_word(shop: Workshop) -> None:
    user = await shop.user()
    artwork = await published(shop, user, visibility=Visibility.PRIVATE)
    async with shop.db.write() as tx:
        await publishing.update(tx, user, artwork, Changes(title="y", visibility=Visibility.PUBLIC))
        other = asyncio.create_task(update(shop, user, artwork, visibility=Visibility.PRIVATE))
        await until(lambda: is_anyone_waiting(shop))
    await other
    assert state(shop) == ("y", "PRIVATE", 0)


@pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.PRIVATE])
async def test_of_two_that_move_it_alike_one_is_counted(shop: Workshop, visibility: Visibility) -> None:
    user = await shop.user()
    first = Visibility.PRIVATE if visibility is Visibility.PUBLIC else Visibility.PUBLIC
    artwork = await published(shop, user, visibility=first)
    sql(shop.database_url, "DELETE FROM outbox")
    async with shop.db.write() as tx:
        await publishing.update(tx, user, artwork, Changes(visibility=visibility))
        other = asyncio.create_task(update(shop, user, artwork, visibility=visibility))
        await until(lambda: is_anyone_waiting(shop))
    await other
    assert state(shop) == ("x", visibility.value, int(visibility is Visibility.PUBLIC))
    assert row_counts(shop.database_url)["outbox"] == 2, "who watches feeds is told once, and who watches it"


async def test_two_updates_at_once_lose_nothing_of_each_other(shop: Workshop) -> None:
    user = await shop.user()
    artwork = await published(shop, user, tags=("old",))
    images = new_image(shop, user), new_image(shop, user)
    async with shop.db.write() as tx:
        await publishing.update(tx, user, artwork, Changes(title="y #new", asset_ids=images))
        other = asyncio.create_task(update(shop, user, artwork, tags=("a", "b"), asset_ids=images[::-1]))
        await until(lambda: is_anyone_waiting(shop))
    await other
    assert state(shop)[0] == "y #new"
    tags = "SELECT name FROM artwork_tags JOIN tags ON tags.id = tag_id ORDER BY position"
    assert sql(shop.database_url, tags) == [("a",), ("b",), ("new",)]
    shown = "SELECT asset_id FROM artwork_images ORDER BY position"
    assert sql(shop.database_url, shown) == [(images[1],), (images[0],)]


async def test_an_update_that_waits_for_a_deletion_finds_nothing(shop: Workshop) -> None:
    user = await shop.user()
    artwork = await published(shop, user)
    async with shop.db.write() as tx:
        await publishing.delete(tx, user, artwork)
        await tx.flush()
        other = asyncio.create_task(update(shop, user, artwork, visibility=Visibility.PUBLIC))
        await until(lambda: is_anyone_waiting(shop))
    with pytest.raises(NotFound):
        await other
    assert state(shop) == ("x", "PRIVATE", 0)


async def test_two_clicks_with_one_key_are_one_artwork(shop: Workshop) -> None:
    user = await shop.user()
    given = Publication((new_image(shop, user),), "x")

    async def publish() -> UUID:
        async with shop.db.write() as tx:
            return await publishing.publish(tx, user, given, "one click")

    async with shop.db.write() as tx:
        first = await publishing.publish(tx, user, given, "one click")
        other = asyncio.create_task(publish())
        await until(lambda: is_anyone_waiting(shop))
    assert await other == first
    assert state(shop) == ("x", "PUBLIC", 1)


async def test_what_is_being_remixed_is_removed_after_it(shop: Workshop) -> None:
    author, other = await shop.user(), await shop.user()
    original = await published(shop, author, license=ArtworkLicense.CC0_1_0)
    given = Publication((new_image(shop, other),), "x", remix_of_id=original)

    async with shop.db.write() as tx:
        remix = await publishing.publish(tx, other, given)
        async with shop.db.write() as deleting:  # waits for nobody
            await publishing.delete(deleting, author, original)
        await shop.sweeper().remove_artworks()
        assert row_counts(shop.database_url)["artworks"] == 1
    await shop.sweeper().remove_artworks()
    assert sql(shop.database_url, "SELECT id, remix_of_id FROM artworks") == [(remix, None)]


async def test_two_who_use_the_same_new_tags_do_not_lock_each_other_out(shop: Workshop) -> None:
    users = [await shop.user() for _ in range(2)]
    one, two = [
        (user, Publication((new_image(shop, user),), "x", tags=tags))
        for user, tags in zip(users, (("a", "b", "c"), ("c", "b", "a")), strict=True)
    ]

    async def publish() -> None:
        async with shop.db.write() as tx:
            await publishing.publish(tx, *two)

    async with shop.db.write() as tx:
        await publishing.publish(tx, *one)
        other = asyncio.create_task(publish())
        await until(lambda: is_anyone_waiting(shop))
    await other
    assert row_counts(shop.database_url)["tags"] == 3
    assert row_counts(shop.database_url)["artwork_tags"] == 6


@pytest.mark.parametrize("is_first", [True, False], ids=["publishes first", "publishes last"])
async def test_what_is_relabelled_while_it_is_published_has_the_new_level(shop: Workshop, is_first: bool) -> None:  # noqa: FBT001
    # given a picture that was reported, and an artwork of another one
    author, moderator, reporter = [await shop.user() for _ in range(3)]
    image, rules = new_image(shop, author), Rules()
    changed = await published(shop, author)
    shown = await published(shop, author, visibility=Visibility.UNLISTED)
    sql(shop.database_url, "UPDATE artwork_images SET asset_id = %s WHERE artwork_id = %s", image, shown)
    async with shop.db.write() as tx:
        complaint = Complaint(SubjectKind.PICTURE, image, ReportReason.WRONG_LEVEL)
        await reports.make(tx, reporter, complaint, rules)
    ((case,),) = sql(shop.database_url, "SELECT id FROM moderation_cases")

    async def relabel(tx: AsyncSession) -> None:
        verdict = Verdict(
            *(DecisionOutcome.UPHELD, DecisionEffect.RELABEL, Policy.CONTENT, ReportReason.WRONG_LEVEL),
            content_level=ContentLevel.MATURE,
        )
        await moderation.decide(tx, Moderator(moderator, {moderator}), case, verdict, 1, rules)

    async def show(tx: AsyncSession) -> None:
        await publishing.publish(tx, author, Publication((image,), "x"))
        await publishing.update(tx, author, changed, Changes(asset_ids=(image,)))

    async def run(write: Callable[[AsyncSession], Awaitable[None]]) -> None:
        async with shop.db.write() as tx:
            await write(tx)

    # when somebody shows it at the same moment as a moderator raises its level
    one, two = (show, relabel) if is_first else (relabel, show)
    async with shop.db.write() as tx:
        await one(tx)
        await tx.flush()
        other = asyncio.create_task(run(two))
        await until(lambda: is_anyone_waiting(shop))
    await other

    # then all that shows it is of its level
    assert sql(shop.database_url, "SELECT DISTINCT content_level FROM artworks") == [("MATURE",)]
    assert row_counts(shop.database_url)["artworks"] == 3
