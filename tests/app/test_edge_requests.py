"""Strict reading: every malformed request is a GraphQL-shaped 4xx, in front of a real Strawberry view."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
import strawberry
from httpx2 import ASGITransport, AsyncClient
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.asgi import GraphQL

from app.edge.answers import RefusedError
from app.edge.requests import GraphQLRequest, RequestLimits, StrictRequests, graphql_request, parse_body

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio
HELLO = '{ hello(name: "Mina") }'


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str) -> str:
        return f"Hello {len(name)}"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def touch(self) -> bool:
        return True


class Seen:
    """The view, and what the edge told it."""

    def __init__(self) -> None:
        self.view = GraphQL[object, object](strawberry.Schema(query=Query, mutation=Mutation), graphql_ide=None)
        self.requests: list[GraphQLRequest | None] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests.append(graphql_request(scope))
        await self.view(scope, receive, send)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
async def client(seen: Seen) -> AsyncIterator[AsyncClient]:
    app = StrictRequests(seen, ["/graphql"])
    async with AsyncClient(transport=ASGITransport(app), base_url="http://easel") as client:
        yield client


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def body(**changes: object) -> bytes:
    return json.dumps({"query": HELLO, **changes}).encode()


def with_variables(variables: str) -> bytes:
    return f'{{"query": "query($x: String) {{ __typename }}", "variables": {variables}}}'.encode()


MALFORMED = {
    "empty": b"",
    "null": b"null",
    "number": b"12",
    "string": b'"{ hello }"',
    "true": b"true",
    "batch": b"[" + body() + b"]",
    "empty batch": b"[]",
    "no JSON": b"{query",
    "two values": body() + body(),
    "UTF-16": body().decode().encode("utf-16"),
    "UTF-8 with a byte order mark": b"\xef\xbb\xbf" + body(),
    "Latin-1": '{"query": "{ hello(name: \\"é\\") }"}'.encode("latin-1"),
    "no query": b"{}",
    "null query": body(query=None),
    "empty query": body(query=""),
    "query is a list": body(query=[HELLO]),
    "variables are a list": body(variables=[]),
    "variables are a string": body(variables="{}"),
    "operationName is a number": body(operationName=1),
    "operationName is an object": body(operationName={}),
    "extensions are a string": body(extensions="x"),
    "65 levels": with_variables(f'{{"x": {nested(63)}}}'),
    "3,000 levels": with_variables(f'{{"x": {nested(3_000)}}}'),
    "100,000 levels": with_variables(f'{{"x": {nested(100_000)}}}'),
    "integer of 5,000 digits": with_variables('{"x": ' + "9" * 5_000 + "}"),
    "infinite number": with_variables('{"x": 1e999}'),
    "NaN": with_variables('{"x": NaN}'),
    "Infinity": with_variables('{"x": -Infinity}'),
    "lone surrogate in the query": b'{"query": "{ hello(name: \\"\\ud800\\") }"}',
    "lone surrogate in the operationName": b'{"query": "{ __typename }", "operationName": "\\uDFFF"}',
    "lone surrogate in the name of a variable": with_variables('{"\\ud800": 1}'),
    "lone surrogate in a name within variables": with_variables('{"x": [{"\\ud800": 1}]}'),
    "lone surrogate in extensions": body(extensions={"x": ["\ud800"]}),
}


def assert_refused(response: Any, status: int, code: str = "BAD_USER_INPUT") -> None:  # noqa: ANN401 - httpx2's
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert list(answer) == ["errors"]
    assert len(answer["errors"]) == 1
    assert answer["errors"][0]["message"]
    assert answer["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_body_is_refused(client: AsyncClient, seen: Seen, name: str) -> None:
    response = await client.post(
        "/graphql", content=MALFORMED[name], headers={"content-type": "application/json"}
    )  # fmt: skip

    assert_refused(response, 400)
    assert seen.requests == []


@pytest.mark.parametrize(
    "content_type",
    [
        None, "", "text/plain", "application/json-patch+json", "application/graphql-response+json",
        "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/json; charset=utf-16",
        'application/json; charset="latin-1"', "application/json, text/plain",
    ],
)  # fmt: skip
async def test_a_body_of_another_type_is_refused(client: AsyncClient, seen: Seen, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}

    response = await client.post("/graphql", content=body(), headers=headers)

    assert_refused(response, 415)
    assert response.headers["accept-post"] == "application/json"
    assert seen.requests == []


async def test_two_content_types_are_refused(client: AsyncClient) -> None:
    headers = [("content-type", "application/json"), ("content-type", "text/plain")]

    assert_refused(await client.post("/graphql", content=body(), headers=headers), 415)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity"])
async def test_a_compressed_body_is_refused(client: AsyncClient, encoding: str) -> None:
    headers = {"content-type": "application/json", "content-encoding": encoding}

    response = await client.post("/graphql", content=gzip.compress(body()), headers=headers)

    assert_refused(response, 415)
    assert response.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def test_other_methods_are_refused(client: AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql")

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8";v=1']
)
async def test_a_sound_request_reaches_the_view(client: AsyncClient, seen: Seen, content_type: str) -> None:
    await client.post("/graphql", content=body(), headers={"content-type": content_type})

    assert seen.requests == [GraphQLRequest(HELLO, None, None, None)]


@pytest.mark.parametrize("name", ["\ud800", "\udc00x", "😀", "é" * 100, "\x00"])
async def test_strings_in_variables_pass_as_they_are(client: AsyncClient, seen: Seen, name: str) -> None:
    query = "query Greet($name: String!) { hello(name: $name) }"
    content = body(query=query, variables={"name": name}, operationName="Greet", extensions={"a": 1})

    response = await client.post("/graphql", content=content, headers={"content-type": "application/json"})

    assert response.json() == {"data": {"hello": f"Hello {len(name)}"}}
    assert seen.requests == [GraphQLRequest(query, {"name": name}, "Greet", {"a": 1})]


async def test_64_levels_and_4300_digits_pass(client: AsyncClient, seen: Seen) -> None:
    content = with_variables(f'{{"x": {nested(62)}, "y": {"9" * 4_300}, "y": {"8" * 4_300}}}')

    response = await client.post("/graphql", content=content, headers={"content-type": "application/json"})

    assert response.status_code == 200
    assert seen.requests[0] is not None
    assert seen.requests[0].variables is not None
    assert seen.requests[0].variables["y"] % 10 == 8


@pytest.mark.parametrize("is_declared", [True, False])
async def test_a_body_at_the_limit_passes_and_one_byte_more_does_not(client: AsyncClient, is_declared: bool) -> None:  # noqa: FBT001
    limit = RequestLimits().body_bytes
    answers = []
    for size in (limit, limit + 1):
        content = body().ljust(size)

        async def pieces(content: bytes = content) -> AsyncIterator[bytes]:
            for start in range(0, len(content), 1_000):
                yield content[start : start + 1_000]

        sent = content if is_declared else pieces()
        answers.append(
            await client.post("/graphql", content=sent, headers={"content-type": "application/json"})
        )  # fmt: skip

    assert answers[0].json() == {"data": {"hello": "Hello 4"}}
    assert_refused(answers[1], 413)
    assert answers[1].headers["connection"] == "close"


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": HELLO},
        {"query": HELLO, "variables": "", "operationName": "", "extensions": ""},
        {"query": "query A($n: String!) { hello(name: $n) }", "variables": '{"n": "Mina"}', "operationName": "A"},
    ],
)  # fmt: skip
async def test_a_query_may_come_by_get(client: AsyncClient, seen: Seen, parameters: dict[str, str]) -> None:
    response = await client.get("/graphql", params={name: value for name, value in parameters.items() if value})

    assert response.json() == {"data": {"hello": "Hello 4"}}
    assert seen.requests[0] is not None
    assert seen.requests[0].query == parameters["query"]


@pytest.mark.parametrize(
    "query_string",
    [
        "", "query=", "variables={}", "query={__typename}&variables=[1]", "query={__typename}&variables={",
        "query={__typename}&variables=%22x%22", "query=%ff%fe", "query={__typename}&extensions=1",
        "query={__typename}&variables={%22%5Cud800%22:1}", "query={__typename}&variables=" + nested(65),
        "&".join(f"a{index}=1" for index in range(101)),
    ],
)  # fmt: skip
async def test_malformed_parameters_are_refused(client: AsyncClient, seen: Seen, query_string: str) -> None:
    assert_refused(await client.get(f"/graphql?{query_string}"), 400)
    assert seen.requests == []


async def test_a_mutation_by_get_is_refused_by_the_view(client: AsyncClient) -> None:
    response = await client.get("/graphql", params={"query": "mutation { touch }"})

    assert response.status_code == 400


async def test_other_paths_and_sockets_pass_untouched() -> None:
    passed: list[tuple[Any, ...]] = []

    async def app(*arguments: object) -> None:
        passed.append(arguments)

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        raise AssertionError(message)

    guard = StrictRequests(app, ["/graphql"])
    scopes: list[Scope] = [
        {"type": "http", "path": "/other", "method": "POST"},
        {"type": "websocket", "path": "/graphql"},
    ]
    for scope in scopes:
        await guard(scope, receive, send)

    assert passed == [(scope, receive, send) for scope in scopes]


async def test_a_client_that_leaves_in_mid_body_gets_no_answer_and_no_error() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}
    ]  # fmt: skip
    sent: list[Message] = []

    async def app(*_: object) -> None:
        raise AssertionError("the view was asked")

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "path": "/graphql", "method": "POST", "headers": [(b"content-type", b"application/json")],
    }  # fmt: skip
    await StrictRequests(app, ["/graphql"])(scope, receive, send)

    assert sent == []


async def test_after_the_body_the_view_still_hears_that_the_client_left() -> None:
    messages: list[Message] = [{"type": "http.request", "body": body()}, {"type": "http.disconnect"}]
    heard: list[Message] = []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        heard.extend([await receive(), await receive()])

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        raise AssertionError(message)

    scope = {
        "type": "http", "path": "/graphql", "method": "POST", "headers": [(b"content-type", b"application/json")],
    }  # fmt: skip
    await StrictRequests(app, ["/graphql"])(scope, receive, send)

    assert heard == [
        {"type": "http.request", "body": body(), "more_body": False}, {"type": "http.disconnect"}
    ]  # fmt: skip


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
)
ANY_REQUEST = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("query", "variables", "operationName", "extensions"), ANY_JSON)
)


@settings(database=None, deadline=None)
@given(st.binary() | (ANY_JSON | ANY_REQUEST).map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        request = parse_body(content, nesting=64)
    except RefusedError:
        return
    (request.query or "").encode()
    (request.operation_name or "").encode()
    json.dumps(request.extensions, ensure_ascii=False).encode()
