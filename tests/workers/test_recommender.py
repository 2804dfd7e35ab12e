"""Lists of recommendations: for whom they are made, of what, when anew, and how long they are kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from db.tables.columns import now
from db.words import RecommendationReason, Visibility
from domain import collections, comments, follows, recommendations, seen
from domain.errors import InvalidInput
from people import set_like
from stored import row_counts, sql
from taste import like, listed, publish, put_together, stir
from waiting import until
from workers.recommender import Recommender

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from workshop import Workshop

pytestmark = pytest.mark.anyio

PEOPLE, TAG, LOOKS, POPULAR = RecommendationReason


async def note(shop: Workshop, user: UUID, *artworks: UUID) -> None:
    async with shop.db.write() as tx:
        await seen.note(tx, user, artworks)


def tag(shop: Workshop, name: str) -> UUID:
    ((key,),) = sql(shop.database_url, "SELECT id FROM tags WHERE name = %s", name)
    found: UUID = key
    return found


def state(shop: Workshop, user: UUID) -> tuple[bool, bool]:
    """Return whether a user's list is to be made, and whether it was."""
    ((is_due, is_made),) = sql(
        shop.database_url, "SELECT due_at IS NOT NULL, made_at IS NOT NULL FROM tastes WHERE user_id = %s", user
    )
    return is_due, is_made


async def test_people_who_like_the_same_tags_and_looks_are_told_as_reasons(shop: Workshop) -> None:
    # given somebody who likes an artwork that another one likes too, who likes one more
    me, other, author = [await shop.user() for _ in range(3)]
    shared, theirs, tagged, alike, plain = [await publish(shop, author) for _ in range(5)]
    await like(shop, other, shared, theirs)
    await like(shop, me, shared)
    # one with a tag of what they like, one that looks like it, and many with other tags
    cats = await publish(shop, author, "cat")
    tagged = await publish(shop, await shop.user(), "cat")
    for number in range(4):
        await publish(shop, await shop.user(), f"other{number}")
    await like(shop, me, cats)
    look = "UPDATE media_assets SET dhash = %s FROM artwork_images WHERE asset_id = media_assets.id AND artwork_id = %s"
    for artwork, dhash in ((cats, 0x0F0F_0F0F_0F0F_0F0F), (alike, 0x0F0F_0F0F_0F0F_0F0E)):
        sql(shop.database_url, look, dhash, artwork)

    found = {each.candidate.id: each for each in await put_together(shop, me)}

    told = {key: (each.reason, each.tag_id, each.liked_id) for key, each in found.items()}
    assert told[theirs] == (PEOPLE, None, shared)
    assert told[tagged] == (TAG, tag(shop, "cat"), None)
    assert told[alike] == (LOOKS, None, cats)
    assert told[plain] == (POPULAR, None, None)
    assert shared not in told
    assert cats not in told


async def test_a_followed_tag_is_a_taste(shop: Workshop) -> None:
    me, author = await shop.user(), await shop.user()
    artwork, _ = await publish(shop, author, "sea"), await publish(shop, author, "sky")
    async with shop.db.write() as tx:
        await follows.set_tag(tx, me, tag(shop, "sea"), on=True)
    found = await put_together(shop, me)
    assert (found[0].candidate.id, found[0].reason, found[0].tag_id) == (artwork, TAG, tag(shop, "sea"))


async def test_what_somebody_does_makes_their_list_due(shop: Workshop) -> None:
    author = await shop.user()
    artwork = await publish(shop, author, "sea")
    doings: dict[str, Callable[[AsyncSession, UUID], Awaitable[object]]] = {
        "like": lambda tx, me: set_like(tx, me, artwork),
        "keep": lambda tx, me: collections.set_collected(tx, me, artwork, None, on=True),
        "follow": lambda tx, me: follows.set_tag(tx, me, tag(shop, "sea"), on=True),
        "comment": lambda tx, me: comments.add(tx, me, artwork, "x", None, "key"),
        "see": lambda tx, me: seen.note(tx, me, [artwork]),
    }
    for name, do in doings.items():
        me = await shop.user()
        async with shop.db.write() as tx:
            await do(tx, me)
        assert state(shop, me) == (True, False), name
        sql(shop.database_url, "UPDATE tastes SET due_at = now()")
        await Recommender(shop.db).recommend()
        assert (listed(shop, me), state(shop, me)) == ([artwork] if name == "follow" else [], (False, True)), name


async def test_nothing_comes_that_they_know_or_may_not_see(shop: Workshop) -> None:
    # given what somebody made, likes, spoke of, keeps, has seen; of people out of sight; hidden, mature, private
    me, author, blocked, muted = [await shop.user() for _ in range(4)]
    own, good = await publish(shop, me), await publish(shop, author)
    liked, spoken, known, kept = [await publish(shop, author) for _ in range(4)]
    for person in (blocked, muted):
        await publish(shop, person)
    await publish(shop, author, "hidden")
    await publish(shop, author, visibility=Visibility.PRIVATE)
    await publish(shop, author, visibility=Visibility.UNLISTED)
    mature = await publish(shop, author)
    await like(shop, me, liked)
    await note(shop, me, known, own)
    async with shop.db.write() as tx:
        await collections.set_collected(tx, me, kept, None, on=True)
    sql(
        shop.database_url,
        "INSERT INTO comments (id, artwork_id, author_id, text, created_at)"
        " VALUES (gen_random_uuid(), %s, %s, 'x', now())",
        *(spoken, me),
    )
    block = "INSERT INTO blocks (user_id, other_id, is_own, created_at) VALUES (%s, %s, %s, now())"
    sql(shop.database_url, block, me, blocked, False)
    sql(shop.database_url, block, blocked, me, True)
    sql(shop.database_url, "INSERT INTO mutes (user_id, muted_id, created_at) VALUES (%s, %s, now())", me, muted)
    hide = "INSERT INTO hidden_tags (user_id, tag_id, created_at) VALUES (%s, %s, now())"
    sql(shop.database_url, hide, me, tag(shop, "hidden"))
    sql(shop.database_url, "UPDATE artworks SET content_level = 'MATURE' WHERE id = %s", mature)

    assert [each.candidate.id for each in await put_together(shop, me)] == [good]


async def test_a_blocked_person_speaks_for_nothing(shop: Workshop) -> None:
    me, other, author = [await shop.user() for _ in range(3)]
    shared, theirs = await publish(shop, author), await publish(shop, author)
    await like(shop, other, shared, theirs)
    await like(shop, me, shared)
    assert [each.reason for each in await put_together(shop, me)] == [PEOPLE]
    block = "INSERT INTO blocks (user_id, other_id, is_own, created_at) VALUES (%s, %s, true, now())"
    sql(shop.database_url, block, me, other)
    assert [each.reason for each in await put_together(shop, me)] == [POPULAR]


async def test_lists_are_made_for_those_who_acted_and_once(shop: Workshop) -> None:
    me, idle, author = [await shop.user() for _ in range(3)]
    artworks = [await publish(shop, author) for _ in range(3)]
    recommender = Recommender(shop.db)
    await like(shop, me, artworks[0])
    await stir(shop, me)

    await recommender.recommend()

    assert listed(shop, me) == artworks[:0:-1]
    assert listed(shop, idle) == []
    assert state(shop, me) == (False, True)
    made = sql(shop.database_url, "SELECT id FROM recommendation_lists")
    await recommender.recommend()
    assert sql(shop.database_url, "SELECT id FROM recommendation_lists") == made


async def test_a_list_is_not_made_anew_for_nothing(shop: Workshop) -> None:
    me, author = await shop.user(), await shop.user()
    first, second = await publish(shop, author), await publish(shop, author)
    recommender = Recommender(shop.db)

    # somebody who has done nothing has no list of their own
    await stir(shop, me)
    await recommender.recommend()
    assert (listed(shop, me), state(shop, me)) == ([], (False, False))

    # who has seen something has one, which stands until they see more
    await note(shop, me, first)
    await stir(shop, me)
    await recommender.recommend()
    assert listed(shop, me) == [second]
    await stir(shop, me)
    third = await publish(shop, author)
    await recommender.recommend()
    assert listed(shop, me) == [second]

    # or until it is old
    age = "UPDATE tastes SET made_at = made_at - %s, due_at = now()"
    sql(shop.database_url, age, recommendations.STALE)
    await recommender.recommend()
    assert listed(shop, me) == [third, second]


async def test_much_at_once_is_noted_once_and_a_list_has_its_rest(shop: Workshop) -> None:
    me = await shop.user()
    for _ in range(2):
        async with shop.db.write() as tx:
            await recommendations.stir(tx, me)
    due = "SELECT due_at FROM tastes"
    ((first,),) = sql(shop.database_url, due)
    assert timedelta(0) < first - now() <= recommendations.DELAY
    async with shop.db.write() as tx:
        await recommendations.replace(tx, me, [])
        await recommendations.stir(tx, me)
    ((later,),) = sql(shop.database_url, due)
    assert recommendations.DELAY < later - now() <= recommendations.REST


async def test_who_renews_a_session_is_noted(shop: Workshop) -> None:
    active, gone, ended = [await shop.user() for _ in range(3)]
    session = (
        "INSERT INTO sessions (id, user_id, user_agent, created_at, last_used_at, expires_at, ended_at)"
        " VALUES (gen_random_uuid(), %s, '', now(), now() - %s, now() + interval '1 day', %s)"
    )
    sql(shop.database_url, session, active, timedelta(minutes=1), None)
    sql(shop.database_url, session, active, timedelta(minutes=2), None)
    sql(shop.database_url, session, gone, timedelta(hours=2), None)
    sql(shop.database_url, session, ended, timedelta(minutes=1), now())
    for _ in range(2):
        await Recommender(shop.db).notice()
    assert sql(shop.database_url, "SELECT user_id FROM tastes") == [(active,)]


async def test_two_recommenders_make_each_list_once(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.recommender.BUSY_S", 30)
    users, author = [await shop.user() for _ in range(6)], await shop.user()
    artwork = await publish(shop, author)
    for user in users:
        await note(shop, user, author)
    await stir(shop, *users)
    await asyncio.gather(*(Recommender(shop.db).recommend() for _ in range(2)))
    assert sql(shop.database_url, "SELECT count(*), count(DISTINCT user_id) FROM recommendation_lists") == [(6, 6)]
    assert [listed(shop, user) for user in users] == [[artwork]] * 6


async def test_what_one_has_claimed_nobody_else_gets_and_what_is_not_finished_comes_again(shop: Workshop) -> None:
    me = await shop.user()
    await stir(shop, me)
    async with shop.db.write() as first, shop.db.write() as second:
        assert await recommendations.claim(first) == me
        assert await recommendations.claim(second) is None
    async with shop.db.write() as tx:
        assert await recommendations.claim(tx) is None
    sql(shop.database_url, "UPDATE tastes SET due_at = due_at - interval '5 minutes'")
    async with shop.db.write() as tx:
        assert await recommendations.claim(tx) == me


async def test_everybody_has_a_list_that_is_made_anew_after_a_while(shop: Workshop) -> None:
    author = await shop.user()
    old, popular = await publish(shop, author), await publish(shop, author)
    await like(shop, await shop.user(), popular)
    recommender = Recommender(shop.db)
    await recommender.renew_everybodys()
    assert listed(shop, None) == [popular, old]

    new = await publish(shop, author)
    await recommender.renew_everybodys()
    assert listed(shop, None) == [popular, old]
    sql(shop.database_url, "UPDATE recommendation_lists SET made_at = made_at - %s", recommendations.EVERYBODYS_LIFE)
    await asyncio.gather(*(Recommender(shop.db).renew_everybodys() for _ in range(2)))
    assert listed(shop, None) == [popular, new, old]
    assert sql(shop.database_url, "SELECT count(*) FROM recommendation_lists") == [(2,)]


async def test_replaced_lists_go_after_an_hour_and_unread_ones_after_a_month(shop: Workshop) -> None:
    me, other = await shop.user(), await shop.user()
    keys = []
    for user in (me, me, other, None):
        async with shop.db.write() as tx:
            keys.append(await recommendations.replace(tx, user, []))
    recommender = Recommender(shop.db)
    await recommender.forget()
    assert sql(shop.database_url, "SELECT count(*) FROM recommendation_lists") == [(4,)]
    sql(
        shop.database_url,
        "UPDATE recommendation_lists SET replaced_at = replaced_at - %s, made_at = CASE WHEN user_id = %s THEN made_at"
        " ELSE made_at - %s END",
        *(recommendations.KEPT, me, recommendations.FORGOTTEN),
    )
    await recommender.forget()
    left = {key for (key,) in sql(shop.database_url, "SELECT id FROM recommendation_lists")}
    assert left == {keys[1], keys[3]}


async def test_the_newest_of_what_was_seen_are_kept(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "KEPT", 3)
    me, other, author = [await shop.user() for _ in range(3)]
    artworks = [await publish(shop, author) for _ in range(5)]
    await note(shop, other, *artworks[:2])
    for artwork in artworks:
        await note(shop, me, artwork, artwork)
    await note(shop, me, artworks[4])
    known = "SELECT artwork_id FROM seen_artworks WHERE user_id = %s ORDER BY seen_at"
    assert sql(shop.database_url, known, me) == [(artwork,) for artwork in artworks[2:]]
    assert len(sql(shop.database_url, known, other)) == 2

    before = row_counts(shop.database_url)
    for bad in ([], [author] * 101):
        with pytest.raises(InvalidInput, match=r"seen\.count"):
            await note(shop, me, *bad)
    assert row_counts(shop.database_url) == before


async def test_two_reports_at_once_do_not_lock_each_other_out(shop: Workshop) -> None:
    me, author = await shop.user(), await shop.user()
    artworks = [await publish(shop, author) for _ in range(3)]
    async with shop.db.write() as tx:
        await seen.note(tx, me, artworks)
        other = asyncio.create_task(note(shop, me, *artworks[::-1], author))
        await until(lambda: sql(shop.database_url, "SELECT count(*) FROM pg_locks WHERE NOT granted") != [(0,)])
    await other
    assert row_counts(shop.database_url)["seen_artworks"] == 4
