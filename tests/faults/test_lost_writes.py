"""Mutations whose connection to PostgreSQL is lost: told as something to try again, with nothing written."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, LiteralString

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
FOLDER = 'mutation { createFolder(input: {name: "f"}) { __typename } }'
NOT_NOW = {"message": "This can not be answered now. Try again later.", "code": "INTERNAL"}
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'users|folders'"


async def cut(
    database_url: str, writing: Coroutine[Any, Any, Any], lock: LiteralString = "SELECT id FROM users FOR UPDATE"
) -> Any:  # noqa: ANN401
    """Return what is answered to a change whose transaction is ended as it waits for a lock."""
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        await other.execute(lock)
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


async def test_of_several_fields_it_is_told_which_one_is_not_done(easel: Installation, database_url: str) -> None:
    ann = await easel.signed_up("ann")
    both = 'mutation { profile: updateProfile(input: {bio: "mine"}) { __typename } ' + FOLDER.partition("{ ")[2]

    status, _, answer = await cut(database_url, send(ann, both), "LOCK TABLE folders IN SHARE MODE")

    assert (status, answer["data"], errors_of(answer)) == (200, None, [NOT_NOW])
    assert [error["path"] for error in answer["errors"]] == [["createFolder"]]
    assert sql(database_url, "SELECT bio FROM users") == [("mine",)]
    assert sql(database_url, "SELECT id FROM folders") == []


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
