from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adapters.engines.factory import EngineOptions, build_engine
from adapters.engines.hosting import HostedEngine, Residents
from adapters.engines.sandbox import SandboxEngine
from domain.ports import Brief, EngineLost, EngineUnavailable, NotPainted, Painted, PaintStep
from hosted_engines import Absent, Broken, Hung, Mortal
from orders import painting, rephrased
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from domain.ports import Engine

CAT = painting(Brief("a cat by the sea", "", "watercolor"), (96, 64), 4, 5.0, (7, 8))
PAINT_AND_WAIT = """
import os, sys, time
from functools import partial
from adapters.engines.factory import EngineOptions, build_engine
from adapters.engines.hosting import HostedEngine, Residents

engine = HostedEngine("sandbox", partial(build_engine, "sandbox", EngineOptions()), Residents(1))
engine.load()
print(engine.pid, flush=True)
sys.stdin.read()
"""

LOAD_FOR_EVER = """
import sys
from functools import partial
from adapters.engines.hosting import HostedEngine, Residents
from hosted_engines import Endless

HostedEngine("endless", partial(Endless, sys.argv[1]), Residents(1)).load()
"""


def ignore(_: PaintStep) -> None:
    """Take a step without a word."""


def pixels(outcomes: Sequence[Painted | NotPainted]) -> list[bytes]:
    return [outcome.image.tobytes() for outcome in outcomes if isinstance(outcome, Painted)]


@pytest.fixture
def host() -> Iterator[Callable[..., HostedEngine]]:
    hosted: list[HostedEngine] = []

    def start(build: Callable[[], Engine], residents: Residents | None = None, **options: Any) -> HostedEngine:  # noqa: ANN401
        hosted.append(HostedEngine(f"engine-{len(hosted)}", build, residents or Residents(9), **options))
        return hosted[-1]

    yield start
    for engine in hosted:
        engine.close()


SANDBOX = partial(build_engine, "sandbox", EngineOptions())


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_hosted_engine_paints_and_reports_what_it_does_at_home(host: Callable[..., HostedEngine]) -> None:
    engine, here, there = host(SANDBOX), list[PaintStep](), list[PaintStep]()
    assert pixels(engine.paint(CAT, there.append)) == pixels(SandboxEngine().paint(CAT, here.append))
    assert there == here


def test_what_on_step_raises_ends_the_painting_and_not_the_process(host: Callable[..., HostedEngine]) -> None:
    engine, seen = host(SANDBOX), list[int]()
    engine.load()
    before = engine.pid

    def cancel(step: PaintStep) -> None:
        seen.append(step.step)
        raise KeyError("canceled")

    for _ in range(2):
        with pytest.raises(KeyError, match="canceled"):
            engine.paint(rephrased(CAT, prompt="a cat #slow"), cancel)
    assert seen == [1, 1]
    assert len(engine.paint(CAT, ignore)) == 2
    assert engine.pid == before


class Unstartable:
    """Builds the sandbox, but for a machine that has no room for its process the first time."""

    def __init__(self) -> None:
        self._starts = 0

    def __reduce__(self) -> tuple[type[partial[Engine]], tuple[type[Engine]]]:
        self._starts += 1
        if self._starts == 1:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return partial, (SandboxEngine,)


def test_a_process_that_can_not_be_started_is_told_and_started_later(host: Callable[..., HostedEngine]) -> None:
    engine = host(Unstartable())
    with pytest.raises(EngineLost, match="no process can be started"):
        engine.load()
    assert engine.pid is None
    assert len(engine.paint(CAT, ignore)) == 2


def test_an_engine_that_raises_goes_on_with_the_next(host: Callable[..., HostedEngine]) -> None:
    engine = host(SANDBOX)
    with pytest.raises(RuntimeError, match="asked for a crash"):
        engine.paint(rephrased(CAT, prompt="#crash"), ignore)
    before = engine.pid
    assert len(engine.paint(CAT, ignore)) == 2
    assert engine.pid == before


def test_a_killed_process_is_told_and_replaced(host: Callable[..., HostedEngine]) -> None:
    engine = host(SANDBOX)

    def kill(_: PaintStep) -> None:
        assert engine.pid
        os.kill(engine.pid, signal.SIGKILL)

    with pytest.raises(EngineLost, match="has died"):
        engine.paint(rephrased(CAT, prompt="a cat #slow"), kill)
    assert len(engine.paint(CAT, ignore)) == 2

    # and where it died while nobody painted
    assert engine.pid
    os.kill(engine.pid, signal.SIGKILL)
    engine._process.join()
    assert len(engine.paint(CAT, ignore)) == 2


def test_a_lost_device_costs_the_process_and_another_error_does_not(host: Callable[..., HostedEngine]) -> None:
    lost = host(partial(Broken, "CUDA error: unspecified launch failure"))
    with pytest.raises(EngineLost, match="unspecified launch failure"):
        lost.paint(CAT, ignore)
    assert lost.pid is None

    broken = host(partial(Broken, "shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        broken.paint(CAT, ignore)
    assert broken.pid
    assert broken.batch_size == 3


def test_a_process_that_says_nothing_is_killed(host: Callable[..., HostedEngine]) -> None:
    engine = host(partial(Hung, ""))
    engine.load()
    pid = engine.pid
    assert pid
    engine._silence_s = 0.1
    with pytest.raises(EngineLost, match="silent"):
        engine.paint(CAT, ignore)
    assert not is_running(pid)


@pytest.mark.parametrize(
    ("build", "error"),
    [(partial(Absent, "no weights"), EngineUnavailable), (partial(Mortal, ""), EngineLost), (int, EngineUnavailable)],
)
def test_what_can_not_be_loaded_leaves_no_process(
    host: Callable[..., HostedEngine], build: Callable[[], Engine], error: type[Exception]
) -> None:
    engine = host(build)
    for attempt in (engine.load, lambda: engine.paint(CAT, ignore)):
        with pytest.raises(error):
            attempt()
        assert engine.pid is None


def test_who_was_not_asked_for_longest_makes_room(host: Callable[..., HostedEngine]) -> None:
    residents = Residents(2)
    first, second, third = (host(SANDBOX, residents) for _ in range(3))
    first.load()
    second.load()
    first.paint(CAT, ignore)

    third.load()

    assert [engine.pid is not None for engine in (first, second, third)] == [True, False, True]
    assert len(second.paint(CAT, ignore)) == 2
    assert first.pid is None


@pytest.mark.anyio
async def test_an_idle_engine_gives_its_memory_back(host: Callable[..., HostedEngine]) -> None:
    engine = host(SANDBOX, idle_s=0.05)
    engine.paint(CAT, ignore)
    pid = engine.pid
    assert pid
    await until(lambda: engine.pid is None)
    assert not is_running(pid)
    assert len(engine.paint(CAT, ignore)) == 2


@pytest.mark.anyio
async def test_an_engine_does_not_outlive_who_asked_for_it() -> None:
    asking = subprocess.Popen(  # noqa: ASYNC220 - it is killed at once
        [sys.executable, "-c", PAINT_AND_WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with asking:
        assert asking.stdout
        pid = int(asking.stdout.readline())
        assert is_running(pid)
        asking.kill()
    await until(lambda: not is_running(pid))


@pytest.mark.anyio
async def test_an_engine_that_is_being_loaded_does_not_outlive_who_asked_for_it(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    path = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    with subprocess.Popen(  # noqa: ASYNC220 - it is killed at once
        [sys.executable, "-c", LOAD_FOR_EVER, str(told)], env=os.environ | {"PYTHONPATH": path}
    ) as asking:
        await until(lambda: told.exists() and told.read_text())
        pid = int(told.read_text())
        assert is_running(pid)
        asking.kill()
    await until(lambda: not is_running(pid))
