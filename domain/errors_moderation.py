"""Refusals of moderation, and of what it keeps people from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.errors import UserError
from domain.messages import message
from domain.words import ErrorCode

if TYPE_CHECKING:
    from db.tables import ModerationCase, Restriction
    from domain.messages import Language


class CaseConflict(UserError):
    """Another moderator has, or has decided, the case; how it is now goes with the refusal."""

    code = ErrorCode.CASE_CONFLICT
    retryable = True

    def __init__(self, case: ModerationCase) -> None:
        """Refuse because of how ``case`` is now."""
        super().__init__("case.changed", ("input", "caseId"))
        self.version = case.version
        self.found = case.status
        self.taken_until = case.taken_until


class AppealClosed(UserError):
    """The decision was appealed before, or too long ago, or can not be."""

    code = ErrorCode.APPEAL_CLOSED

    def __init__(self, reason: str) -> None:
        """Refuse for ``reason``."""
        super().__init__(reason, ("input", "decisionId"))


class Restricted(UserError):
    """Moderation keeps the user from doing this for a while."""

    code = ErrorCode.RESTRICTED
    retryable = True

    def __init__(self, restriction: Restriction, *, can_appeal: bool) -> None:
        """Refuse because of a restriction."""
        super().__init__("restricted")
        self.restriction_id = restriction.id
        self.until = restriction.until
        self.reason_code = restriction.reason
        self.can_appeal = can_appeal

    def message(self, language: Language) -> str:
        """Return until when and why, in the reader's language."""
        because = message(f"moderation.reason.{self.reason_code}", language)
        return message(self.reason, language, until=f"{self.until:%Y-%m-%d %H:%M} UTC", because=because)
