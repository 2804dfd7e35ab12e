"""The object stores, each against a real server: the folder behind its own route, moto, and rclone's.

Rclone checks signatures and times.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx2
import pytest
import uvicorn
from moto.server import ThreadedMotoServer
from starlette.applications import Starlette

from adapters.storage.folder import FolderStore
from adapters.storage.s3 import S3Bucket, S3Store
from app.deposits import deposit_routes
from app.media import media_routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from domain.ports import DepositStore

RCLONE = Path(sys.executable).with_name("rclone")
SECRET = b"a secret of the test, 32 bytes.."
BUCKET = S3Bucket("pictures", "easel", "open-sesame")


@dataclass(frozen=True)
class Place:
    """A running store, and how to talk to it as if it were another time."""

    store: DepositStore
    at: Callable[[Callable[[], float]], DepositStore]
    """Makes a store object whose clock is the given one."""


@contextmanager
def _s3(endpoint_url: str) -> Iterator[Callable[[Callable[[], float]], DepositStore]]:
    """Make the bucket, then stores that use it."""
    bucket = replace(BUCKET, endpoint_url=endpoint_url)
    with ExitStack() as open_stores:

        def at(clock: Callable[[], float]) -> DepositStore:
            store = S3Store(bucket, clock)
            open_stores.callback(store.close)
            return store

        maker = S3Store(bucket)
        maker._client.create_bucket(Bucket=bucket.name)
        maker.close()
        yield at


@pytest.fixture(scope="module")
def folder_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("folder") / "media"
    listener = socket.create_server(("127.0.0.1", 0))
    public_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    served = FolderStore(root, public_url, SECRET)
    app = Starlette(routes=[*media_routes(served, ["*"]), *deposit_routes(served, ["*"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield Place(FolderStore(root, public_url, SECRET), partial(FolderStore, root, public_url, SECRET))
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture(scope="module")
def moto_place() -> Iterator[Place]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with _s3(f"http://{host}:{port}") as at:
        yield Place(at(time.time), at)
    server.stop()


@pytest.fixture(scope="module")
def rclone_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("rclone")
    identity = f"{BUCKET.access_key_id},{BUCKET.secret_access_key}"
    command = [str(RCLONE), "serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", identity, "--config", "", str(root)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = next(found[0] for line in process.stderr if (found := re.search(r"http://[0-9.:]+", line)))
        with _s3(address) as at:
            yield Place(at(time.time), at)
        process.terminate()


@pytest.fixture(params=["folder", "moto", "rclone"])
def place(request: pytest.FixtureRequest) -> Place:
    """Each of the stores."""
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture(params=["folder", "rclone"])
def strict_place(request: pytest.FixtureRequest) -> Place:
    """Each of the stores that checks signatures and times; moto does neither."""
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


def new_key(name: str = "original.png") -> str:
    return f"assets/{uuid4()}/{name}"


def read(url: str) -> httpx2.Response:
    return httpx2.get(url, trust_env=False)
