"""The closed vocabularies that rules and readers share: codes, kinds, variants."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class FailureCode(StrEnum):
    """Why an image, or a whole job, did not come to be."""

    CONTENT_BLOCKED = "CONTENT_BLOCKED"
    CHECK_UNAVAILABLE = "CHECK_UNAVAILABLE"
    ENGINE_ERROR = "ENGINE_ERROR"
    ENGINE_UNAVAILABLE = "ENGINE_UNAVAILABLE"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    SOURCE_GONE = "SOURCE_GONE"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"
    WORKER_LOST = "WORKER_LOST"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    INVALID_SOURCE = "INVALID_SOURCE"
    NOTHING_TO_PAINT = "NOTHING_TO_PAINT"
    NO_SUBJECT = "NO_SUBJECT"
    NOTHING_TO_PACK = "NOTHING_TO_PACK"
    ARCHIVE_NOT_STORED = "ARCHIVE_NOT_STORED"
    PACKER_LOST = "PACKER_LOST"


class Remedy(StrEnum):
    """What to change so that an image may come to be."""

    CHANGE_PROMPT = "CHANGE_PROMPT"
    CHANGE_SOURCE = "CHANGE_SOURCE"
    CHANGE_AREA = "CHANGE_AREA"
    ASK_FOR_LESS = "ASK_FOR_LESS"
    CHANGE_ENGINE = "CHANGE_ENGINE"
    TRY_AGAIN = "TRY_AGAIN"
    TRY_LATER = "TRY_LATER"


REMEDIES: Final[Mapping[FailureCode, Remedy]] = {
    FailureCode.CONTENT_BLOCKED: Remedy.CHANGE_PROMPT,
    FailureCode.CHECK_UNAVAILABLE: Remedy.TRY_LATER,
    FailureCode.ENGINE_ERROR: Remedy.TRY_AGAIN,
    FailureCode.ENGINE_UNAVAILABLE: Remedy.CHANGE_ENGINE,
    FailureCode.OUT_OF_MEMORY: Remedy.ASK_FOR_LESS,
    FailureCode.SOURCE_GONE: Remedy.CHANGE_SOURCE,
    FailureCode.STORAGE_UNAVAILABLE: Remedy.TRY_AGAIN,
    FailureCode.WORKER_LOST: Remedy.TRY_AGAIN,
    FailureCode.CANCELED: Remedy.TRY_AGAIN,
    FailureCode.EXPIRED: Remedy.TRY_LATER,
    FailureCode.INVALID_SOURCE: Remedy.CHANGE_SOURCE,
    FailureCode.NOTHING_TO_PAINT: Remedy.CHANGE_AREA,
    FailureCode.NO_SUBJECT: Remedy.CHANGE_SOURCE,
    FailureCode.NOTHING_TO_PACK: Remedy.CHANGE_SOURCE,
    FailureCode.ARCHIVE_NOT_STORED: Remedy.TRY_LATER,
    FailureCode.PACKER_LOST: Remedy.TRY_AGAIN,
}
"""By why there is none."""


class BlockReason(StrEnum):
    """Why a finished picture must not be shown."""

    KNOWN_PICTURE = "KNOWN_PICTURE"
    UNSAFE = "UNSAFE"


class GuardReason(StrEnum):
    """Why the content guard spoke: of a prompt, or of a finished picture."""

    SEXUAL_MINORS = "SEXUAL_MINORS"
    SEXUAL_EXPLICIT = "SEXUAL_EXPLICIT"
    NUDITY = "NUDITY"
    SUGGESTIVE = "SUGGESTIVE"
    GORE = "GORE"
    VIOLENCE = "VIOLENCE"
    HATE = "HATE"
    SELF_HARM = "SELF_HARM"
    REAL_PERSON = "REAL_PERSON"
    PROTECTED_CHARACTER = "PROTECTED_CHARACTER"
    BRAND = "BRAND"
    KNOWN_PICTURE = "KNOWN_PICTURE"
    UNSAFE = "UNSAFE"
    REFUSED_BY_ENGINE = "REFUSED_BY_ENGINE"


class ImageVariant(StrEnum):
    """Which rendition of a stored image."""

    ORIGINAL = "ORIGINAL"
    FULL = "FULL"
    CARD = "CARD"
    THUMB = "THUMB"


class FeedKind(StrEnum):
    """Which feed."""

    LATEST = "LATEST"
    POPULAR = "POPULAR"
    FOLLOWING = "FOLLOWING"
    TAG = "TAG"
    RECOMMENDED = "RECOMMENDED"


class FeedWindow(StrEnum):
    """How fast what was popular gives way to what is newer."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    ALL = "ALL"


class FeedReasonKind(StrEnum):
    """Why an artwork is in a feed."""

    LATEST = "LATEST"
    POPULAR = "POPULAR"
    FOLLOWED_AUTHOR = "FOLLOWED_AUTHOR"
    FOLLOWED_TAG = "FOLLOWED_TAG"
    TAG = "TAG"
    LIKED_BY_PEOPLE_LIKE_YOU = "LIKED_BY_PEOPLE_LIKE_YOU"
    BECAUSE_TAG = "BECAUSE_TAG"
    LOOKS_LIKE_LIKED = "LOOKS_LIKE_LIKED"


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
    DAILY_LIMIT_REACHED = "DAILY_LIMIT_REACHED"
    OWNER_BUSY = "OWNER_BUSY"
    ENGINE_GONE = "ENGINE_GONE"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    ALREADY_FINISHED = "ALREADY_FINISHED"
    NOTHING_TO_RETRY = "NOTHING_TO_RETRY"
    NOT_WAITING = "NOT_WAITING"
    CONTENT_BLOCKED = "CONTENT_BLOCKED"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    UPLOAD_REJECTED = "UPLOAD_REJECTED"
    UPLOAD_NOT_READY = "UPLOAD_NOT_READY"
    MEDIA_UNAVAILABLE = "MEDIA_UNAVAILABLE"
    TOO_MANY_ARCHIVES = "TOO_MANY_ARCHIVES"
    CASE_CONFLICT = "CASE_CONFLICT"
    APPEAL_CLOSED = "APPEAL_CLOSED"
    RESTRICTED = "RESTRICTED"
    COMMENTS_LOCKED = "COMMENTS_LOCKED"


class Previews(StrEnum):
    """Which previews a stream of progress carries."""

    NONE = "NONE"
    LOW = "LOW"


class MyEventType(StrEnum):
    """What a user's personal stream tells of."""

    JOB_QUEUED = "JOB_QUEUED"
    JOB_STARTED = "JOB_STARTED"
    JOB_IMAGE_READY = "JOB_IMAGE_READY"
    JOB_COMPLETED = "JOB_COMPLETED"
    CREDITS_CHANGED = "CREDITS_CHANGED"
    CREDITS_LOW = "CREDITS_LOW"
    NOTIFICATION = "NOTIFICATION"
    NOTIFICATIONS_READ = "NOTIFICATIONS_READ"


class NotificationChange(StrEnum):
    """What became of a group of notifications."""

    RECEIVED = "RECEIVED"
    SHRANK = "SHRANK"
    WITHDRAWN = "WITHDRAWN"


class EtaConfidence(StrEnum):
    """How far a waiting time can be trusted, by how good earlier ones were."""

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class WaitingFor(StrEnum):
    """What a job in the line waits for."""

    TURN = "TURN"
    WORKER = "WORKER"
    RESUME = "RESUME"


class WorkerStatus(StrEnum):
    """Whether a worker claims jobs."""

    UP = "UP"
    DRAINING = "DRAINING"
    DRAINED = "DRAINED"


class MediaChange(StrEnum):
    """What happened to a gallery."""

    ADDED = "ADDED"
    REMOVED = "REMOVED"
    RESTORED = "RESTORED"
    PRIMARY_SET = "PRIMARY_SET"
    REORDERED = "REORDERED"
    DESCRIBED = "DESCRIBED"


class ArtworkChange(StrEnum):
    """What happened to an artwork, as its stream says."""

    CHANGED = "CHANGED"
    LIKES_CHANGED = "LIKES_CHANGED"
    COMMENT_ADDED = "COMMENT_ADDED"
    COMMENT_EDITED = "COMMENT_EDITED"
    COMMENT_DELETED = "COMMENT_DELETED"
    COMMENT_PINNED = "COMMENT_PINNED"
    COMMENT_UNPINNED = "COMMENT_UNPINNED"
    COMMENTS_LOCKED = "COMMENTS_LOCKED"
    COMMENTS_UNLOCKED = "COMMENTS_UNLOCKED"


class Rotation(StrEnum):
    """How far a picture is turned, clockwise."""

    NONE = "NONE"
    RIGHT = "RIGHT"
    HALF = "HALF"
    LEFT = "LEFT"


class EngineFamily(StrEnum):
    """Which kind of model an engine is."""

    PROCEDURAL = "PROCEDURAL"
    EASEL = "EASEL"
    SD15 = "SD15"
    SD21 = "SD21"
    SDXL = "SDXL"
    SD3 = "SD3"
    FLUX = "FLUX"
    OPENAI = "OPENAI"
    CUSTOM = "CUSTOM"


class PlanClass(StrEnum):
    """For whom an engine is."""

    FREE = "FREE"
    PAID = "PAID"


class Precision(StrEnum):
    """How the numbers of a model are kept."""

    BF16 = "BF16"
    NF4 = "NF4"


class GenerationWarningCode(StrEnum):
    """Why a job may turn out otherwise than its owner expects."""

    STEPS_BELOW_SENSIBLE = "STEPS_BELOW_SENSIBLE"
    GUIDANCE_IGNORED = "GUIDANCE_IGNORED"
    NEGATIVE_PROMPT_IGNORED = "NEGATIVE_PROMPT_IGNORED"
    SEED_IGNORED = "SEED_IGNORED"
    SIZE_FAR_FROM_TRAINED = "SIZE_FAR_FROM_TRAINED"
    PROMPT_TRUNCATED = "PROMPT_TRUNCATED"
    PROMPT_NOT_UNDERSTOOD = "PROMPT_NOT_UNDERSTOOD"
    LANGUAGE_SERVICE_AWAY = "LANGUAGE_SERVICE_AWAY"
    CONTENT_WARNED = "CONTENT_WARNED"
    NO_WORKER = "NO_WORKER"
    QUEUE_PAUSED = "QUEUE_PAUSED"


class UploadProblem(StrEnum):
    """Why an uploaded file is not kept."""

    WRONG_SIZE = "WRONG_SIZE"
    WRONG_CHECKSUM = "WRONG_CHECKSUM"
    NOT_A_PICTURE = "NOT_A_PICTURE"
    WRONG_TYPE = "WRONG_TYPE"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"
    SEVERAL_FRAMES = "SEVERAL_FRAMES"
    HIDDEN_DATA = "HIDDEN_DATA"
    BROKEN = "BROKEN"
    TOO_EXPENSIVE = "TOO_EXPENSIVE"
    BLOCKED = "BLOCKED"


class AssetOrder(StrEnum):
    """In which order one's own images are listed."""

    NEWEST = "NEWEST"
    OLDEST = "OLDEST"
    LARGEST = "LARGEST"


class PromptMeans(StrEnum):
    """By which means a prompt was put into other words."""

    LLM = "LLM"
    RULES = "RULES"


class PromptIssueCode(StrEnum):
    """What is wrong with a prompt."""

    TOO_SHORT = "TOO_SHORT"
    NO_SUBJECT = "NO_SUBJECT"
    CONTRADICTION = "CONTRADICTION"
    QUALITY_REPEATED = "QUALITY_REPEATED"
    NEGATION = "NEGATION"
    MIXED_LANGUAGES = "MIXED_LANGUAGES"


class DifferenceKind(StrEnum):
    """What became of a part of a text."""

    KEPT = "KEPT"
    ADDED = "ADDED"
    REMOVED = "REMOVED"


class PresetScope(StrEnum):
    """Whose presets a list has."""

    MINE = "MINE"
    PUBLIC = "PUBLIC"


class Color(StrEnum):
    """Which color a picture has most of."""

    RED = "RED"
    ORANGE = "ORANGE"
    YELLOW = "YELLOW"
    GREEN = "GREEN"
    CYAN = "CYAN"
    BLUE = "BLUE"
    PURPLE = "PURPLE"
    PINK = "PINK"
    BROWN = "BROWN"
    BLACK = "BLACK"
    GRAY = "GRAY"
    WHITE = "WHITE"


class SearchOrder(StrEnum):
    """In which order a search tells of artworks."""

    RELEVANCE = "RELEVANCE"
    NEWEST = "NEWEST"


class SearchFacetField(StrEnum):
    """By what the artworks of a search are counted."""

    STYLE = "STYLE"
    RATIO = "RATIO"
    ENGINE = "ENGINE"
    COLOR = "COLOR"
    LEVEL = "LEVEL"
    PERIOD = "PERIOD"


class SearchPeriod(StrEnum):
    """How long ago artworks were published."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"
    OLDER = "OLDER"
