"""The embedded Valkey: queues and doorbells in Easel's home, kept in an append-only file, behind a socket of ours."""

from __future__ import annotations

import signal
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.embedded.binaries import program_version, valkey_binary
from app.embedded.folders import server_account, server_folder, socket_folder
from app.embedded.server import EmbeddedServer, Health, Program

_SOCKET = "valkey.sock"
_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",  # a queue that forgets is none
    "daemonize": "no",
}


def start_valkey(home: Path) -> EmbeddedServer:
    """Start Valkey with its data in ``home/valkey``, or join the one that already runs there.

    The URL names no database, so that a client can choose one (``from_url(url, db=1)``). Call it from a thread that
    lives as long as the server shall: on Linux the server ends with that thread.

    Raises:
        EmbeddedServerError: There is no Valkey to start, or it did not start.
    """
    server = prepare_valkey(home)
    server.start()
    return server


def prepare_valkey(home: Path) -> EmbeddedServer:
    """Find the program and make its folder, but start nothing; see ``start_valkey``."""
    home = home.absolute()
    account = server_account(home / "valkey", may_be_root=True)
    binary = valkey_binary()
    folder = server_folder(home, "valkey", account)
    data = folder / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    socket = socket_folder(folder, _SOCKET, account) / _SOCKET
    settings = _SETTINGS | {"unixsocket": str(socket), "dir": str(data)}
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return EmbeddedServer(
        Program(
            name="Valkey",
            version=str(program_version(binary)),
            argv=(str(binary), *options),
            url=f"unix://{quote(str(socket))}",
            data=data,
            log=home / "valkey.log",
            account=account,
            probe=lambda: _probe(socket),
            answering_pid=lambda: _pid(socket),
            stop_signal=signal.SIGTERM,
            haste_signal=signal.SIGKILL,
        )
    )


def _client(socket: Path) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(socket), socket_timeout=2, retry=Retry(NoBackoff(), 0))


def _probe(socket: Path) -> Health:
    with _client(socket) as client:
        try:
            client.ping()
        except (redis.exceptions.BusyLoadingError, redis.exceptions.TimeoutError):
            return Health.BUSY
        except redis.exceptions.ConnectionError:
            return Health.SILENT
    return Health.READY


def _pid(socket: Path) -> int | None:
    with _client(socket) as client:
        try:
            return int(client.info("server")["process_id"])
        except redis.exceptions.ConnectionError:
            return None
