"""Characters, stories and original chats in the graph, and the prompts that they suggest."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from db.words import OwnerKind, Visibility
from domain import galleries, moderation, owners
from domain.drafts import Draft
from planner import Ask, Connection, Row, column, planned, ref, to_one
from schema.accounts import User, Viewer
from schema.errors import ContentBlocked, InvalidInput, NotFound, Restricted, TooManyAttempts
from schema.media import MediaOwner
from schema.moderated import LastDecision, last_decision
from schema.node import identity
from schema.presets import PromptPreset


@strawberry.interface(
    description="A thing with a gallery that is told of in words: a character, story or original chat."
)
class OwnerEntity(MediaOwner):
    """A thing with a gallery that is told of in words."""

    name: str = column("What it is called.")
    description: str = column("What it is, and what it looks like.")
    personality: str = column("What somebody is like.")
    tone: str = column("How somebody speaks, or how it is told.")
    world: str = column("The world that it is in.")
    summary: str = column("What happens, in short.")
    visibility: Visibility = column("Who may see it and its gallery; an UNLISTED one is in no list.")
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When its texts or who may see it were last changed.")
    moderation: LastDecision = last_decision()
    user: User = to_one("Whose it is.", by="user_id", seen=True)


def _is_visible(ask: Ask, entity: Row) -> Any:  # noqa: ANN401 - a condition
    return galleries.visible_to(entity, ask.viewer) | moderation.may_look(entity.id, ask.moderator)


@strawberry.type(description="A character.")
@planned(owners.entities(OwnerKind.CHARACTER), visible_to=_is_visible)
class Character(OwnerEntity):
    """A character."""

    id: strawberry.ID = identity("character")


@strawberry.type(description="A page of characters.")
class CharacterConnection(Connection[Character]):
    """A page of characters."""


@strawberry.type(description="A story, such as a web novel.")
@planned(owners.entities(OwnerKind.STORY), visible_to=_is_visible)
class Story(OwnerEntity):
    """A story, such as a web novel."""

    id: strawberry.ID = identity("story")


@strawberry.type(description="A page of stories.")
class StoryConnection(Connection[Story]):
    """A page of stories."""


@strawberry.type(description="A character to chat with, out of a story that exists already.")
@planned(owners.entities(OwnerKind.ORIG_CHAT), visible_to=_is_visible)
class OrigChat(OwnerEntity):
    """A character to chat with, out of a story that exists already."""

    id: strawberry.ID = identity("origchat")


@strawberry.type(description="A page of original chats.")
class OrigChatConnection(Connection[OrigChat]):
    """A page of original chats."""


@strawberry.input(description="What a new owner entity is told of.")
class _CreateInput:
    """What a new owner entity is told of."""

    name: str = strawberry.field(description="1 to 100 characters.")
    description: str = strawberry.field(default="", description="At most 2000 characters.")
    personality: str = strawberry.field(default="", description="At most 2000 characters.")
    tone: str = strawberry.field(default="", description="At most 2000 characters.")
    world: str = strawberry.field(default="", description="At most 2000 characters.")
    summary: str = strawberry.field(default="", description="At most 2000 characters.")
    visibility: Visibility = strawberry.field(default=Visibility.PUBLIC, description="Who may see it and its gallery.")


@strawberry.input(description="What to change of an owner entity.")
class _UpdateInput:
    """What to change of an owner entity; what is left out stays."""

    id: strawberry.ID = strawberry.field(description="Which one of the viewer's.")
    name: str | None = strawberry.field(default=None, description="1 to 100 characters.")
    description: str | None = strawberry.field(default=None, description="At most 2000 characters.")
    personality: str | None = strawberry.field(default=None, description="At most 2000 characters.")
    tone: str | None = strawberry.field(default=None, description="At most 2000 characters.")
    world: str | None = strawberry.field(default=None, description="At most 2000 characters.")
    summary: str | None = strawberry.field(default=None, description="At most 2000 characters.")
    visibility: Visibility | None = strawberry.field(default=None, description="Who may see it and its gallery.")


@strawberry.input(description="Which owner entity to delete.")
class _DeleteInput:
    """Which owner entity to delete."""

    id: strawberry.ID = strawberry.field(description="Which one of the viewer's.")


@strawberry.type(description="It is deleted; its images stay among the viewer's, in no gallery.")
class _DeleteSuccess:
    """It is deleted."""

    deleted_id: strawberry.ID = strawberry.field(description="The id that it had.")
    viewer: Viewer = strawberry.field(description="Whose it was.")


@strawberry.input(description="What a new character is.")
class CreateCharacterInput(_CreateInput):
    """What a new character is."""


@strawberry.input(description="What to change of a character; what is left out stays.")
class UpdateCharacterInput(_UpdateInput):
    """What to change of a character."""


@strawberry.input(description="Which character to delete.")
class DeleteCharacterInput(_DeleteInput):
    """Which character to delete."""


@strawberry.type(description="The new character, with an empty gallery.")
class CreateCharacterSuccess:
    """The new character."""

    character: Character = strawberry.field(description="The character.")


@strawberry.type(description="The character as it is now.")
class UpdateCharacterSuccess:
    """The character as it is now."""

    character: Character = strawberry.field(description="The character.")


@strawberry.type(description="The character is deleted; its images stay among the viewer's, in no gallery.")
class DeleteCharacterSuccess(_DeleteSuccess):
    """The character is deleted."""


CreateCharacterResult = Annotated[
    CreateCharacterSuccess | InvalidInput | ContentBlocked | TooManyAttempts | Restricted,
    strawberry.union("CreateCharacterResult", description="Result of `createCharacter`."),
]
UpdateCharacterResult = Annotated[
    UpdateCharacterSuccess | InvalidInput | NotFound | ContentBlocked | TooManyAttempts | Restricted,
    strawberry.union("UpdateCharacterResult", description="Result of `updateCharacter`."),
]
DeleteCharacterResult = Annotated[
    DeleteCharacterSuccess | NotFound,
    strawberry.union("DeleteCharacterResult", description="Result of `deleteCharacter`."),
]


@strawberry.input(description="What a new story is.")
class CreateStoryInput(_CreateInput):
    """What a new story is."""


@strawberry.input(description="What to change of a story; what is left out stays.")
class UpdateStoryInput(_UpdateInput):
    """What to change of a story."""


@strawberry.input(description="Which story to delete.")
class DeleteStoryInput(_DeleteInput):
    """Which story to delete."""


@strawberry.type(description="The new story, with an empty gallery.")
class CreateStorySuccess:
    """The new story."""

    story: Story = strawberry.field(description="The story.")


@strawberry.type(description="The story as it is now.")
class UpdateStorySuccess:
    """The story as it is now."""

    story: Story = strawberry.field(description="The story.")


@strawberry.type(description="The story is deleted; its images stay among the viewer's, in no gallery.")
class DeleteStorySuccess(_DeleteSuccess):
    """The story is deleted."""


CreateStoryResult = Annotated[
    CreateStorySuccess | InvalidInput | ContentBlocked | TooManyAttempts | Restricted,
    strawberry.union("CreateStoryResult", description="Result of `createStory`."),
]
UpdateStoryResult = Annotated[
    UpdateStorySuccess | InvalidInput | NotFound | ContentBlocked | TooManyAttempts | Restricted,
    strawberry.union("UpdateStoryResult", description="Result of `updateStory`."),
]
DeleteStoryResult = Annotated[
    DeleteStorySuccess | NotFound,
    strawberry.union("DeleteStoryResult", description="Result of `deleteStory`."),
]


@strawberry.input(description="What a new original chat is.")
class CreateOrigChatInput(_CreateInput):
    """What a new original chat is."""


@strawberry.input(description="What to change of an original chat; what is left out stays.")
class UpdateOrigChatInput(_UpdateInput):
    """What to change of an original chat."""


@strawberry.input(description="Which original chat to delete.")
class DeleteOrigChatInput(_DeleteInput):
    """Which original chat to delete."""


@strawberry.type(description="The new original chat, with an empty gallery.")
class CreateOrigChatSuccess:
    """The new original chat."""

    orig_chat: OrigChat = strawberry.field(description="The original chat.")


@strawberry.type(description="The original chat as it is now.")
class UpdateOrigChatSuccess:
    """The original chat as it is now."""

    orig_chat: OrigChat = strawberry.field(description="The original chat.")


@strawberry.type(description="The original chat is deleted; its images stay among the viewer's, in no gallery.")
class DeleteOrigChatSuccess(_DeleteSuccess):
    """The original chat is deleted."""


CreateOrigChatResult = Annotated[
    CreateOrigChatSuccess | InvalidInput | ContentBlocked | TooManyAttempts | Restricted,
    strawberry.union("CreateOrigChatResult", description="Result of `createOrigChat`."),
]
UpdateOrigChatResult = Annotated[
    UpdateOrigChatSuccess | InvalidInput | NotFound | ContentBlocked | TooManyAttempts | Restricted,
    strawberry.union("UpdateOrigChatResult", description="Result of `updateOrigChat`."),
]
DeleteOrigChatResult = Annotated[
    DeleteOrigChatSuccess | NotFound,
    strawberry.union("DeleteOrigChatResult", description="Result of `deleteOrigChat`."),
]


@strawberry.type(description="A prompt to begin with, made of what is told of an owner; change it as you like.")
class PromptDraft:
    """A prompt to begin with."""

    prompt: str = strawberry.field(
        description="Name and texts on one line, at most 500 characters, then the prompt of the preset."
    )
    negative_prompt: str = strawberry.field(description="What the preset avoids; empty without one.")
    style: str = strawberry.field(description="Key of the preset's style, or of the default.")
    ratio: str = strawberry.field(description="The preset's ratio, or the default.")
    width: int | None = strawberry.field(description="The preset's width in pixels; null where the ratio decides.")
    height: int | None = strawberry.field(description="The preset's height in pixels; null where the ratio decides.")
    count: int = strawberry.field(description="How many images: the preset's number, or the default.")
    engine: strawberry.ID | None = strawberry.field(
        description="Id of the preset's engine; null without a preset, and where that engine runs here no more."
    )
    steps: int | None = strawberry.field(description="The preset's steps; null for the engine's own.")
    guidance: float | None = strawberry.field(description="The preset's guidance; null for the engine's own.")
    seed: int | None = strawberry.field(description="The preset's seed; null for another one each time.")
    preset: PromptPreset | None = strawberry.field(
        description="The preset that it was made with: the one that was asked for, or the owner's `defaultPreset`."
    )
    owner: MediaOwner = strawberry.field(description="What it was made from; give its id as `ownerId`.")

    @classmethod
    def of(cls, draft: Draft, owner: MediaOwner) -> "PromptDraft":
        """Return the object of a draft for ``owner``."""
        width, height = draft.size or (None, None)
        return cls(
            prompt=draft.prompt,
            negative_prompt=draft.negative_prompt,
            style=draft.style,
            ratio=draft.ratio,
            width=width,
            height=height,
            count=draft.count,
            engine=None if draft.engine is None else strawberry.ID(draft.engine),
            steps=draft.steps,
            guidance=draft.guidance,
            seed=draft.seed,
            preset=ref(PromptPreset, id=draft.preset_id) if draft.preset_id else None,
            owner=owner,
        )
