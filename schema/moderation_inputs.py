"""What moderators, those who report, and those who appeal send, and what they are answered."""

from datetime import datetime
from typing import Annotated

import strawberry

from db.words import ContentLevel
from db.words_moderation import Activity, DecisionEffect, DecisionOutcome, Policy, ReportReason
from schema.errors import AppealClosed, CaseConflict, Forbidden, InvalidInput, NotFound, Restricted, TooManyAttempts
from schema.moderation import Appeal, ModerationCase, ModerationDecision, Report
from schema.restrictions import Restriction


@strawberry.input(description="What is against the rules.")
class ReportContentInput:
    """What is against the rules."""

    subject_id: strawberry.ID = strawberry.field(
        description="Id of an artwork, a comment, an image, a user, a collection, a character, a story or an original "
        "chat that the viewer may see, and that is not theirs."
    )
    reason: ReportReason = strawberry.field(description="What is wrong.")
    text: str = strawberry.field(default="", description="What a moderator should know; at most 1000 characters.")


@strawberry.input(description="Which case to take.")
class TakeCaseInput:
    """Which case to take."""

    case_id: strawberry.ID = strawberry.field(description="Id of the case.")


@strawberry.input(description="Which case to leave to others.")
class ReleaseCaseInput:
    """Which case to leave to others."""

    case_id: strawberry.ID = strawberry.field(description="Id of the case.")


@strawberry.input(description="What is decided about a case.")
class DecideCaseInput:
    """What is decided about a case."""

    case_id: strawberry.ID = strawberry.field(description="Id of the case.")
    expected_version: int = strawberry.field(description="The `version` that the moderator has looked at.")
    decision: DecisionOutcome = strawberry.field(
        description="UPHELD, REMOVED or OVERTURNED; of an appeal, UPHELD_FINAL or OVERTURNED."
    )
    effect: DecisionEffect = strawberry.field(description="What it does; `DecisionOutcome` says what goes with what.")
    policy: Policy = strawberry.field(description="Which rules it stands on.")
    reason: ReportReason = strawberry.field(description="Why; one that the policy is about.")
    text: str = strawberry.field(
        default="",
        description="What the one concerned is told besides the reason, in whatever language; at most 2000 characters.",
    )
    content_level: ContentLevel | None = strawberry.field(default=None, description="The new level; for RELABEL alone.")
    restrict_until: datetime | None = strawberry.field(
        default=None,
        description="Until when the one concerned is restricted: with RESTRICT, or besides any other effect but NONE.",
    )
    activities: list[Activity] | None = strawberry.field(
        default=None, description="What they may not do until then; everything but REPORT by default."
    )


@strawberry.input(description="Which decision to look at again.")
class AppealDecisionInput:
    """Which decision to look at again."""

    decision_id: strawberry.ID = strawberry.field(description="Id of a decision about the viewer.")
    text: str = strawberry.field(description="Why it is wrong; 1 to 2000 characters.")


@strawberry.input(description="Which restriction to end.")
class LiftRestrictionInput:
    """Which restriction to end."""

    restriction_id: strawberry.ID = strawberry.field(description="Id of the restriction.")


@strawberry.type(description="Moderators will look at it.")
class ReportContentSuccess:
    """Moderators will look at it."""

    report: Report = strawberry.field(description="The report; the first one where the viewer's was not answered yet.")


@strawberry.type(description="The case is the viewer's for a while.")
class TakeCaseSuccess:
    """The case is the viewer's for a while."""

    case: ModerationCase = strawberry.field(description="The case.")


@strawberry.type(description="The case is left to others.")
class ReleaseCaseSuccess:
    """The case is left to others."""

    case: ModerationCase = strawberry.field(description="The case.")


@strawberry.type(description="It is decided, and all that follows is done.")
class DecideCaseSuccess:
    """It is decided."""

    case: ModerationCase = strawberry.field(description="The case, with what it is about.")
    decision: ModerationDecision = strawberry.field(description="The decision.")


@strawberry.type(description="Another moderator will look at it.")
class AppealDecisionSuccess:
    """Another moderator will look at it."""

    appeal: Appeal = strawberry.field(description="The appeal, with the decision.")


@strawberry.type(description="The restriction has ended.")
class LiftRestrictionSuccess:
    """The restriction has ended."""

    restriction: Restriction = strawberry.field(description="The restriction.")


ReportContentResult = Annotated[
    ReportContentSuccess | NotFound | InvalidInput | TooManyAttempts | Restricted,
    strawberry.union("ReportContentResult", description="Result of `reportContent`."),
]
TakeCaseResult = Annotated[
    TakeCaseSuccess | NotFound | Forbidden | CaseConflict,
    strawberry.union("TakeCaseResult", description="Result of `takeCase`."),
]
ReleaseCaseResult = Annotated[
    ReleaseCaseSuccess | NotFound | Forbidden,
    strawberry.union("ReleaseCaseResult", description="Result of `releaseCase`."),
]
DecideCaseResult = Annotated[
    DecideCaseSuccess | NotFound | Forbidden | InvalidInput | CaseConflict,
    strawberry.union("DecideCaseResult", description="Result of `decideCase`."),
]
AppealDecisionResult = Annotated[
    AppealDecisionSuccess | NotFound | InvalidInput | AppealClosed | TooManyAttempts,
    strawberry.union("AppealDecisionResult", description="Result of `appealDecision`."),
]
LiftRestrictionResult = Annotated[
    LiftRestrictionSuccess | NotFound | Forbidden,
    strawberry.union("LiftRestrictionResult", description="Result of `liftRestriction`."),
]
