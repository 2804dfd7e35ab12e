"""Saved searches that notify: one group for each, of what its owner wants to see and hear of, and no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db.tables.columns import now
from domain import notifications_folding, saved_searches
from people import key_in
from searching import Gallery, searched
from stored import sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from domain.messages import Language

pytestmark = pytest.mark.anyio

SAVE = """mutation($query: String!, $notify: Boolean!) {
  saveSearch(input: {name: "Cats & co", query: $query, notify: $notify}) {
    ... on SaveSearchSuccess { savedSearch { id } } } }"""
DELETE = "mutation($id: ID!) { deleteSavedSearch(input: {savedSearchId: $id}) { __typename } }"
OFF = """mutation {
  updateNotificationSettings(input: {settings: [{kind: SAVED_SEARCH, inApp: false}]}) { __typename } }"""
BLOCK = "mutation($id: ID!) { setBlock(input: {userId: $id, on: true}) { __typename } }"
MUTE = "mutation($id: ID!) { setMute(input: {userId: $id, on: true}) { __typename } }"
LIST = """{ notifications { nodes { kind message itemCount actorCount actors { handle }
  subject { __typename ... on SavedSearch { id name } } artwork { id } comment { id } } }
  viewer { unreadNotificationCount } }"""


@pytest.fixture
async def gallery(spare_database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Gallery]:
    async with searched(spare_database_url, redis_url, tmp_path) as gallery:
        yield gallery


async def saved(gallery: Gallery, viewer: str, query: str = "cat", *, notify: bool = True) -> str:
    """Save a search and return its id."""
    data = await gallery.graph.run(SAVE, {"query": query, "notify": notify}, viewer)
    key: str = data["saveSearch"]["savedSearch"]["id"]
    return key


async def publish(gallery: Gallery, author: str, title: str = "A cat", **more: Any) -> str:  # noqa: ANN401 - columns
    return await gallery.add(author, title, created_at=now(), **more)


async def tell(gallery: Gallery) -> None:
    """Let search look at all that is new, and tell."""
    await gallery.look()
    while True:
        async with gallery.graph.services.db.write() as tx:
            if not await saved_searches.tell(tx):
                break


async def heard(gallery: Gallery, viewer: str, language: Language = "en") -> list[dict[str, Any]]:
    """Let search tell, fold, and return somebody's groups."""
    await tell(gallery)
    async with gallery.graph.services.db.write() as tx:
        await notifications_folding.fold(tx)
    data = await gallery.graph.run(LIST, {}, viewer, language)
    groups: list[dict[str, Any]] = data["notifications"]["nodes"]
    assert data["viewer"]["unreadNotificationCount"] == len(groups)
    return groups


async def test_all_that_matches_a_search_comes_into_one_group(gallery: Gallery, spare_database_url: str) -> None:
    # given two searches, of which one notifies
    nari, mina, yuna = await gallery.users("nari", "mina", "yuna")
    key = await saved(gallery, yuna)
    await saved(gallery, yuna, notify=False)

    # when artworks are published that match
    first = await publish(gallery, nari)
    (group,) = await heard(gallery, yuna)
    assert group == {
        "kind": "SAVED_SEARCH",
        "message": "A new artwork matches your saved search “Cats & co”.",
        "itemCount": 1,
        "actorCount": 1,
        "actors": [{"handle": "nari"}],
        "subject": {"__typename": "SavedSearch", "id": key, "name": "Cats & co"},
        "artwork": {"id": first},
        "comment": None,
    }
    second = await publish(gallery, mina)
    await publish(gallery, mina, "A dog")

    # then they are told as one, in the reader's language
    (group,) = await heard(gallery, yuna, "ko")
    assert group["message"] == "저장한 검색 “Cats & co”에 맞는 새 작품 2개가 올라왔습니다."
    assert (group["itemCount"], group["actorCount"], group["artwork"]) == (2, 2, {"id": second})
    told = "SELECT count(*) FROM outbox WHERE payload->>'stream' = %s AND payload->>'kind' = 'NOTIFICATION'"
    assert sql(spare_database_url, told, f"user:{key_in(yuna)}") == [(2,)]

    # and neither count nor show what can not be seen any more
    await gallery.graph.run(BLOCK, {"id": mina}, yuna)
    (group,) = await heard(gallery, yuna)
    assert (group["itemCount"], group["actors"], group["artwork"]) == (1, [{"handle": "nari"}], None)
    sql(spare_database_url, "UPDATE artworks SET visibility = 'PRIVATE' WHERE id = %s", key_in(first))
    assert await heard(gallery, yuna) == []
    sql(spare_database_url, "UPDATE artworks SET visibility = 'PUBLIC' WHERE id = %s", key_in(first))
    assert len(await heard(gallery, yuna)) == 1
    await gallery.graph.run(DELETE, {"id": key}, yuna)
    assert await heard(gallery, yuna) == []


async def test_nobody_is_notified_of_what_they_do_not_want_or_made(gallery: Gallery, spare_database_url: str) -> None:
    nari, off, blocking, blocked, muting, late = await gallery.users(
        "nari", "off", "blocking", "blocked", "muting", "late"
    )
    for viewer in (nari, off, blocking, blocked, muting, late):
        await saved(gallery, viewer)
    await gallery.graph.run(OFF, {}, off)
    await gallery.graph.run(BLOCK, {"id": nari}, blocking)
    await gallery.graph.run(BLOCK, {"id": blocked}, nari)
    await gallery.graph.run(MUTE, {"id": nari}, muting)

    await publish(gallery, nari)
    await tell(gallery)

    # those who turned it off are found out as notes are folded, and so is who mutes at the last moment
    noted = sql(spare_database_url, "SELECT recipient_id FROM notification_notes")
    assert {recipient for (recipient,) in noted} == {key_in(off), key_in(late)}
    await gallery.graph.run(MUTE, {"id": nari}, late)
    for viewer in (nari, off, blocking, blocked, muting, late):
        assert await heard(gallery, viewer) == []
    assert sql(spare_database_url, "SELECT count(*) FROM notification_groups") == [(0,)]
