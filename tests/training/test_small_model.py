"""The model that ships with Easel: stock format, small, and the same picture for the same seed."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline

from adapters.engines.factory import EngineOptions, build_engine
from domain.ports import Brief, Painted
from orders import painting
from training.drawing.vocabulary import COLOURS, LOOKS, SUBJECTS

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers with numpy 2
MODEL = Path(__file__).parents[2] / "models" / "easel-small"


@pytest.fixture(scope="module")
def pipeline() -> StableDiffusionPipeline:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # diffusers deprecates names that it uses itself
        loaded = StableDiffusionPipeline.from_pretrained(str(MODEL), local_files_only=True, torch_dtype=torch.float32)
    loaded.set_progress_bar_config(disable=True)
    return loaded


def test_it_is_small_and_holds_safetensors_alone() -> None:
    weights = list(MODEL.rglob("*.safetensors"))
    assert {file.parent.name for file in weights} == {"text_encoder", "unet", "vae"}
    assert sum(file.stat().st_size for file in weights) <= 25_000_000
    assert {file.suffix for file in MODEL.rglob("*") if file.is_file()} <= {".safetensors", ".json", ".md", ".webp"}
    assert (MODEL / "contact-sheet.webp").stat().st_size <= 500_000


def test_it_paints_the_same_picture_for_the_same_seed(pipeline: StableDiffusionPipeline) -> None:
    def painted(*seeds: int) -> np.ndarray:
        return np.asarray(
            pipeline(
                ["photo of a red mug, natural light, detailed"] * len(seeds),
                num_inference_steps=2,
                guidance_scale=1.2,
                generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
                output_type="np",
            ).images
        )

    first = painted(1, 2)
    assert first.shape == (2, 256, 256, 3)
    assert np.array_equal(first, painted(1, 2))
    assert not np.array_equal(first[0], first[1])


def test_the_engine_paints_with_it() -> None:
    engine = build_engine("small", EngineOptions())
    request = painting(Brief("빨간 머그컵", "", "realistic"), (224, 296), 8, 1.2, (7,))
    (outcome,) = engine.paint(request, lambda _: None)
    assert isinstance(outcome, Painted)
    assert outcome.image.size == (224, 296)
    red, green, blue = np.asarray(outcome.image, np.float32)[130:200, 70:150].mean(axis=(0, 1))
    assert red > 1.5 * max(green, blue)


def test_its_tokenizer_keeps_korean_words_whole(pipeline: StableDiffusionPipeline) -> None:
    tokenizer = pipeline.tokenizer
    assert len(tokenizer("바다 위의 빨간 배").input_ids) == 6
    for text in ("하얀 고양이가 있는 눈밭", "처음 보는 낱말 뾰족뒤쥐"):
        assert tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True) == text


def test_its_evaluation_covers_everything_it_learned() -> None:
    report = json.loads((MODEL / "evaluation.json").read_text())
    assert report["prompts"] == 500
    assert report["recognised"]["subject"] >= 0.85
    assert report["recognised"]["colour"] >= 0.90
    assert report["recognised"]["style"] >= 0.95
    assert set(report["by_answer"]["subject"]) == set(SUBJECTS)
    assert set(report["by_answer"]["colour"]) == set(COLOURS)
    assert set(report["by_answer"]["style"]) == set(LOOKS)
