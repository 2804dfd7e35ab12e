"""The stage ``evaluate``: how often what a prompt asks for is recognised in the picture painted for it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image

from domain.catalogue import STYLES
from training.drawing.captions import told
from training.drawing.description import Description
from training.drawing.vocabulary import COLOURS, LOOKS, PLACES, SUBJECTS
from training.evaluation.classifier import QUESTIONS, answers

if TYPE_CHECKING:
    import numpy.typing as npt

GUIDANCE = 1.2
STEPS = 20
_TOGETHER = 10


def asked_for(count: int, seed: int) -> list[Description]:
    """Return what to ask for: every subject and style equally often, colours and places by chance."""
    random = Random(seed)
    subjects, styles = list(SUBJECTS), list(LOOKS)
    return [
        Description(
            subjects[number % len(subjects)],
            random.choice(list(COLOURS)),
            random.choice([None, *PLACES]),
            styles[number // len(subjects) % len(styles)],
        )
        for number in range(count)
    ]


def paint(
    pipeline: Any,
    prompts: list[str],
    styles: list[str],
    seeds: list[int],
    guidance: float = GUIDANCE,
) -> npt.NDArray[np.uint8]:
    """Return pictures (count, 256, 256, 3) of ``prompts``, asked as the engine asks: in the style's recipe."""
    pipeline.set_progress_bar_config(disable=True)
    pieces = []
    for start in range(0, len(prompts), _TOGETHER):
        piece = slice(start, start + _TOGETHER)
        looks = [STYLES[style] for style in styles[piece]]
        painted = pipeline(
            [look.recipe.replace("{prompt}", prompt) for look, prompt in zip(looks, prompts[piece], strict=True)],
            negative_prompt=[look.negative for look in looks],
            num_inference_steps=STEPS,
            guidance_scale=guidance,
            width=256,
            height=256,
            generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds[piece]],
            output_type="np",
        ).images
        pieces.append((painted * 255).round().astype(np.uint8))
    return np.concatenate(pieces)


def evaluate(pipeline: Any, classifier: torch.nn.Module, count: int, seed: int) -> dict[str, Any]:
    """Return the shares of ``count`` prompts whose subject, colour and style are recognised, and which are not."""
    wanted = asked_for(count, seed)
    random = Random(seed)
    languages = ["ko" if random.random() < 0.4 else "en" for _ in wanted]
    prompts = [told(each, random, korean=language == "ko") for each, language in zip(wanted, languages, strict=True)]
    pictures = paint(pipeline, prompts, [each.style for each in wanted], list(range(count)))
    right = _right(wanted, answers(classifier, pictures))
    told_in = {name: [language == name for language in languages] for name in ("en", "ko")}
    return {
        "prompts": count,
        "steps": STEPS,
        "guidance": GUIDANCE,
        "recognised": {question: _share(hits) for question, hits in right.items()},
        "all_three": _share([all(hits) for hits in zip(*right.values(), strict=True)]),
        "by_language": {
            name: {question: _share(_only(hits, these)) for question, hits in right.items()}
            for name, these in told_in.items()
        },
        "by_answer": {
            question: {
                name: _share(_only(right[question], [getattr(each, question) == name for each in wanted]))
                for name in names
            }
            for question, names in QUESTIONS.items()
        },
    }


def _right(wanted: list[Description], seen: dict[str, list[str]]) -> dict[str, list[bool]]:
    return {
        question: [getattr(each, question) == said for each, said in zip(wanted, seen[question], strict=True)]
        for question in QUESTIONS
    }


def _only(hits: list[bool], these: list[bool]) -> list[bool]:
    return [hit for hit, counts in zip(hits, these, strict=True) if counts]


def accuracy(
    classifier: torch.nn.Module, pictures: npt.NDArray[np.uint8], shown: list[Description]
) -> dict[str, float]:
    """Return how often the classifier is right about drawings, where they name an answer."""
    right = _right(shown, answers(classifier, pictures))
    return {
        question: _share(_only(hits, [getattr(each, question) is not None for each in shown]))
        for question, hits in right.items()
    }


def _share(hits: list[bool]) -> float:
    return round(sum(hits) / max(1, len(hits)), 4)


def contact_sheet(pictures: npt.NDArray[np.uint8], columns: int, side: int = 128) -> Image.Image:
    """Return ``pictures`` (count, 256, 256, 3) in rows, each ``side`` pixels wide, with small gaps."""
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (side + 4) - 4, rows * (side + 4) - 4), "white")
    for number, picture in enumerate(pictures):
        small = Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(small, (number % columns * (side + 4), number // columns * (side + 4)))
    return sheet


_SHOWN = {
    "realistic": ("a red mug on a table", "a cat in a meadow", "밤하늘의 노란 달", "a blue boat by the sea"),
    "watercolor": ("a pink flower in a garden", "a house in the snow", "해변의 빨간 우산", "a mountain at sunset"),
    "pixel-art": ("a mushroom in a forest", "정원의 초록 나무", "a red rocket in space", "a fish under water"),
    "painterly": ("a yellow star at night", "사막의 초록 선인장", "a red apple on a table", "a sun in the sky"),
    "anime": ("a blue butterfly in a garden", "도시의 빨간 자동차", "a balloon in the sky", "하얀 고양이"),
    "line-art": ("a green t-shirt", "a blue bird in the woods", "분홍색 하트", "a purple house"),
}
"""Prompts of the contact sheet by style, a column for each."""


def show(pipeline: Any) -> Image.Image:
    """Return the contact sheet: one picture of each of the prompts above, none chosen by hand."""
    rows = [list(row) for row in zip(*_SHOWN.values(), strict=True)]
    prompts, styles = [prompt for row in rows for prompt in row], list(_SHOWN) * len(rows)
    return contact_sheet(paint(pipeline, prompts, styles, list(range(len(prompts)))), len(_SHOWN))
