"""Comments that several change at once: the losing order is made certain, and no count is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from db.session import Database
from db.tables import Artwork, Comment
from domain import blocks, comments, counters, publishing
from domain.errors import CommentsLocked, InvalidInput, NotFound
from people import key_in, new_artwork, new_users
from stored import row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncSession

pytestmark = pytest.mark.anyio


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


class Discussion:
    """An artwork of ann, under which ann and bob talk."""

    def __init__(self, db: Database, artwork: UUID, ann: UUID, bob: UUID) -> None:
        """Nothing is said yet."""
        self.db, self.artwork, self.ann, self.bob = db, artwork, ann, bob

    async def say(self, text: str, who: UUID | None = None, reply_to: UUID | None = None, key: str = "") -> UUID:
        async with self.db.write() as tx:
            return await self.add(tx, text, who, reply_to, key)

    async def add(
        self, tx: AsyncSession, text: str, who: UUID | None = None, reply_to: UUID | None = None, key: str = ""
    ) -> UUID:
        return await comments.add(tx, who or self.ann, self.artwork, text, reply_to, key or uuid4().hex)

    async def delete(self, comment: UUID) -> None:
        async with self.db.write() as tx:
            await comments.remove(tx, self.ann, comment)


@pytest.fixture
async def talk(db: Database) -> Discussion:
    ann, bob = await new_users(db, "ann", "bob")
    return Discussion(db, key_in(await new_artwork(db, ann)), key_in(ann), key_in(bob))


def is_anyone_waiting(database_url: str) -> bool:
    return sql(database_url, "SELECT count(*) FROM pg_locks WHERE NOT granted") != [(0,)]


async def counts_are_true(db: Database) -> bool:
    async with db.read() as tx:
        return not [
            *await counters.differences(tx, counters.ARTWORK_COMMENTS),
            *await counters.differences(tx, counters.THREAD_REPLIES),
        ]


async def test_what_is_deleted_while_it_is_answered_stays_as_a_stub(talk: Discussion, database_url: str) -> None:
    root = await talk.say("root")
    async with talk.db.write() as tx:
        reply = await talk.add(tx, "reply", talk.bob, root)
        deleting = asyncio.create_task(talk.delete(root))
        await until(lambda: is_anyone_waiting(database_url))
    await deleting

    rows = sql(database_url, "SELECT id, text, deleted_at IS NULL, reply_count FROM comments ORDER BY created_at")
    assert rows == [(root, "", False, 1), (reply, "reply", True, 0)]
    assert await counts_are_true(talk.db)


async def test_what_is_answered_while_it_is_deleted_is_not_found(talk: Discussion, database_url: str) -> None:
    root = await talk.say("root")
    async with talk.db.write() as tx:
        await comments.remove(tx, talk.ann, root)
        answering = asyncio.create_task(talk.say("reply", talk.bob, root, "key"))
        await until(lambda: is_anyone_waiting(database_url))
    with pytest.raises(NotFound):
        await answering

    assert sql(database_url, "SELECT id FROM comments") == []
    assert sql(database_url, "SELECT key FROM idempotency_keys WHERE key = 'key'") == []
    assert await counts_are_true(talk.db)


async def test_the_last_two_answers_of_a_stub_that_go_at_once_take_it_along(
    talk: Discussion, database_url: str
) -> None:
    root = await talk.say("root")
    first, second = await talk.say("first", None, root), await talk.say("second", None, root)
    await talk.delete(root)
    async with talk.db.write() as tx:
        await comments.remove(tx, talk.ann, first)
        deleting = asyncio.create_task(talk.delete(second))
        await until(lambda: is_anyone_waiting(database_url))
    await deleting

    assert sql(database_url, "SELECT id FROM comments") == []
    assert await counts_are_true(talk.db)


async def test_of_two_edits_at_once_the_last_is_right_with_its_own_mentions(
    talk: Discussion, database_url: str
) -> None:
    comment = await talk.say("first")

    async def edit(text: str) -> None:
        async with talk.db.write() as tx:
            await comments.edit(tx, talk.ann, comment, text)

    async with talk.db.write() as tx:
        await comments.edit(tx, talk.ann, comment, "@bob and @ann")
        editing = asyncio.create_task(edit("now @bob"))
        await until(lambda: is_anyone_waiting(database_url))
    await editing

    assert sql(database_url, "SELECT text FROM comments") == [("now @bob",)]
    assert sql(database_url, 'SELECT user_id, "offset" FROM comment_mentions') == [(talk.bob, 4)]


async def test_two_pins_at_once_are_not_one_too_many(talk: Discussion, database_url: str) -> None:
    said = [await talk.say(f"{number}") for number in range(comments.MAXIMUM_PINNED + 1)]
    for comment in said[2:]:
        async with talk.db.write() as tx:
            await comments.pin(tx, talk.ann, comment, on=True)

    async def pin(comment: UUID) -> None:
        async with talk.db.write() as tx:
            await comments.pin(tx, talk.ann, comment, on=True)

    async with talk.db.write() as tx:
        await comments.pin(tx, talk.ann, said[0], on=True)
        pinning = asyncio.create_task(pin(said[1]))
        await until(lambda: is_anyone_waiting(database_url))
    with pytest.raises(InvalidInput):
        await pinning
    assert sql(database_url, "SELECT count(*) FROM comments WHERE pinned_at IS NOT NULL") == [
        (comments.MAXIMUM_PINNED,)
    ]


async def test_pins_that_their_author_can_not_see_take_no_place(talk: Discussion, database_url: str) -> None:
    async def pin(comment: UUID) -> None:
        async with talk.db.write() as tx:
            await comments.pin(tx, talk.ann, comment, on=True)

    # given as many pins as there can be, of somebody who is then blocked
    unseen = [await talk.say(f"{number}", talk.bob) for number in range(comments.MAXIMUM_PINNED + 1)]
    mine = await talk.say("mine")
    for comment in unseen[1:]:
        await pin(comment)
    async with talk.db.write() as tx:
        await blocks.set_block(tx, talk.ann, talk.bob, on=True)

    # then what is seen can be pinned, and what is not seen is not found
    await pin(mine)
    with pytest.raises(NotFound):
        await pin(unseen[0])
    rows = sql(database_url, "SELECT id FROM comments WHERE pinned_at IS NOT NULL ORDER BY pinned_at")
    assert rows == [(each,) for each in (*unseen[1:], mine)]


async def test_what_waits_for_its_turn_is_the_newest_when_it_has_it(talk: Discussion, database_url: str) -> None:
    root = await talk.say("root")
    async with talk.db.write() as tx:
        await tx.execute(select(col(Artwork.id)).where(col(Artwork.id) == talk.artwork).with_for_update(key_share=True))
        late = asyncio.create_task(talk.say("late", talk.bob, root))
        await until(lambda: is_anyone_waiting(database_url))
        first = await talk.add(tx, "first", talk.ann, root)
    await late
    said = sql(database_url, "SELECT id FROM comments ORDER BY created_at, id")
    assert said == [(root,), (first,), (late.result(),)]


async def test_nothing_is_done_to_the_comments_of_an_artwork_that_is_deleted(talk: Discussion) -> None:
    comment = await talk.say("x", talk.bob)
    async with talk.db.write() as tx:
        await publishing.delete(tx, talk.ann, talk.artwork)
        for change in (
            comments.pin(tx, talk.ann, comment, on=True),
            comments.set_locked(tx, talk.ann, talk.artwork, on=True),
            comments.edit(tx, talk.bob, comment, "y"),
            comments.remove(tx, talk.bob, comment),
        ):
            with pytest.raises(NotFound):
                await change
        assert not await comments.hide(tx, comment)
        left = (await tx.execute(select(col(Comment.text), col(Comment.pinned_at), col(Comment.hidden_at)))).all()
    assert left == [("x", None, None)]


async def test_who_comments_while_comments_are_locked_is_refused(talk: Discussion, database_url: str) -> None:
    async with talk.db.write() as tx:
        await comments.set_locked(tx, talk.ann, talk.artwork, on=True)
        saying = asyncio.create_task(talk.say("late", talk.bob))
        await until(lambda: is_anyone_waiting(database_url))
    with pytest.raises(CommentsLocked):
        await saying
    assert sql(database_url, "SELECT id FROM comments") == []


async def test_who_comments_while_the_artwork_becomes_private_is_refused(talk: Discussion, database_url: str) -> None:
    async with talk.db.write() as tx:
        await tx.execute(update(Artwork).where(col(Artwork.id) == talk.artwork).values(visibility="PRIVATE"))
        saying = asyncio.create_task(talk.say("late", talk.bob))
        await until(lambda: is_anyone_waiting(database_url))
    with pytest.raises(NotFound):
        await saying
    assert sql(database_url, "SELECT id FROM comments") == []


async def test_ten_double_clicks_at_once_are_one_comment(talk: Discussion, database_url: str) -> None:
    async with asyncio.TaskGroup() as group:
        saying = [group.create_task(talk.say("once", talk.bob, None, "click")) for _ in range(10)]
    assert len({task.result() for task in saying}) == 1
    assert sql(database_url, "SELECT count(*) FROM comments") == [(1,)]
    assert sql(database_url, "SELECT comment_count FROM artworks") == [(1,)]


async def test_counts_are_exact_after_many_have_written_and_deleted_at_once(
    talk: Discussion, database_url: str
) -> None:
    root = await talk.say("root")

    async def write_and_delete(number: int) -> None:
        mine = await talk.say("mine", talk.bob, root if number % 2 else None)
        await talk.say("answer", talk.ann, mine)
        if number % 3:
            await talk.delete(mine)

    async with asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(write_and_delete(number))

    assert sql(database_url, "SELECT comment_count FROM artworks") == [(1 + 24 - 8,)]
    assert await counts_are_true(talk.db)


async def test_nothing_of_a_refused_comment_is_written(talk: Discussion, database_url: str) -> None:
    before = row_counts(database_url)
    with pytest.raises(NotFound):
        await talk.say("x", talk.bob, uuid4())
    assert row_counts(database_url) == before
