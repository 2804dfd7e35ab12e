"""What is answered at once, and what goes the long way: nothing that a rule forbids is answered for being known."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from adapters.throttle import LocalThrottle
from app.delivery import deliver
from app.edge.exchange import BODY_KEY
from app.edge.negotiation import Medium
from app.edge.rates import Rate, RequestCounts, RequestRates
from app.edge.requests import graphql_request
from app.edge.stack import Edge, EdgeOptions, Guarded
from app.execution import Answer
from app.metrics import Metrics

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from app.delivery import Delivery
    from app.edge.exchange import Exchange

pytestmark = pytest.mark.anyio
BODY = b'{"query": "{ __typename }"}'
TYPE = (b"content-type", b"application/json")


def known(_scope: Scope, _exchange: Exchange) -> Delivery:
    return deliver(Answer(b'{"data":{}}', is_cacheable=True), Medium.JSON, "identity", b"no-store")


async def graphql(scope: Scope, _receive: Receive, send: Send) -> None:
    graphql_request(scope)
    await known(scope, scope["easel.exchange"]).send(send)


def scope_of(*headers: tuple[bytes, bytes], method: str = "POST", path: str = "/graphql", body: bytes = BODY) -> Scope:
    client = ("203.0.113.7", 50_000)
    fields = list(headers) if headers else [TYPE]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": fields, "client": client}
    return {**scope, BODY_KEY: body}


def guarded(registry: CollectorRegistry, limit: int = 1_000, options: EdgeOptions | None = None) -> Edge:
    rates = RequestRates(address=Rate(limit, timedelta(hours=1)))
    counts = RequestCounts(LocalThrottle(), rates)
    everything = Guarded(graphql, graphql, known)
    return Edge(everything, options or EdgeOptions(), counts, lambda _scope: None, Metrics(registry))


async def the_long_way(edge: Edge, scope: Scope) -> int:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": scope[BODY_KEY], "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await edge(scope, receive, send)
    status: int = sent[0]["status"]
    return status


async def test_known_answers_count_like_all_others() -> None:
    registry = CollectorRegistry()
    edge = guarded(registry, limit=200)
    statuses, at_once = [], 0
    for _ in range(210):
        scope = scope_of()
        with capture_logs() as lines:
            answer = edge.at_once(scope)
            at_once += answer is not None
            statuses.append(answer[0] if answer else await the_long_way(edge, scope))
        assert [(line["event"], line["status"]) for line in lines] == [("request", statuses[-1])]

    assert statuses == [200] * 200 + [429] * 10
    assert at_once == 200
    labels = {"route": "/graphql", "method": "POST"}
    assert registry.get_sample_value("easel_http_requests_total", {**labels, "status": "200"}) == 200
    assert registry.get_sample_value("easel_http_request_seconds_count", labels) == 210
    operations = {"type": "query", "outcome": "ok"}
    assert registry.get_sample_value("easel_graphql_operations_total", operations) == at_once


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        (scope_of(TYPE, (b"authorization", b"Bearer x")), 200),
        (scope_of((b"content-type", b"text/plain")), 415),
        (scope_of((b"content-length", b"27")), 415),
        (scope_of((b"content-type", b"application/json; charset=latin-1")), 415),
        (scope_of(TYPE, (b"content-encoding", b"gzip")), 415),
        (scope_of(TYPE, (b"x-long", b"x" * 16_384)), 431),
        (scope_of(TYPE, *[(b"x-%d" % number, b"y") for number in range(100)]), 431),
        (scope_of(method="PUT"), 405),
        (scope_of(body=b" " * 300_000), 413),
    ],
)
async def test_what_is_not_plain_goes_the_long_way(scope: Scope, status: int) -> None:
    edge = guarded(CollectorRegistry())
    assert edge.at_once(scope_of())

    assert edge.at_once(scope) is None
    assert await the_long_way(edge, scope) == status


async def test_another_path_goes_the_long_way() -> None:
    edge = guarded(CollectorRegistry())
    assert edge.at_once(scope_of(path="/healthz")) is None


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [(("*",), b"https://a.example", b"*"), (("https://a.example",), b"https://a.example", b"https://a.example"),
     (("https://a.example",), b"https://b.example", None)],
)  # fmt: skip
async def test_it_carries_what_every_answer_carries(origins: tuple[str, ...], origin: bytes, allowed: bytes) -> None:
    edge = guarded(CollectorRegistry(), options=EdgeOptions(origins=origins))
    answer = edge.at_once(scope_of(TYPE, (b"origin", origin), (b"x-request-id", b"mine")))

    assert answer
    lines = dict(line.split(b": ", 1) for line in answer[1].splitlines())
    assert lines.get(b"access-control-allow-origin") == allowed
    assert lines[b"x-request-id"] == b"mine"
    assert lines[b"x-content-type-options"] == b"nosniff"
    assert lines[b"content-length"] == b"%d" % len(answer[2])


async def test_the_rate_is_that_of_the_client_behind_a_proxy() -> None:
    edge = guarded(CollectorRegistry(), limit=4, options=EdgeOptions(trusted_proxies=("203.0.113.7",)))

    def from_client(number: int) -> Scope:
        return scope_of(TYPE, (b"x-forwarded-for", b"198.51.100.%d" % number))

    for _ in range(4):
        assert edge.at_once(from_client(1))
    assert edge.at_once(from_client(1)) is None
    assert await the_long_way(edge, from_client(1)) == 429
    assert edge.at_once(from_client(2))
