"""Refusals as members of result unions: one type for each, all of them a ``UserError``."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry import ExceptionHandler
from strawberry.types.field import StrawberryField

from db.words_moderation import CaseStatus, ReportReason
from domain import errors, errors_moderation
from domain.messages import Language
from domain.words import ErrorCode, GuardReason, UploadProblem
from schema.context import Info
from schema.node import global_id


@strawberry.interface(description="A refusal that the caller can understand and act on. Nothing was written.")
class UserError:
    """A refusal that the caller can understand and act on."""

    code: ErrorCode = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="Why, for people, in the language of the request (Korean or English).")
    path: list[str] | None = strawberry.field(description="The input value that was refused, as `input`, `field`, ….")
    retryable: bool = strawberry.field(description="Whether the same request may succeed later.")


@strawberry.type(description="A value is not acceptable.")
class InvalidInput(UserError):
    """A value is not acceptable."""


@strawberry.type(description="There is no such thing, or it is not yours.")
class NotFound(UserError):
    """There is no such thing."""


@strawberry.type(description="Another account has this e-mail address.")
class EmailTaken(UserError):
    """Another account has this address."""


@strawberry.type(description="Another account has this handle.")
class HandleTaken(UserError):
    """Another account has this handle."""


@strawberry.type(description="E-mail address or password is wrong; which of them is not told.")
class InvalidCredentials(UserError):
    """Address or password is wrong."""


@strawberry.type(description="The refresh token is unknown, expired, or was used before. Sign in again.")
class InvalidRefreshToken(UserError):
    """The refresh token is not good."""


@strawberry.type(description="Too many attempts in too short a time.")
class TooManyAttempts(UserError):
    """Too many attempts."""

    resets_at: datetime = strawberry.field(description="When the next attempt may be made.")


@strawberry.type(description="The job costs more credits than are available.")
class InsufficientCredits(UserError):
    """Not enough credits."""

    needed: int = strawberry.field(description="Credits that the job costs.")
    available: int = strawberry.field(description="Credits that are free to spend.")


@strawberry.type(description="The images are more than is left of the day's; fewer may still be possible.")
class DailyLimitReached(UserError):
    """Too many images for a day."""

    limit: int = strawberry.field(description="Images that may be submitted in a day.")
    used: int = strawberry.field(description="Images that are submitted today, but for those whose credits came back.")
    resets_at: datetime = strawberry.field(description="When the next day begins: midnight in Seoul.")


@strawberry.type(description="A job for the same owner has not ended; there is one at a time.")
class OwnerBusy(UserError):
    """A job for the owner has not ended."""

    job_id: strawberry.ID = strawberry.field(description="Id of that job.")


@strawberry.type(
    description="The engine that the preset was saved for does not run here any more. Name another as `engine`: the "
    "preset's steps, guidance and size are then left out."
)
class EngineGone(UserError):
    """The preset's engine does not run here any more."""

    engine: str = strawberry.field(description="Key of that engine.")
    engines: list[strawberry.ID] = strawberry.field(description="Ids of the engines that run here.")


@strawberry.type(description="The idempotency key was used before with another request.")
class IdempotencyConflict(UserError):
    """The key belongs to another request."""


@strawberry.type(description="The job has already ended in another way.")
class AlreadyFinished(UserError):
    """The job has ended."""


@strawberry.type(
    description="The job has not ended, or no image of it failed that is not painted again already. What was blocked "
    "or canceled is not retried."
)
class NothingToRetry(UserError):
    """There is nothing to retry."""


@strawberry.type(description="The job does not wait in the line, or not in the same one.")
class NotWaiting(UserError):
    """The job does not wait."""


@strawberry.type(description="Only an administrator may do this.")
class Forbidden(UserError):
    """The viewer may not do this."""


@strawberry.type(
    description="The content guard blocks the prompt, the words that others would read, or the picture that would come "
    "of an edit. Nothing but its decision was written."
)
class ContentBlocked(UserError):
    """The content guard blocks the prompt, the words or the picture."""

    reason: GuardReason = strawberry.field(description="Why the guard blocks it, for programs.")
    what_to_change: str = strawberry.field(
        description="How that can become acceptable, in the language of the request (Korean or English)."
    )


@strawberry.type(description="The gallery has changed since it was read. Put the images in order anew, from this one.")
class VersionConflict(UserError):
    """The gallery has changed."""

    version: int = strawberry.field(description="Its `mediaVersion` as it is.")
    keys: strawberry.Private[Sequence[UUID]]

    @strawberry.field(description="Ids of its images in the order that it has; at most 100.")
    def order(self) -> list[strawberry.ID]:
        """Return the order."""
        return [global_id("asset", key) for key in self.keys]


@strawberry.type(description="The uploaded file is not acceptable. Nothing of it was kept.")
class UploadRejected(UserError):
    """The file is not acceptable."""

    problem: UploadProblem = strawberry.field(description="What is wrong with it.")
    reason: GuardReason | None = strawberry.field(
        description="Why the content guard blocks the picture, for programs; null where something else is wrong."
    )
    what_to_change: str | None = strawberry.field(
        description="What to do instead where it is blocked, in the language of the request (Korean or English)."
    )


@strawberry.type(description="The upload can not be confirmed yet. Try again.")
class UploadNotReady(UserError):
    """The upload can not be confirmed yet."""


@strawberry.type(
    description="Pictures can not be read, checked or stored at present. Nothing is left of what was begun; try again."
)
class MediaUnavailable(UserError):
    """Pictures can not be read, checked or stored at present."""


@strawberry.type(description="Others of the viewer's archives are not finished. Wait for one of them, or cancel it.")
class TooManyArchives(UserError):
    """Too many unfinished archives."""

    limit: int = strawberry.field(description="How many may be unfinished at a time.")


@strawberry.type(
    description="Another moderator has the case, or it has changed since it was read. Look at it, and decide anew."
)
class CaseConflict(UserError):
    """Another moderator has the case, or it has changed."""

    version: int = strawberry.field(description="Its `version` as it is.")
    status: CaseStatus = strawberry.field(description="Where it is in its life now.")
    taken_until: datetime | None = strawberry.field(description="Until when some moderator has it; null where none.")


@strawberry.type(description="The decision was appealed before, or too long ago, or can not be appealed.")
class AppealClosed(UserError):
    """The decision can not be appealed."""


@strawberry.type(description="Moderation keeps the viewer from doing this for a while.")
class Restricted(UserError):
    """Moderation keeps the viewer from doing this."""

    until: datetime = strawberry.field(description="When that ends.")
    reason: ReportReason = strawberry.field(description="Why, for programs.")
    can_appeal: bool = strawberry.field(description="Whether the decision behind it can be appealed now.")
    restriction_id: strawberry.ID = strawberry.field(description="Id of the restriction, with its decision.")


@strawberry.type(description="The artwork's author lets nobody else comment on it.")
class CommentsLocked(UserError):
    """Nobody but the author may comment."""


class Refusals(ExceptionHandler):  # type: ignore[type-arg]  # each instance names its own types
    """Turns one kind of domain error into its member of a result union."""

    def __init__(
        self, exception_type: type[errors.UserError], error_type: type[UserError], *data: str, **ids: str
    ) -> None:
        """Turn ``exception_type`` into ``error_type``, whose own fields are the attributes named in ``data``.

        ``ids`` are attributes that are keys of rows, with the kind of each.
        """
        self.exception_type = exception_type
        self.error_type = error_type
        self._data = data
        self._ids = ids

    def handle(self, exception: errors.UserError, *, field: StrawberryField, info: Info) -> UserError:  # noqa: ARG002
        """Return the member, with its message in the reader's language."""
        make: Callable[..., UserError] = self.error_type
        return make(
            code=exception.code,
            message=exception.message(info.context.language),
            path=list(exception.path) or None,
            retryable=exception.retryable,
            **self._own_data(exception, info.context.language),
            **{name: global_id(kind, getattr(exception, name)) for name, kind in self._ids.items()},
        )

    def _own_data(self, exception: errors.UserError, language: Language) -> dict[str, Any]:  # noqa: ARG002
        return {name: getattr(exception, name) for name in self._data}


class _Blocks(Refusals):
    """Turns a block of the content guard, whose data is in the reader's language too."""

    def _own_data(self, exception: errors.UserError, language: Language) -> dict[str, Any]:
        assert isinstance(exception, errors.ContentBlocked)
        return {"reason": exception.finding.reason, "what_to_change": exception.what_to_change(language)}


class _Conflicts(Refusals):
    """Turns a conflict, which tells the state that was found."""

    def _own_data(self, exception: errors.UserError, language: Language) -> dict[str, Any]:
        assert isinstance(exception, errors_moderation.CaseConflict)
        return super()._own_data(exception, language) | {"status": exception.found}


class _Restricts(Refusals):
    """Turns a restriction, whose reason has a name that the text of a refusal has too."""

    def _own_data(self, exception: errors.UserError, language: Language) -> dict[str, Any]:
        assert isinstance(exception, errors_moderation.Restricted)
        return super()._own_data(exception, language) | {"reason": exception.reason_code}


class _PictureBlocks(Refusals):
    """Turns a block of a picture, whose data is in the reader's language too."""

    def _own_data(self, exception: errors.UserError, language: Language) -> dict[str, Any]:
        assert isinstance(exception, errors.PictureBlocked | errors.UploadRejected)
        blocked = {"reason": exception.block, "what_to_change": exception.what_to_change(language)}
        return super()._own_data(exception, language) | blocked


EXCEPTION_HANDLERS = (
    Refusals(errors.InvalidInput, InvalidInput),
    Refusals(errors.NotFound, NotFound),
    Refusals(errors.EmailTaken, EmailTaken),
    Refusals(errors.HandleTaken, HandleTaken),
    Refusals(errors.InvalidCredentials, InvalidCredentials),
    Refusals(errors.InvalidRefreshToken, InvalidRefreshToken),
    Refusals(errors.TooManyAttempts, TooManyAttempts, "resets_at"),
    Refusals(errors.InsufficientCredits, InsufficientCredits, "needed", "available"),
    Refusals(errors.DailyLimitReached, DailyLimitReached, "limit", "used", "resets_at"),
    Refusals(errors.OwnerBusy, OwnerBusy, job_id="job"),
    Refusals(errors.EngineGone, EngineGone, "engine", "engines"),
    Refusals(errors.IdempotencyConflict, IdempotencyConflict),
    Refusals(errors.AlreadyFinished, AlreadyFinished),
    Refusals(errors.NothingToRetry, NothingToRetry),
    Refusals(errors.NotWaiting, NotWaiting),
    Refusals(errors.Forbidden, Forbidden),
    _Blocks(errors.ContentBlocked, ContentBlocked),
    Refusals(errors.VersionConflict, VersionConflict, "version", "keys"),
    _PictureBlocks(errors.PictureBlocked, ContentBlocked),
    _PictureBlocks(errors.UploadRejected, UploadRejected, "problem"),
    Refusals(errors.UploadNotReady, UploadNotReady),
    Refusals(errors.MediaUnavailable, MediaUnavailable),
    Refusals(errors.TooManyArchives, TooManyArchives, "limit"),
    _Conflicts(errors_moderation.CaseConflict, CaseConflict, "version", "taken_until"),
    Refusals(errors_moderation.AppealClosed, AppealClosed),
    _Restricts(errors_moderation.Restricted, Restricted, "until", "can_appeal", restriction_id="restriction"),
    Refusals(errors.CommentsLocked, CommentsLocked),
)
