"""The supervisor: it restarts what dies, says what is wrong, and leaves no process behind however it ends."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pytest

from app.embedded.folders import throwaway_home
from app.listening import PortUnavailable, ensure_port_is_free

ROOT = Path(__file__).parents[2]
PATIENCE = 20  # seconds until a test gives up
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")

PRELUDE = """
import os, sys
from pathlib import Path
from app.child import Service
from app.embedded.postgres import prepare_postgres
from app.embedded.valkey import prepare_valkey
from app.embedded.folders import throwaway_home
from app.listening import answers, ensure_port_is_free
from app.supervisor import Supervisor, supervise

def shell(name, script, **env):
    return Service(name, ("sh", "-c", script), env)

def python(name, script, **env):
    return Service(name, (sys.executable, "-c", script), env)
"""
IDLE = "echo pid $$; exec sleep 1000"
STUBBORN = "trap 'echo asked' TERM; echo pid $$; while :; do sleep 1000 & echo pid $!; wait; done"


class Run:
    """A supervisor in a session of its own, as the foreground job of a terminal is."""

    def __init__(self, plan: str, home: Path, *, stdin: BinaryIO | int = subprocess.DEVNULL) -> None:
        script = f"{PRELUDE}\nasync def plan(s):\n{textwrap.indent(plan, '    ')}\nsys.exit(supervise(plan))\n"
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, str(home)],
            cwd=ROOT,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.text = ""

    def read_until(self, pattern: str, count: int = 1) -> list[str]:
        """Read on until the pattern occurred ``count`` times in all that was read; return what it matched."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + PATIENCE
        while len(found := re.findall(pattern, self.text, re.MULTILINE)) < count:
            ready, _, _ = select.select([self.process.stdout], [], [], max(deadline - time.monotonic(), 0))
            chunk = os.read(self.process.stdout.fileno(), 1 << 16) if ready else b""
            assert chunk, f"{pattern!r} did not come in:\n{self.text}"
            self.text += chunk.decode()
        return found

    def pids(self, count: int) -> list[int]:
        return [int(number) for number in self.read_until(r"\| pid (\d+)$", count)]

    def interrupt(self) -> None:
        """Do what Ctrl-C in a terminal does: SIGINT to every process of the foreground job."""
        os.killpg(self.process.pid, signal.SIGINT)

    def is_running(self, *, for_seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(for_seconds)
        return self.process.returncode is None

    def end(self) -> int:
        """Read to the end of the output, and return the exit status."""
        assert self.process.stdout is not None
        while chunk := self.process.stdout.read(1 << 16):
            self.text += chunk.decode()
        status = self.process.wait(PATIENCE)
        assert "Traceback" not in self.text
        return status


@pytest.fixture
def home() -> Iterator[Path]:
    with throwaway_home() as folder:
        yield folder


Start = Callable[..., Run]


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Starts supervisors, and makes sure that none outlives its test."""
    runs: list[Run] = []

    def run(plan: str, *, stdin: BinaryIO | int = subprocess.DEVNULL) -> Run:
        runs.append(Run(plan, home, stdin=stdin))
        return runs[-1]

    yield run
    for each in runs:
        with each.process:
            each.process.kill()


def wait_until_gone(*pids: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            ready, _, _ = select.select([handle], [], [], PATIENCE)
            os.close(handle)
            assert ready, f"process {pid} is still there"


def assert_gone(*pids: int) -> None:
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(start: Start, number: signal.Signals) -> None:
    run = start(f"s.start(shell('api', {IDLE!r})); s.start(shell('worker', {IDLE!r}))")
    pids = run.pids(2)

    run.process.send_signal(number)

    assert run.end() == 0
    assert_gone(*pids)


def test_ctrl_c_ends_services_first_and_servers_last(start: Start) -> None:
    service = """
import os, signal, sys, psycopg, redis
def stop(*_):
    with psycopg.connect(os.environ["DB"]) as connection:
        print("database answers", connection.execute("SELECT 41 + 1").fetchone()[0])
    with redis.Redis.from_url(os.environ["KV"]) as client:
        print("valkey answers", client.ping())
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print("pid", os.getpid())
while True:
    signal.pause()
"""
    run = start(f"""
home = Path(sys.argv[1])
postgres = await s.start_server(lambda: prepare_postgres(home, fsync=False))
valkey = await s.start_server(lambda: prepare_valkey(home))
s.say(f"pid {{postgres.pid}}")
s.say(f"pid {{valkey.pid}}")
s.start(python("api", {service!r}, DB=postgres.url, KV=valkey.url))
""")
    pids = run.pids(3)

    run.interrupt()

    assert run.end() == 0
    assert "database answers 42" in run.text
    assert "valkey answers True" in run.text
    assert_gone(*pids)


def test_what_does_not_listen_is_killed_with_all_that_it_started(start: Start) -> None:
    run = start(f"s.start(shell('worker', {STUBBORN!r}))")
    pids = run.pids(2)

    run.interrupt()

    assert run.end() == 0
    assert "asked" in run.text
    wait_until_gone(*pids)


def test_a_second_ctrl_c_kills_at_once(start: Start) -> None:
    run = start(f"""
postgres = await s.start_server(lambda: prepare_postgres(Path(sys.argv[1]), fsync=False))
s.say(f"pid {{postgres.pid}}")
s.start(shell('worker', {STUBBORN!r}))
""")
    pids = run.pids(3)
    run.interrupt()
    run.read_until("asked")

    while run.is_running(for_seconds=0.1):  # as people do
        run.interrupt()

    assert run.end() == 130
    wait_until_gone(*pids)


def test_a_signal_that_comes_twice_at_once_is_one(start: Start) -> None:
    run = start(f"s.start(shell('api', {IDLE!r}))")
    pids = run.pids(1)

    for _ in range(2):  # make hands on a SIGTERM that its whole group was sent
        run.process.send_signal(signal.SIGTERM)
        run.process.send_signal(signal.SIGINT)

    assert run.end() == 0
    assert_gone(*pids)


def test_what_fails_side_by_side_is_told_in_words(start: Start) -> None:
    run = start("""
import asyncio
async with asyncio.TaskGroup() as group:
    group.create_task(s.run_once(shell('migrate', 'exit 3')))
""")

    assert run.end() == 1
    assert "migrate failed (exit status 3)." in run.text


@needs_linux
def test_a_killed_supervisor_leaves_nothing(start: Start) -> None:
    run = start(f"""
home = Path(sys.argv[1])
for prepare in (lambda: prepare_postgres(home, fsync=False), lambda: prepare_valkey(home)):
    s.say(f"pid {{(await s.start_server(prepare)).pid}}")
s.start(shell('api', {IDLE!r}))
s.start(shell('worker', {IDLE!r}))
""")
    pids = run.pids(4)

    run.process.kill()

    wait_until_gone(*pids)


def test_a_dead_service_starts_again(start: Start) -> None:
    run = start(f"s.start(shell('worker', {IDLE!r}))")
    (first,) = run.pids(1)

    os.kill(first, signal.SIGKILL)

    _, second = run.pids(2)
    assert "worker ended (signal SIGKILL); it starts again in 0.1 s." in run.text
    run.interrupt()
    assert run.end() == 0
    assert_gone(first, second)


@pytest.mark.parametrize("prepare", ["prepare_postgres(home, fsync=False)", "prepare_valkey(home)"])
def test_a_dead_server_starts_again(start: Start, prepare: str) -> None:
    run = start(f"""
import asyncio
home = Path(sys.argv[1])
server = await s.start_server(lambda: {prepare})
first = server.pid
s.say(f"pid {{first}}")
while server.pid == first:
    await asyncio.sleep(0.01)
s.say(f"pid {{server.pid}}")
""")
    (first,) = run.pids(1)

    os.kill(first, signal.SIGKILL)

    _, second = run.pids(2)
    run.interrupt()
    assert run.end() == 0
    assert_gone(first, second)


def test_a_service_that_can_not_start_is_named_with_its_last_lines(start: Start) -> None:
    run = start("""
async def never():
    return False
s.start(shell('worker', 'echo the model is missing; exit 3'))
await s.wait_until_ready('worker', never)
""")

    assert run.end() == 1
    assert "worker has ended 5 times in a row. Its last lines:" in run.text
    assert re.search(r"easel +\|   the model is missing", run.text)
    assert "worker can not start." in run.text
    assert re.findall(r"again in ([\d.]+) s", run.text) == ["0.1", "0.2", "0.4", "0.8", "1.6"]


def test_a_failed_step_stops_the_start(start: Start) -> None:
    run = start(f"""
s.start(shell('api', {IDLE!r}))
await s.run_once(shell('migrate', 'echo no such table; exit 2'))
s.say("not reached")
""")

    assert run.end() == 1
    assert "migrate failed (exit status 2)." in run.text
    assert re.search(r"^migrate +\| no such table$", run.text, re.MULTILINE)
    assert "not reached" not in run.text
    for pid in re.findall(r"\| pid (\d+)$", run.text, re.MULTILINE):
        assert_gone(int(pid))


def test_steps_come_one_after_the_other(start: Start) -> None:
    run = start("""
await s.run_once(shell('migrate', 'echo migrated'))
await s.run_once(shell('seed', 'echo seeded'))
s.say("ready")
""")
    run.read_until("ready")

    run.interrupt()

    assert run.end() == 0
    assert [line.split("|")[1].strip() for line in run.text.splitlines()] == ["migrated", "seeded", "ready"]


def test_ready_is_when_the_service_answers(start: Start) -> None:
    run = start("""
serve = "from http.server import *; s = HTTPServer(('127.0.0.1', int(os.environ['P'])), SimpleHTTPRequestHandler); "
import socket
for port in range(20000 + os.getpid() % 5000, 32000):
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) != 0:
            break
s.start(python('api', 'import os; ' + serve + 's.serve_forever()', P=str(port)))
await s.wait_until_ready('api', lambda: answers('127.0.0.1', port, '/'))
s.say("ready")
""")

    run.read_until("ready")
    run.read_until('"GET / HTTP/1.1" 200')


def test_a_taken_port_is_told_in_words(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = start(f"ensure_port_is_free('127.0.0.1', {port}); s.start(shell('api', {IDLE!r}))")

        assert run.end() == 1
        assert f"Port {port} of 127.0.0.1 is in use by another program." in run.text
        assert "pid" not in run.text


def test_a_free_port_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortUnavailable):
            ensure_port_is_free("127.0.0.1", port)

    ensure_port_is_free("127.0.0.1", port)
    ensure_port_is_free("localhost", 0)


def test_everything_ends_when_nobody_reads_the_output(start: Start) -> None:
    run = start("s.start(shell('api', 'echo pid $$; yes'))")
    pids = run.pids(1)
    assert run.process.stdout is not None

    run.process.stdout.close()

    assert run.process.wait(PATIENCE) == 0
    assert_gone(*pids)


def test_stdin_is_not_needed(start: Start) -> None:
    run = start(f"os.close(0); s.start(shell('api', 'cat; {IDLE}'))")
    pids = run.pids(1)

    run.interrupt()

    assert run.end() == 0
    assert_gone(*pids)


def test_lines_stay_whole(start: Start) -> None:
    script = "for n in range(300): print(letter * 3000)"
    run = start(f"""
import asyncio
await asyncio.gather(*(s.run_once(python(letter, f"letter = '{{letter}}'\\n{script}")) for letter in "abc"))
await s.run_once(python("long", "print('x' * 200_000, end='')"))
s.say("ready")
""")
    run.read_until("ready")

    run.interrupt()

    assert run.end() == 0
    lines = [line.split("|") for line in run.text.splitlines()]
    for letter in "abc":
        texts = [text.strip() for name, text in lines if name.strip() == letter]
        assert texts == [letter * 3000] * 300
    assert "".join(text.strip() for name, text in lines if name.strip() == "long") == "x" * 200_000


def test_under_make(home: Path) -> None:
    script = f"{PRELUDE}\nasync def plan(s):\n    s.start(shell('api', {IDLE!r}))\nsys.exit(supervise(plan))\n"
    (home / "run.py").write_text(f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{script}")
    (home / "Makefile").write_text(f"run:\n\t@exec '{sys.executable}' run.py\n")
    process = subprocess.Popen(
        ["make", "--no-print-directory", "run"],
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        first_line = process.stdout.readline().decode()
        assert re.match(r"api +\| pid \d+$", first_line)
        pid = int(first_line.split()[-1])

        os.killpg(process.pid, signal.SIGINT)

        rest = process.stdout.read().decode()
    assert rest == ""
    assert_gone(pid)
