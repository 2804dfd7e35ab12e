"""Characters, stories and original chats: making, changing and deleting them, and drafting prompts for them."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from db.words import OwnerKind
from domain import drafts, owners
from domain.errors import Missing, NotFound
from domain.galleries import Owner
from domain.owners import Texts
from planner import ref
from resolvers.galleries import required_owner, shown
from resolvers.guarding import saying
from schema.accounts import Viewer
from schema.context import Info
from schema.node import required_key
from schema.owners import (
    Character,
    CreateCharacterInput,
    CreateCharacterResult,
    CreateCharacterSuccess,
    CreateOrigChatInput,
    CreateOrigChatResult,
    CreateOrigChatSuccess,
    CreateStoryInput,
    CreateStoryResult,
    CreateStorySuccess,
    DeleteCharacterInput,
    DeleteCharacterResult,
    DeleteCharacterSuccess,
    DeleteOrigChatInput,
    DeleteOrigChatResult,
    DeleteOrigChatSuccess,
    DeleteStoryInput,
    DeleteStoryResult,
    DeleteStorySuccess,
    OrigChat,
    PromptDraft,
    Story,
    UpdateCharacterInput,
    UpdateCharacterResult,
    UpdateCharacterSuccess,
    UpdateOrigChatInput,
    UpdateOrigChatResult,
    UpdateOrigChatSuccess,
    UpdateStoryInput,
    UpdateStoryResult,
    UpdateStorySuccess,
)

_TEXTS = ("name", "description", "personality", "tone", "world", "summary")


async def _created(info: Info, kind: OwnerKind, given: Any) -> UUID:  # noqa: ANN401 - the input of one of three
    texts = Texts(**{name: getattr(given, name) for name in _TEXTS})
    viewer_id = info.context.required_viewer_id
    return await saying(info, lambda tx, passed: owners.create(tx, viewer_id, kind, texts, given.visibility, passed))


async def _updated(info: Info, owner: Owner, given: Any) -> UUID:  # noqa: ANN401 - the input of one of three
    texts = Texts(**{name: getattr(given, name) for name in _TEXTS})
    viewer_id = info.context.required_viewer_id
    await saying(info, lambda tx, passed: owners.update(tx, viewer_id, owner, texts, given.visibility, passed))
    return owner.id


async def _deleted(info: Info, owner: Owner, given: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    viewer_id = info.context.required_viewer_id
    async with info.context.services.db.write() as tx:
        await owners.delete(tx, viewer_id, owner)
    return {"deleted_id": given.id, "viewer": ref(Viewer, id=viewer_id)}


def _named(info: Info, kind: OwnerKind, word: str, text: strawberry.ID) -> Owner:
    info.context.require_viewer()
    return Owner(kind, required_key(word, text, "id"))


@strawberry.type
class OwnerQueries:
    """Root fields about owners of galleries."""

    @strawberry.field(description="A prompt to begin with for one of the viewer's owners of galleries.")
    async def prompt_draft(
        self,
        info: Info,
        owner: Annotated[strawberry.ID, strawberry.argument(description="Id of the owner.")],
        preset_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Id of a preset to make it with; the owner's `defaultPreset` by default."),
        ] = None,
    ) -> PromptDraft:
        """Draft a prompt."""
        viewer_id, services = info.context.required_viewer_id, info.context.services
        try:
            found = required_owner(owner)
            preset = required_key("preset", preset_id) if preset_id is not None else None
        except NotFound as error:
            raise Missing("There is no such owner or preset, or it is not yours.") from error
        draft = await services.db.look_up(lambda tx: drafts.draft(tx, viewer_id, found, preset, services.engines))
        return PromptDraft.of(draft, shown(found))


@strawberry.type
class OwnerMutations:
    """Mutations about owners of galleries."""

    @strawberry.mutation(description="Make a character.")
    async def create_character(
        self,
        info: Info,
        input: Annotated[CreateCharacterInput, strawberry.argument(description="What it is.")],  # noqa: A002
    ) -> CreateCharacterResult:
        """Make a character."""
        return CreateCharacterSuccess(character=ref(Character, id=await _created(info, OwnerKind.CHARACTER, input)))

    @strawberry.mutation(description="Change one of the viewer's characters.")
    async def update_character(
        self,
        info: Info,
        input: Annotated[UpdateCharacterInput, strawberry.argument(description="What to change.")],  # noqa: A002
    ) -> UpdateCharacterResult:
        """Change a character."""
        owner = _named(info, OwnerKind.CHARACTER, "character", input.id)
        return UpdateCharacterSuccess(character=ref(Character, id=await _updated(info, owner, input)))

    @strawberry.mutation(
        description="Delete one of the viewer's characters. Its images stay among the viewer's, in no gallery."
    )
    async def delete_character(
        self,
        info: Info,
        input: Annotated[DeleteCharacterInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> DeleteCharacterResult:
        """Delete a character."""
        owner = _named(info, OwnerKind.CHARACTER, "character", input.id)
        return DeleteCharacterSuccess(**await _deleted(info, owner, input))

    @strawberry.mutation(description="Make a story.")
    async def create_story(
        self,
        info: Info,
        input: Annotated[CreateStoryInput, strawberry.argument(description="What it is.")],  # noqa: A002
    ) -> CreateStoryResult:
        """Make a story."""
        return CreateStorySuccess(story=ref(Story, id=await _created(info, OwnerKind.STORY, input)))

    @strawberry.mutation(description="Change one of the viewer's stories.")
    async def update_story(
        self,
        info: Info,
        input: Annotated[UpdateStoryInput, strawberry.argument(description="What to change.")],  # noqa: A002
    ) -> UpdateStoryResult:
        """Change a story."""
        owner = _named(info, OwnerKind.STORY, "story", input.id)
        return UpdateStorySuccess(story=ref(Story, id=await _updated(info, owner, input)))

    @strawberry.mutation(
        description="Delete one of the viewer's stories. Its images stay among the viewer's, in no gallery."
    )
    async def delete_story(
        self,
        info: Info,
        input: Annotated[DeleteStoryInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> DeleteStoryResult:
        """Delete a story."""
        owner = _named(info, OwnerKind.STORY, "story", input.id)
        return DeleteStorySuccess(**await _deleted(info, owner, input))

    @strawberry.mutation(description="Make an original chat.")
    async def create_orig_chat(
        self,
        info: Info,
        input: Annotated[CreateOrigChatInput, strawberry.argument(description="What it is.")],  # noqa: A002
    ) -> CreateOrigChatResult:
        """Make an original chat."""
        return CreateOrigChatSuccess(orig_chat=ref(OrigChat, id=await _created(info, OwnerKind.ORIG_CHAT, input)))

    @strawberry.mutation(description="Change one of the viewer's original chats.")
    async def update_orig_chat(
        self,
        info: Info,
        input: Annotated[UpdateOrigChatInput, strawberry.argument(description="What to change.")],  # noqa: A002
    ) -> UpdateOrigChatResult:
        """Change an original chat."""
        owner = _named(info, OwnerKind.ORIG_CHAT, "origchat", input.id)
        return UpdateOrigChatSuccess(orig_chat=ref(OrigChat, id=await _updated(info, owner, input)))

    @strawberry.mutation(
        description="Delete one of the viewer's original chats. Its images stay among the viewer's, in no gallery."
    )
    async def delete_orig_chat(
        self,
        info: Info,
        input: Annotated[DeleteOrigChatInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> DeleteOrigChatResult:
        """Delete an original chat."""
        owner = _named(info, OwnerKind.ORIG_CHAT, "origchat", input.id)
        return DeleteOrigChatSuccess(**await _deleted(info, owner, input))
