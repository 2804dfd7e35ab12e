"""What refusals of OpenAI's API mean: for good or for a while, and in whose words a job's owner is told.

Follows https://platform.openai.com/docs/guides/error-codes. Messages can repeat the prompt or parts of the key, so that
only codes are told on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from domain.ports import NotPainted
from domain.words import FailureCode

if TYPE_CHECKING:
    import httpx2

BLOCKED: Final = frozenset({"moderation_blocked", "content_policy_violation"})
SPENT: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
"""Codes that come with 400 or 429, but do not pass by waiting."""
_PASSING: Final = frozenset({408, 409, 429})
_CLOSED: Final = frozenset({401, 403, 404})
_LONGEST_ERROR: Final = 65_536
"""Bytes of an answer that are looked at for its code."""


class TemporaryRefusal(Exception):
    """The API did not paint, and may do so a little later."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        """Tell for the log why, and how many seconds the API asks to wait."""
        super().__init__(reason)
        self.retry_after = retry_after


def raise_for_answer(answer: httpx2.Response) -> NotPainted | None:
    """Return the outcome where the API refused for good, None where it did not refuse.

    Raises:
        TemporaryRefusal: it is busy or broken.
    """
    if answer.is_success:
        return None
    error = _error_of(answer)
    status = answer.status_code
    if status not in _PASSING and status < 500:
        closed = FailureCode.ENGINE_UNAVAILABLE if status in _CLOSED else FailureCode.ENGINE_ERROR
        return _for_good(error, closed, str(status))
    if error.get("code") in SPENT:
        return _for_good(error, FailureCode.ENGINE_UNAVAILABLE, str(status))
    raise TemporaryRefusal(_told(error, str(status)), _seconds(answer.headers.get("retry-after", "")))


def raise_for_error(event: Mapping[str, Any]) -> NotPainted:
    """Return the outcome that an ``error`` event in the middle of a stream stands for.

    Raises:
        TemporaryRefusal: it is an error of the server.
    """
    error = _error_in(event)
    if error.get("code") in BLOCKED | SPENT or error.get("type") == "invalid_request_error":
        return _for_good(error, FailureCode.ENGINE_ERROR, "in the stream")
    raise TemporaryRefusal(_told(error, "in the stream"))


def _for_good(error: dict[str, Any], otherwise: FailureCode, where: str) -> NotPainted:
    code = error.get("code")
    if code in BLOCKED:
        return NotPainted(FailureCode.CONTENT_BLOCKED, _told(error, where))
    return NotPainted(FailureCode.ENGINE_UNAVAILABLE if code in SPENT else otherwise, _told(error, where))


def _told(error: dict[str, Any], where: str) -> str:
    return f"the API refused ({where}): {error.get('code') or error.get('type') or 'no code'}"


def _error_of(answer: httpx2.Response) -> dict[str, Any]:
    content = b""
    for piece in answer.iter_bytes():
        content += piece
        if len(content) > _LONGEST_ERROR:
            return {}
    try:
        return _error_in(json.loads(content))
    except (ValueError, RecursionError):
        return {}


def _error_in(said: object) -> dict[str, Any]:
    """Return what is said of an error in words; all else of it means nothing here."""
    error = said.get("error") if isinstance(said, Mapping) else None
    return {name: word for name, word in error.items() if isinstance(word, str)} if isinstance(error, dict) else {}


def _seconds(header: str) -> float | None:
    return float(header) if header.isascii() and header.isdigit() else None
