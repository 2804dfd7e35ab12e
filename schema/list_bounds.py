"""How long the lists of the graph can be that are no pages: what an operation can cost is counted by it."""

from collections.abc import Mapping
from typing import Final

from db.words import Operation
from domain import workers
from domain.accounts import MAXIMUM_SESSIONS
from domain.artworks import MAXIMUM_IMAGES
from domain.catalogue import ENGINES, RATIOS, STYLES
from domain.credits import MAXIMUM_BUCKETS
from domain.folders import MAXIMUM_MOVED
from domain.generation import MAXIMUM_COUNT
from domain.line_control import MAXIMUM_TOLD
from domain.operations import MAXIMUM_REFERENCES
from domain.prompts_difference import MAXIMUM_PARTS
from domain.prompts_issues import MAXIMUM_ISSUES
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
    ("CreditAccount", "buckets"): MAXIMUM_BUCKETS,
    ("Engine", "priceRules"): len(Operation),
    ("EnhancePromptSuccess", "difference"): MAXIMUM_PARTS,
    ("EnhancePromptSuccess", "issues"): MAXIMUM_ISSUES,
    ("EngineConstraints", "ratios"): len(RATIOS),
    ("GenerationJob", "references"): MAXIMUM_REFERENCES,
    ("GenerationJob", "slots"): MAXIMUM_COUNT,
    ("CreateUploadSuccess", "headers"): 2,
    ("MoveToFolderSuccess", "assets"): MAXIMUM_MOVED,
    ("Query", "engines"): len(ENGINES),
    ("Query", "nodes"): "ids",
    ("Query", "styles"): len(STYLES),
    ("MoveQueuedJobSuccess", "jobs"): MAXIMUM_TOLD,
    ("ServiceStatus", "engines"): len(ENGINES),
    ("ServiceStatus", "workers"): workers.MAXIMUM_TOLD,
    ("Viewer", "sessions"): MAXIMUM_SESSIONS,
    ("GenerationQuote", "warnings"): len(GenerationWarningCode),
    ("SavePromptPresetSuccess", "warnings"): len(GenerationWarningCode),
    **dict.fromkeys(((f"{name}Success", "warnings") for name in SUBMITTING), len(GenerationWarningCode)),
}
"""By type and field; of all lists of objects that are not below a connection."""
