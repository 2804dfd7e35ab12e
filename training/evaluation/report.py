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

GUIDANCE = 4.0
STEPS = 20
_TOGETHER = 10


def asked_for(count: int, seed: int) -> list[Description]:
    """Return what to ask for: every subject and style equally often, colours and places by chance."""
    random = Random(seed)  # noqa: S311 - chance, not secrecy
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
    pipeline: Any,  # noqa: ANN401 - diffusers has no types here
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


def evaluate(pipeline: Any, classifier: torch.nn.Module, count: int, seed: int) -> dict[str, Any]:  # noqa: ANN401
    """Return the shares of ``count`` prompts whose subject, colour and style are recognised, and which are not."""
    wanted = asked_for(count, seed)
    random = Random(seed)  # noqa: S311
    languages = ["ko" if random.random() < 0.4 else "en" for _ in wanted]
    prompts = [told(each, random, korean=language == "ko") for each, language in zip(wanted, languages, strict=True)]
    pictures = paint(pipeline, prompts, [each.style for each in wanted], list(range(count)))
    seen = answers(classifier, pictures)
    right = {
        question: [getattr(each, question) == said for each, said in zip(wanted, seen[question], strict=True)]
        for question in QUESTIONS
    }
    return {
        "prompts": count,
        "steps": STEPS,
        "guidance": GUIDANCE,
        "recognised": {question: _share(hits) for question, hits in right.items()},
        "all three": _share([all(hits) for hits in zip(*right.values(), strict=True)]),
        "by language": {
            language: {
                q: _share([hit for hit, l in zip(right[q], languages, strict=True) if l == language]) for q in right
            }
            for language in ("en", "ko")
        },
        "by answer": {
            question: {
                name: _share(
                    [h for h, each in zip(right[question], wanted, strict=True) if getattr(each, question) == name]
                )
                for name in names
            }
            for question, names in QUESTIONS.items()
        },
    }


def accuracy(
    classifier: torch.nn.Module, pictures: npt.NDArray[np.uint8], shown: list[Description]
) -> dict[str, float]:
    """Return how often the classifier is right about drawings, where they name an answer."""
    seen = answers(classifier, pictures)
    return {
        question: _share(
            [
                getattr(each, question) == said
                for each, said in zip(shown, seen[question], strict=True)
                if getattr(each, question)
            ]
        )
        for question in QUESTIONS
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


_SHOWN = (
    ("a red mug on a table", "realistic"), ("a cat in a meadow", "realistic"), ("노란 달, 밤하늘", "realistic"),
    ("a blue boat by the sea", "realistic"), ("a pink flower in a garden", "watercolor"), ("a house in the snow", "watercolor"),
    ("해변의 빨간 우산", "watercolor"), ("a brown mountain at sunset", "watercolor"), ("a purple mushroom in a forest", "pixel-art"),
    ("숲속의 초록 나무", "pixel-art"), ("a red rocket in space", "pixel-art"), ("an orange fish under water", "pixel-art"),
    ("a yellow star in the night sky", "painterly"), ("사막의 초록 선인장", "painterly"), ("a red apple on a table", "painterly"),
    ("a sun in the sky", "painterly"), ("a blue butterfly in a garden", "anime"), ("도시의 빨간 자동차", "anime"),
    ("an orange balloon in the sky", "anime"), ("하얀 고양이", "anime"), ("a green t-shirt", "line-art"),
    ("a blue bird in the woods", "line-art"), ("분홍색 하트", "line-art"), ("a purple house", "line-art"),
)  # fmt: skip
"""Prompts of the contact sheet and their styles, six to a row."""


def show(pipeline: Any) -> Image.Image:  # noqa: ANN401
    """Return the contact sheet: one picture of each of the prompts above, none chosen by hand."""
    prompts, styles = zip(*_SHOWN, strict=True)
    return contact_sheet(paint(pipeline, list(prompts), list(styles), list(range(len(prompts)))), 6)
