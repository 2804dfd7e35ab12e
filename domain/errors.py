"""Refusals. A ``UserError`` becomes a member of the mutation's result; a ``RequestError`` ends the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from domain.messages import message
from domain.words import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from domain.messages import Language
    from domain.ports import Finding
    from domain.words import GuardReason, UploadProblem

FAILED: Final = "Something went wrong here; it has been noted."
"""What is told of an error that only we should read."""
NOT_NOW: Final = "This can not be answered now. Try again later."
"""What is told while PostgreSQL is away."""


class UserError(Exception):
    """A refusal that the caller can understand and act on; nothing was written."""

    code: ClassVar[ErrorCode]
    retryable: ClassVar[bool] = False

    def __init__(self, reason: str, path: Sequence[str] = (), **values: Any) -> None:  # noqa: ANN401 - any printable
        """Refuse for ``reason`` (a key of ``domain.messages``), because of the input at ``path``."""
        super().__init__(reason)
        self.reason = reason
        self.path = tuple(path)
        self.values = values

    def message(self, language: Language) -> str:
        """Return the reason in the reader's language."""
        return message(self.reason, language, **self.values)


class InvalidInput(UserError):
    """A value is not acceptable; ``path`` names it."""

    code = ErrorCode.INVALID_INPUT


class NotFound(UserError):
    """The thing does not exist, or the viewer may not know of it."""

    code = ErrorCode.NOT_FOUND

    def __init__(self, path: Sequence[str]) -> None:
        """Refuse because of the id at ``path``."""
        super().__init__("not_found", path)


class EmailTaken(UserError):
    """Another account has this address."""

    code = ErrorCode.EMAIL_TAKEN

    def __init__(self) -> None:
        """Refuse the address."""
        super().__init__("email.taken", ("input", "email"))


class HandleTaken(UserError):
    """Another account has this handle."""

    code = ErrorCode.HANDLE_TAKEN

    def __init__(self) -> None:
        """Refuse the handle."""
        super().__init__("handle.taken", ("input", "handle"))


class InvalidCredentials(UserError):
    """Address or password is wrong; which of them is not told."""

    code = ErrorCode.INVALID_CREDENTIALS

    def __init__(self) -> None:
        """Refuse the sign-in."""
        super().__init__("credentials.invalid")


class InvalidRefreshToken(UserError):
    """The refresh token is unknown, expired, or was used before."""

    code = ErrorCode.INVALID_REFRESH_TOKEN

    def __init__(self) -> None:
        """Refuse the token."""
        super().__init__("refresh_token.invalid", ("input", "refreshToken"))


class TooManyAttempts(UserError):
    """Too many sign-ins; ``resets_at`` says when the next may be tried."""

    code = ErrorCode.TOO_MANY_ATTEMPTS
    retryable = True

    def __init__(self, resets_at: datetime, seconds: int) -> None:
        """Refuse until ``resets_at``, which is ``seconds`` from now."""
        super().__init__("attempts.too_many", seconds=seconds)
        self.resets_at = resets_at


class InsufficientCredits(UserError):
    """The job costs more than is available."""

    code = ErrorCode.INSUFFICIENT_CREDITS

    def __init__(self, needed: int, available: int) -> None:
        """Refuse a spend of ``needed`` credits where ``available`` are free."""
        super().__init__("credits.insufficient", needed=needed, available=available)
        self.needed = needed
        self.available = available


class DailyLimitReached(UserError):
    """The images are more than is left of the day's; ``resets_at`` says when the next day begins."""

    code = ErrorCode.DAILY_LIMIT_REACHED
    retryable = True

    def __init__(self, limit: int, used: int, resets_at: datetime) -> None:
        """Refuse because ``used`` of ``limit`` images are submitted already."""
        super().__init__("allowance.reached", ("input", "count"), limit=limit, used=used)
        self.limit = limit
        self.used = used
        self.resets_at = resets_at


class OwnerBusy(UserError):
    """A job for the same owner has not ended yet."""

    code = ErrorCode.OWNER_BUSY
    retryable = True

    def __init__(self, job_id: UUID, path: Sequence[str] = ("input", "ownerId")) -> None:
        """Refuse because of the job with this id."""
        super().__init__("owner.busy", path)
        self.job_id = job_id


class EngineGone(UserError):
    """The engine that a preset was saved for does not run here any more."""

    code = ErrorCode.ENGINE_GONE

    def __init__(self, engine: str, engines: Sequence[str]) -> None:
        """Refuse to load a preset for ``engine`` where ``engines`` run."""
        super().__init__("preset.engine_gone", ("input", "presetId"), value=engine, choices=", ".join(engines))
        self.engine = engine
        self.engines = list(engines)


class IdempotencyConflict(UserError):
    """The idempotency key belongs to another request."""

    code = ErrorCode.IDEMPOTENCY_CONFLICT

    def __init__(self) -> None:
        """Refuse the key."""
        super().__init__("idempotency.conflict", ("input", "idempotencyKey"))


class AlreadyFinished(UserError):
    """The job has ended in another way than the one asked for."""

    code = ErrorCode.ALREADY_FINISHED

    def __init__(self, field: str = "jobId") -> None:
        """Refuse to change the job in ``field`` of the input."""
        super().__init__("job.finished", ("input", field))


class NothingToRetry(UserError):
    """No image of the job failed, it has not ended yet, or its failed images are painted again already."""

    code = ErrorCode.NOTHING_TO_RETRY

    def __init__(self) -> None:
        """Refuse the job."""
        super().__init__("retry.nothing", ("input", "jobId"))


class NotWaiting(UserError):
    """The job is in no line any more, or has another place to go to than one of its own line."""

    code = ErrorCode.NOT_WAITING

    def __init__(self, field: str) -> None:
        """Refuse because of the job in ``field`` of the input."""
        super().__init__("job.not_waiting", ("input", field))


class Forbidden(UserError):
    """Only an administrator, or only another one, may do this."""

    code = ErrorCode.FORBIDDEN

    def __init__(self, reason: str = "forbidden") -> None:
        """Refuse whoever asks."""
        super().__init__(reason)


class ContentBlocked(UserError):
    """The content guard blocks the prompt, or the words, at ``path``; only its decision was written."""

    code = ErrorCode.CONTENT_BLOCKED

    def __init__(self, finding: Finding, path: Sequence[str]) -> None:
        """Refuse for what the guard found."""
        super().__init__(f"guard.{finding.reason}", path)
        self.finding = finding

    def what_to_change(self, language: Language) -> str:
        """Return, in the reader's language, how the prompt can become acceptable."""
        return message(f"guard.{self.finding.reason}.change", language, words=self.finding.words)


class PictureBlocked(UserError):
    """The content guard blocks a picture that no engine painted; only its decision was written."""

    code = ErrorCode.CONTENT_BLOCKED

    def __init__(self, block: GuardReason, path: Sequence[str]) -> None:
        """Refuse for ``block`` what would come of the input at ``path``."""
        super().__init__(f"picture.{block}", path)
        self.block = block

    def what_to_change(self, language: Language) -> str:
        """Return, in the reader's language, what can be done instead."""
        return message(f"picture.{self.block}.change", language)


class VersionConflict(UserError):
    """The gallery has changed since the caller read it; the server's order goes with the refusal."""

    code = ErrorCode.VERSION_CONFLICT
    retryable = True

    def __init__(self, version: int, keys: Sequence[UUID]) -> None:
        """Refuse an order that was made from another than the present ``version``; ``keys`` are in order now."""
        super().__init__("gallery.changed", ("input", "expectedVersion"))
        self.version = version
        self.keys = tuple(keys)


class UploadRejected(UserError):
    """An uploaded file is not kept; nothing of it is."""

    code = ErrorCode.UPLOAD_REJECTED

    def __init__(self, problem: UploadProblem, block: GuardReason | None = None) -> None:
        """Refuse a file because of ``problem``; ``block`` says why the content guard blocks it, where it does."""
        super().__init__(f"upload.{problem}", ("input", "uploadId"))
        self.problem = problem
        self.block = block

    def what_to_change(self, language: Language) -> str | None:
        """Return, in the reader's language, what can be done instead of uploading a blocked picture."""
        return message(f"picture.{self.block}.change", language) if self.block else None


class UploadNotReady(UserError):
    """An upload can not be confirmed yet: it has not arrived, is being checked, or the store is away."""

    code = ErrorCode.UPLOAD_NOT_READY
    retryable = True

    def __init__(self, reason: str) -> None:
        """Refuse for now."""
        super().__init__(reason, ("input", "uploadId"))


class MediaUnavailable(UserError):
    """Pictures can not be read, judged or stored at present; nothing is left of what was begun."""

    code = ErrorCode.MEDIA_UNAVAILABLE
    retryable = True

    def __init__(self) -> None:
        """Refuse for now."""
        super().__init__("media.unavailable")


class TooManyArchives(UserError):
    """The user has as many unfinished archives as anybody may."""

    code = ErrorCode.TOO_MANY_ARCHIVES
    retryable = True

    def __init__(self, limit: int) -> None:
        """Refuse because ``limit`` of them are unfinished."""
        super().__init__("archives.too_many", limit=limit)
        self.limit = limit


class CommentsLocked(UserError):
    """The artwork's author lets nobody else comment."""

    code = ErrorCode.COMMENTS_LOCKED

    def __init__(self, path: Sequence[str]) -> None:
        """Refuse because of the artwork or comment at ``path``."""
        super().__init__("comments.locked", path)


class RequestError(Exception):
    """Ends the request with a top-level error; ``code`` goes to ``extensions.code``."""

    code: ClassVar[str]


class Unauthenticated(RequestError):
    """Nobody is signed in, or the token is no longer good."""

    code = "UNAUTHENTICATED"


class NotAllowed(RequestError):
    """Only some may read or follow this."""

    code = "FORBIDDEN"


class Missing(RequestError):
    """What a query or subscription names does not exist for this viewer."""

    code = "NOT_FOUND"


class BadCursor(RequestError):
    """The cursor is not one of ours, or belongs to another list."""

    code = "BAD_CURSOR"


class BadUserInput(RequestError):
    """An argument is not acceptable."""

    code = "BAD_USER_INPUT"


class PersistedQueryNotFound(RequestError):
    """No document is known by this hash; Apollo's clients then send the text as well, told by this very message."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        """Ask for the text."""
        super().__init__("PersistedQueryNotFound")


class PersistedQueryNotSupported(RequestError):
    """Documents are not kept here; Apollo's clients then send no more hashes, told by this very message."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"

    def __init__(self) -> None:
        """Refuse the hash."""
        super().__init__("PersistedQueryNotSupported")


class PersistedQueryNotInList(RequestError):
    """Only registered documents are answered here, and this is none of them."""

    code = "PERSISTED_QUERY_NOT_IN_LIST"

    def __init__(self) -> None:
        """Refuse the document."""
        super().__init__("This operation is not registered here.")


class RateLimited(RequestError):
    """Too much in too short a time."""

    code = "RATE_LIMITED"
