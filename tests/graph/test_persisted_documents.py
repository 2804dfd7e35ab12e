"""Automatic persisted queries and registered operations, asked for as clients ask."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import redis

from conftest import ROOT, install
from graph_client import CORE, http_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2

    from conftest import Installation
    from graph_client import GraphSocket

pytestmark = pytest.mark.anyio
ME = CORE["me"]
NOT_FOUND = {"errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}


def named(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}}


async def asked(easel: Installation, method: str, request: dict[str, Any], path: str = "/graphql") -> httpx2.Response:
    async with http_client() as http:
        if method == "POST":
            headers = {"content-type": "application/json"}
            return await http.post(f"{easel.url}{path}", content=json.dumps(request), headers=headers)
        parameters = {name: value if isinstance(value, str) else json.dumps(value) for name, value in request.items()}
        return await http.get(f"{easel.url}{path}", params=parameters)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_hash_is_enough_after_the_text_was_sent_once(easel: Installation, method: str) -> None:
    text = f"{ME} # {method}"
    unknown = await asked(easel, method, {"extensions": named(text)})
    assert (unknown.status_code, unknown.json()) == (200, NOT_FOUND)
    assert unknown.headers["cache-control"] == "no-store"

    first = await asked(easel, method, {"query": text, "extensions": named(text)})
    again = await asked(easel, method, {"extensions": named(text)})

    assert first.json()["data"] == {"viewer": None}
    assert again.json() == first.json()


async def test_a_wrong_hash_is_refused_and_nothing_is_kept(easel: Installation, redis_url: str) -> None:
    answer = await asked(easel, "POST", {"query": ME, "extensions": named("{ other }")})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
    with redis.Redis.from_url(redis_url) as client:
        assert list(client.scan_iter("document*")) == []


@pytest.mark.parametrize(
    "request_",
    [{}, {"extensions": {}}, {"extensions": {"persistedQuery": None}}, {"query": 1} | {"extensions": named(ME)}],
)
async def test_a_request_without_text_or_hash_is_malformed(easel: Installation, request_: dict[str, Any]) -> None:
    answer = await asked(easel, "POST", request_)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == 'There must be a "query", a string that is not empty.'


async def test_streams_and_sockets_take_hashes_as_well(easel: Installation) -> None:
    text = f"{ME} # everywhere"
    async with easel.client().socket() as socket:
        assert await answered(socket, {"extensions": named(text)}) == (
            "error", [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}],
        )  # fmt: skip
        for payload in ({"query": text, "extensions": named(text)}, {"extensions": named(text)}):
            kind, answer = await answered(socket, payload)
            assert (kind, answer["data"]) == ("next", {"viewer": None})
        kind, (error,) = await answered(socket, {"extensions": {"persistedQuery": 1}})
        assert (kind, error["extensions"]) == ("error", {"code": "BAD_USER_INPUT"})
    stream = await asked(easel, "GET", {"extensions": named(text)}, "/graphql/stream")
    assert 'data: {"data":{"viewer":null}' in stream.text


async def answered(socket: GraphSocket, payload: dict[str, Any]) -> tuple[str, Any]:
    """Return type and payload of the first message about an operation."""
    await socket.websocket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
    message = json.loads(await socket.websocket.recv())
    if message["type"] == "next":
        assert json.loads(await socket.websocket.recv())["type"] == "complete"
    return message["type"], message["payload"]


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Return a manifest of the sample operations of GraphiQL."""
    manifest = tmp_path / "manifest.json"
    files = sorted((ROOT / "web" / "graphiql" / "operations").glob("*.graphql"))
    make = [sys.executable, "-m", "app", "documents", *map(str, files), "--out", str(manifest)]
    subprocess.run(make, check=True, cwd=ROOT)
    return manifest


@pytest.fixture
def guarded(database_url: str, redis_url: str, tmp_path: Path, manifest: Path) -> Iterator[Installation]:
    """Run an API that answers the operations of the manifest and nothing else."""
    installation = install(tmp_path, database_url, redis_url, TRUSTED_DOCUMENTS=str(manifest))
    with installation.running("api"):
        yield installation


async def test_registered_operations_are_answered_and_no_others(guarded: Installation) -> None:
    client = await guarded.signed_up("reader")
    assert (await client.core("me"))["handle"] == "reader"
    by_hash = await asked(guarded, "GET", {"extensions": named(ME)})
    assert by_hash.json()["data"] == {"viewer": None}

    for request in ({"query": "{ viewer { id } }"}, {"query": f"{ME} "}, {"extensions": named("{ viewer { id } }")}):
        answer = await asked(guarded, "POST", request)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["extensions"] == {"code": "PERSISTED_QUERY_NOT_IN_LIST"}
    async with client.socket() as socket:
        kind, (error,) = await answered(socket, {"query": "{ viewer { id } }"})
        assert (kind, error["extensions"]) == ("error", {"code": "PERSISTED_QUERY_NOT_IN_LIST"})
