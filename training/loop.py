"""The loop of every training stage: steps that depend on their number alone, and checkpoints to go on from.

Pauses and clock changes do no harm: time is counted in seconds of this process's own work.
"""

from __future__ import annotations

import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SAVE_SECONDS = 90.0
"""Seconds of processor time between two checkpoints."""
_TELL_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Trainee:
    """What a stage trains."""

    parts: dict[str, Any]
    """Everything that changes from step to step: objects with ``state_dict`` and ``load_state_dict``."""
    advance: Callable[[int], dict[str, float]]
    """Does the step of that number, and returns its losses by name."""


def device() -> str:
    """Return ``cuda`` where there is one, else ``cpu``."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def train(trainee: Trainee, checkpoint: Path, steps: int, minutes: float | None = None) -> int:
    """Train up to ``steps`` steps in all, going on from ``checkpoint`` where it exists; return the steps done.

    SIGTERM ends it early with a checkpoint; after SIGKILL the last one counts.

    Args:
        trainee: What to train.
        checkpoint: File that is replaced as a whole every ``SAVE_SECONDS`` and at the end.
        steps: Number of the last step; the learning rate's plan depends on it.
        minutes: Processor minutes (all threads together) after which to stop early; None goes to the end.
    """
    done = restore(trainee, checkpoint)
    started = saved = told = time.process_time()
    losses: list[dict[str, float]] = []
    with _asked_to_stop() as stopped:
        while done < steps and not stopped() and (minutes is None or time.process_time() - started < minutes * 60):
            losses.append(trainee.advance(done))
            done, now = done + 1, time.process_time()
            if now - told > _TELL_SECONDS or done == steps:
                _tell(f"step {done}/{steps}", losses, now - told)
                losses, told = [], now
            if now - saved > SAVE_SECONDS:
                save(trainee, checkpoint, done)
                saved = now
    save(trainee, checkpoint, done)
    return done


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether SIGTERM has come."""
    signals: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: signals.append(number))
    try:
        yield lambda: bool(signals)
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(place: str, losses: list[dict[str, float]], seconds: float) -> None:
    """Print the means of ``losses`` and what a step of them took."""
    means = "  ".join(f"{name} {sum(loss[name] for loss in losses) / len(losses):.4f}" for name in losses[0])
    sys.stdout.write(f"{place}  {means}  {seconds / len(losses) * 1000:.0f} ms of processor a step\n")
    sys.stdout.flush()


def save(trainee: Trainee, checkpoint: Path, done: int) -> None:
    """Write the checkpoint so that a kill at any moment leaves the old one or the new one."""
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    fresh = checkpoint.with_suffix(".new")
    torch.save({"done": done, **{name: part.state_dict() for name, part in trainee.parts.items()}}, fresh)
    fresh.replace(checkpoint)


def restore(trainee: Trainee, checkpoint: Path) -> int:
    """Load the checkpoint where there is one, and return how many steps it has behind it."""
    if not checkpoint.exists():
        return 0
    stored = torch.load(checkpoint, map_location=device(), weights_only=True)
    for name, part in trainee.parts.items():
        part.load_state_dict(stored[name])
    done: int = stored["done"]
    return done


def learning_rate(peak: float, step: int, steps: int) -> float:
    """Return the rate at a step: a warm-up, a plateau, and a linear fall over the last quarter."""
    return peak * min(1.0, (step + 1) / 100, max(0.02, (steps - step) / (0.25 * steps)))


class Average:
    """A running average of a module's weights, which lags less while training is young."""

    def __init__(self, module: torch.nn.Module, decay: float) -> None:
        """Start with the module's weights as they are."""
        self._decay = decay
        self._count = 0
        self.weights = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def follow(self, module: torch.nn.Module) -> None:
        """Move towards the module's weights."""
        self._count += 1
        decay = min(self._decay, (1 + self._count) / (10 + self._count))
        current = module.state_dict()
        floats = [name for name, value in self.weights.items() if value.is_floating_point()]
        torch._foreach_lerp_([self.weights[name] for name in floats], [current[name] for name in floats], 1 - decay)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {"count": self._count, "weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what a checkpoint kept."""
        self._count, self.weights = state["count"], state["weights"]
