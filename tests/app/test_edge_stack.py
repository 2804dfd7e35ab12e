"""The whole edge around a small application: ids, log lines, measures, CORS, rates, deadline."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from httpx2 import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from structlog.testing import LogCapture

from adapters.throttle import LocalThrottle
from app.edge.exchange import exchange_of
from app.edge.rates import Rate, RequestCounts, RequestRates, client_network
from app.edge.requests import graphql_request
from app.edge.stack import Edge, EdgeOptions, Guarded
from app.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request
    from starlette.types import ASGIApp, Scope

pytestmark = pytest.mark.anyio
QUERY = {"query": "query Feed { __typename }", "operationName": "Feed"}
SHORT = RequestRates(user=Rate(3, timedelta(hours=1)), address=Rate(2, timedelta(hours=1)))
STUDIO = "https://studio.example"
ADDRESS = "203.0.113.7"


class Pages:
    """A small application; ``hung`` tells what became of a request that never ends by itself."""

    def __init__(self) -> None:
        self.hung: list[str] = []
        self.routes = [
            Route("/graphql", self.graphql, methods=["GET", "POST"]),
            Route("/graphql/stream", self.stream),
            Route("/hang", self.hang),
            Route("/stubborn", self.stubborn),
            Route("/broken", self.broken),
            Route("/healthz", self.healthy),
            Route("/media/{key}", self.healthy),
        ]

    async def graphql(self, request: Request) -> Response:
        graphql_request(request.scope)
        return JSONResponse({"data": None, "logged_as": structlog.contextvars.get_contextvars()})

    async def healthy(self, _request: Request) -> Response:
        return PlainTextResponse("ok", headers={"referrer-policy": "origin"})

    async def hang(self, _request: Request) -> Response:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.hung.append("cancelled")
            raise
        raise AssertionError

    async def stubborn(self, _request: Request) -> Response:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.hung.append("answered late")
        return PlainTextResponse("late")

    async def broken(self, _request: Request) -> Response:
        raise TimeoutError("the page's own")

    async def stream(self, _request: Request) -> Response:
        async def events() -> AsyncIterator[str]:
            yield "data: first\n\n"
            loop = asyncio.get_running_loop()
            later = loop.create_future()
            loop.call_later(0.02, later.set_result, None)
            await later
            yield "data: last\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")


def bearer(scope: Scope) -> str | None:
    headers = dict(scope["headers"])
    return headers.get(b"authorization", b"").decode().removeprefix("Bearer ") or None


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def log() -> Iterator[LogCapture]:
    capture = LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture])
    yield capture
    structlog.configure(processors=before)


def guarded(
    pages: Pages,
    registry: CollectorRegistry,
    options: EdgeOptions | None = None,
    rates: RequestRates | None = None,
) -> Edge:
    app = Starlette(routes=pages.routes)
    counts = RequestCounts(LocalThrottle(), rates)
    return Edge(Guarded(app, app), options or EdgeOptions(), counts, bearer, Metrics(registry))


def asking(app: ASGIApp, address: str = ADDRESS) -> AsyncClient:
    transport = ASGITransport(app, client=(address, 50_000), raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url="http://easel")


def error_of(response: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx2's
    errors = response.json()["errors"]
    assert len(errors) == 1
    extensions: dict[str, Any] = errors[0]["extensions"]
    return extensions


@pytest.mark.parametrize("sent", ["abc-123", "x" * 128, "Root=1-67891233-abcdef012345678912345678"])
async def test_a_sane_request_id_is_kept_and_told(pages: Pages, registry: CollectorRegistry, sent: str) -> None:
    async with asking(guarded(pages, registry)) as client:
        response = await client.post("/graphql", json=QUERY, headers={"x-request-id": sent})

    assert response.headers["x-request-id"] == sent
    assert response.json()["logged_as"] == {"request_id": sent}


@pytest.mark.parametrize("sent", ["", "x" * 129, "a b", "<script>", "a\tb"])
async def test_another_request_id_is_replaced(pages: Pages, registry: CollectorRegistry, sent: str) -> None:
    async with asking(guarded(pages, registry)) as client:
        responses = [await client.post("/graphql", json=QUERY, headers={"x-request-id": sent}) for _ in range(2)]

    made = {response.headers["x-request-id"] for response in responses}
    assert len(made) == 2
    assert all(len(request_id) == 32 for request_id in made)
    assert structlog.contextvars.get_contextvars() == {}


async def test_a_request_is_logged_without_what_it_said(
    pages: Pages, registry: CollectorRegistry, log: LogCapture
) -> None:
    headers = {"authorization": "Bearer user-1", "x-request-id": "request-1"}
    content = {**QUERY, "variables": {"prompt": "a fox"}}
    async with asking(guarded(pages, registry)) as client:
        response = await client.post("/graphql?secret=1", json=content, headers=headers)

    assert len(log.entries) == 1
    entry = dict(log.entries[0])
    assert entry.pop("ms") >= 0
    assert entry == {
        "event": "request",
        "log_level": "info",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "bytes": len(response.content),
        "request_id": "request-1",
        "operation": "Feed",
        "user": "user-1",
    }


async def test_health_checks_are_logged_at_debug(pages: Pages, registry: CollectorRegistry, log: LogCapture) -> None:
    async with asking(guarded(pages, registry)) as client:
        await client.get("/healthz")

    assert [(entry["path"], entry["log_level"]) for entry in log.entries] == [("/healthz", "debug")]


async def test_requests_are_counted_by_few_labels(pages: Pages, registry: CollectorRegistry) -> None:
    options = EdgeOptions(routes=("/graphql", "/graphql/stream", "/media/"))
    async with asking(guarded(pages, registry, options)) as client:
        await client.post("/graphql", json=QUERY)
        await client.post("/graphql", content=b"")
        await client.get("/graphql/stream", params=QUERY)
        for number in range(3):
            await client.get(f"/media/{number}")
            await client.get(f"/missing/{number}")
        await client.request("BREW", "/healthz")
        await client.get("/broken")

    def count(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"easel_http_{name}", labels)

    assert count("requests_total", route="/graphql", method="POST", status="200") == 1
    assert count("requests_total", route="/graphql", method="POST", status="415") == 1
    assert count("requests_total", route="/graphql/stream", method="GET", status="200") == 1
    assert count("requests_total", route="/media/", method="GET", status="200") == 3
    assert count("requests_total", route="other", method="GET", status="404") == 3
    assert count("requests_total", route="other", method="other", status="405") == 1
    assert count("requests_total", route="other", method="GET", status="500") == 1
    assert count("request_seconds_count", route="/graphql", method="POST") == 2
    assert count("request_seconds_count", route="/graphql/stream", method="GET") is None


async def test_answers_carry_security_headers_unless_the_route_sets_its_own(
    pages: Pages, registry: CollectorRegistry
) -> None:
    async with asking(guarded(pages, registry)) as client:
        responses = [await client.get("/missing"), await client.get("/healthz")]

    assert [response.headers["x-content-type-options"] for response in responses] == ["nosniff", "nosniff"]
    assert [response.headers["referrer-policy"] for response in responses] == ["no-referrer", "origin"]


async def test_a_browser_of_a_given_origin_may_ask_and_read_refusals(pages: Pages, registry: CollectorRegistry) -> None:
    options = EdgeOptions(origins=(STUDIO,))
    preflight = {
        "origin": STUDIO,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,apollographql-client-name",
    }
    async with asking(guarded(pages, registry, options, SHORT)) as client:
        allowed = await client.options("/graphql", headers=preflight)
        answers = [await client.post("/graphql", json=QUERY, headers={"origin": STUDIO}) for _ in range(3)]

    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-headers"] == preflight["access-control-request-headers"]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == STUDIO
        assert answer.headers["access-control-expose-headers"] == "X-Request-Id, Retry-After"
        assert "access-control-allow-credentials" not in answer.headers


async def test_a_browser_of_another_origin_may_not(pages: Pages, registry: CollectorRegistry) -> None:
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    async with asking(guarded(pages, registry, EdgeOptions(origins=(STUDIO,)))) as client:
        response = await client.options("/graphql", headers=headers)
        elsewhere = await client.options("/healthz", headers={**headers, "origin": STUDIO})

    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers
    assert elsewhere.status_code == 405


async def test_an_address_is_refused_beyond_its_rate(pages: Pages, registry: CollectorRegistry) -> None:
    app = guarded(pages, registry, rates=SHORT)
    async with asking(app) as client, asking(app, "203.0.113.8") as neighbour:
        answers = [await client.post("/graphql", json=QUERY) for _ in range(3)]
        others = [await neighbour.post("/graphql", json=QUERY), await client.get("/healthz")]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.status_code for answer in others] == [200, 200]
    refused = error_of(answers[2])
    assert refused["code"] == "RATE_LIMITED"
    assert refused["limit"] == 2
    assert answers[2].headers["retry-after"] == str(refused["retryAfterSeconds"])
    assert 0 < refused["retryAfterSeconds"] <= 7_200
    assert refused["resetsAt"].endswith("+00:00")


async def test_a_user_has_a_rate_of_their_own_wherever_they_ask_from(pages: Pages, registry: CollectorRegistry) -> None:
    app = guarded(pages, registry, rates=SHORT)
    mina, jun = {"authorization": "Bearer mina"}, {"authorization": "Bearer jun"}
    async with asking(app) as home, asking(app, "203.0.113.8") as cafe:
        answers = [await client.post("/graphql", json=QUERY, headers=mina) for client in (home, cafe, home, cafe)]
        others = [await home.post("/graphql", json=QUERY, headers=jun), await home.post("/graphql", json=QUERY)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.status_code for answer in others] == [200, 200]


async def test_exempt_networks_are_not_counted(pages: Pages, registry: CollectorRegistry) -> None:
    loopback = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
    app = guarded(pages, registry, rates=replace(SHORT, exempt=loopback))
    statuses = {}
    for address in ("127.0.0.1", "::1", ADDRESS):
        async with asking(app, address) as client:
            statuses[address] = [(await client.post("/graphql", json=QUERY)).status_code for _ in range(3)]

    assert statuses == {"127.0.0.1": [200] * 3, "::1": [200] * 3, ADDRESS: [200, 200, 429]}


@pytest.mark.parametrize(("proxies", "statuses"), [((), [200, 200, 429]), ((ADDRESS,), [200, 200, 200])])
async def test_forwarded_addresses_count_only_from_trusted_proxies(
    pages: Pages, registry: CollectorRegistry, proxies: tuple[str, ...], statuses: list[int]
) -> None:
    app = guarded(pages, registry, EdgeOptions(trusted_proxies=proxies), SHORT)
    async with asking(app) as client:
        answers = [
            await client.post("/graphql", json=QUERY, headers={"x-forwarded-for": f"198.51.100.{number}"})
            for number in range(3)
        ]

    assert [answer.status_code for answer in answers] == statuses


@pytest.mark.parametrize(
    ("client", "network"),
    [
        (("203.0.113.7", 1), "203.0.113.7/32"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("::ffff:203.0.113.7", 1), "203.0.113.7/32"),
        (("testclient", 1), "None"),
        (None, "None"),
    ],
)
def test_an_ipv6_address_counts_by_its_64(client: tuple[str, int] | None, network: str) -> None:
    assert str(client_network({"type": "http", "client": client})) == network


@pytest.mark.parametrize(("path", "fate"), [("/hang", "cancelled"), ("/stubborn", "answered late")])
async def test_a_request_that_hangs_is_cancelled_and_answered_504(
    pages: Pages, registry: CollectorRegistry, path: str, fate: str
) -> None:
    options = EdgeOptions(graphql_paths=(path,), answer_seconds=0.02)
    async with asking(guarded(pages, registry, options)) as client:
        response = await client.get(path, params=QUERY)

    assert response.status_code == 504
    assert error_of(response) == {"code": "TIMEOUT"}
    assert pages.hung == [fate]


async def test_a_stream_that_has_begun_may_take_its_time(pages: Pages, registry: CollectorRegistry) -> None:
    async with asking(guarded(pages, registry, EdgeOptions(answer_seconds=0.01))) as client:
        response = await client.get("/graphql/stream", params=QUERY)

    assert response.text == "data: first\n\ndata: last\n\n"


async def test_a_timeout_of_the_application_is_not_taken_for_the_deadline(
    pages: Pages, registry: CollectorRegistry
) -> None:
    async with asking(guarded(pages, registry, EdgeOptions(graphql_paths=("/broken",)))) as client:
        response = await client.get("/broken", params=QUERY)

    assert response.status_code == 500


def asking_for_a_socket(path: str = "/graphql", **headers: str) -> Scope:
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "websocket", "path": path, "query_string": b"token=1", "headers": sent, "client": (ADDRESS, 50_000),
    }  # fmt: skip


def test_a_socket_is_counted_and_logged_without_what_it_said(
    pages: Pages, registry: CollectorRegistry, log: LogCapture
) -> None:
    edge, scope = guarded(pages, registry), asking_for_a_socket()

    assert edge.admit(scope) is None
    edge.socket_opened()
    assert registry.get_sample_value("easel_websockets_open") == 1
    edge.socket_ended("/graphql", exchange_of(scope), (101, 4400), time.perf_counter())

    assert registry.get_sample_value("easel_websockets_open") == 0
    assert len(log.entries) == 1
    entry = dict(log.entries[0])
    assert entry.pop("ms") >= 0
    assert entry == {
        "event": "websocket", "log_level": "info", "path": "/graphql", "status": 101, "close_code": 4400,
        "request_id": exchange_of(scope).request_id, "operation": None, "user": None,
    }  # fmt: skip


def test_a_socket_beyond_the_rate_is_refused_and_counts_as_none(pages: Pages, registry: CollectorRegistry) -> None:
    edge = guarded(pages, registry, rates=SHORT)

    refusals = [edge.admit(asking_for_a_socket()) for _ in range(3)]

    assert refusals[:2] == [None, None]
    refusal = refusals[2]
    assert refusal
    assert refusal.status == 429
    (error,) = refusal.body["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert refusal.response().headers["retry-after"]

    # and what was refused closes nothing
    edge.socket_ended("/graphql", exchange_of(asking_for_a_socket()), (429, None), time.perf_counter())
    assert registry.get_sample_value("easel_websockets_open") == 0


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/graphql", {"origin": STUDIO}, None),
        ("/graphql", {"origin": "https://evil.example"}, 403),
        ("/graphql/stream", {}, 404),
        ("/healthz", {"origin": STUDIO}, 404),
        ("/graphql", {"x-long": "x" * 16_384}, 431),
    ],
)
def test_a_socket_is_for_its_path_and_for_pages_that_may_connect(
    pages: Pages, registry: CollectorRegistry, path: str, headers: dict[str, str], status: int | None
) -> None:
    edge = guarded(pages, registry, EdgeOptions(origins=(STUDIO,)))

    refusal = edge.admit(asking_for_a_socket(path, **headers))

    assert (refusal.status if refusal else None) == status


async def test_the_view_may_tell_who_asked_for_what(registry: CollectorRegistry, log: LogCapture) -> None:
    async def view(request: Request) -> Response:
        exchange = exchange_of(request.scope)
        exchange.operation, exchange.user = "Resolved", "user-2"
        return PlainTextResponse(json.dumps(exchange.request_id))

    app = Starlette(routes=[Route("/", view)])
    counts = RequestCounts(LocalThrottle())
    async with asking(Edge(Guarded(app, app), EdgeOptions(), counts, bearer, Metrics(registry))) as client:
        await client.get("/")

    assert [(entry["operation"], entry["user"]) for entry in log.entries] == [("Resolved", "user-2")]
