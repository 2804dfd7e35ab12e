"""Every refusal and failure has words in both languages, filled with what it carries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from string import Formatter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from adapters.guard.rules import MEANING
from db.tables import ModerationCase, Restriction
from db.words import ArtworkLicense, ContentLevel, GuardEffect, LedgerKind, Operation, Visibility
from db.words_moderation import Activity, DecisionEffect, DecisionOutcome, Policy, ReportReason, SubjectKind
from domain import (
    accounts,
    archives,
    artworks,
    credits,
    edits,
    errors,
    folders,
    generation,
    hashtags,
    idempotency,
    licenses,
    masks,
    moderation,
    operations,
    owners,
    seen,
    uploads,
)
from domain.catalogue import ENGINES
from domain.edits import Crop, Recipe
from domain.errors import UserError
from domain.errors_moderation import AppealClosed, CaseConflict, Restricted
from domain.generation import GenerationRequest
from domain.masks import Area
from domain.messages import MESSAGES, Language, message
from domain.messages_notifications import NOTIFICATIONS
from domain.operations import Ingredients, Margins
from domain.presets_settings import MAXIMUM_PRESETS
from domain.uploads import Announcement
from domain.words import (
    BlockReason,
    FailureCode,
    GenerationWarningCode,
    GuardReason,
    PromptIssueCode,
    Remedy,
    UploadProblem,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_READY = ("not_arrived", "being_checked", "busy", "store_away", "check_away", "given_up")
BLOCKS = [GuardReason(each) for each in BlockReason]
RESERVED = ArtworkLicense.ALL_RIGHTS_RESERVED
IDS = tuple(UUID(int=number) for number in range(5))
GOOD = {"email": "a@easel.example", "password": "correct horse", "handle": "abc", "display_name": "A"}


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
WARNED = moderation.Verdict(DecisionOutcome.UPHELD, DecisionEffect.WARN, Policy.CONDUCT, ReportReason.SPAM)


def case() -> ModerationCase:
    return ModerationCase(subject_kind=SubjectKind.USER, subject_id=IDS[0], owner_id=IDS[0])


def decided(**change: Any) -> None:  # noqa: ANN401 - of a verdict
    moderation.check(case(), replace(WARNED, **change))


def restriction() -> Restriction:
    told = {"reason": ReportReason.SPAM, "until": LONG_AGO, "is_automatic": False}
    return Restriction(user_id=IDS[0], decision_id=IDS[1], activities=[*Activity], **told)  # type: ignore[arg-type]


def sign_up(**change: str) -> object:
    return accounts.checked_account(**(GOOD | change))


def submit(prompt: str = "a cat", **change: object) -> object:
    request = GenerationRequest(prompt, visibility=Visibility.PRIVATE, **change)  # type: ignore[arg-type]  # see REFUSED
    return generation.check(request, ["sandbox"])


def made_from(operation: Operation, ids: tuple[UUID, ...] = (), **change: object) -> object:
    given = Ingredients(reference_ids=ids, **change)  # type: ignore[arg-type]  # see REFUSED
    return operations.checked(operation, given, ENGINES["sandbox"])


def raised(error: UserError) -> object:
    raise error


REFUSED: dict[str, list[Callable[[], object]]] = {
    "text.empty": [lambda: sign_up(display_name=" "), lambda: submit(""), lambda: idempotency.checked_key("")],
    "text.too_long": [lambda: submit("x" * 2_001), lambda: idempotency.checked_key("x" * 256)],
    "text.too_short": [lambda: sign_up(password="short")],
    "text.not_text": [lambda: submit("\0"), lambda: sign_up(email="\ud800")],
    "email.invalid": [lambda: sign_up(email="nobody")],
    "email.taken": [lambda: raised(errors.EmailTaken())],
    "handle.invalid": [lambda: sign_up(handle="ab")],
    "handle.taken": [lambda: raised(errors.HandleTaken())],
    "link.invalid": [lambda: accounts._checked_links(["javascript:alert(1)"])],
    "links.too_many": [lambda: accounts._checked_links(["https://a.example"] * 6)],
    "credentials.invalid": [lambda: raised(errors.InvalidCredentials())],
    "refresh_token.invalid": [lambda: raised(errors.InvalidRefreshToken())],
    "attempts.too_many": [lambda: raised(errors.TooManyAttempts(datetime.now(UTC), 30))],
    "count.out_of_range": [lambda: submit(count=9)],
    "engine.unknown": [lambda: submit(engine="{x}")],
    "style.unknown": [lambda: submit(style="{x}")],
    "ratio.unknown": [lambda: submit(ratio="{0}")],
    "number.out_of_range": [
        *(lambda: submit(steps=0), lambda: submit(seed=-1)),
        *(lambda: submit(guidance=float("inf")), lambda: submit(guidance=float("nan"))),
    ],
    "operation.not_offered": [
        lambda: raised(errors.InvalidInput("operation.not_offered", value="Pen", choices="sandbox"))
    ],
    "operation.nowhere": [lambda: operations.engine_for(Operation.UPSCALE, None, [])],
    "source.and_references": [lambda: raised(errors.InvalidInput("source.and_references"))],
    "strength.without_references": [lambda: raised(errors.InvalidInput("strength.without_references"))],
    "references.count": [lambda: made_from(Operation.REFERENCES), lambda: made_from(Operation.REFERENCES, IDS[:5])],
    "references.repeated": [lambda: made_from(Operation.REFERENCES, IDS[:1] * 2)],
    "size.and_ratio": [lambda: submit(size=(64, 64), ratio="1:1")],
    "size.out_of_range": [
        lambda: submit(size=(64, 2_056)),
        lambda: submit(size=(0, 64)),
        lambda: submit(size=(100, 64)),
    ],
    "source.size": [
        lambda: raised(errors.InvalidInput("source.size", width=9_000, height=64, minimum=1, maximum=6_144))
    ],
    "margins.none": [lambda: made_from(Operation.OUTPAINT, margins=Margins())],
    "margins.multiple": [
        lambda: made_from(Operation.OUTPAINT, margins=Margins(top=-8)),
        lambda: made_from(Operation.OUTPAINT, margins=Margins(top=7)),
    ],
    "factor.unknown": [lambda: made_from(Operation.UPSCALE, factor=3), lambda: made_from(Operation.UPSCALE, factor=-2)],
    "mask.not_base64": [lambda: masks.of_png("data:text/plain,x"), lambda: masks.of_png("가")],
    "mask.too_large": [lambda: masks.of_png("A" * 4 * 43_800)],
    "mask.unreadable": [lambda: masks.of_png(""), lambda: masks.of_png("AAAA")],
    "mask.form": [lambda: raised(errors.InvalidInput("mask.form"))],
    "mask.shape": [lambda: raised(errors.InvalidInput("mask.shape", width=64, height=48))],
    "mask.empty": [lambda: masks.of_areas([]), lambda: masks.of_areas([Area(0.5, 0.5, 0, 1)])],
    "mask.areas": [lambda: masks.of_areas([Area(0, 0, 1, 1)] * 21)],
    "credits.insufficient": [lambda: raised(errors.InsufficientCredits(4, 3))],
    "retry.nothing": [lambda: raised(errors.NothingToRetry())],
    "job.not_waiting": [lambda: raised(errors.NotWaiting("jobId"))],
    "forbidden": [lambda: raised(errors.Forbidden())],
    "allowance.reached": [lambda: raised(errors.DailyLimitReached(24, 20, datetime.now(UTC)))],
    "owner.busy": [lambda: raised(errors.OwnerBusy(IDS[0]))],
    "idempotency.conflict": [lambda: raised(errors.IdempotencyConflict())],
    "preset.engine_gone": [lambda: raised(errors.EngineGone("sd15", ["sandbox", "small"]))],
    "presets.too_many": [lambda: raised(errors.InvalidInput("presets.too_many", maximum=MAXIMUM_PRESETS))],
    "job.finished": [lambda: raised(errors.AlreadyFinished())],
    "assets.count": [lambda: raised(errors.InvalidInput("assets.count", maximum=artworks.MAXIMUM_IMAGES))],
    "assets.repeated": [lambda: raised(errors.InvalidInput("assets.repeated"))],
    "asset.not_ready": [lambda: raised(errors.InvalidInput("asset.not_ready"))],
    "avatar.not_general": [lambda: raised(errors.InvalidInput("avatar.not_general"))],
    "owners.too_many": [lambda: raised(errors.InvalidInput("owners.too_many", maximum=owners.MAXIMUM_OWNERS))],
    "asset.hidden": [lambda: raised(errors.InvalidInput("asset.hidden"))],
    "asset.not_trashed": [lambda: raised(errors.InvalidInput("asset.not_trashed"))],
    "asset.purged": [lambda: raised(errors.InvalidInput("asset.purged", days=7))],
    "gallery.changed": [lambda: raised(errors.VersionConflict(3, IDS))],
    "gallery.elsewhere": [lambda: raised(errors.InvalidInput("gallery.elsewhere"))],
    "order.empty": [lambda: raised(errors.InvalidInput("order.empty"))],
    "order.repeated": [lambda: raised(errors.InvalidInput("order.repeated"))],
    "order.too_long": [lambda: raised(errors.InvalidInput("order.too_long", maximum=100))],
    "crop.outside": [
        lambda: edits.check(Recipe(Crop(0, 0, 65, 48)), 64, 48, ("input", "crop")),
        lambda: edits.check(Recipe(Crop(-1, 0, 8, 8)), 64, 48, ("input", "crop")),
    ],
    "edit.nothing": [lambda: edits.check(Recipe(), 64, 48, ("input", "recipe"))],
    "edit.size": [lambda: edits.check(Recipe(size=(64, 0)), 64, 48, ("input", "recipe"))],
    "edit.too_large": [lambda: edits.check(Recipe(Crop(0, 0, 8, 8)), 4_097, 4_096, ("input", "crop"))],
    "seen.count": [lambda: raised(errors.InvalidInput("seen.count", maximum=seen.MAXIMUM_AT_ONCE))],
    "remix.not_allowed": [lambda: licenses.check_remix(RESERVED, RESERVED)],
    "remix.license": [lambda: licenses.check_remix(ArtworkLicense.CC_BY_SA_4_0, RESERVED)],
    "tags.too_many": [lambda: hashtags.checked_tags([f"t{n}" for n in range(21)])],
    "tag.invalid": [lambda: hashtags.checked_tags(["two words"])],
    "folder.cycle": [lambda: raised(errors.InvalidInput("folder.cycle"))],
    "folder.too_deep": [lambda: raised(errors.InvalidInput("folder.too_deep", maximum=folders.MAXIMUM_DEPTH))],
    "folder.name_taken": [lambda: raised(errors.InvalidInput("folder.name_taken"))],
    "folders.too_many": [lambda: raised(errors.InvalidInput("folders.too_many", maximum=folders.MAXIMUM_FOLDERS))],
    "assets.moved": [lambda: raised(errors.InvalidInput("assets.moved", maximum=folders.MAXIMUM_MOVED))],
    "assets.moved_twice": [lambda: raised(errors.InvalidInput("assets.moved_twice"))],
    "share.not_for_all": [lambda: raised(errors.InvalidInput("share.not_for_all"))],
    "archive.one_of": [lambda: raised(errors.InvalidInput("archive.one_of"))],
    "archive.empty_folder": [lambda: raised(errors.InvalidInput("archive.empty_folder"))],
    "archive.too_many": [lambda: raised(errors.InvalidInput("archive.too_many", maximum=archives.MAXIMUM_IMAGES))],
    "archive.too_large": [lambda: raised(errors.InvalidInput("archive.too_large", maximum=2))],
    "archives.too_many": [lambda: raised(errors.TooManyArchives(archives.MAXIMUM_UNFINISHED))],
    "upload.mime": [lambda: uploads.checked(Announcement("text/html", 1, "0" * 64))],
    "upload.bytes": [lambda: uploads.checked(Announcement("image/png", 10**8, "0" * 64))],
    "upload.sha256": [lambda: uploads.checked(Announcement("image/png", 1, "0"))],
    **{f"upload.{each}": [partial(raised, errors.UploadNotReady(f"upload.{each}"))] for each in NOT_READY},
    **{f"upload.{each}": [partial(raised, errors.UploadRejected(each))] for each in UploadProblem},
    "upload.used": [lambda: raised(errors.InvalidInput("upload.used"))],
    **{f"picture.{each}": [partial(raised, errors.PictureBlocked(each, ("input", "crop")))] for each in BLOCKS},
    "media.unavailable": [lambda: raised(errors.MediaUnavailable())],
    "low_mark.range": [lambda: credits.checked_low_mark(-1), lambda: credits.checked_low_mark(1_000_001)],
    "report.own": [lambda: raised(errors.InvalidInput("report.own"))],
    "moderation.forbidden": [lambda: raised(errors.Forbidden("moderation.forbidden"))],
    "moderation.own_report": [lambda: raised(errors.Forbidden("moderation.own_report"))],
    "moderation.same_moderator": [lambda: raised(errors.Forbidden("moderation.same_moderator"))],
    "case.changed": [lambda: raised(CaseConflict(case()))],
    "decision.not_now": [lambda: decided(outcome=DecisionOutcome.UPHELD_FINAL, effect=DecisionEffect.NONE)],
    "decision.effect": [lambda: decided(effect=DecisionEffect.NONE)],
    "decision.impossible": [lambda: decided(effect=DecisionEffect.HIDE)],
    "decision.reason": [lambda: decided(reason=ReportReason.RIGHTS)],
    "decision.level": [lambda: decided(content_level=ContentLevel.MATURE)],
    "decision.until": [lambda: decided(effect=DecisionEffect.RESTRICT), lambda: decided(restrict_until=LONG_AGO)],
    "decision.activities": [lambda: decided(restrict_until=datetime.now(UTC) + timedelta(days=1), activities=())],
    "decision.gone": [lambda: raised(errors.InvalidInput("decision.gone"))],
    "appeal.made": [lambda: raised(AppealClosed("appeal.made"))],
    "appeal.late": [lambda: raised(AppealClosed("appeal.late"))],
    "appeal.final": [lambda: raised(AppealClosed("appeal.final"))],
    "restricted": [lambda: raised(Restricted(restriction(), can_appeal=True))],
    **{
        f"{each}.oneself": [partial(raised, errors.InvalidInput(f"{each}.oneself"))]
        for each in ("follow", "mute", "block")
    },
    **{
        each: [partial(raised, errors.InvalidInput(each))]
        for each in (
            *("collection.bookmarks", "collection.title_taken", "comment.pinned_reply"),
            *("notifications.one_of", "search.empty", "search.period", "settings.repeated"),
        )
    },
    **{
        each: [partial(raised, errors.InvalidInput(each, maximum=3))]
        for each in (
            *("collection.full", "collections.too_many", "comments.pinned", "notifications.count"),
            *("search.too_much", "search.values", "searches.too_many"),
            *("follows.too_many", "tag_follows.too_many", "mutes.too_many", "blocks.too_many"),
        )
    },
    "comments.locked": [lambda: raised(errors.CommentsLocked(("input", "artworkId")))],
    "not_found": [lambda: raised(errors.NotFound(("input", "jobId")))],
}
FAILURES = [f"failure.{code}" for code in FailureCode]
WARNINGS = [f"warning.{code}" for code in GenerationWarningCode if code is not GenerationWarningCode.CONTENT_WARNED]
GUARDED = [
    *(f"guard.{reason}" for reason in MEANING),
    *(f"guard.{reason}.change" for reason, (effect, _level) in MEANING.items() if effect is GuardEffect.BLOCK),
    *(f"guard.picture.{reason}" for reason in GuardReason if reason not in MEANING),
    *(f"picture.{reason}.change" for reason in BLOCKS),
]
REMEDIES = [f"remedy.{remedy}" for remedy in Remedy]
ENTRIES = [f"ledger.{kind}" for kind in LedgerKind]
TOLD = {each for each in NOTIFICATIONS if each.startswith("notification.")}
"""What notifications say."""
PEOPLE = {each for each in TOLD if each.startswith("notification.people.")}
"""Who did it, as they are put into what a notification says."""
MODERATION = [
    *(f"moderation.effect.{effect}" for effect in DecisionEffect),
    *(f"moderation.reason.{reason}" for reason in ReportReason),
]
ISSUES = [f"issue.{code}" for code in PromptIssueCode]


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refusal_fills_its_words_in_both_languages(reason: str) -> None:
    for refuse in REFUSED[reason]:
        with pytest.raises(UserError) as refused:
            refuse()
        assert refused.value.reason == reason
        english, korean = refused.value.message("en"), refused.value.message("ko")
        assert english != korean
        filled = [str(value) for value in refused.value.values.values()]
        for text in (english, korean):
            assert not [value for value in filled if value not in text]


def test_there_are_no_other_words() -> None:
    said = [*REFUSED, *FAILURES, *WARNINGS, *GUARDED, *ISSUES, *REMEDIES, *ENTRIES, *MODERATION]
    assert sorted(said) == sorted(MESSAGES.keys() - TOLD)


@pytest.mark.parametrize("reason", MESSAGES)
def test_both_languages_say_the_same(reason: str) -> None:
    english, korean = MESSAGES[reason]
    blanks = [{name for _, name, _, _ in Formatter().parse(text) if name is not None} for text in (english, korean)]
    assert blanks[0] == blanks[1]
    assert any("가" <= letter <= "힣" for letter in korean)
    assert not any("가" <= letter <= "힣" for letter in english)
    if reason not in PEOPLE:
        assert english.endswith(".")
        assert korean.endswith(".")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_failures_need_nothing_to_be_told(language: Language) -> None:
    assert all(message(reason, language) for reason in FAILURES)
    with pytest.raises(KeyError):
        message("unknown", language)
