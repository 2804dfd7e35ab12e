"""The closed vocabularies of moderation: what is reported and why, what becomes of it, and what follows."""

from __future__ import annotations

from enum import StrEnum


class SubjectKind(StrEnum):
    """What can be reported."""

    ARTWORK = "ARTWORK"
    COMMENT = "COMMENT"
    PICTURE = "PICTURE"
    USER = "USER"
    COLLECTION = "COLLECTION"
    CHARACTER = "CHARACTER"
    STORY = "STORY"
    ORIG_CHAT = "ORIG_CHAT"


class ReportReason(StrEnum):
    """What is wrong with it."""

    SPAM = "SPAM"
    HARASSMENT = "HARASSMENT"
    HATE = "HATE"
    IMPERSONATION = "IMPERSONATION"
    VIOLENCE = "VIOLENCE"
    SEXUAL = "SEXUAL"
    MINORS = "MINORS"
    SELF_HARM = "SELF_HARM"
    WRONG_LEVEL = "WRONG_LEVEL"
    RIGHTS = "RIGHTS"
    PRIVACY = "PRIVACY"
    OTHER = "OTHER"


class Policy(StrEnum):
    """Which rules of the house a decision stands on."""

    CONDUCT = "CONDUCT"
    CONTENT = "CONTENT"
    RIGHTS = "RIGHTS"


class ReportStatus(StrEnum):
    """Life of a report."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    ACTIONED = "ACTIONED"
    UNACTIONED = "UNACTIONED"


class CaseStatus(StrEnum):
    """Life of a moderation case."""

    OPEN = "OPEN"
    IN_REVIEW = "IN_REVIEW"
    UPHELD = "UPHELD"
    OVERTURNED = "OVERTURNED"
    REMOVED = "REMOVED"
    APPEALED = "APPEALED"
    UPHELD_FINAL = "UPHELD_FINAL"


class DecisionOutcome(StrEnum):
    """What was decided about a case."""

    HELD = "HELD"
    UPHELD = "UPHELD"
    REMOVED = "REMOVED"
    OVERTURNED = "OVERTURNED"
    UPHELD_FINAL = "UPHELD_FINAL"


class DecisionEffect(StrEnum):
    """What a decision does."""

    NONE = "NONE"
    WARN = "WARN"
    RELABEL = "RELABEL"
    HIDE = "HIDE"
    REMOVE = "REMOVE"
    RESTRICT = "RESTRICT"


class Activity(StrEnum):
    """What a restricted user may not do."""

    PUBLISH = "PUBLISH"
    COMMENT = "COMMENT"
    GENERATE = "GENERATE"
    REPORT = "REPORT"


class ChangeKind(StrEnum):
    """What a decision has changed about one row."""

    HIDDEN = "HIDDEN"
    LEVEL = "LEVEL"


class AuditAction(StrEnum):
    """What somebody did that is kept for good."""

    CASE_OPENED = "CASE_OPENED"
    CASE_TAKEN = "CASE_TAKEN"
    CASE_RELEASED = "CASE_RELEASED"
    CASE_HELD = "CASE_HELD"
    CASE_DECIDED = "CASE_DECIDED"
    CASE_APPEALED = "CASE_APPEALED"
    USER_RESTRICTED = "USER_RESTRICTED"
    RESTRICTION_LIFTED = "RESTRICTION_LIFTED"
