"""A bucket that refuses, stalls, cuts the line or speaks nonsense: told after three tries at the most."""

from __future__ import annotations

import re
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from adapters.storage import s3
from adapters.storage.s3 import S3Bucket, S3Store
from domain.ports import StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

pytestmark = pytest.mark.anyio

KEY = "assets/a/original.png"
RESET = b"reset"
SILENCE = b""


def answer(status: str, body: bytes = b"", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Type: image/png\r\nContent-Length: {size}\r\n\r\n".encode() + body


def error(status: str, code: str) -> bytes:
    return answer(status, f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode())


BUSY = error("503 Service Unavailable", "SlowDown")
LATE = error("400 Bad Request", "RequestTimeout")
NONSENSE = b"what?\r\n\r\n"
HALF = answer("200 OK", b"half a picture", length=1_000)
STORED = answer("200 OK")


class FaultyServer:
    """Answers each connection with the next of the given answers, the last one for ever; counts connections."""

    def __init__(self, *answers: bytes) -> None:
        self.tries = 0
        self._answers = answers
        self._held: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for each in (self._listener, *self._held):
            each.close()

    def _serve(self) -> None:
        with suppress(OSError):  # the listener was shut down
            while True:
                connection, _ = self._listener.accept()
                reply = self._answers[min(self.tries, len(self._answers) - 1)]
                self.tries += 1
                self._reply(connection, reply)

    def _reply(self, connection: socket.socket, reply: bytes) -> None:
        if reply == SILENCE:
            self._held.append(connection)
            return
        with connection:
            if reply == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            with connection.makefile("rb") as request:
                head = b"".join(iter(request.readline, b"\r\n"))
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                request.read(int(length[1]) if length else 0)
                connection.sendall(reply)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "_BACK_OFF", 0.001)


@contextmanager
def store_on(*answers: bytes) -> Iterator[tuple[S3Store, FaultyServer]]:
    server = FaultyServer(*answers)
    read_timeout = 0.1 if SILENCE in answers else 5.0
    store = S3Store(S3Bucket("art", "a", "s", endpoint_url=server.url, connect_timeout=5.0, read_timeout=read_timeout))
    try:
        yield store, server
    finally:
        store.close()
        server.close()


async def written(store: S3Store) -> None:
    async with store.writing("archives/a/1.zip", "application/zip") as file:
        await file.write(b"pixels" * 50_000)


CALLS: dict[str, Callable[[S3Store], Awaitable[object]]] = {
    "put": lambda store: store.put(KEY, b"pixels" * 50_000, "image/png"),
    "get": lambda store: store.get(KEY),
    "stat": lambda store: store.stat(KEY),
    "delete": lambda store: store.delete(KEY),
    "writing": written,
    "discard": lambda store: store.discard(KEY),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", [RESET, SILENCE, BUSY, NONSENSE], ids=["reset", "stall", "busy", "nonsense"])
async def test_a_store_that_does_not_answer_is_tried_three_times(call: str, fault: bytes) -> None:
    with store_on(fault) as (store, server):
        with pytest.raises(StorageUnavailable, match="did not answer in 3 tries"):
            await CALLS[call](store)

        assert server.tries == 3


@pytest.mark.parametrize("fault", [HALF, LATE], ids=["cut off", "late"])
async def test_an_answer_that_is_not_whole_is_asked_for_again(fault: bytes) -> None:
    with store_on(fault) as (store, server):
        with pytest.raises(StorageUnavailable, match="did not answer in 3 tries"):
            await store.get(KEY)

        assert server.tries == 3


async def test_a_store_that_comes_back_in_time_has_the_object() -> None:
    with store_on(RESET, BUSY, STORED) as (store, server):
        await store.put(KEY, b"pixels", "image/png")

        assert server.tries == 3


async def test_a_port_where_nobody_listens_is_an_unavailable_store() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    store = S3Store(S3Bucket("art", "a", "s", endpoint_url=url))

    with pytest.raises(StorageUnavailable, match="did not answer in 3 tries"):
        await store.put(KEY, b"pixels", "image/png")
    store.close()


@pytest.mark.parametrize("call", ["put", "get", "delete"])
@pytest.mark.parametrize("refusal", [error("403 Forbidden", "AccessDenied"), error("404 Not Found", "NoSuchBucket")])
async def test_a_refusal_is_told_at_once(call: str, refusal: bytes) -> None:
    with store_on(refusal) as (store, server):
        with pytest.raises(StorageUnavailable, match=r"refused: (AccessDenied|NoSuchBucket)"):
            await CALLS[call](store)

        assert server.tries == 1
