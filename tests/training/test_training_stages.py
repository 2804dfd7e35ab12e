"""Every stage of training: a step runs, and a run that was cut off ends with the weights of one that was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from training.autoencoder import CHANNELS, autoencoder_trainee
from training.denoiser import denoiser_trainee
from training.drawing.picture import draw
from training.drawing.stage import described
from training.evaluation.classifier import classifier_trainee
from training.loop import train
from training.tokens import train_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt
    from transformers import CLIPTokenizer

    from training.loop import Trainee

SHOWN = [described(number, seed=4) for number in range(8)]


@pytest.fixture(scope="module")
def pictures() -> npt.NDArray[np.uint8]:
    return np.stack([np.asarray(draw(shown, number)) for number, shown in enumerate(SHOWN)])


@pytest.fixture(scope="module")
def tokenizer() -> CLIPTokenizer:
    return train_tokenizer(seed=1, captions=2_000)


def autoencoder(pictures: npt.NDArray[np.uint8], _: object) -> Trainee:
    return autoencoder_trainee(pictures, 0, 4)


def denoiser(_: npt.NDArray[np.uint8], tokenizer: CLIPTokenizer) -> Trainee:
    latents = np.random.default_rng(0).standard_normal((8, CHANNELS, 16, 16)).astype(np.float16)
    return denoiser_trainee(latents, SHOWN, tokenizer, (0, 4, 2))


def classifier(pictures: npt.NDArray[np.uint8], _: object) -> Trainee:
    return classifier_trainee(pictures, SHOWN, 0, 4, batch=4)


@pytest.mark.parametrize("build", [autoencoder, denoiser, classifier])
def test_a_run_that_was_cut_off_ends_with_the_same_weights(
    build: Callable[[Any, Any], Trainee], pictures: npt.NDArray[np.uint8], tokenizer: CLIPTokenizer, tmp_path: Path
) -> None:
    # given: one run to the end, and one that stops after two steps
    whole = build(pictures, tokenizer)
    assert train(whole, tmp_path / "whole.pt", 4) == 4
    assert train(build(pictures, tokenizer), tmp_path / "parts.pt", 2) == 2
    # when: a new process would go on from the checkpoint
    rest = build(pictures, tokenizer)
    assert train(rest, tmp_path / "parts.pt", 4) == 4
    # then
    for part in ("model", "painter", "average"):
        if part in whole.parts:
            assert_equal(whole.parts[part].state_dict(), rest.parts[part].state_dict())


def assert_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    for name, value in one.items():
        if isinstance(value, dict):
            assert_equal(value, other[name])
        elif hasattr(value, "shape"):
            assert torch.equal(value, other[name]), name


def test_latents_keep_the_colours_of_a_picture(pictures: npt.NDArray[np.uint8]) -> None:
    model = autoencoder_trainee(pictures, 0, 4).parts["model"]
    pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        latents = model.encoder(pixels)
    assert latents.shape == (8, 20, 16, 16)
    # given latents, the mean colour of 16 × 16 pixels is a linear function of them
    means = torch.nn.functional.avg_pool2d(pixels, 16).permute(0, 2, 3, 1).reshape(-1, 3)
    known = torch.cat((latents.permute(0, 2, 3, 1).reshape(-1, 20), torch.ones(len(means), 1)), dim=1)
    left = known @ torch.linalg.lstsq(known, means).solution - means
    assert left.abs().mean() < 0.02


def test_the_tokenizer_gives_every_text_back(tokenizer: CLIPTokenizer) -> None:
    for text in ("노란 달이 있는 밤하늘", "빨간 머그컵", "a red mug", "zürich 강아지 xylophone", "龍と虎"):
        assert tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True) == text
    assert len(tokenizer("바다 위의 빨간 배").input_ids) <= 8
