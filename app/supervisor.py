"""Runs all of Easel on one machine: starts its parts, restarts what dies, and ends everything on Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from app.child import Child, Service, describe_status, start_child
from app.console import Console
from app.embedded.server import EmbeddedServer, EmbeddedServerError
from app.listening import PortUnavailable

_FIRST_DELAY = 0.1  # seconds before a restart, doubled for each quick death
_LONGEST_DELAY = 5.0
_HEALTHY_AFTER = 10.0  # a part that lived that long starts again at the first delay
_TOLD_AFTER = 5  # quick deaths in a row
_SERVICE_PATIENCE = 1.2  # with twice 0.7 s for the servers, all is gone within 3 s
_SAME_SIGNAL = 0.2  # seconds: what comes sooner is the same one, handed on by make or another parent
_WATCH_PAUSE = 0.2
_READY_PAUSE = 0.05
_POLL = 0.01
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Plan = Callable[["Supervisor"], Awaitable[None]]


class ServiceFailed(Exception):
    """A service could not do its part; the message carries the last lines that it wrote."""


def supervise(plan: Plan) -> int:
    """Run ``plan``, which starts servers and services, and keep them running until a signal asks to stop.

    SIGINT, SIGTERM, SIGHUP and the loss of standard output end the services, then the servers, within 3 s; a second
    Ctrl-C kills everything at once. Call it from the main thread.

    Returns:
        The exit status of the command: 0 after a signal, 1 where the plan failed (which was told in words).
    """
    supervisor = Supervisor()
    handlers = {number: signal.signal(number, supervisor.on_signal) for number in _STOP_SIGNALS}
    try:
        return asyncio.run(supervisor.run(plan))
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


class Supervisor:
    """Holds the running parts. A plan is handed one, and starts through it what it wants to be kept alive."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._told_to_stop_at: float | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_asked = asyncio.Event()
        self._console = Console(sys.stdout.buffer, self._stop_asked.set)
        self._children: dict[str, Child] = {}
        self._servers: list[EmbeddedServer] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._quick_deaths: dict[str, int] = {}

    def say(self, text: str) -> None:
        """Print the supervisor's own words between the lines of the services."""
        self._console.say(text)

    async def start_server(self, prepare: Callable[[], EmbeddedServer]) -> EmbeddedServer:
        """Prepare an embedded server (in a thread), start it, and keep it running from now on.

        Raises:
            EmbeddedServerError: It can not be had here.
        """
        server = await asyncio.to_thread(prepare)
        self._servers.append(server)
        await _bring_up(server)
        if server.program.note:
            self.say(server.program.note)
        self._keep(self._keep_server(server))
        return server

    def start(self, service: Service) -> None:
        """Start a service and keep it running from now on."""
        self._quick_deaths[service.name] = 0
        self._keep(self._keep_service(service))

    async def run_once(self, service: Service) -> None:
        """Run a command to its end.

        Raises:
            ServiceFailed: It ended with another status than 0.
        """
        child = await self._spawn(service)
        status = await child.finish()
        if status != 0:
            raise ServiceFailed(f"{service.name} failed ({describe_status(status)}).")

    async def wait_until_ready(self, name: str, is_ready: Callable[[], Awaitable[bool]]) -> None:
        """Wait until ``is_ready`` says so of the started service ``name``.

        Raises:
            ServiceFailed: The service died five times in a row before that.
        """
        while not await is_ready():
            if self._quick_deaths[name] >= _TOLD_AFTER:
                raise ServiceFailed(f"{name} can not start.")
            await asyncio.sleep(_READY_PAUSE)

    async def run(self, plan: Plan) -> int:
        """Run the plan until a stop is asked for or the plan fails, then end everything; see ``supervise``."""
        self._loop = asyncio.get_running_loop()
        if self._told_to_stop_at is not None:
            self._stop_asked.set()
        with _waking(self._loop):
            return await self._run(plan)

    async def _run(self, plan: Plan) -> int:
        planned = asyncio.ensure_future(plan(self))
        stopping = asyncio.create_task(self._stop_asked.wait())
        try:
            await asyncio.wait({planned, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if planned.done() and not planned.cancelled() and planned.exception() is None:
                await stopping
        finally:
            planned.cancel()
            await asyncio.wait({planned})
            await self._end_everything()
            stopping.cancel()
        return self._status(planned)

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Ask for the stop; at a second Ctrl-C, kill everything and end this process.

        A plain signal handler and not the loop's, because it runs even while the loop waits for a slow terminal.
        """
        if self._told_to_stop_at is not None:
            is_again = time.monotonic() - self._told_to_stop_at > _SAME_SIGNAL
            if number == signal.SIGINT and is_again:
                self._kill_everything()
                os._exit(128 + signal.SIGINT)
            return
        self._told_to_stop_at = time.monotonic()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop_asked.set)

    def _status(self, planned: asyncio.Future[None]) -> int:
        status = 0
        if planned.cancelled():
            return status
        try:
            planned.result()
        except* (ServiceFailed, EmbeddedServerError, PortUnavailable) as failures:
            for failure in _leaves(failures):
                self.say(str(failure))
            status = 1
        return status

    def _keep(self, keeping: Awaitable[None]) -> None:
        self._keepers.append(asyncio.ensure_future(keeping))

    async def _spawn(self, service: Service) -> Child:
        child = await start_child(service, lambda line: self._console.line(service.name, line))
        self._children[service.name] = child
        return child

    async def _keep_service(self, service: Service) -> None:
        clock = asyncio.get_running_loop().time
        delay = _FIRST_DELAY
        while True:
            begun = clock()
            child = await self._spawn(service)
            status = await child.finish()
            if clock() - begun > _HEALTHY_AFTER:
                delay, self._quick_deaths[service.name] = _FIRST_DELAY, 0
            self._quick_deaths[service.name] += 1
            self.say(f"{service.name} ended ({describe_status(status)}); it starts again in {delay:.1f} s.")
            if self._quick_deaths[service.name] == _TOLD_AFTER:
                self._tell_of_trouble(child)
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY)

    def _tell_of_trouble(self, child: Child) -> None:
        lines = "".join(f"\n  {line}" for line in child.last_lines) or " (it wrote nothing)"
        self.say(f"{child.service.name} has ended {_TOLD_AFTER} times in a row. Its last lines:{lines}")

    async def _keep_server(self, server: EmbeddedServer) -> None:
        delay = _FIRST_DELAY
        while True:
            while server.is_running():  # noqa: ASYNC110 - a joined server is no child of ours: its end is no event
                await asyncio.sleep(_WATCH_PAUSE)
            self.say(f"{server.program.name} ended; it starts again.")
            try:
                await _bring_up(server)
            except EmbeddedServerError as error:
                self.say(str(error))
                await asyncio.sleep(delay)
                delay = min(2 * delay, _LONGEST_DELAY)
            else:
                delay = _FIRST_DELAY

    async def _end_everything(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        if self._keepers:
            await asyncio.wait(self._keepers)
        children = [child for child in self._children.values() if child.is_running]
        for child in children:
            child.signal(signal.SIGTERM)
        ends = [asyncio.create_task(child.finish()) for child in children]
        if ends:
            _, stubborn = await asyncio.wait(ends, timeout=_SERVICE_PATIENCE)
            for child in children if stubborn else ():
                child.signal(signal.SIGKILL)
            await asyncio.wait(ends)
        await asyncio.gather(*(asyncio.to_thread(server.stop) for server in self._servers))

    def _kill_everything(self) -> None:
        for child in self._children.values():
            if child.is_running:
                child.signal(signal.SIGKILL)
        for server in self._servers:
            if server.process is not None:
                server.kill()


def _leaves(group: BaseExceptionGroup[Exception]) -> Iterator[Exception]:
    for inner in group.exceptions:
        if isinstance(inner, BaseExceptionGroup):
            yield from _leaves(inner)
        else:
            yield inner


async def _bring_up(server: EmbeddedServer) -> None:
    """Start the server from this thread, which lives as long as the supervisor, or join a running one."""
    while not server.advance():  # noqa: ASYNC110 - the server sends no event when it listens
        await asyncio.sleep(_POLL)


@contextmanager
def _waking(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let every signal wake the loop.

    Without it, a signal that arrives between the last check of the interpreter and the loop's sleep is handled only
    when something else ends that sleep.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        loop.add_reader(reader, reader.recv, 4096)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(reader)
