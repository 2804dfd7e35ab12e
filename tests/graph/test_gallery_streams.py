"""A gallery as it is followed: how it is, then again after each change, for those who may see it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from gallery_client import OWNER, change, create, hang, ids, painted
from graph_client import StreamError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

FOLLOW = f"""subscription Follow($ownerId: ID!, $after: Cursor) {{
  entityMediaChanged(ownerId: $ownerId, after: $after) {{ cursor sequence change media {{ id }} owner {{ ...Owner }} }}
}} {OWNER}"""


async def followed(client: GraphClient, owner: str, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:  # noqa: ANN401
    """Yield what a gallery tells, without an end."""
    async with client.socket() as socket, asyncio.timeout(20):
        async for data in socket.subscribe(FOLLOW, {"ownerId": owner} | variables):
            yield data["entityMediaChanged"]


async def test_every_change_is_told_once_and_in_order(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    first, second = hang(database_url, client, owner, 2)

    async with aclosing(followed(client, owner)) as mine, aclosing(followed(easel.client(), owner)) as others:
        start, seen = await anext(mine), await anext(others)
        await change(client, "setPrimaryMedia", ownerId=owner, assetId=second)
        await change(client, "setPrimaryMedia", ownerId=owner, assetId=second)
        await change(client, "reorderMedia", ownerId=owner, ids=[second], expectedVersion=1)
        await change(client, "setAltText", assetId=first, altText="a cat")
        await change(client, "deleteMedia", assetId=second)
        last = await change(client, "restoreMedia", assetId=second)
        events = [await anext(mine) for _ in range(5)]
        told = [await anext(others) for _ in range(5)]

    assert (start["change"], ids(start["owner"]), start["owner"]["viewerCanEdit"]) == (None, [first, second], True)
    assert seen["owner"]["viewerCanEdit"] is False
    changes = ["PRIMARY_SET", "REORDERED", "DESCRIBED", "REMOVED", "RESTORED"]
    assert [event["change"] for event in events] == [event["change"] for event in told] == changes
    assert events[-1]["owner"] == last["owner"]
    assert [event["sequence"] for event in events] == [start["sequence"] + 1 + n for n in range(5)]
    assert events[-1]["media"] == {"id": second}
    # and who comes back is told what they missed
    async with aclosing(followed(client, owner, after=events[2]["cursor"])) as stream:
        again = [await anext(stream) for _ in range(3)]
    assert [event["change"] for event in again] == [None, "REMOVED", "RESTORED"]


async def test_pictures_that_join_are_told(easel: Installation) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    async with aclosing(followed(client, owner)) as stream:
        assert (await anext(stream))["owner"]["galleryCount"] == 0
        job = await painted(client, owner, 2)
        added = [await anext(stream) for _ in range(2)]
    assert [event["change"] for event in added] == ["ADDED", "ADDED"]
    assert {event["media"]["id"] for event in added} == {slot["image"]["id"] for slot in job["slots"]}
    assert added[-1]["owner"]["galleryCount"] == 2


async def test_who_may_not_see_a_gallery_is_told_nothing_of_it(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    private = await create(client, visibility="PRIVATE")
    public = await create(client)
    for other, owner in (
        (stranger, private),
        (easel.client(), private),
        (client, "nothing"),
        (client, public.replace("character", "story")),
    ):
        with pytest.raises(StreamError) as refused:
            await anext(followed(other, owner))
        assert refused.value.code == "NOT_FOUND"

    # given somebody follows it, who may no longer see it
    (first,) = hang(database_url, client, public, 1)
    async with aclosing(followed(stranger, public)) as stream:
        await anext(stream)
        hide = "mutation($id: ID!) { updateCharacter(input: {id: $id, visibility: PRIVATE}) { __typename } }"
        await client.data(hide, {"id": public})
        await change(client, "setAltText", assetId=first, altText="hidden")
        event = await anext(stream)
    assert (event["owner"], event["media"]) == (None, None)


async def test_who_follows_a_gallery_that_is_deleted_is_told(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    hang(database_url, client, owner, 1)
    async with aclosing(followed(client, owner)) as stream:
        await anext(stream)
        await client.data("mutation($id: ID!) { deleteCharacter(input: {id: $id}) { __typename } }", {"id": owner})
        event = await anext(stream)
    assert (event["change"], event["owner"], event["media"]) == ("REMOVED", None, None)
