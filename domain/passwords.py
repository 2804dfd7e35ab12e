"""Passwords: hashed with argon2id, verified in the same time whether or not there is an account."""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.texts import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

MINIMUM_LENGTH: Final = 10
MAXIMUM_LENGTH: Final = 200

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's first recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane."""
_THREADS: Final = ThreadPoolExecutor(2, thread_name_prefix="argon2")
"""Two at once keep memory below 40 MB and leave the other requests their share of the processor."""
_NOBODYS_HASH: Final = (
    f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}${'A' * 22}${'A' * 43}"
)
"""A hash of nothing known, as long to compare with as any: to make one would take each process 30 ms to start."""


def checked(password: str, path: Sequence[str]) -> str:
    """Return an acceptable new password, in NFC.

    Raises:
        InvalidInput: shorter than 10 or longer than 200 characters, or no text.
    """
    clean(password, path, minimum=MINIMUM_LENGTH, maximum=MAXIMUM_LENGTH)
    return unicodedata.normalize("NFC", password)


async def hash_password(password: str) -> str:
    """Return the hash to store; about 20 ms in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, password)


async def matches(password: str, stored: str | None) -> bool:
    """Whether the password belongs to the stored hash; where there is none, False after the same work."""
    verify = partial(_verify, password, stored or _NOBODYS_HASH)
    same = await asyncio.get_running_loop().run_in_executor(_THREADS, verify)
    return same and stored is not None


def _verify(password: str, stored: str) -> bool:
    try:
        return _HASHER.verify(stored, unicodedata.normalize("NFC", password))
    except (VerificationError, InvalidHashError, UnicodeError):
        return False
