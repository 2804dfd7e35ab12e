from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from adapters.engines.diffusion import DiffusersEngine
from adapters.engines.latent_preview import SDXL_SCALING, previews
from adapters.engines.memory import fitting_batch
from adapters.engines.tuning import threads_for
from domain.ports import Brief, EngineUnavailable, NotPainted, Painted, PaintStep
from domain.words import FailureCode
from orders import painting, rephrased
from tiny_pipeline import build_tiny_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

REQUEST = painting(Brief("a cat under the moon", "blurry", "anime"), (64, 48), 3, 5.0, (11, 12, 13))
TASKS = REQUEST.images


def ignore(_: PaintStep) -> None:
    """Take a step without a word."""


def pixels(outcome: Painted | NotPainted) -> np.ndarray[Any, np.dtype[np.int16]]:
    assert isinstance(outcome, Painted)
    return np.asarray(outcome.image, np.int16)


def codes(outcomes: Sequence[Painted | NotPainted]) -> list[FailureCode | None]:
    return [outcome.code if isinstance(outcome, NotPainted) else None for outcome in outcomes]


@pytest.fixture(params=["diffusers_engine", "flux_engine"])
def engine(request: pytest.FixtureRequest) -> DiffusersEngine:
    engine: DiffusersEngine = request.getfixturevalue(request.param)
    return engine


@pytest.fixture
def strained_engine(tiny_pipeline: Path) -> DiffusersEngine:
    """One that may learn from its shortage of memory without the other tests' feeling it."""
    return DiffusersEngine(str(tiny_pipeline), device="cpu", batch_size=4)


@pytest.fixture
def scarce_memory(strained_engine: DiffusersEngine) -> Iterator[dict[str, int]]:
    """A device with room for ``limit`` images; each counts twice because of guidance."""
    import torch  # noqa: PLC0415 - only where the engine needs it too

    room = {"limit": 1}

    def refuse(_: object, args: tuple[Any, ...]) -> None:
        if args[0].shape[0] > 2 * room["limit"]:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    hook = strained_engine.pipelines().words.unet.register_forward_pre_hook(refuse)
    yield room
    hook.remove()


def test_the_same_seed_gives_the_same_picture_alone_and_in_a_batch(engine: DiffusersEngine) -> None:
    together = [pixels(outcome) for outcome in engine.paint(REQUEST, ignore)]
    again = [pixels(outcome) for outcome in engine.paint(REQUEST, ignore)]
    alone = [pixels(engine.paint(replace(REQUEST, images=(task,)), ignore)[0]) for task in TASKS]

    assert all(np.array_equal(one, two) for one, two in zip(together, again, strict=True))
    assert all(np.array_equal(one, two) for one, two in zip(together, alone, strict=True))
    assert all(np.abs(together[0] - other).max() > 40 for other in together[1:])


def test_each_step_is_reported_with_previews(engine: DiffusersEngine) -> None:
    seen: list[PaintStep] = []
    engine.paint(replace(REQUEST, width=128, height=64), seen.append)
    assert [(step.step, step.total_steps) for step in seen] == [(1, 3), (2, 3), (3, 3)]
    for step in seen:
        assert len(step.previews) == 3
        assert {(picture.mode, picture.size) for picture in step.previews if picture} == {("RGB", (16, 8))}
    assert seen[0].previews[0] != seen[0].previews[1]
    assert seen[0].previews[0] != seen[2].previews[0]


@pytest.mark.parametrize("size", [(64, 64), (100, 90), (61, 130)])
def test_pictures_have_exactly_the_size_asked_for(engine: DiffusersEngine, size: tuple[int, int]) -> None:
    request = replace(REQUEST, width=size[0], height=size[1], steps=1, images=TASKS[:1])
    (outcome,) = engine.paint(request, ignore)
    assert isinstance(outcome, Painted)
    assert (outcome.image.mode, outcome.image.size) == ("RGB", size)


@pytest.mark.parametrize(
    "prompt", ["", "고양이와 달 " * 300, "🐈‍⬛" * 700, "\ud800\0{prompt}{0}%s", "<|endoftext|>" * 100]
)
def test_any_prompt_is_painted_in_one_step_without_guidance(engine: DiffusersEngine, prompt: str) -> None:
    request = rephrased(REQUEST, prompt=prompt[:2_000], negative_prompt=prompt[:2_000])
    assert codes(engine.paint(replace(request, steps=1, guidance=0.0, images=request.images[:1]), ignore)) == [None]


def test_prompt_style_and_guidance_reach_the_pipeline(diffusers_engine: DiffusersEngine) -> None:
    request = replace(REQUEST, images=TASKS[:1])
    others = (
        rephrased(request, prompt="a dog"),
        rephrased(request, style="painterly"),
        replace(request, guidance=9.0),
        rephrased(request, negative_prompt="dark"),
    )
    painted = [pixels(diffusers_engine.paint(each, ignore)[0]).tobytes() for each in (request, *others)]
    assert len(set(painted)) == 5


def test_what_on_step_raises_propagates_at_once_and_the_engine_stays_usable(engine: DiffusersEngine) -> None:
    class CancelledError(Exception):
        pass

    seen: list[int] = []

    def cancel(step: PaintStep) -> None:
        seen.append(step.step)
        if step.step == 2:
            raise CancelledError

    before = [pixels(outcome) for outcome in engine.paint(REQUEST, ignore)]
    with pytest.raises(CancelledError):
        engine.paint(REQUEST, cancel)
    assert seen == [1, 2]
    after = [pixels(outcome) for outcome in engine.paint(REQUEST, ignore)]
    assert all(np.array_equal(one, two) for one, two in zip(before, after, strict=True))


def test_a_component_that_raises_is_not_hidden(diffusers_engine: DiffusersEngine) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the decoder is broken")

    hook = diffusers_engine.pipelines().words.vae.decoder.register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="the decoder is broken"):
        diffusers_engine.paint(REQUEST, ignore)
    hook.remove()
    assert codes(diffusers_engine.paint(REQUEST, ignore)) == [None] * 3


def test_a_batch_that_does_not_fit_is_halved_until_it_does(
    strained_engine: DiffusersEngine, scarce_memory: dict[str, int]
) -> None:
    assert scarce_memory["limit"] == 1
    seen: list[PaintStep] = []
    outcomes = strained_engine.paint(REQUEST, seen.append)
    assert codes(outcomes) == [None] * 3
    assert [(step.step, step.total_steps) for step in seen] == [(number, 9) for number in range(1, 10)]
    assert [[picture is not None for picture in step.previews].index(True) for step in seen] == [0] * 3 + [1] * 3 + [
        2
    ] * 3
    assert strained_engine.batch_size == 1


def test_halves_that_fit_are_not_halved_again(strained_engine: DiffusersEngine, scarce_memory: dict[str, int]) -> None:
    scarce_memory["limit"] = 2
    four = replace(REQUEST, images=(*TASKS, replace(TASKS[0], seed=14)))
    seen: list[PaintStep] = []
    assert codes(strained_engine.paint(four, seen.append)) == [None] * 4
    shown = [[picture is not None for picture in step.previews] for step in seen]
    assert shown == [[True, True, False, False]] * 3 + [[False, False, True, True]] * 3
    assert strained_engine.batch_size == 2


def test_an_image_that_never_fits_is_out_of_memory_once_everything_was_tried(
    strained_engine: DiffusersEngine, scarce_memory: dict[str, int]
) -> None:
    scarce_memory["limit"] = 0
    outcomes = strained_engine.paint(REQUEST, ignore)
    assert codes(outcomes) == [FailureCode.OUT_OF_MEMORY] * 3
    assert strained_engine.pipelines().words.vae.use_slicing
    scarce_memory["limit"] = 3
    assert codes(strained_engine.paint(REQUEST, ignore)) == [None] * 3


def test_what_is_freed_lets_an_image_fit(strained_engine: DiffusersEngine, scarce_memory: dict[str, int]) -> None:
    scarce_memory["limit"] = 0
    vae = strained_engine.pipelines().words.vae
    enable = vae.enable_slicing

    def make_room() -> None:
        enable()
        scarce_memory["limit"] = 1

    vae.enable_slicing = make_room
    assert codes(strained_engine.paint(REQUEST, ignore)) == [None] * 3


@pytest.mark.parametrize(
    ("free", "needed", "expected"), [(100, 10, 8), (100, 90, 1), (0, 10, 1), (100, 1, 16), (100, 0, 16)]
)
def test_a_batch_leaves_a_fifth_of_the_free_memory(free: int, needed: int, expected: int) -> None:
    assert fitting_batch(free, needed) == expected


@pytest.mark.parametrize(("cores", "expected"), [(1, 1), (2, 1), (8, 7)])
def test_painting_leaves_a_core_to_the_rest_of_the_machine(cores: int, expected: int) -> None:
    assert threads_for(cores) == expected


def test_weights_of_convolutions_lie_channels_last(diffusers_engine: DiffusersEngine) -> None:
    torch = diffusers_engine.pipelines().torch
    for part in (diffusers_engine.pipelines().words.unet, diffusers_engine.pipelines().words.vae.decoder):
        assert part.conv_in.weight.is_contiguous(memory_format=torch.channels_last)


def test_the_batch_on_a_cpu_is_four_unless_chosen(tiny_pipeline: Path) -> None:
    engine = DiffusersEngine(str(tiny_pipeline), device="cpu")
    engine.load()
    assert engine.batch_size == 4


def test_what_the_safety_checker_flags_is_blocked(tmp_path: Path) -> None:
    engine = DiffusersEngine(str(build_tiny_pipeline(tmp_path / "prudish", prudish=True)), device="cpu", batch_size=3)
    assert codes(engine.paint(REQUEST, ignore)) == [FailureCode.CONTENT_BLOCKED] * 3

    def only_the_second(_: object, __: object, verdict: tuple[Any, list[bool]]) -> tuple[Any, list[bool]]:
        return verdict[0], [index == 1 for index in range(len(verdict[1]))]

    engine.pipelines().words.safety_checker.register_forward_hook(only_the_second)
    assert codes(engine.paint(REQUEST, ignore)) == [None, FailureCode.CONTENT_BLOCKED, None]


@pytest.mark.parametrize("model", ["/nowhere/at/all", "./missing", "~/missing-model", "no-such-model", "a/b/c"])
def test_a_missing_folder_is_unavailable(model: str) -> None:
    with pytest.raises(EngineUnavailable, match="no model folder"):
        DiffusersEngine(model).load()


def test_a_folder_that_holds_no_pipeline_is_unavailable(tmp_path: Path) -> None:
    engine = DiffusersEngine(str(tmp_path))
    with pytest.raises(EngineUnavailable, match="there is no 'model_index"):
        engine.load()
    (tmp_path / "model_index.json").write_text('{"_class_name": "NoSuchPipeline"}')
    with pytest.raises(EngineUnavailable, match="can not be loaded"):
        engine.paint(REQUEST, ignore)


def test_a_hub_that_can_not_be_reached_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants  # noqa: PLC0415 - comes with diffusers

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EngineUnavailable, match="'easel-tests/no-such-model' can not be had from the hub"):
        DiffusersEngine(f"easel-tests/no-such-model@{'0' * 40}").load()


def test_loading_again_keeps_the_pipeline(diffusers_engine: DiffusersEngine) -> None:
    before = diffusers_engine.pipelines().words
    diffusers_engine.load()
    assert diffusers_engine.pipelines().words is before
    assert diffusers_engine.batch_size == 4


def test_previews_of_large_deep_and_strange_latents() -> None:
    random = np.random.default_rng(0)

    def sizes(*shape: int, scaling: float = 1.0) -> list[tuple[int, int] | None]:
        latents = random.standard_normal(shape).astype(np.float32)
        return [picture.size if picture else None for picture in previews(latents, (2048, 1024), scaling)]

    assert sizes(2, 4, 128, 256, scaling=SDXL_SCALING) == [(86, 43)] * 2
    assert sizes(1, 16, 128, 256) == [(86, 43)]
    assert sizes(1, 16, 3, 16, 32) == [(32, 16)]
    assert sizes(1, 64 * 128, 64) == [(86, 43)]
    assert sizes(1, 1, 16, 32) == [(32, 16)]
    assert sizes(1, 7, 64) == [None]
    assert sizes(1, 7) == [None]
    assert previews(np.full((1, 4, 8, 8), np.nan, np.float32), (64, 64), 1.0)[0] is not None
