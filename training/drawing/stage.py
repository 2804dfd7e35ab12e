"""The stage ``draw``: writes the training pictures as one array, in pieces that survive a kill."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from training.drawing.description import Description
from training.drawing.picture import draw
from training.drawing.styles import SIDE
from training.drawing.vocabulary import COLOURS, LOOKS, PLACES, SUBJECTS

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

_PIECE = 250
"""Pictures that one process draws at a time."""


def described(index: int, seed: int) -> Description:
    """Return what picture ``index`` of a set shows: subjects and styles in turn, the rest by chance."""
    random = Random(f"{seed}/{index}")
    subject = random.choice(list(SUBJECTS))
    style = random.choice(list(LOOKS))
    colour = random.choice(list(COLOURS)) if random.random() < 0.78 else None
    place = random.choice(list(PLACES)) if random.random() < 0.65 else None
    return Description(subject, colour, place, style)


def draw_set(folder: Path, count: int, seed: int, workers: int) -> None:
    """Draw ``count`` pictures into ``folder/pictures.npy``, (count, 256, 256, 3) of uint8, where they are missing."""
    folder.mkdir(parents=True, exist_ok=True)
    target, record = folder / "pictures.npy", folder / "drawn.json"
    if not target.exists() or np.load(target, mmap_mode="r").shape[0] != count:
        np.lib.format.open_memmap(target, "w+", np.uint8, (count, SIDE, SIDE, 3)).flush()
        record.write_text("[]")
    done: set[int] = set(json.loads(record.read_text()))
    waiting = [start for start in range(0, count, _PIECE) if start not in done]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        pieces = ((str(target), start, min(count, start + _PIECE), seed) for start in waiting)
        for start in pool.map(_draw_piece, pieces):
            done.add(start)
            record.write_text(json.dumps(sorted(done)))


def _draw_piece(piece: tuple[str, int, int, int]) -> int:
    """Draw the pictures from start to end of a set, and return the start."""
    target, start, end, seed = piece
    pictures = np.load(target, mmap_mode="r+")
    for index in range(start, end):
        pictures[index] = np.asarray(draw(described(index, seed), seed * 10_000_019 + index))
    pictures.flush()
    return start


def load_set(folder: Path, seed: int) -> tuple[npt.NDArray[np.uint8], list[Description]]:
    """Return the pictures of a finished set, mapped from disk, and what they show."""
    pictures: npt.NDArray[np.uint8] = np.load(folder / "pictures.npy", mmap_mode="r")
    return pictures, [described(index, seed) for index in range(len(pictures))]
