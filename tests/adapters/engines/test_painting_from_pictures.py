"""What goes on inside of the diffusion engine when it paints from pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from adapters.engines.diffusion import DiffusersEngine
from adapters.engines.text_cache import TextCache
from db.words import Operation
from domain.ports import Brief, Material, NotPainted, Painted, PaintStep
from orders import changing, painting
from scenery import landscape, middle_mask

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (64, 48)
VARIATION = changing(Operation.IMAGE_TO_IMAGE, Material(source=landscape(), strength=0.5), SIZE, (1, 2, 3, 4))


def ignore(_: PaintStep) -> None:
    """Take a step without a word."""


def pixels(outcome: Painted | NotPainted) -> np.ndarray[Any, np.dtype[np.int16]]:
    assert isinstance(outcome, Painted)
    return np.asarray(outcome.image, np.int16)


@pytest.fixture(params=["diffusers_engine", "deep_engine", "flux_engine"])
def engine(request: pytest.FixtureRequest) -> DiffusersEngine:
    engine: DiffusersEngine = request.getfixturevalue(request.param)
    return engine


def test_all_forms_of_a_model_share_its_weights(engine: DiffusersEngine) -> None:
    pipelines = engine.pipelines()
    from_pictures = pipelines.of(Operation.RESTYLE)
    assert pipelines.of(Operation.INPAINT) is from_pictures
    assert from_pictures.vae is pipelines.words.vae
    assert from_pictures.text_encoder is pipelines.words.text_encoder


def test_images_of_different_strengths_briefs_and_sources_are_the_same_as_alone(engine: DiffusersEngine) -> None:
    first, second, third, fourth = VARIATION.images
    tasks = (
        first,
        replace(second, material=Material(source=landscape(80, 30), strength=1.0)),
        replace(third, brief=Brief("a blue fish", "", "line-art")),
        replace(fourth, material=Material(source=landscape().rotate(90), strength=1.0)),
    )
    seen: list[PaintStep] = []
    together = engine.paint(replace(VARIATION, images=tasks), seen.append)
    alone = [engine.paint(replace(VARIATION, images=(task,)), ignore)[0] for task in tasks]
    # Sums of a batch may be rounded in another order: one step of 255 at most
    assert max(np.abs(pixels(one) - pixels(two)).max() for one, two in zip(together, alone, strict=True)) <= 1
    assert [(step.step, step.total_steps) for step in seen] == [(number, 6) for number in range(1, 7)]
    shown = [[picture is not None for picture in step.previews] for step in seen]
    assert shown == [[True, False, True, False]] * 2 + [[False, True, False, True]] * 4


@pytest.mark.parametrize("strength", [0.0001, 1 / 3, 0.07])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_however_few_steps_and_however_weak_one_is_done(engine: DiffusersEngine, strength: float, steps: int) -> None:
    material = Material(source=landscape(), strength=strength)
    seen: list[PaintStep] = []
    request = replace(changing(Operation.IMAGE_TO_IMAGE, material, SIZE, (1,)), steps=steps)
    assert isinstance(engine.paint(request, seen.append)[0], Painted)
    assert seen[-1].step == seen[-1].total_steps == len(seen)
    assert len(seen) <= 2  # FLUX rounds up


@pytest.mark.parametrize(("name", "cells"), [("diffusers_engine", 8), ("flux_engine", 8), ("deep_engine", 4)])
def test_latents_outside_of_the_mask_end_as_those_of_the_source(
    name: str, cells: int, request: pytest.FixtureRequest
) -> None:
    engine: DiffusersEngine = request.getfixturevalue(name)
    pipelines = engine.pipelines()
    vae, torch = pipelines.words.vae, pipelines.torch
    source = landscape(64, 64)
    decoded: list[Any] = []
    hook = vae.decoder.register_forward_pre_hook(lambda _, args: decoded.append(args[0]))
    material = Material(source=source, mask=middle_mask(64, 64))
    engine.paint(changing(Operation.INPAINT, material, (64, 64), (1, 2)), ignore)
    hook.remove()

    values = torch.from_numpy(np.asarray(source, np.float32) / np.float32(127.5) - 1).permute(2, 0, 1)[None]
    with torch.no_grad():
        made = vae.encode(values)
        wanted = made.latents if name == "deep_engine" else vae.post_quant_conv(made.latent_dist.mode())
    difference = (decoded[0] - wanted).abs().amax(dim=(0, 1)).numpy()
    touched = np.zeros((cells, cells), bool)
    touched[cells // 4 : cells * 3 // 4 + 1, cells // 4 : cells * 3 // 4 + 1] = True  # the mask's pixels 16 to 48
    assert difference[~touched].max() < 1e-4
    assert difference[touched].min() > 1e-3


def test_a_picture_that_does_not_fit_beside_others_is_painted_alone(tiny_pipeline: Path) -> None:
    engine = DiffusersEngine(str(tiny_pipeline), device="cpu", batch_size=4)
    torch = engine.pipelines().torch

    def refuse(_: object, args: tuple[Any, ...]) -> None:
        if args[0].shape[0] > 2:
            raise torch.OutOfMemoryError

    engine.pipelines().words.unet.register_forward_pre_hook(refuse)
    outcomes = engine.paint(replace(VARIATION, images=VARIATION.images[:2]), ignore)
    assert [isinstance(outcome, Painted) for outcome in outcomes] == [True, True]


def test_images_of_several_strengths_do_not_make_later_batches_smaller(tiny_pipeline: Path) -> None:
    engine = DiffusersEngine(str(tiny_pipeline), device="cpu", batch_size=4)
    tasks = tuple(
        replace(task, material=Material(source=landscape(), strength=strength))
        for task, strength in zip(VARIATION.images, (0.25, 0.5, 0.75, 1.0), strict=True)
    )
    engine.paint(replace(VARIATION, images=tasks), ignore)
    assert engine.batch_size == 4


@pytest.mark.parametrize("operation", [Operation.TEXT_TO_IMAGE, Operation.INPAINT])
def test_half_precision_is_painted_with_too(tiny_pipeline: Path, operation: Operation) -> None:
    engine = DiffusersEngine(str(tiny_pipeline), device="cpu", dtype="bfloat16", batch_size=4)
    request = changing(operation, Material(source=landscape(), mask=middle_mask()), SIZE, (1, 2))
    first, again = engine.paint(request, ignore), engine.paint(request, ignore)
    assert all(np.array_equal(pixels(one), pixels(two)) for one, two in zip(first, again, strict=True))


def test_words_are_encoded_once_and_change_nothing(tiny_pipeline: Path) -> None:
    engine = DiffusersEngine(str(tiny_pipeline), device="cpu", batch_size=4)
    pipelines = engine.pipelines()
    calls: list[int] = []
    pipelines.words.text_encoder.register_forward_hook(lambda *_: calls.append(1))
    request = painting(Brief("a cat", "", "anime"), SIZE, 2, 5.0, (1, 2))

    first = engine.paint(request, ignore)
    assert len(calls) == 2  # the prompt and the negative prompt
    again = engine.paint(request, ignore)
    assert len(calls) == 2
    pipelines.texts = TextCache(pipelines.words, pipelines.torch, limit_bytes=0)
    afresh = engine.paint(request, ignore)
    assert len(calls) == 6
    assert pipelines.texts.size == 0
    for outcomes in (again, afresh):
        assert all(np.array_equal(pixels(one), pixels(two)) for one, two in zip(first, outcomes, strict=True))


def test_what_was_not_used_longest_is_forgotten(engine: DiffusersEngine) -> None:
    pipelines = engine.pipelines()
    cache = TextCache(pipelines.words, pipelines.torch)
    cache.arguments([("one", "")], guided=True)
    limit = 2 * cache.size
    encoded: list[int] = []
    hook = pipelines.words.text_encoder.register_forward_hook(lambda *_: encoded.append(1))
    cache = TextCache(pipelines.words, pipelines.torch, limit_bytes=limit)
    for prompt in ("one", "two", "one", "three"):
        cache.arguments([(prompt, "")], guided=True)
    assert cache.size == limit
    before = len(encoded)
    cache.arguments([("one", "")], guided=True)
    assert len(encoded) == before
    cache.arguments([("two", "")], guided=True)
    hook.remove()
    assert len(encoded) > before
