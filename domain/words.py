"""The closed vocabularies: states, kinds and codes, with the words of the graph."""

from __future__ import annotations

from enum import StrEnum


class JobStatus(StrEnum):
    """Life of a generation job; everything from SUCCEEDED on is final."""

    ACCEPTED = "ACCEPTED"
    QUEUED = "QUEUED"
    PREPARING = "PREPARING"
    RUNNING = "RUNNING"
    CANCELING = "CANCELING"
    SUCCEEDED = "SUCCEEDED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    BLOCKED = "BLOCKED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"

    @property
    def is_final(self) -> bool:
        """Whether a job in this state never changes again."""
        return self in FINAL_JOB_STATUSES


FINAL_JOB_STATUSES = frozenset(
    {
        JobStatus.SUCCEEDED,
        JobStatus.PARTIAL,
        JobStatus.FAILED,
        JobStatus.BLOCKED,
        JobStatus.CANCELED,
        JobStatus.EXPIRED,
    }
)
ACTIVE_JOB_STATUSES = frozenset({JobStatus.PREPARING, JobStatus.RUNNING, JobStatus.CANCELING})


class SlotStatus(StrEnum):
    """Life of one image of a job; everything from READY on is final."""

    PENDING = "PENDING"
    RENDERING = "RENDERING"
    CHECKING = "CHECKING"
    READY = "READY"
    FAILED = "FAILED"
    BLOCKED = "BLOCKED"
    SKIPPED = "SKIPPED"

    @property
    def is_final(self) -> bool:
        """Whether a slot in this state never changes again."""
        return self in FINAL_SLOT_STATUSES


FINAL_SLOT_STATUSES = frozenset({SlotStatus.READY, SlotStatus.FAILED, SlotStatus.BLOCKED, SlotStatus.SKIPPED})


class FailureCode(StrEnum):
    """Why an image, or a whole job, did not come to be."""

    CONTENT_BLOCKED = "CONTENT_BLOCKED"
    ENGINE_ERROR = "ENGINE_ERROR"
    ENGINE_UNAVAILABLE = "ENGINE_UNAVAILABLE"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"
    WORKER_LOST = "WORKER_LOST"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


class AssetStatus(StrEnum):
    """Life of a stored image."""

    UPLOADING = "UPLOADING"
    PENDING = "PENDING"
    SCANNING = "SCANNING"
    READY = "READY"
    HIDDEN = "HIDDEN"
    TRASHED = "TRASHED"
    PURGED = "PURGED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"


class ImageVariant(StrEnum):
    """Which rendition of a stored image."""

    ORIGINAL = "ORIGINAL"
    CARD = "CARD"
    THUMB = "THUMB"


class HoldStatus(StrEnum):
    """Life of a credit hold."""

    ACTIVE = "ACTIVE"
    PARTIALLY_CAPTURED = "PARTIALLY_CAPTURED"
    SETTLED = "SETTLED"
    RELEASED = "RELEASED"


class LedgerKind(StrEnum):
    """What a ledger entry did."""

    GRANT = "GRANT"
    HOLD = "HOLD"
    CAPTURE = "CAPTURE"
    RELEASE = "RELEASE"


class Visibility(StrEnum):
    """Who may see something."""

    PUBLIC = "PUBLIC"
    UNLISTED = "UNLISTED"
    PRIVATE = "PRIVATE"


class PromptVisibility(StrEnum):
    """Whether others may read the prompt of an artwork."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


class FeedKind(StrEnum):
    """Which feed."""

    LATEST = "LATEST"


class ErrorCode(StrEnum):
    """Why a mutation was refused; codes never change with the language."""

    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    EMAIL_TAKEN = "EMAIL_TAKEN"
    HANDLE_TAKEN = "HANDLE_TAKEN"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    INVALID_REFRESH_TOKEN = "INVALID_REFRESH_TOKEN"
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    INSUFFICIENT_CREDITS = "INSUFFICIENT_CREDITS"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    ALREADY_FINISHED = "ALREADY_FINISHED"
    CONTENT_BLOCKED = "CONTENT_BLOCKED"
