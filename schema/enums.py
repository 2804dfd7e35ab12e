"""The closed vocabularies as GraphQL enums, each value with its description."""

from enum import StrEnum

import strawberry

from db.words import (
    ArtworkLicense,
    AssetStatus,
    BucketKind,
    ContentLevel,
    HoldStatus,
    LedgerKind,
    NotificationKind,
    PromptVisibility,
    ReactionKind,
    ShareChannel,
    TrendWindow,
    UploadKind,
    Visibility,
)
from domain.words import (
    AssetOrder,
    Color,
    ErrorCode,
    FeedKind,
    FeedReasonKind,
    FeedWindow,
    ImageVariant,
    MediaChange,
    MyEventType,
    PresetScope,
    Rotation,
    SearchFacetField,
    SearchOrder,
    UploadProblem,
)


def publish(kind: type[StrEnum], description: str, **values: str) -> None:
    """Make ``kind`` a GraphQL enum; ``values`` gives the description of each of its members.

    Raises:
        KeyError: a member has no description.
    """
    strawberry.enum(kind, description=description)
    for value in kind.__strawberry_definition__.values:  # type: ignore[attr-defined]  # the decorator set it
        value.description = values[value.name]


publish(ReactionKind, "How somebody reacts to an artwork.", LIKE="They like it.")
publish(
    AssetStatus,
    "Where a stored image is in its life.",
    UPLOADING="Being uploaded.",
    PENDING="Being painted or stored.",
    SCANNING="Being checked.",
    READY="There to be seen.",
    HIDDEN="Hidden by moderation.",
    TRASHED="Deleted, but can be restored for a while.",
    PURGED="Deleted for good.",
    REJECTED="Refused by the check.",
    FAILED="Never came to be.",
)
publish(
    HoldStatus,
    "Where a credit hold is in its life.",
    ACTIVE="Nothing captured yet.",
    PARTIALLY_CAPTURED="Some captured, some still held.",
    SETTLED="All captured or released, some captured.",
    RELEASED="All released.",
)
publish(
    LedgerKind,
    "What a ledger entry did.",
    GRANT="Credits were given by the house.",
    HOLD="Credits were set aside for a job.",
    CAPTURE="Held credits were spent on a finished image.",
    RELEASE="Held credits came back, because an image did not come to be.",
    EXPIRE="Credits that nobody had spent in time were taken back.",
)
publish(
    BucketKind,
    "Where credits came from.",
    PROMOTIONAL="Given by the house. They are spent before paid ones.",
    PAID="Bought.",
)
publish(
    Visibility,
    "Who may see something.",
    PUBLIC="Everybody; it stands in feeds.",
    UNLISTED="Everybody who has the link; it stands in no feed.",
    PRIVATE="Its owner alone.",
)
publish(
    ArtworkLicense,
    "What others may do with an artwork.",
    ALL_RIGHTS_RESERVED="Look at it here; for anything else they ask its author.",
    CC0_1_0="Anything: its author gives all rights up (CC0 1.0).",
    CC_BY_4_0="Anything, as long as they name its author (CC BY 4.0).",
    CC_BY_SA_4_0="Anything, as long as they name its author, and license what they make of it alike (CC BY-SA 4.0).",
    CC_BY_ND_4_0="Pass it on as it is, as long as they name its author (CC BY-ND 4.0).",
    CC_BY_NC_4_0="Anything but earn money with it, as long as they name its author (CC BY-NC 4.0).",
    CC_BY_NC_SA_4_0="Anything but earn money with it, as long as they name its author, and license what they make of "
    "it alike (CC BY-NC-SA 4.0).",
    CC_BY_NC_ND_4_0="Pass it on as it is without earning money, as long as they name its author (CC BY-NC-ND 4.0).",
)
publish(
    PromptVisibility,
    "Whether others may read the prompt of an artwork.",
    PUBLIC="Everybody who sees the artwork.",
    PRIVATE="The author alone.",
)
publish(
    FeedKind,
    "Which feed.",
    LATEST="All public artworks, newest first; `filter` may name a style, an author, or both.",
    POPULAR="What many like and comment on, in a `window`; who pages on reads it as it was for their first page.",
    FOLLOWING="Of people and with tags that the viewer follows, newest first. For viewers who are signed in.",
    TAG="With the tag that `filter` names, newest first.",
    RECOMMENDED="What the viewer may like and has not seen, best first; who pages on reads on in the same list. "
    "For newcomers and strangers what is popular and new.",
)
publish(
    FeedWindow,
    "How fast what is popular gives way to what is newer.",
    DAY="What is published eight hours later needs half as many likes for the same place.",
    WEEK="Two days later.",
    MONTH="Eight days later.",
    ALL="What is newer has no advantage.",
)
publish(
    FeedReasonKind,
    "Why an artwork is in a feed. More may come: treat those you do not know as LATEST.",
    LATEST="It is new.",
    POPULAR="It is popular.",
    FOLLOWED_AUTHOR="The viewer follows `author`.",
    FOLLOWED_TAG="The viewer follows `tag`.",
    TAG="It has `tag`, which was asked for.",
    LIKED_BY_PEOPLE_LIKE_YOU="People like it who like `artwork` and more of what the viewer likes.",
    BECAUSE_TAG="It has `tag`, as artworks that the viewer likes; or the viewer follows it.",
    LOOKS_LIKE_LIKED="It looks like `artwork`, which the viewer likes.",
)
publish(
    ShareChannel,
    "Where an artwork is shared.",
    LINK="Anywhere: the link is copied.",
    KAKAO="KakaoTalk, by the Kakao SDK.",
    X="X.",
    FACEBOOK="Facebook.",
    LINE="LINE.",
)
publish(
    ImageVariant,
    "Which rendition of an image.",
    ORIGINAL="As painted: PNG with its generation metadata, prompt included. For its owner; others get FULL.",
    FULL="WebP of the original's size, without the prompt.",
    CARD="WebP, at most 640 pixels on its longest side.",
    THUMB="WebP, at most 256 pixels on its longest side.",
)
publish(
    ErrorCode,
    "Why a mutation was refused. Codes never change with the language of the message.",
    INVALID_INPUT="A value is not acceptable; `path` names it.",
    NOT_FOUND="There is no such thing, or it is not yours.",
    FORBIDDEN="You may not do this.",
    EMAIL_TAKEN="Another account has this e-mail address.",
    HANDLE_TAKEN="Another account has this handle.",
    INVALID_CREDENTIALS="E-mail address or password is wrong.",
    INVALID_REFRESH_TOKEN="The refresh token is unknown, expired, or was used before.",
    TOO_MANY_ATTEMPTS="Too many attempts; wait until `resetsAt`.",
    INSUFFICIENT_CREDITS="The job costs more credits than are available.",
    DAILY_LIMIT_REACHED="The images are more than is left of the day's.",
    OWNER_BUSY="A job for the same owner has not ended.",
    ENGINE_GONE="The engine of the preset does not run here any more.",
    IDEMPOTENCY_CONFLICT="The idempotency key was used before with another request.",
    ALREADY_FINISHED="The job has already ended.",
    NOTHING_TO_RETRY="The job has not ended, or no image of it failed that is not painted again already.",
    NOT_WAITING="The job does not wait in the line.",
    CONTENT_BLOCKED="The content guard blocked the request.",
    VERSION_CONFLICT="The gallery has changed since it was read.",
    UPLOAD_REJECTED="The uploaded file is not acceptable; `problem` says why.",
    UPLOAD_NOT_READY="The upload has not arrived, or is being checked; try again.",
    MEDIA_UNAVAILABLE="Pictures can not be read, checked or stored at present; try again.",
    TOO_MANY_ARCHIVES="As many archives as one may have are not finished.",
    CASE_CONFLICT="Another moderator has the case, or it has changed since it was read.",
    APPEAL_CLOSED="The decision was appealed before, or too long ago, or can not be.",
    RESTRICTED="Moderation keeps the viewer from doing this for a while.",
    COMMENTS_LOCKED="The author of the artwork lets nobody else comment.",
)
publish(UploadKind, "What a file is uploaded for.", IMAGE="To be kept as an image, and to make others from.")
publish(
    UploadProblem,
    "Why an uploaded file is not kept.",
    WRONG_SIZE="It has another size than was announced.",
    WRONG_CHECKSUM="It has another SHA-256 than was announced.",
    NOT_A_PICTURE="It is no PNG, JPEG or WebP, whatever its name says.",
    WRONG_TYPE="It is a picture of another type than was announced.",
    TOO_MANY_PIXELS="It has more than 16.8 million pixels, or a side of more than 16,383.",
    SEVERAL_FRAMES="It moves: only still pictures are kept.",
    HIDDEN_DATA="Something else stands behind the picture.",
    BROKEN="It can not be decoded, or ends too early.",
    TOO_EXPENSIVE="Decoding it takes too much time or memory.",
    BLOCKED="The content guard blocks it; `reason` says why.",
)
publish(
    AssetOrder,
    "In which order images are listed.",
    NEWEST="Those that came to be last first.",
    OLDEST="Those that came to be first first.",
    LARGEST="Those with the largest originals first.",
)
publish(
    PresetScope,
    "Whose presets are listed.",
    MINE="The viewer's own.",
    PUBLIC="Public ones of everybody that suit the viewer's content preferences, and the viewer's own public ones.",
)
publish(
    MyEventType,
    "What `myEvents` tells of.",
    JOB_QUEUED="A job of the viewer stands in the line: it was submitted, or its worker was lost.",
    JOB_STARTED="A job of the viewer is being painted.",
    JOB_IMAGE_READY="An image of a job of the viewer is ready.",
    JOB_COMPLETED="A job of the viewer has ended.",
    CREDITS_CHANGED="Credits of the viewer moved.",
    CREDITS_LOW="The viewer's balance fell below `lowMark`; told once each time it does.",
    NOTIFICATION="A group of notifications came, grew, shrank, or was taken back.",
    NOTIFICATIONS_READ="Notifications were read, on whichever device.",
)
publish(
    NotificationKind,
    "Of what somebody is notified.",
    FOLLOW="Somebody follows them.",
    LIKE="Somebody likes their artwork.",
    COMMENT="Somebody commented on their artwork.",
    REPLY="Somebody replied to their comment.",
    MENTION="Somebody mentioned them in a comment.",
    JOB="A job of theirs has ended, also where only some of its images are ready; not where they canceled it.",
    CREDITS_LOW="Their balance fell below `lowMark`.",
    CREDITS_BACK="Credits came back for images that did not come to be; not for those that they canceled.",
    MODERATION="Moderation decided about them, or what is theirs: `viewer { moderationDecisions }`.",
    REPORT="What they reported was answered: `viewer { reports }`.",
    SAVED_SEARCH="An artwork was published that matches a search of theirs, saved with `notify`.",
)
publish(
    ContentLevel,
    "For whom a picture is suitable.",
    GENERAL="For everybody.",
    SENSITIVE="Suggestive or violent; for those who choose to see it.",
    MATURE="Nudity and the like; for adults who choose to see it.",
)
publish(
    MediaChange,
    "What happened to a gallery.",
    ADDED="An image has joined it.",
    REMOVED="An image was deleted.",
    RESTORED="A deleted image is back.",
    PRIMARY_SET="Another image, or none, stands for its owner.",
    REORDERED="It is in another order.",
    DESCRIBED="Something else is said of an image.",
)
publish(
    Rotation,
    "How far a picture is turned, clockwise.",
    NONE="Not at all.",
    RIGHT="By 90 degrees.",
    HALF="By 180 degrees.",
    LEFT="By 270 degrees.",
)
publish(
    Color,
    "Which color the first picture of an artwork has most of.",
    RED="Red.",
    ORANGE="Orange.",
    YELLOW="Yellow.",
    GREEN="Green.",
    CYAN="Between green and blue.",
    BLUE="Blue.",
    PURPLE="Purple.",
    PINK="Pink.",
    BROWN="Brown.",
    BLACK="Black, or nearly so.",
    GRAY="Gray.",
    WHITE="White, or nearly so.",
)
publish(
    SearchOrder,
    "In which order a search tells of artworks.",
    RELEVANCE="Those first that match best; of these the ones that are liked most, of these the newest.",
    NEWEST="The newest first.",
)
publish(
    SearchFacetField,
    "By what the artworks of a search are counted.",
    STYLE="By the key of their style.",
    RATIO="By the aspect ratio of their first picture.",
    ENGINE="By the engine that painted it.",
    COLOR="By the color that it has most of.",
    LEVEL="By their content level.",
    PERIOD="By how long ago they were published: DAY, WEEK, MONTH (30 days), YEAR, or OLDER.",
)
publish(
    TrendWindow,
    "Within which time tags are more used than usual.",
    DAY="The last 24 hours, held against the seven days before.",
    WEEK="The last seven days, held against the four weeks before.",
    MONTH="The last thirty days, held against the ninety before.",
)
