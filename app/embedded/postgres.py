"""The embedded PostgreSQL: one cluster in Easel's home, reached through a socket that its owner alone can open."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from psycopg.pq import PGconn, Ping

from app.embedded.binaries import postgres_binaries, program_version
from app.embedded.folders import server_account, server_folder, socket_folder
from app.embedded.leash import leashed
from app.embedded.server import EmbeddedServer, EmbeddedServerError, Health, Program, data_lock, quiet_environment

_NAME = "easel"  # of the superuser and of the database
_PORT = 5432  # only a part of the socket's name: no TCP port is opened
_BUILTIN_LOCALE_SINCE = 17
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failed statement's text and parameters may hold what people wrote: neither belongs in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_UNSAFE_SETTINGS = {"fsync": "off", "full_page_writes": "off"}  # survives a kill of the server, not a power cut


def start_postgres(home: Path, *, fsync: bool = True) -> EmbeddedServer:
    """Start PostgreSQL with its data in ``home/postgres``, or join the one that already runs there.

    Call it from a thread that lives as long as the server shall: on Linux the server ends with that thread.

    Args:
        home: Easel's data folder; made where it does not exist.
        fsync: False trades the survival of a power cut for speed: for tests.

    Raises:
        EmbeddedServerError: There is no PostgreSQL to start, or it did not start.
    """
    server = prepare_postgres(home, fsync=fsync)
    server.start()
    return server


def prepare_postgres(home: Path, *, fsync: bool = True) -> EmbeddedServer:
    """Find the programs and make the cluster, but start nothing; see ``start_postgres``."""
    home = home.absolute()
    account = server_account(home / "postgres", may_be_root=False)
    binaries = postgres_binaries(home, account)
    folder = server_folder(home, "postgres", account)
    data = folder / "data"
    major = program_version(binaries / "postgres")
    with data_lock(folder / "init", wait=True):
        if not data.exists():
            _make_cluster(binaries, data, account, fsync=fsync)
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != str(major):
        raise EmbeddedServerError(
            f"{data} was made by PostgreSQL {made_by}, and this is {major}. "
            "Dump it with the old version and restore it, or set EASEL_HOME to a new folder."
        )
    sockets = socket_folder(folder, f".s.PGSQL.{_PORT}", account)
    settings = _SETTINGS | {"unix_socket_directories": str(sockets)} | ({} if fsync else _UNSAFE_SETTINGS)
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return EmbeddedServer(
        Program(
            name="PostgreSQL",
            version=str(major),
            argv=(str(binaries / "postgres"), "-D", str(data), "-p", str(_PORT), *options),
            url=_url(sockets),
            data=data,
            log=home / "postgres.log",
            account=account,
            probe=lambda: _HEALTH[_ping(sockets)],
            answering_pid=lambda: _postmaster_pid(data),
            stop_signal=signal.SIGINT,
            haste_signal=signal.SIGQUIT,
            note="" if home.resolve() in data.resolve().parents else _elsewhere(home, data),
        )
    )


def running_url(home: Path) -> str | None:
    """Return the URL of the PostgreSQL that runs in ``home``, None where none does; starts and makes nothing.

    Where its socket is stands in the fifth line of ``postmaster.pid`` (PostgreSQL, Database File Layout).
    """
    try:
        sockets = Path((home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[4])
    except (OSError, IndexError):
        return None
    return _url(sockets) if _ping(sockets) is Ping.OK else None


def _url(sockets: Path) -> str:
    return f"postgresql://{_NAME}@/{_NAME}?host={quote(str(sockets))}&port={_PORT}"


def _ping(sockets: Path) -> Ping:
    address = f"host={_quoted(sockets)} port={_PORT} user={_NAME} dbname=postgres connect_timeout=2"
    return Ping(PGconn.ping(address.encode()))


def _elsewhere(home: Path, data: Path) -> str:
    return f"PostgreSQL runs as 'nobody', who can not enter {home}: its data are in {data.parent}."


_HEALTH = {
    Ping.OK: Health.READY,
    Ping.REJECT: Health.BUSY,
    Ping.NO_RESPONSE: Health.SILENT,
    Ping.NO_ATTEMPT: Health.SILENT,
}


def _make_cluster(binaries: Path, data: Path, account: tuple[int, int] | None, *, fsync: bool) -> None:
    """Run initdb in a draft folder, which takes its name when it is whole: a kill leaves nothing half made."""
    draft = data.with_name("draft")
    shutil.rmtree(draft, ignore_errors=True)
    words = ["initdb", "-D", str(draft), f"--username={_NAME}", "--encoding=UTF8"]
    words += ["--auth-local=trust", "--auth-host=reject"]  # the socket's folder is its owner's alone
    words += _locale(program_version(binaries / "postgres")) + ([] if fsync else ["--no-sync"])
    _run(binaries, words, account)
    _run(binaries, ["postgres", "--single", "-D", str(draft), "postgres"], account, f"CREATE DATABASE {_NAME}\n")
    draft.rename(data)


def _run(binaries: Path, words: list[str], account: tuple[int, int] | None, lines: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - the program was chosen by us, its arguments are ours
        leashed([str(binaries / words[0]), *words[1:]], signal.SIGKILL, account),
        input=lines,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        start_new_session=True,
        env=quiet_environment(),
        cwd="/",
    )
    if done.returncode != 0:
        raise EmbeddedServerError(f"{words[0]} could not make a PostgreSQL cluster:\n{done.stdout}")


def _locale(major: int) -> list[str]:
    if major >= _BUILTIN_LOCALE_SINCE:
        return ["--locale-provider=builtin", "--locale=C.UTF-8"]
    return ["--locale=en_US.UTF-8" if sys.platform == "darwin" else "--locale=C.UTF-8"]


def _postmaster_pid(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _quoted(path: Path) -> str:
    return "'" + os.fspath(path).replace("\\", "\\\\").replace("'", "\\'") + "'"
