"""The stages of training as commands, in order; each can be killed at any time and run again."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from training.drawing.stage import described, draw_set, load_set

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 1
"""Of the pictures that the model learns from; those of the classifier have the next one, those of its test the next."""
_PICTURES, _HELD_OUT, _TESTED = 30_000, 5_000, 500


@dataclass(frozen=True, slots=True)
class Run:
    """What a command was told."""

    data: Path
    """Folder for pictures, latents and checkpoints."""
    model: Path
    """Folder of the finished pipeline."""
    pictures: int
    steps: int | None
    minutes: float | None
    workers: int


def main() -> None:
    """Run the stage that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    home = Path(os.environ.get("EASEL_HOME", ".easel"))
    parser.add_argument("--data", type=Path, default=home / "training", help="pictures, latents and checkpoints")
    parser.add_argument("--model", type=Path, default=Path("models/easel-small"), help="the finished pipeline")
    parser.add_argument("--pictures", type=int, default=_PICTURES, help="how many to draw and to learn from")
    parser.add_argument("--steps", type=int, help="of the stage in all; the learning rate's plan depends on it")
    parser.add_argument("--minutes", type=float, help="processor minutes after which to stop for now")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="threads, and processes that draw")
    options = vars(parser.parse_args())
    stage = options.pop("stage")
    warnings.simplefilter("ignore")  # of diffusers, about configurations of other versions
    torch.set_num_threads(options["workers"])
    STAGES[stage](Run(**options))


def _draw(run: Run) -> None:
    draw_set(run.data / "train", run.pictures, SEED, run.workers)


def _tokenizer(run: Run) -> None:
    from training.tokens import train_tokenizer  # noqa: PLC0415 - each stage loads what it needs

    train_tokenizer(SEED).save_pretrained(str(run.data / "tokenizer"))


def _load_tokenizer(run: Run) -> Any:
    from transformers import CLIPTokenizer  # noqa: PLC0415

    return CLIPTokenizer.from_pretrained(str(run.data / "tokenizer"), local_files_only=True)


def _autoencoder(run: Run) -> None:
    from training.autoencoder import autoencoder_trainee  # noqa: PLC0415
    from training.loop import train  # noqa: PLC0415

    steps = run.steps or 12_000
    pictures, _ = load_set(run.data / "train", SEED)
    train(autoencoder_trainee(pictures, 0, steps), run.data / "autoencoder.pt", steps, run.minutes)


def _encode(run: Run) -> None:
    from training.autoencoder import new_autoencoder  # noqa: PLC0415
    from training.denoiser import encode_set  # noqa: PLC0415
    from training.export import averaged  # noqa: PLC0415

    pictures, _ = load_set(run.data / "train", SEED)
    encode_set(averaged(new_autoencoder(), run.data / "autoencoder.pt"), pictures, run.data / "latents.npy")


def _denoiser(run: Run) -> None:
    from training.denoiser import denoiser_trainee  # noqa: PLC0415
    from training.loop import train  # noqa: PLC0415

    latents, steps = np.load(run.data / "latents.npy"), run.steps or 20_000
    shown = [described(index, SEED) for index in range(len(latents))]
    trainee = denoiser_trainee(latents, shown, _load_tokenizer(run), (0, steps, 32))
    train(trainee, run.data / "denoiser.pt", steps, run.minutes)


def _export(run: Run) -> None:
    from training.export import assemble, export  # noqa: PLC0415

    pipeline = assemble(_load_tokenizer(run), run.data / "autoencoder.pt", run.data / "denoiser.pt")
    export(pipeline, run.model)


def _classifier(run: Run) -> None:
    from training.evaluation.classifier import classifier_trainee  # noqa: PLC0415
    from training.loop import train  # noqa: PLC0415

    draw_set(run.data / "held-out", _HELD_OUT, SEED + 1, run.workers)
    steps = run.steps or 1_200
    trainee = classifier_trainee(*load_set(run.data / "held-out", SEED + 1), 0, steps)
    train(trainee, run.data / "classifier.pt", steps, run.minutes)


def _evaluate(run: Run) -> None:
    from diffusers import StableDiffusionPipeline  # noqa: PLC0415

    from training.evaluation.classifier import Classifier  # noqa: PLC0415
    from training.evaluation.report import accuracy, evaluate, show  # noqa: PLC0415

    draw_set(run.data / "tested", _TESTED, SEED + 2, run.workers)
    classifier = Classifier()
    classifier.load_state_dict(torch.load(run.data / "classifier.pt", weights_only=True)["model"])
    pipeline = StableDiffusionPipeline.from_pretrained(str(run.model), local_files_only=True, torch_dtype=torch.float32)
    result = evaluate(pipeline, classifier, run.steps or 500, SEED)
    result["classifier_on_drawings"] = accuracy(classifier, *load_set(run.data / "tested", SEED + 2))
    (run.model / "evaluation.json").write_text(json.dumps(result, indent=2) + "\n")
    show(pipeline).save(run.model / "contact-sheet.webp", quality=80)
    sys.stdout.write(json.dumps(result["recognised"]) + "\n")


STAGES: dict[str, Callable[[Run], None]] = {
    "draw": _draw,
    "tokenizer": _tokenizer,
    "autoencoder": _autoencoder,
    "encode": _encode,
    "denoiser": _denoiser,
    "export": _export,
    "classifier": _classifier,
    "evaluate": _evaluate,
}
"""In the order in which they are run."""
