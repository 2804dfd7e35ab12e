"""A bucket that refuses, stalls or cuts a fifth of what is written: told image by image, paid back, nothing leaked."""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import timedelta
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

import pytest

from adapters.storage import s3
from adapters.storage.s3 import S3Bucket, S3Store
from audit import check_end, check_rows
from domain.words import FailureCode
from stored import sql
from told import check_told
from workers.sweeper import Sweeper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workshop import Workshop

pytestmark = pytest.mark.anyio

SHARE: Final = 0.2
TRIES: Final = 3
JOBS: Final = 10
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: closing throws away what is on its way and resets the connection."""


class Fault(Enum):
    """What becomes of a write."""

    REFUSED = auto()
    """It is answered with 503, and not done."""
    STALLED = auto()
    """It is done, and not answered."""
    CUT = auto()
    """Its connection is reset in the middle of it."""


class Bucket(ThreadingHTTPServer):
    """A bucket in memory, which a share of all objects can never be written to, and as many only at the second try."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.objects: dict[str, bytes] = {}
        self.tries: Counter[str] = Counter()
        self.faults: dict[str, tuple[Fault | None, int]] = {}
        """By key: what goes wrong, and how often."""
        self.over = threading.Event()
        self._chance = random.Random(7)  # noqa: S311 - chance that can be repeated
        self._lock = threading.Lock()

    def fate(self, key: str) -> Fault | None:
        """Return what goes wrong with this write."""
        with self._lock:
            self.tries[key] += 1
            if key not in self.faults:
                fault = self._chance.choice(list(Fault)) if self._chance.random() < 2 * SHARE else None
                self.faults[key] = fault, self._chance.choice((1, TRIES))
            fault, times = self.faults[key]
            return fault if self.tries[key] <= times else None


class Answering(BaseHTTPRequestHandler):
    """One connection to the bucket."""

    server: Bucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        key, size = self.path.removeprefix("/art/"), int(self.headers["content-length"])
        fault = self.server.fate(key)
        if fault is Fault.CUT:
            self.rfile.read(size // 2)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.close_connection = True
            self.connection.close()
            return
        data = self.rfile.read(size)
        if fault is not Fault.REFUSED:
            self.server.objects[key] = data
        if fault is Fault.STALLED:
            self.server.over.wait(30)
        with suppress(OSError):  # who waited has gone
            self._answer(503 if fault is Fault.REFUSED else 200)

    def do_DELETE(self) -> None:
        self.server.objects.pop(self.path.removeprefix("/art/"), None)
        self._answer(204)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()


@contextmanager
def faulty_bucket() -> Iterator[tuple[S3Store, Bucket]]:
    with Bucket() as bucket:
        thread = threading.Thread(target=bucket.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{bucket.server_address[1]}"
        store = S3Store(S3Bucket("art", "a", "s", endpoint_url=url, connect_timeout=5.0, read_timeout=0.3))
        try:
            yield store, bucket
        finally:
            bucket.over.set()
            store.close()
            bucket.shutdown()
            thread.join()


async def test_a_store_that_fails_a_fifth_of_all_writes_costs_those_images_alone(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_BACK_OFF", 0.001)
    user = await shop.user(grant=JOBS * 4)
    owners = [await shop.character(user) for _ in range(JOBS)]
    for owner in owners:
        await shop.job(user, count=3, owner=owner)

    with faulty_bucket() as (store, bucket):
        async with shop.relaying():
            await shop.painter(store=store).paint_waiting()
            await check_told(shop)
        check_rows(shop.database_url)

        # then some images failed, some were stored at a later try, and none was tried more
        failures = sql(shop.database_url, "SELECT DISTINCT failure_code FROM generation_slots WHERE status = 'FAILED'")
        assert failures == [(FailureCode.STORAGE_UNAVAILABLE,)]
        assert max(bucket.tries.values()) == TRIES
        assert {fault for fault, _ in bucket.faults.values()} == {None, *Fault}

        # and each credit is either spent for a picture that hangs, or back
        ((ready,),) = sql(shop.database_url, "SELECT count(*) FROM media_assets WHERE status = 'READY'")
        assert 0 < ready < JOBS * 3
        account = sql(shop.database_url, "SELECT balance, held FROM credit_accounts")
        assert account == [(JOBS * 4 - ready, 0)]
        assert sql(shop.database_url, "SELECT sum(image_count) FROM galleries") == [(ready,)]

        # and what was stored of pictures that failed is swept
        sweeper = Sweeper(shop.db, shop.bell, store, timedelta(hours=1), timedelta(0))
        await sweeper.remove_abandoned()
        check_end(shop.database_url, bucket.objects)
