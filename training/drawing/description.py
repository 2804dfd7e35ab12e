"""What one drawing shows, as keys of ``vocabulary``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Description:
    """What is asked for; None leaves it to chance."""

    subject: str
    colour: str | None
    place: str | None
    style: str
