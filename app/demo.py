"""The account that the demo world shows to newcomers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Account:
    """E-mail address and password of a demo account."""

    email: str
    password: str


DEMO: Final = Account("demo@easel.example", "paint-something")
