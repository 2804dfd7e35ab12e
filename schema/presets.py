"""Presets in the graph: settings under a name, that can be loaded, shared, and be an owner's default."""

from datetime import datetime
from typing import Annotated

import strawberry

from db import tables
from db.words import ContentLevel, Visibility
from domain import presets
from domain.words import PresetScope
from planner import Connection, column, computed, expression, planned, to_one
from schema.accounts import User, Viewer
from schema.context import Context
from schema.errors import ContentBlocked, InvalidInput, NotFound, Restricted, TooManyAttempts
from schema.generation import ImageSizeInput
from schema.media import MediaOwner
from schema.node import Node, identity
from schema.warnings import GenerationWarning


def _runs_here(context: Context, engine: str) -> bool:
    return engine in context.services.engines


@strawberry.type(
    description="Words and settings of a generation under a name. `submitGeneration` takes its id as `presetId`."
)
@planned(tables.PromptPreset, visible_to=lambda ask, preset: presets.visible_to(preset, ask.viewer))
class PromptPreset(Node):
    """Words and settings of a generation under a name."""

    id: strawberry.ID = identity("preset")
    name: str = column("Its name.")
    prompt: str = column("What to paint; empty where that is said each time.")
    negative_prompt: str = column("What to avoid.")
    style: str = column("Key of the style.")
    ratio: str = column("Aspect ratio; that of the size where there is one.")
    width: int | None = column("Width in pixels; null where the ratio decides.")
    height: int | None = column("Height in pixels; null where the ratio decides.")
    count: int = column("How many images.")
    engine: str = column("Key of the engine.")
    steps: int = column("Denoising steps.")
    guidance: float = column("Guidance scale.")
    seed: int | None = column("Seed of the first image; null where each job has another.")
    is_available: bool = computed(
        "Whether its engine runs here; where not, `submitGeneration` has to name another.", _runs_here, "engine"
    )
    visibility: Visibility = column(
        "Who may load it: its author, whoever has its id (UNLISTED), or everybody who finds it in the list (PUBLIC)."
    )
    content_level: ContentLevel = column("For whom its words are suitable, as judged when it was last shared.")
    author: User = to_one("Whose it is.", by="user_id", seen=True)
    created_at: datetime = column("When it was saved first.")
    updated_at: datetime = column("When it was saved last.")
    use_count: int = column("How many jobs were filled from it.")
    viewer_can_edit: bool = expression(
        "Whether the viewer may save and delete it.",
        lambda ask, preset: preset.user_id.is_not_distinct_from(ask.viewer),
    )


@strawberry.type(description="A page of presets.")
class PromptPresetConnection(Connection[PromptPreset]):
    """A page of presets."""


@strawberry.input(description="Which presets: those for which all that is said holds.")
class PromptPresetFilter:
    """Which presets."""

    scope: PresetScope | None = strawberry.field(default=None, description="Whose; the viewer's own by default.")
    text: str | None = strawberry.field(
        default=None, description="With this text in their name or prompt, in any case."
    )


@strawberry.input(description="What to save. Of a preset that is there already, what is left out stays.")
class SavePromptPresetInput:
    """What to save."""

    id: strawberry.ID | None = strawberry.field(
        default=None, description="Which of the viewer's presets to change; a new one is made by default."
    )
    name: str | None = strawberry.field(default=None, description="1 to 80 characters; a new one needs it.")
    prompt: str | None = strawberry.field(
        default=None, description="What to paint, taken as it is written; empty by default, to be said each time."
    )
    negative_prompt: str | None = strawberry.field(default=None, description="What to avoid; empty by default.")
    style: str | None = strawberry.field(default=None, description="Id of a style; `realistic` by default.")
    ratio: str | None = strawberry.field(default=None, description="Aspect ratio; `3:4` by default.")
    size: ImageSizeInput | None = strawberry.field(default=None, description="Size, in place of a ratio.")
    count: int | None = strawberry.field(default=None, description="How many images, 1 to 8; 4 by default.")
    engine: str | None = strawberry.field(
        default=None,
        description="Id of an engine; the first of `engines` by default. Where it changes, steps, guidance and size "
        "that are left out become the new one's own.",
    )
    steps: int | None = strawberry.field(default=None, description="Denoising steps; the engine's own by default.")
    guidance: float | None = strawberry.field(default=None, description="Guidance scale; the engine's own by default.")
    seed: int | None = strawberry.field(
        default=strawberry.UNSET, description="0 to 2147483647; null, which is the default, for another in each job."
    )
    visibility: Visibility | None = strawberry.field(
        default=None, description="Who may load it; PRIVATE by default. The content guard judges what is shared."
    )


@strawberry.type(description="The preset is saved. Of two who save it at once, the last is right.")
class SavePromptPresetSuccess:
    """The preset is saved."""

    preset: PromptPreset = strawberry.field(description="The preset.")
    warnings: list[GenerationWarning] = strawberry.field(
        description="Why its pictures may turn out otherwise than expected; empty where nothing speaks for that."
    )


SavePromptPresetResult = Annotated[
    SavePromptPresetSuccess | InvalidInput | NotFound | ContentBlocked | TooManyAttempts | Restricted,
    strawberry.union("SavePromptPresetResult", description="Result of `savePromptPreset`."),
]


@strawberry.input(description="Which preset to delete.")
class DeletePromptPresetInput:
    """Which preset to delete."""

    preset_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's presets.")


@strawberry.type(description="The preset is deleted. Jobs that it filled stay as they are.")
class DeletePromptPresetSuccess:
    """The preset is deleted."""

    deleted_id: strawberry.ID = strawberry.field(description="The id that it had.")
    viewer: Viewer = strawberry.field(description="Whose it was.")


DeletePromptPresetResult = Annotated[
    DeletePromptPresetSuccess | NotFound,
    strawberry.union("DeletePromptPresetResult", description="Result of `deletePromptPreset`."),
]


@strawberry.input(description="Which preset drafts for an owner are made with.")
class SetDefaultPresetInput:
    """Which preset drafts for an owner are made with."""

    owner_id: strawberry.ID = strawberry.field(
        description="Id of one of the viewer's characters, stories or chats, or of the viewer."
    )
    preset_id: strawberry.ID | None = strawberry.field(
        description="Id of a preset that the viewer may load; null for none."
    )


@strawberry.type(description="Drafts for the owner are made with the preset, or with none.")
class SetDefaultPresetSuccess:
    """Drafts for the owner are made with the preset."""

    owner: MediaOwner = strawberry.field(description="The owner.")


SetDefaultPresetResult = Annotated[
    SetDefaultPresetSuccess | NotFound,
    strawberry.union("SetDefaultPresetResult", description="Result of `setDefaultPreset`."),
]
