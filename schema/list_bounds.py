"""How long the lists of the graph can be that are no pages: what an operation can cost is counted by it."""

from collections.abc import Mapping
from typing import Final

from db.words import NotificationKind, Operation
from db.words_moderation import ReportReason
from domain import moderation, restrictions, workers
from domain.accounts import MAXIMUM_SESSIONS
from domain.artworks import MAXIMUM_IMAGES
from domain.catalogue import ENGINES, RATIOS, STYLES
from domain.comments import MAXIMUM_PINNED
from domain.credits import MAXIMUM_BUCKETS
from domain.folders import MAXIMUM_MOVED
from domain.generation import MAXIMUM_COUNT
from domain.line_control import MAXIMUM_TOLD
from domain.mentions import MAXIMUM_MENTIONS
from domain.mutes import MAXIMUM_HIDDEN
from domain.notifications_marking import MAXIMUM_MARKED
from domain.notifications_reading import TOLD_ACTORS
from domain.operations import MAXIMUM_REFERENCES
from domain.prompts_difference import MAXIMUM_PARTS
from domain.prompts_issues import MAXIMUM_ISSUES
from domain.search import MAXIMUM_FACETS
from domain.trends import MAXIMUM_RELATED, MAXIMUM_TRENDING
from domain.words import GenerationWarningCode

Bound = int | str
"""A number of items, or the name of the argument that holds as many values as there are items."""

SUBMITTING: Final = (
    *("EnhancePrompt", "SubmitGeneration", "RerunGeneration"),
    *("Inpaint", "Outpaint", "Upscale", "Restyle", "RemoveBackground"),
)
"""Mutations that warn of what may turn out otherwise than expected."""

LIST_BOUNDS: Final[Mapping[tuple[str, str], Bound]] = {
    ("Artwork", "images"): MAXIMUM_IMAGES,
    ("Artwork", "pinnedComments"): MAXIMUM_PINNED,
    ("Comment", "mentions"): MAXIMUM_MENTIONS,
    ("CreditAccount", "buckets"): MAXIMUM_BUCKETS,
    ("Engine", "priceRules"): len(Operation),
    ("EnhancePromptSuccess", "difference"): MAXIMUM_PARTS,
    ("EnhancePromptSuccess", "issues"): MAXIMUM_ISSUES,
    ("EngineConstraints", "ratios"): len(RATIOS),
    ("GenerationJob", "references"): MAXIMUM_REFERENCES,
    ("GenerationJob", "slots"): MAXIMUM_COUNT,
    ("CreateUploadSuccess", "headers"): 2,
    ("KakaoFeedTemplate", "buttons"): 1,
    ("MoveToFolderSuccess", "assets"): MAXIMUM_MOVED,
    ("MarkNotificationsReadSuccess", "notifications"): MAXIMUM_MARKED,
    ("NotificationGroup", "actors"): TOLD_ACTORS,
    ("Query", "engines"): len(ENGINES),
    ("Query", "nodes"): "ids",
    ("Query", "trendingTags"): MAXIMUM_TRENDING,
    ("Tag", "related"): MAXIMUM_RELATED,
    ("Query", "styles"): len(STYLES),
    ("MoveQueuedJobSuccess", "jobs"): MAXIMUM_TOLD,
    ("Search", "facets"): MAXIMUM_FACETS,
    ("ServiceStatus", "engines"): len(ENGINES),
    ("ServiceStatus", "workers"): workers.MAXIMUM_TOLD,
    ("Viewer", "notificationSettings"): len(NotificationKind),
    ("Viewer", "hiddenTags"): MAXIMUM_HIDDEN,
    ("Viewer", "sessions"): MAXIMUM_SESSIONS,
    ("Viewer", "restrictions"): restrictions.MAXIMUM_TOLD,
    ("Viewer", "strikes"): restrictions.MAXIMUM_TOLD,
    ("ModerationCase", "images"): MAXIMUM_IMAGES,
    ("ModerationCase", "reportCounts"): len(ReportReason),
    ("ModerationCase", "decisions"): moderation.MAXIMUM_DECISIONS,
    ("ModerationCase", "history"): moderation.MAXIMUM_HISTORY,
    ("GenerationQuote", "warnings"): len(GenerationWarningCode),
    ("SavePromptPresetSuccess", "warnings"): len(GenerationWarningCode),
    **dict.fromkeys(((f"{name}Success", "warnings") for name in SUBMITTING), len(GenerationWarningCode)),
}
"""By type and field; of all lists of objects that are not below a connection."""
