"""The moment at which an event was published, as a number that fits wherever a GraphQL ``Int`` does.

Ten digits always: 10**9 plus the microseconds of the machine's monotonic clock modulo 10**9, which all processes share.
"""

from __future__ import annotations

import time
from typing import Final

_WRAP: Final = 10**9


def stamp() -> int:
    """Return the present moment."""
    return _WRAP + time.monotonic_ns() // 1000 % _WRAP


def microseconds(begun: int, ended: int) -> int:
    """Return the time between two stamps that are less than a quarter of an hour apart."""
    return (ended - begun) % _WRAP
