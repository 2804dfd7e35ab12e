"""Mutations whose connection to PostgreSQL is lost: told as something to try again, with nothing written."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from graph_client import StreamError, http_client
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

UPDATE = 'mutation { updateProfile(input: {bio: "mine"}) { __typename } }'
NOT_NOW = {"message": "This can not be answered now. Try again later.", "code": "INTERNAL"}
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%users%%'"


async def cut(database_url: str, writing: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401
    """Return what is answered to a change of a profile whose transaction is ended in its midst."""
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        await other.execute("SELECT id FROM users FOR UPDATE")
        answer = asyncio.create_task(writing)
        ((pid,),) = await until(lambda: sql(database_url, WAITING))
        sql(database_url, "SELECT pg_terminate_backend(%s)", pid)
        return await answer


def errors_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"message": each["message"], "code": each["extensions"]["code"]} for each in answer["errors"]]


async def send(client: GraphClient, query: str) -> tuple[int, str | None, dict[str, Any]]:
    async with http_client() as http:
        answer = await http.post(f"{client.url}/graphql", json={"query": query}, headers=client.headers)
    return answer.status_code, answer.headers.get("retry-after"), answer.json()


async def test_a_mutation_that_loses_its_connection_can_be_tried_again(easel: Installation, database_url: str) -> None:
    ann = await easel.signed_up("ann")

    status, wait, answer = await cut(database_url, send(ann, UPDATE))

    assert (status, wait, errors_of(answer)) == (503, "1", [NOT_NOW])
    assert sql(database_url, "SELECT bio FROM users") == [("",)]
    assert (await send(ann, UPDATE))[0] == 200
    assert sql(database_url, "SELECT bio FROM users") == [("mine",)]


async def test_a_socket_is_told_the_same_and_stays_open(easel: Installation, database_url: str) -> None:
    ann = await easel.signed_up("ann")
    async with ann.socket() as socket:

        async def change() -> list[Any]:
            return [data async for data in socket.subscribe(UPDATE, {})]

        with pytest.raises(StreamError) as told:
            await cut(database_url, change())

        assert errors_of({"errors": told.value.args[0]}) == [NOT_NOW]
        assert sql(database_url, "SELECT bio FROM users") == [("",)]
        assert await change() == [{"updateProfile": {"__typename": "UpdateProfileSuccess"}}]
    assert sql(database_url, "SELECT bio FROM users") == [("mine",)]
