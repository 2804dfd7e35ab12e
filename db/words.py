"""The closed vocabularies of stored rows: states and kinds, with the words of the graph."""

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


class Operation(StrEnum):
    """What a generation job does."""

    TEXT_TO_IMAGE = "TEXT_TO_IMAGE"
    IMAGE_TO_IMAGE = "IMAGE_TO_IMAGE"
    REFERENCES = "REFERENCES"
    INPAINT = "INPAINT"
    OUTPAINT = "OUTPAINT"
    UPSCALE = "UPSCALE"
    RESTYLE = "RESTYLE"
    REMOVE_BACKGROUND = "REMOVE_BACKGROUND"


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
    EXPIRE = "EXPIRE"


class BucketKind(StrEnum):
    """Where credits of a bucket came from; promotional ones are spent first."""

    PROMOTIONAL = "PROMOTIONAL"
    PAID = "PAID"


class Visibility(StrEnum):
    """Who may see something."""

    PUBLIC = "PUBLIC"
    UNLISTED = "UNLISTED"
    PRIVATE = "PRIVATE"


class SearchTermKind(StrEnum):
    """What kind of trait of artworks search knows."""

    WORD = "WORD"
    TAG = "TAG"
    AUTHOR = "AUTHOR"
    STYLE = "STYLE"
    RATIO = "RATIO"
    ENGINE = "ENGINE"
    COLOR = "COLOR"
    LEVEL = "LEVEL"


class TrendWindow(StrEnum):
    """Within which time tags are more used than usual."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


class PromptVisibility(StrEnum):
    """Whether others may read the prompt of an artwork."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


class ArtworkLicense(StrEnum):
    """What others may do with an artwork."""

    ALL_RIGHTS_RESERVED = "ALL_RIGHTS_RESERVED"
    CC0_1_0 = "CC0_1_0"
    CC_BY_4_0 = "CC_BY_4_0"
    CC_BY_SA_4_0 = "CC_BY_SA_4_0"
    CC_BY_ND_4_0 = "CC_BY_ND_4_0"
    CC_BY_NC_4_0 = "CC_BY_NC_4_0"
    CC_BY_NC_SA_4_0 = "CC_BY_NC_SA_4_0"
    CC_BY_NC_ND_4_0 = "CC_BY_NC_ND_4_0"


class ReactionKind(StrEnum):
    """How somebody reacted."""

    LIKE = "LIKE"


class RecommendationReason(StrEnum):
    """Why an artwork is recommended."""

    LIKED_BY_PEOPLE_LIKE_YOU = "LIKED_BY_PEOPLE_LIKE_YOU"
    BECAUSE_TAG = "BECAUSE_TAG"
    LOOKS_LIKE_LIKED = "LOOKS_LIKE_LIKED"
    POPULAR = "POPULAR"


class SessionEnd(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "SIGNED_OUT"
    TOKEN_REUSED = "TOKEN_REUSED"


class LedgerPlace(StrEnum):
    """Where credits can be: with the house, free to spend, held for a job, spent, or expired."""

    HOUSE = "HOUSE"
    AVAILABLE = "AVAILABLE"
    HELD = "HELD"
    SPENT = "SPENT"
    EXPIRED = "EXPIRED"


class OwnerKind(StrEnum):
    """What has a gallery."""

    USER = "USER"
    CHARACTER = "CHARACTER"
    STORY = "STORY"
    ORIG_CHAT = "ORIG_CHAT"


class ContentLevel(StrEnum):
    """For whom a picture is suitable."""

    GENERAL = "GENERAL"
    SENSITIVE = "SENSITIVE"
    MATURE = "MATURE"

    @property
    def rank(self) -> int:
        """Its place among the levels, 0 for what everybody may see."""
        return CONTENT_LEVELS.index(self)


CONTENT_LEVELS = (ContentLevel.GENERAL, ContentLevel.SENSITIVE, ContentLevel.MATURE)
"""From what everybody may see to what fewest do."""


class GuardEffect(StrEnum):
    """What a decision of the content guard does."""

    ALLOW = "ALLOW"
    WARN = "WARN"
    BLOCK = "BLOCK"


class GuardSubject(StrEnum):
    """What the content guard decides about."""

    PROMPT = "PROMPT"
    PICTURE = "PICTURE"


class UploadKind(StrEnum):
    """What a file is uploaded for."""

    IMAGE = "IMAGE"


class NotificationKind(StrEnum):
    """What somebody is notified of."""

    FOLLOW = "FOLLOW"
    LIKE = "LIKE"
    COMMENT = "COMMENT"
    REPLY = "REPLY"
    MENTION = "MENTION"
    JOB = "JOB"
    CREDITS_LOW = "CREDITS_LOW"
    CREDITS_BACK = "CREDITS_BACK"
    MODERATION = "MODERATION"
    REPORT = "REPORT"
    SAVED_SEARCH = "SAVED_SEARCH"


class ShareChannel(StrEnum):
    """Where something is shared."""

    LINK = "LINK"
    KAKAO = "KAKAO"
    X = "X"
    FACEBOOK = "FACEBOOK"
    LINE = "LINE"
