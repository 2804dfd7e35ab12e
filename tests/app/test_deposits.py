"""The route of deposits as browsers and bad networks use it: only whole files of the announced bytes are kept."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from adapters.storage.folder import FolderStore
from app.deposits import deposit_routes
from domain.ports import Deposit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

DATA = bytes(range(256)) * 1_000
DEPOSIT = Deposit("uploads/a.png", "image/png", len(DATA), hashlib.sha256(DATA).hexdigest())
STUDIO = "https://studio.example"


class Desk:
    """A store with its route."""

    def __init__(self, root: Path, *origins: str, seconds: float = 60) -> None:
        self.root = root
        self.store = FolderStore(root, "http://testserver", b"secret", lambda: 1_800_000_000.0)
        self.app = Starlette(routes=deposit_routes(self.store, origins, seconds))
        self.client = TestClient(self.app)
        self.link = self.store.deposit_link(DEPOSIT, timedelta(minutes=1))

    def files(self) -> list[str]:
        return [path.name for path in self.root.rglob("*") if path.is_file()]

    async def send(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> int:
        """Put by hand; return the status of the answer."""
        parts, sent = urlsplit(self.link.url), []
        headers = [(b"content-length", str(len(DATA)).encode()), (b"content-type", b"image/png")]
        scope = {"type": "http", "method": "PUT", "path": parts.path, "query_string": parts.query.encode()}

        async def answer(message: Any) -> None:  # noqa: ANN401
            sent.append(message)

        await self.app(scope | {"headers": headers, "root_path": ""}, receive, answer)
        status: int = sent[0]["status"]
        return status


def test_the_file_is_kept_as_it_came(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "*")

    response = desk.client.put(desk.link.url, content=DATA, headers={**desk.link.headers, "origin": STUDIO})

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["access-control-allow-origin"] == "*"
    assert (tmp_path / DEPOSIT.key).read_bytes() == DATA
    assert desk.files() == ["a.png"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
def test_nothing_else_can_be_done(tmp_path: Path, method: str) -> None:
    desk = Desk(tmp_path, "*")
    assert desk.client.request(method, desk.link.url).status_code == 405


@pytest.mark.anyio
@pytest.mark.parametrize("late", [False, True])
async def test_what_breaks_off_or_stalls_leaves_nothing(tmp_path: Path, late: bool) -> None:  # noqa: FBT001
    desk = Desk(tmp_path, "*", seconds=0.2)
    told = [{"type": "http.request", "body": DATA[:1000], "more_body": True}]

    async def receive() -> dict[str, Any]:
        if told:
            return told.pop()
        if late:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    assert await desk.send(receive) == (408 if late else 400)
    assert desk.files() == []


def test_a_chunked_body_without_length_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "*")

    response = desk.client.put(desk.link.url, content=iter([DATA]), headers=dict(desk.link.headers))

    assert (response.status_code, desk.files()) == (400, [])


@pytest.mark.parametrize(("origin", "allowed"), [(STUDIO, STUDIO), ("https://else.example", None), ("null", None)])
def test_scripts_of_allowed_origins_may_upload(tmp_path: Path, origin: str, allowed: str | None) -> None:
    desk = Desk(tmp_path, STUDIO, "null")

    asked = {"origin": origin, "access-control-request-method": "PUT", "access-control-request-headers": "content-type"}
    preflight = desk.client.options(desk.link.url, headers=asked)

    assert preflight.status_code == 204
    assert preflight.headers.get("access-control-allow-origin") == allowed
    assert preflight.headers["access-control-allow-methods"] == "PUT"
    assert "Content-Type" in preflight.headers["access-control-allow-headers"]


@pytest.mark.anyio
@pytest.mark.parametrize(("is_confirmed", "status"), [(False, 200), (True, 503)])
async def test_who_puts_a_file_twice_at_once_is_answered_twice(
    tmp_path: Path,
    is_confirmed: bool,  # noqa: FBT001
    status: int,
) -> None:
    # given a client that has lost patience, and sends all again while the last bytes of its first try are on their way
    desk = Desk(tmp_path, "*")
    half = [
        {"type": "http.request", "body": DATA[:1000], "more_body": True},
        {"type": "http.request", "body": DATA[1000:], "more_body": False},
    ]
    again: list[int] = []

    async def whole() -> dict[str, Any]:
        return {"type": "http.request", "body": DATA, "more_body": False}

    async def receive() -> dict[str, Any]:
        if len(half) == 1:
            again.append(await desk.send(whole))
            if is_confirmed:
                await desk.store.delete(DEPOSIT.key)
        return half.pop(0)

    assert await desk.send(receive) == status
    assert again == [200]
    assert desk.files() == ([] if is_confirmed else ["a.png"])
