"""The safety checker, as a real tiny model in a process of its own: what it flags, and what becomes of it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from adapters.checkers import safety_process
from adapters.checkers.safety import SafetyChecker
from adapters.checkers.safety_process import squares_of
from adapters.engines.factory import SAFETY_CHECKER, EngineOptions, recipe_of
from db.words import ContentLevel
from domain.ports import Blocked, CheckUnavailable, EngineUnavailable, Rated
from domain.words import BlockReason
from tiny_pipeline import build_tiny_safety_checker
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.context import BaseContext
    from pathlib import Path

    from adapters.engines.recipes import PipelineRecipe

pytestmark = pytest.mark.anyio
RED, BLUE = Image.new("RGB", (64, 64), "red"), Image.new("RGB", (64, 64), "blue")
UNSAFE = Blocked(BlockReason.UNSAFE, "the safety checker flagged it")
WEIGHTS = "model.safetensors"
JUDGE_AND_WAIT = """
import asyncio, sys
from pathlib import Path
from PIL import Image
from adapters.checkers.safety import SafetyChecker
from adapters.engines.factory import EngineOptions, recipe_of

checker = SafetyChecker(recipe_of("safety-checker", EngineOptions(safety_checker=sys.argv[1], home=Path(sys.argv[2]))))
asyncio.run(checker.judge(Image.new("RGB", (8, 8))))
print(checker.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def hates_red(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_safety_checker(tmp_path_factory.mktemp("models") / "hates-red", RED)


@pytest.fixture
def model(hates_red: Path, tmp_path: Path) -> Path:
    """Return a model's folder to break."""
    return shutil.copytree(hates_red, tmp_path / "model")


def recipe(model: Path) -> PipelineRecipe:
    return recipe_of(SAFETY_CHECKER, EngineOptions(safety_checker=str(model), home=model.parent / "home"))


@pytest.fixture
def checker(model: Path, with_torch: BaseContext) -> Iterator[SafetyChecker]:
    checker = SafetyChecker(recipe(model), context=with_torch)
    yield checker
    checker.close()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ends_in(color: str) -> Image.Image:
    """Return a wide blue picture whose right end is of another colour."""
    picture = Image.new("RGB", (160, 64), "blue")
    picture.paste(color, (96, 0, 160, 64))
    return picture


async def test_what_the_model_flags_is_mature_where_it_is_not_to_be_blocked(
    model: Path, with_torch: BaseContext
) -> None:
    checker = SafetyChecker(recipe(model), is_lenient=True, context=with_torch)
    mature = Rated(ContentLevel.MATURE, "the safety checker flagged it")
    assert [await checker.judge(picture) for picture in (RED, BLUE)] == [mature, None]
    checker.close()


async def test_what_the_model_flags_in_any_part_of_a_picture_is_blocked(checker: SafetyChecker) -> None:
    checker.warm_up()
    pictures = (RED, BLUE, ends_in("red"), ends_in("red").rotate(90, expand=True), ends_in("blue"))
    assert [await checker.judge(picture) for picture in pictures] == [UNSAFE, None, UNSAFE, UNSAFE, None]
    assert pictures[0].getpixel((0, 0)) == (255, 0, 0)

    # and its process ends with it
    pid = checker.pid
    assert pid
    checker.close()
    await until(lambda: not is_running(pid))


async def test_a_process_that_dies_is_replaced(checker: SafetyChecker) -> None:
    assert await checker.judge(BLUE) is None
    before = checker.pid
    assert before

    os.kill(before, signal.SIGKILL)
    assert await checker.judge(RED) == UNSAFE
    assert checker.pid != before

    # and what no process can judge is not shown, at no cost for the next picture
    with pytest.raises(CheckUnavailable, match="process was lost: ZeroDivisionError"):
        await checker.judge(Image.new("RGB", (0, 0)))
    assert await checker.judge(BLUE) is None


async def test_a_process_that_says_nothing_is_killed(model: Path, with_torch: BaseContext) -> None:
    checker = SafetyChecker(recipe(model), silence_s=30, context=with_torch)
    assert await checker.judge(BLUE) is None
    pid = checker.pid
    assert pid
    checker._silence_s = 0.1
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(CheckUnavailable, match="silent for too long"):
        await checker.judge(BLUE)
    await until(lambda: not is_running(pid))
    checker.close()


def test_a_process_does_not_outlive_who_asks_it(model: Path) -> None:
    argv = (sys.executable, "-c", JUDGE_AND_WAIT, str(model), str(model.parent))
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout
        assert is_running(int(asking.stdout.readline()))
        asking.kill()
        assert asking.stdout.read() == ""  # both processes have this pipe, and it ends with the last of them


async def test_a_model_that_is_away_judges_nothing_and_leaves_no_process(checker: SafetyChecker, model: Path) -> None:
    away = await asyncio.to_thread(model.rename, model.parent / "away")
    checker.warm_up()
    for _ in range(2):
        with pytest.raises(CheckUnavailable, match="there is no model folder"):
            await checker.judge(BLUE)
        assert checker.pid is None

    await asyncio.to_thread(away.rename, model)
    assert await checker.judge(BLUE) is None


def truncated(model: Path) -> None:
    (model / WEIGHTS).write_bytes((model / WEIGHTS).read_bytes()[:-1])


def pickled(model: Path) -> None:
    (model / WEIGHTS).rename(model / "pytorch_model.bin")


def with_code(model: Path) -> None:
    (model / "checker.py").write_text("raise SystemExit")


def with_an_auto_map(model: Path) -> None:
    path = model / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"auto_map": {"AutoModel": "code.Model"}}))


def without_a_config(model: Path) -> None:
    (model / "config.json").unlink()


def without_a_processor(model: Path) -> None:
    (model / "preprocessor_config.json").unlink()


def without_concepts(model: Path) -> None:
    numbers = load_file(model / WEIGHTS)
    del numbers["concept_embeds"]
    save_file(numbers, model / WEIGHTS)


def without_numbers(model: Path) -> None:
    numbers = load_file(model / WEIGHTS)
    numbers["visual_projection.weight"][0] = float("nan")
    save_file(numbers, model / WEIGHTS)


def for_pictures_of_another_size(model: Path) -> None:
    path = model / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"crop_size": {"height": 48, "width": 48}}))


BROKEN: list[tuple[Callable[[Path], None], str]] = [
    (truncated, "are truncated"),
    (pickled, "pytorch_model.bin are no safetensors, and can hold code"),
    (with_code, "the model comes with code, which is never run: checker.py"),
    (with_an_auto_map, "auto_map"),
    (without_a_config, "there is no 'config.json'"),
    (without_a_processor, "can not be loaded"),
    (without_concepts, "it is no safety checker, its weights lack concept_embeds"),
    (without_numbers, "its weights are no numbers: visual_projection.weight"),
    (for_pictures_of_another_size, "can not be loaded: ValueError"),
]


@pytest.mark.parametrize(("broken", "reason"), BROKEN)
def test_a_broken_or_unsafe_model_is_refused(model: Path, broken: Callable[[Path], None], reason: str) -> None:
    broken(model)
    with pytest.raises(EngineUnavailable) as refused:
        safety_process.load(recipe(model))
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_model_that_has_changed_is_refused_until_it_is_pinned_anew(model: Path) -> None:
    recipe(model).prepare()
    build_tiny_safety_checker(model)
    with pytest.raises(EngineUnavailable, match=r"has another sha256 .* easel engines pin safety-checker "):
        safety_process.load(recipe(model))

    recipe(model).pin()
    safety_process.load(recipe(model))
    assert safety_process.is_flagged(recipe(model), BLUE)


@pytest.mark.parametrize(
    ("size", "corners"),
    [((64, 64), [0]), ((100, 64), [0, 36]), ((64, 128), [0, 64]), ((64, 129), [0, 32, 65]), ((3, 1), [0, 1, 2])],
)
def test_squares_cover_the_picture_evenly(size: tuple[int, int], corners: list[int]) -> None:
    picture = Image.linear_gradient("L").rotate(90 if size[0] > size[1] else 0).resize(size).convert("RGB")
    side = min(size)
    squares = squares_of(picture)
    assert [square.size for square in squares] == [(side, side)] * len(corners)
    for start, square in zip(corners, squares, strict=True):
        box = (start, 0, start + side, side) if size[0] > size[1] else (0, start, side, start + side)
        assert square.tobytes() == picture.crop(box).tobytes()
