"""How deep random tests go: far enough for each change in `make test`, further with EASEL_THOROUGH=1."""

from __future__ import annotations

import os
from typing import Final, TypeVar

from hypothesis import settings

Value = TypeVar("Value")

_IS_THOROUGH: Final = os.environ.get("EASEL_THOROUGH") == "1"


def depth(quick: Value, thorough: Value) -> Value:
    """Return how much that is random a test does; what it asserts of each is the same."""
    return thorough if _IS_THOROUGH else quick


settings.register_profile("quick", max_examples=100)
settings.register_profile("thorough", max_examples=1_000)
settings.load_profile(depth("quick", "thorough"))
