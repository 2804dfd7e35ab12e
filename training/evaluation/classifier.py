"""A plain convolutional classifier of drawings: which subject, colour and style it sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from training.drawing.vocabulary import COLOURS, LOOKS, SUBJECTS
from training.loop import Trainee, device, learning_rate

if TYPE_CHECKING:
    import numpy.typing as npt

    from training.drawing.description import Description

QUESTIONS: dict[str, tuple[str, ...]] = {
    "subject": tuple(SUBJECTS),
    "colour": tuple(COLOURS),
    "style": tuple(LOOKS),
}
"""What is asked of every picture, and the answers there are."""
_RATE = 2e-3


class Classifier(nn.Module):
    """Four convolutions over 64 × 64 pixels, and one linear layer for all questions."""

    def __init__(self) -> None:
        """Start with fresh weights."""
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((3, 32), (32, 64), (64, 128), (128, 192)):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
        self._features = nn.Sequential(*layers)
        self._answers = nn.Linear(192 * 2, sum(len(answers) for answers in QUESTIONS.values()))

    def forward(self, pictures: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return scores (count, answers) for each question; ``pictures`` is (count, 256, 256, 3), uint8."""
        pixels = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
        seen = self._features(functional.avg_pool2d(pixels, 4))
        scores = self._answers(torch.cat((seen.mean(dim=(2, 3)), seen.amax(dim=(2, 3))), dim=1))
        parts = scores.split([len(answers) for answers in QUESTIONS.values()], dim=1)
        return dict(zip(QUESTIONS, parts, strict=True))


def labels(descriptions: list[Description]) -> dict[str, torch.Tensor]:
    """Return the right answers to each question as numbers, -100 where the description leaves it open."""
    return {
        question: torch.tensor(
            [answers.index(said) if (said := getattr(each, question)) else -100 for each in descriptions]
        )
        for question, answers in QUESTIONS.items()
    }


def classifier_trainee(
    pictures: npt.NDArray[np.uint8], descriptions: list[Description], seed: int, steps: int, batch: int = 48
) -> Trainee:
    """Return a classifier in training on ``pictures`` (count, 256, 256, 3) of what ``descriptions`` say."""
    torch.manual_seed(seed)
    model = Classifier().to(device())
    optimizer = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=0.01)
    right = labels(descriptions)

    def advance(step: int) -> dict[str, float]:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(_RATE, step, steps)
        rng = np.random.default_rng((seed, 11, step))
        chosen = np.sort(rng.integers(0, len(pictures), batch))
        scores = model(torch.from_numpy(_blemished(pictures[chosen], rng)).to(device()))
        losses = {q: functional.cross_entropy(scores[q], right[q][chosen].to(device())) for q in QUESTIONS}
        optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        optimizer.step()
        return {question: float(loss.detach()) for question, loss in losses.items()}

    return Trainee({"model": model, "optimizer": optimizer}, advance)


def _blemished(pictures: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return the pictures moved a little and with noise, so that no single pixel decides."""
    down, across = rng.integers(-12, 13, 2).tolist()
    noise = rng.normal(0, rng.uniform(0, 10), (len(pictures), 64, 64, 1)).repeat(4, 1).repeat(4, 2)
    moved = np.roll(pictures, (down, across), (1, 2)).astype(np.float32) + noise
    return moved.clip(0, 255).astype(np.uint8)


@torch.no_grad()
def answers(model: nn.Module, pictures: npt.NDArray[np.uint8]) -> dict[str, list[str]]:
    """Return what the classifier sees in each of ``pictures`` (count, 256, 256, 3)."""
    model.eval()
    seen: dict[str, list[str]] = {question: [] for question in QUESTIONS}
    for start in range(0, len(pictures), 50):
        scores = model(torch.from_numpy(np.array(pictures[start : start + 50])).to(device()))
        for question, names in QUESTIONS.items():
            seen[question] += [names[number] for number in scores[question].argmax(dim=1).tolist()]
    return seen
