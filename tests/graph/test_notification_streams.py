"""What is told of notifications on the personal streams: all of it once, also to those who come back."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from adapters.event_log import RedisEventLog, event_of
from adapters.hub import Hub, redis_client
from db.session import Database
from domain import notifications
from domain.ports import Publication
from domain.streams import keeping, of_user
from noticing import follow

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

STREAM = """subscription Notifications($after: Cursor) { notificationReceived(after: $after) {
  __typename
  ... on StreamEvent { cursor sequence }
  ... on NotificationSnapshot { resumed viewer { unreadNotificationCount } notifications { nodes { id isRead } } }
  ... on NotificationReceived { notification { id message actorCount isRead } viewer { unreadNotificationCount } }
  ... on NotificationShrank { notification { id actorCount } }
  ... on NotificationWithdrawn { notificationId viewer { unreadNotificationCount } }
  ... on NotificationsRead { notificationIds markedCount viewer { unreadNotificationCount } }
} }"""
MINE = """subscription Mine($after: Cursor, $types: [MyEventType!]) { myEvents(after: $after, types: $types) {
  __typename
  ... on StreamEvent { cursor sequence }
  ... on MyEventsSnapshot { resumed }
  ... on NotificationReceived { notification { id } }
  ... on NotificationsRead { notificationIds }
} }"""
MARK = """mutation Mark($input: MarkNotificationsReadInput!) {
  markNotificationsRead(input: $input) { ... on MarkNotificationsReadSuccess { markedCount } } }"""
FOLLOW = "mutation M($input: SetFollowInput!) { setFollow(input: $input) { __typename } }"
TYPES = ["NOTIFICATION", "NOTIFICATIONS_READ"]


async def told(client: GraphClient, query: str, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:  # noqa: ANN401
    async with client.socket() as socket:
        async for data in socket.subscribe(query, variables):
            (event,) = data.values()
            yield event


async def set_follow(who: GraphClient, whom: GraphClient, *, on: bool = True) -> None:
    await who.data(FOLLOW, {"input": {"target": whom.viewer_id, "on": on}})


async def test_each_change_of_a_group_is_told_at_once(easel: Installation) -> None:
    author, ann, ben = [await easel.signed_up(name) for name in ("author", "ann", "ben")]
    async with aclosing(told(author, STREAM)) as stream:
        snapshot = await anext(stream)
        assert (snapshot["notifications"]["nodes"], snapshot["viewer"]) == ([], {"unreadNotificationCount": 0})

        await set_follow(ann, author)
        came = await anext(stream)
        await set_follow(ben, author)
        grew = await anext(stream)
        await set_follow(ben, author, on=False)
        shrank = await anext(stream)
        await set_follow(ann, author, on=False)
        gone = await anext(stream)

    key = came["notification"]["id"]
    assert came["__typename"] == grew["__typename"] == "NotificationReceived"
    assert came["notification"]["message"] == "Ann started to follow you."
    assert grew["notification"] == {
        "id": key,
        "message": "Ben and 1 other started to follow you.",
        "actorCount": 2,
        "isRead": False,
    }
    assert grew["viewer"] == {"unreadNotificationCount": 1}
    assert (shrank["__typename"], shrank["notification"]) == ("NotificationShrank", {"id": key, "actorCount": 1})
    assert (gone["__typename"], gone["notificationId"]) == ("NotificationWithdrawn", key)
    assert gone["viewer"] == {"unreadNotificationCount": 0}
    sequences = [event["sequence"] for event in (snapshot, came, grew, shrank, gone)]
    assert sequences == list(range(sequences[0], sequences[0] + 5))


async def test_what_is_read_on_one_device_is_told_to_the_others(easel: Installation) -> None:
    author, ann = [await easel.signed_up(name) for name in ("author", "ann")]
    phone = easel.client(author.token)
    async with aclosing(told(phone, STREAM)) as stream, aclosing(told(phone, MINE, types=TYPES)) as mine:
        await anext(stream)
        await anext(mine)
        await set_follow(ann, author)
        key = (await anext(stream))["notification"]["id"]
        assert (await anext(mine))["notification"] == {"id": key}

        for count in (1, 0):  # the second time nothing changes, and nobody is told
            marked = await author.data(MARK, {"input": {"ids": [key]}})
            assert marked["markNotificationsRead"] == {"markedCount": count}
        read = await anext(stream)
        assert (read["__typename"], read["notificationIds"], read["markedCount"]) == ("NotificationsRead", [key], 1)
        assert read["viewer"] == {"unreadNotificationCount": 0}
        assert (await anext(mine))["notificationIds"] == [key]

        # the next is another group
        await set_follow(author, ann)
        ben = await easel.signed_up("ben")
        await set_follow(ben, author)
        new = await anext(stream)
        assert (new["__typename"], new["notification"]["message"]) == (
            "NotificationReceived",
            "Ben started to follow you.",
        )


async def test_who_comes_back_is_told_all_that_is_kept_each_once_or_starts_over(easel: Installation) -> None:
    author = await easel.signed_up("author")
    async with aclosing(told(author, STREAM)) as stream:
        after = (await anext(stream))["cursor"]
    user, url = UUID(author.viewer_id.partition("_")[2]), easel.environment["REDIS_URL"]
    valkey = redis_client(url)
    log, kept = RedisEventLog(valkey, Hub(url, event_of)), keeping(of_user(user)).events
    data = {"group": "01a20000-0000-7000-8000-000000000000", "change": "WITHDRAWN"}

    async def publish(count: int) -> None:
        await log.publish_all([Publication(of_user(user), "NOTIFICATION", data) for _ in range(count)])

    # given fewer than are kept: all of them, each once and in order
    await publish(kept // 2)
    async with aclosing(told(author, STREAM, after=after)) as stream:
        snapshot = await anext(stream)
        events = [await anext(stream) for _ in range(kept // 2)]
    assert snapshot["resumed"]
    assert [event["sequence"] for event in events] == [snapshot["sequence"] + 1 + index for index in range(kept // 2)]

    # given more than are kept since then: the list as it is now, and it is said that some are missing
    await publish(2 * kept)
    async with aclosing(told(author, STREAM, after=after)) as stream:
        snapshot = await anext(stream)
    assert (snapshot["resumed"], snapshot["notifications"]["nodes"]) == (False, [])
    assert snapshot["sequence"] == events[-1]["sequence"] + 2 * kept
    await valkey.aclose()


async def test_what_was_noted_is_told_after_redis_was_emptied(easel: Installation) -> None:
    author, ann = [await easel.signed_up(name) for name in ("author", "ann")]
    await set_follow(ann, author)
    valkey = redis_client(easel.environment["REDIS_URL"])
    await valkey.flushall()
    await valkey.aclose()

    async with aclosing(told(author, STREAM)) as stream:
        snapshot = await anext(stream)
        while not snapshot["viewer"]["unreadNotificationCount"]:  # it was not folded yet
            snapshot = await anext(stream)


async def test_what_was_rolled_back_is_noted_for_nobody(easel: Installation) -> None:
    author, ann, ben = [await easel.signed_up(name) for name in ("author", "ann", "ben")]
    database = Database(easel.environment["DATABASE_URL"])
    whom, who = (UUID(each.viewer_id.partition("_")[2]) for each in (author, ann))

    async def fail() -> None:
        async with database.write() as tx:
            notifications.note(tx, follow(whom, who))
            await tx.flush()
            raise MemoryError

    async with aclosing(told(author, STREAM)) as stream:
        await anext(stream)
        with pytest.raises(MemoryError):
            await fail()
        await set_follow(ben, author)
        assert (await anext(stream))["notification"]["message"] == "Ben started to follow you."
    await database.close()


async def test_notifications_are_told_to_nobody_else(easel: Installation) -> None:
    author, ann, ben = [await easel.signed_up(name) for name in ("author", "ann", "ben")]
    async with aclosing(told(ann, STREAM)) as stream:
        await anext(stream)
        await set_follow(ann, author)
        await set_follow(ben, ann)
        assert (await anext(stream))["notification"]["message"] == "Ben started to follow you."
