"""The loop of training: a kill costs nothing but the steps since the last checkpoint."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import torch

from training.loop import Average, Trainee, learning_rate, restore, train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def counting(after: Callable[[int], None] = lambda _: None) -> Trainee:
    layer = torch.nn.Linear(1, 1)

    def advance(step: int) -> dict[str, float]:
        with torch.no_grad():
            layer.weight += step
        after(step)
        return {"loss": 0.0}

    return Trainee({"layer": layer}, advance)


def test_sigterm_ends_training_with_a_checkpoint(tmp_path: Path) -> None:
    # given: someone who asks it to stop in the third step
    before = signal.getsignal(signal.SIGTERM)
    asked = counting(lambda step: os.kill(os.getpid(), signal.SIGTERM) if step == 2 else None)
    # when
    assert train(asked, tmp_path / "it.pt", 10) == 3
    # then
    rest = counting()
    assert restore(rest, tmp_path / "it.pt") == 3
    assert torch.equal(rest.parts["layer"].weight, asked.parts["layer"].weight)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_checkpoint_that_was_cut_off_while_written_does_no_harm(tmp_path: Path) -> None:
    train(counting(), tmp_path / "it.pt", 4)
    (tmp_path / "it.new").write_bytes(b"half a checkpo")
    assert train(counting(), tmp_path / "it.pt", 6) == 6


def test_minutes_stop_a_run_and_the_next_goes_on(tmp_path: Path) -> None:
    assert train(counting(), tmp_path / "it.pt", 5, minutes=0.0) == 0
    assert train(counting(), tmp_path / "it.pt", 5) == 5


def test_the_learning_rate_rises_stays_and_falls() -> None:
    rates = [learning_rate(1.0, step, 1000) for step in range(1000)]
    assert rates[0] < 0.02
    assert rates[100] == rates[700] == 1.0
    assert 0 < rates[-1] < 0.03


def test_the_average_follows_the_weights() -> None:
    layer = torch.nn.Linear(1, 1)
    average = Average(layer, 0.9)
    with torch.no_grad():
        layer.weight.fill_(3.0)
    for _ in range(200):
        average.follow(layer)
    assert torch.allclose(average.weights["weight"], layer.weight, atol=1e-3)
