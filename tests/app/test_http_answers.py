"""GraphQL over HTTP as a client sees it: media types and statuses, caching, compression, and names."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from conftest import install
from graph_client import CORE, http_client
from stored import row_counts, sql

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx2

    from app.embedded.server import EmbeddedServer
    from conftest import Installation

pytestmark = pytest.mark.anyio
NEW = "application/graphql-response+json"
OLD = "application/json"
DECOMPRESS: dict[str | None, Callable[[bytes], bytes]] = {
    "zstd": zstd.decompress,
    "gzip": gzip.decompress,
    None: bytes,
}
HANDLE = '{ user(handle: "mina") { displayName } }'


@pytest.fixture(scope="session")
def caching_installation(
    tmp_path_factory: pytest.TempPathFactory, postgres: EmbeddedServer, valkey: EmbeddedServer
) -> Iterator[Installation]:
    """Run an API that keeps answers for a minute, and is closed to who would read its schema."""
    folder = tmp_path_factory.mktemp("caching")
    installation = install(folder, postgres.url, valkey.url, ANSWER_CACHE_MS="60000", LOG_JSON="true")
    with installation.running("api"):
        yield installation


@pytest.fixture
def caching(caching_installation: Installation, database_url: str, redis_url: str) -> Installation:  # noqa: ARG001
    return caching_installation


async def post(
    easel: Installation, query: str, variables: dict[str, Any] | None = None, **headers: str
) -> httpx2.Response:
    async with http_client() as http:
        content = json.dumps({"query": query, "variables": variables})
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await http.post(f"{easel.url}/graphql", content=content, headers={"content-type": OLD} | named)


async def get(easel: Installation, query: str, **headers: str) -> httpx2.Response:
    async with http_client() as http:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await http.get(f"{easel.url}/graphql", params={"query": query}, headers=named)


@pytest.mark.parametrize(
    ("query", "variables", "keys", "new", "old"),
    [
        ("{ __typename }", {}, {"data"}, 200, 200),
        ("{ __typename", {}, {"errors"}, 400, 200),
        ("{ nothing }", {}, {"errors"}, 400, 200),
        ("query A { __typename } query B { __typename }", {}, {"errors"}, 400, 200),
        ("query($id: ID!) { node(id: $id) { id } }", {}, {"errors"}, 400, 200),
        ("query($id: ID!) { node(id: $id) { id } }", {"id": []}, {"errors"}, 400, 200),
        ("{ a: viewer { id } b: __typename }", {}, {"data"}, 200, 200),
        ("{ a: artworks(kind: LATEST, first: 0) { nodes { id } } }", {}, {"errors"}, 400, 200),
        ("", {}, {"errors"}, 400, 400),
    ],
)  # fmt: skip
async def test_a_refused_operation_is_a_bad_request_to_those_who_know_the_new_media_type(
    easel: Installation, query: str, variables: dict[str, Any], keys: set[str], new: int, old: int
) -> None:
    for accept, status in ((NEW, new), (OLD, old)):
        answer = await post(easel, query, variables, accept=accept)
        assert answer.status_code == status
        assert answer.headers["content-type"] == accept
        assert set(answer.json()) - {"extensions"} == keys


async def test_an_unknown_operation_is_a_refused_one(easel: Installation) -> None:
    body = json.dumps({"query": "query A { __typename }", "operationName": "B"})
    for accept, status in ((NEW, 400), (OLD, 200)):
        async with http_client() as http:
            headers = {"content-type": OLD, "accept": accept}
            answer = await http.post(f"{easel.url}/graphql", content=body, headers=headers)
        assert answer.status_code == status
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_an_answer_that_nobody_could_read_is_not_made(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    before = row_counts(database_url)
    submit = {"input": {"prompt": "a cat", "idempotencyKey": "1"}}
    answer = await post(easel, CORE["submit"], submit, accept="text/html", authorization=f"Bearer {client.token}")

    assert answer.status_code == 406
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert row_counts(database_url) == before


@pytest.mark.parametrize("accept", [NEW, OLD])
async def test_a_mutation_by_get_is_refused_and_does_nothing(
    easel: Installation, database_url: str, accept: str
) -> None:
    client = await easel.signed_up()
    before = row_counts(database_url)
    answer = await get(
        easel, 'mutation { updateProfile(input: {bio: "x"}) { __typename } }', accept=accept,
        authorization=f"Bearer {client.token}",
    )  # fmt: skip

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.headers["content-type"] == accept
    assert row_counts(database_url) == before
    assert (await client.data("{ viewer { user { bio } } }"))["viewer"]["user"]["bio"] == ""


async def test_strangers_are_answered_from_the_cache_and_the_signed_in_are_not(
    caching: Installation, database_url: str
) -> None:
    # given a profile that strangers have read
    client = await caching.signed_up("mina")
    read = '{ user(handle: "mina") { displayName } }'
    first = await post(caching, read)
    assert first.json()["data"] == {"user": {"displayName": "Mina"}}
    sql(database_url, "UPDATE users SET display_name = 'Yuna'")

    # when it was changed, strangers read the same for a while, each with a request id of their own
    again = [await post(caching, read) for _ in range(3)]
    assert [answer.content for answer in again] == [first.content] * 3
    assert len({answer.headers["x-request-id"] for answer in [first, *again]}) == 4
    assert {answer.headers["cache-control"] for answer in again} == {"no-store"}

    # and who is signed in, whose token is bad, or who asks otherwise reads the new
    others: list[dict[str, str]] = [
        {"authorization": f"Bearer {client.token}"},
        {"accept_language": "ko"},
        {"accept": NEW},
    ]
    for headers in others:
        other = await post(caching, read, None, **headers)
        assert other.json()["data"] == {"user": {"displayName": "Yuna"}}
    own = await post(caching, read, authorization=f"Bearer {client.token}")
    assert own.headers["cache-control"] == "private, no-store"
    refused = await post(caching, read, authorization="Bearer x")
    assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_answers_from_the_cache_are_counted_and_logged(caching: Installation) -> None:
    body = json.dumps({"query": "query Counted { __typename }", "operationName": "Counted"})
    async with http_client() as http:
        for _ in range(5):
            await http.post(f"{caching.url}/graphql", content=body, headers={"content-type": OLD})
        metrics = (await http.get(f"{caching.url}/metrics")).text
    count = next(line for line in metrics.splitlines() if line.startswith('easel_http_requests_total{method="POST"'))
    assert float(count.split()[-1]) >= 5

    log = caching.folder / "api.log"
    async with asyncio.timeout(5):
        while log.read_text().count('"Counted"') < 5:  # noqa: ASYNC110 - another process, it sets no event
            await asyncio.sleep(0.02)
    lines = [json.loads(line) for line in log.read_text().splitlines() if '"Counted"' in line]
    assert {tuple(sorted(line)) for line in lines} == {
        ("bytes", "event", "level", "logger", "method", "ms", "operation", "path", "request_id", "status", "timestamp",
         "user")
    }  # fmt: skip
    assert {(line["event"], line["level"], line["logger"]) for line in lines} == {("request", "info", "easel.access")}
    assert all(line["timestamp"].endswith("Z") for line in lines)


async def test_mutations_and_errors_are_never_kept(caching: Installation, database_url: str) -> None:
    # given a query that fails, and a mutation of a stranger
    missing = '{ user(handle: "jun") { displayName } nope: viewer { id } artwork(id: "x") { id } }'
    await post(caching, missing)
    sign_up = {"email": "a@easel.example", "password": "correct horse", "handle": "jun", "displayName": "Jun"}
    first = await post(caching, CORE["sign-up"], {"input": sign_up})
    second = await post(caching, CORE["sign-up"], {"input": sign_up})

    # then each is executed as often as it comes
    assert first.content != second.content
    assert sql(database_url, "SELECT count(*) FROM users") == [(1,)]
    refused = [await post(caching, "{ nothing }") for _ in range(2)]
    assert [answer.json()["errors"][0]["extensions"]["code"] for answer in refused] == ["BAD_USER_INPUT"] * 2


async def test_the_same_mutation_at_once_is_executed_for_each(caching: Installation, database_url: str) -> None:
    client = await caching.signed_up("mina")
    account = {"input": {"email": "mina@easel.example", "password": "correct horse"}}
    answers = await asyncio.gather(*(post(caching, CORE["sign-in"], account) for _ in range(3)))

    tokens = {json.dumps(answer.json()) for answer in answers}
    assert len(tokens) == 3
    assert sql(database_url, "SELECT count(*) FROM sessions") == [(4,)]
    assert client.token


async def test_a_query_by_get_can_be_kept_and_compared(caching: Installation) -> None:
    await caching.signed_up("mina")
    answer = await get(caching, HANDLE, accept_encoding="identity")
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert {"Accept", "Accept-Encoding", "Accept-Language", "Authorization"} <= set(answer.headers["vary"].split(", "))
    etag = answer.headers["etag"]

    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        same = await get(caching, HANDLE, accept_encoding="identity", if_none_match=known)
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == etag
        assert same.headers["cache-control"] == "public, max-age=60"
        assert "content-type" not in same.headers

    for unknown in ('"other"', etag.strip('"')):
        assert (await get(caching, HANDLE, accept_encoding="identity", if_none_match=unknown)).content == answer.content


async def test_what_is_not_the_same_for_all_is_not_kept_by_others(easel: Installation) -> None:
    client = await easel.signed_up()
    own = await get(easel, "{ viewer { id } }", authorization=f"Bearer {client.token}")
    failed = await get(easel, "{ nothing }")

    assert own.headers["cache-control"] == "private, no-store"
    assert failed.headers["cache-control"] == "no-store"
    assert "etag" not in own.headers
    assert "etag" not in failed.headers


LONG = '{ __type(name: "Query") { fields { name description args { name description } } } }'


@pytest.mark.parametrize(("accept", "encoding"), [("zstd, gzip", "zstd"), ("gzip", "gzip"), ("br", None)])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_long_answers_are_compressed_as_the_client_likes(
    opened: Installation, accept: str, encoding: str | None, method: str
) -> None:
    etags = set()
    for _ in range(2):  # the second one from the cache
        async with http_client() as http:
            body = {"query": LONG}
            headers = {"accept-encoding": accept, "content-type": OLD}
            url = f"{opened.url}/graphql"
            request = (
                http.build_request("GET", url, params=body, headers=headers)
                if method == "GET"
                else http.build_request("POST", url, content=json.dumps(body), headers=headers)
            )
            answer = await http.send(request, stream=True)
            raw = b"".join([piece async for piece in answer.aiter_raw()])
        assert answer.headers.get("content-encoding") == encoding
        assert int(answer.headers["content-length"]) == len(raw)
        decompress: Callable[[bytes], bytes] = {"zstd": zstd.decompress, "gzip": gzip.decompress}.get(
            encoding or "", bytes
        )
        assert json.loads(decompress(raw))["data"]["__type"]["fields"]
        assert "Accept-Encoding" in answer.headers["vary"]
        etags.add(answer.headers.get("etag"))
    assert len(etags) == 1


async def test_short_answers_are_sent_as_they_are(easel: Installation) -> None:
    answer = await post(easel, "{ __typename }", accept_encoding="zstd, gzip")
    assert "content-encoding" not in answer.headers


@pytest.fixture(scope="session")
def opened_installation(
    tmp_path_factory: pytest.TempPathFactory, postgres: EmbeddedServer, valkey: EmbeddedServer
) -> Iterator[Installation]:
    """Run an API as `make run` does, whose schema may be read."""
    folder = tmp_path_factory.mktemp("opened")
    installation = install(folder, postgres.url, valkey.url, DEMO="true", ANSWER_CACHE_MS="60000")
    with installation.running("api"):
        yield installation


@pytest.fixture
def opened(opened_installation: Installation, database_url: str, redis_url: str) -> Installation:  # noqa: ARG001
    return opened_installation


async def test_the_schema_and_similar_names_are_told_in_a_demo_alone(easel: Installation, opened: Installation) -> None:
    schema = "{ __schema { queryType { name } } }"
    assert await opened.client().data(schema) == {"__schema": {"queryType": {"name": "Query"}}}
    refused = await easel.client().post(schema)
    assert "data" not in refused
    assert refused["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await easel.client().data("{ __typename }") == {"__typename": "Query"}

    variables = {"input": {"promt": "a cat"}}
    for query, given in (
        ("{ viewr { id } }", {}),
        ("{ viewer { handl } }", {}),
        ("query($a: Usr) { __typename }", {}),
        ("{ artworks(knd: LATEST) { nodes { id } } }", {}),
        ('mutation { submitGeneration(input: {promt: "x"}) { __typename } }', {}),
        ("mutation($input: SubmitGenerationInput!) { submitGeneration(input: $input) { __typename } }", variables),
    ):
        told = json.dumps(await opened.client().post(query, given))
        untold = json.dumps(await easel.client().post(query, given))
        assert "Did you mean" in told, query
        assert "Did you mean" not in untold, query


async def test_requests_that_come_in_one_piece_are_answered_in_order(caching: Installation) -> None:
    # given an answer that is kept, and one that is not
    kept = json.dumps({"query": "{ kept: __typename }"})
    for _ in range(3):
        await post(caching, "{ kept: __typename }")
    other = json.dumps({"query": "{ nothing }"})

    def request(body: str, connection: str = "keep-alive") -> bytes:
        head = f"POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: {connection}\r\ncontent-type: application/json\r\n"
        return f"{head}content-length: {len(body)}\r\n\r\n{body}".encode()

    # when many come at once
    address = urlsplit(caching.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(request(kept) + request(other) + request(kept) + request(kept) + request(other, "close"))
    text = (await reader.read()).decode()
    writer.close()

    # then each has its answer
    answers = [part.split("\r\n\r\n")[1] for part in text.split("HTTP/1.1 200 OK\r\n")[1:]]
    assert ["errors" in answer for answer in answers] == [False, True, False, False, True]


@pytest.mark.parametrize(("path", "accept"), [("/graphql/stream", "*/*"), ("/graphql", "text/event-stream")])
@pytest.mark.parametrize("encoding", ["identity", "zstd"])
async def test_who_asks_for_a_stream_gets_one_whatever_is_kept(
    caching: Installation, path: str, accept: str, encoding: str
) -> None:
    # given a plain answer that is kept for the same query
    query = {"query": f"{{ kept_for_{encoding}: engines {{ __typename }} }}"}
    async with http_client() as http:
        assert (await http.get(f"{caching.url}/graphql", params=query)).status_code == 200

        # then a stream is still a stream
        headers = {"accept": accept, "accept-encoding": encoding}
        answer = await http.get(f"{caching.url}{path}", params=query, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
