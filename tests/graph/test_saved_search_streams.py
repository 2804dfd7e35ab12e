"""A saved search as it is followed: new artworks that match come by themselves, once, also after a break."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from graph_client import StreamError
from stored import new_asset

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

SAVE = """mutation($query: String!) { saveSearch(input: {name: "Mine", query: $query, notify: true}) {
  ... on SaveSearchSuccess { savedSearch { id } }
} }"""
FOLLOW = """subscription($id: ID!, $after: Cursor) { savedSearchMatched(id: $id, after: $after) {
  __typename
  ... on StreamEvent { cursor sequence }
  ... on SavedSearchSnapshot { resumed savedSearch { id name query } }
  ... on SavedSearchMatch { artwork { id title author { handle } } }
} }"""
BELL = """subscription { notificationReceived { __typename ... on NotificationReceived { notification {
  kind message subject { ... on SavedSearch { id } } artwork { id } } viewer { unreadNotificationCount } } } }"""
DELETE = "mutation($id: ID!) { deleteSavedSearch(input: {savedSearchId: $id}) { __typename } }"


async def followed(client: GraphClient, key: str, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:  # noqa: ANN401
    """Yield what a saved search tells, without an end."""
    async with client.socket() as socket, asyncio.timeout(40):
        async for data in socket.subscribe(FOLLOW, {"id": key} | variables):
            yield data["savedSearchMatched"]


async def rung(client: GraphClient) -> AsyncGenerator[dict[str, Any], None]:
    """Yield what somebody is notified of, without an end."""
    async with client.socket() as socket, asyncio.timeout(40):
        async for data in socket.subscribe(BELL, {}):
            yield data["notificationReceived"]


async def test_new_artworks_that_match_are_told_and_a_broken_stream_goes_on(
    easel: Installation, database_url: str
) -> None:
    # given a saved search that is watched
    author, watcher = await easel.signed_up("stream_author"), await easel.signed_up("stream_watcher")
    key = (await watcher.data(SAVE, {"query": "고양이"}))["saveSearch"]["savedSearch"]["id"]
    asset = new_asset(database_url, author.viewer_id)

    async def publish(title: str) -> str:
        artwork: str = (await author.core("publish", {"assetIds": [asset], "title": title}))["artwork"]["id"]
        return artwork

    async with aclosing(followed(watcher, key)) as stream, aclosing(rung(watcher)) as bell:
        snapshot = await anext(stream)
        await anext(bell)
        assert snapshot["__typename"] == "SavedSearchSnapshot"
        assert snapshot["savedSearch"] == {"id": key, "name": "Mine", "query": "고양이"}
        assert snapshot["resumed"] is False

        # when artworks are published, one of which matches
        await publish("개")
        cat = await publish("고양이가 있는 풍경")
        event = await anext(stream)

        # then that one is told
        assert event["__typename"] == "SavedSearchMatch"
        assert event["artwork"] == {"id": cat, "title": "고양이가 있는 풍경", "author": {"handle": "stream_author"}}

        # and, as the search was saved with it, is a notification
        heard = await anext(bell)
        assert heard["viewer"] == {"unreadNotificationCount": 1}
        assert heard["notification"] == {
            "kind": "SAVED_SEARCH",
            "message": "A new artwork matches your saved search “Mine”.",
            "subject": {"id": key},
            "artwork": {"id": cat},
        }

    # and who was away is told what came meanwhile
    later = await publish("고양이 둘")
    async with aclosing(followed(watcher, key, after=event["cursor"])) as stream:
        assert (await anext(stream))["resumed"] is True
        again = await anext(stream)
        assert (again["artwork"]["id"], again["sequence"]) == (later, event["sequence"] + 1)

        # and nothing more once it is deleted
        await watcher.data(DELETE, {"id": key})
        with pytest.raises(StreamError) as ended:
            await anext(followed(watcher, key))
        assert ended.value.code == "NOT_FOUND"


async def test_nobody_else_watches_it(easel: Installation) -> None:
    owner, other = await easel.signed_up(), await easel.signed_up()
    key = (await owner.data(SAVE, {"query": "cat"}))["saveSearch"]["savedSearch"]["id"]
    for client, wanted, code in (
        (other, key, "NOT_FOUND"),
        (owner, "search_" + "0" * 32, "NOT_FOUND"),
        (owner, "x", "NOT_FOUND"),
        (owner, key.replace("search", "artwork"), "NOT_FOUND"),
        (easel.client(), key, "UNAUTHENTICATED"),
    ):
        with pytest.raises(StreamError) as refused:
            await anext(followed(client, wanted))
        assert refused.value.code == code
