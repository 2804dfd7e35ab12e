"""Galleries: choosing, sorting, deleting and editing pictures, and following what changes."""

from collections.abc import AsyncIterable, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from db.words import OwnerKind, Visibility
from domain import attempts, edits_making, galleries, sight, streams, trash
from domain.edits import PER_USER, Crop, Recipe
from domain.errors import Missing, NotFound
from domain.galleries import Owner
from domain.ports import Event
from domain.words import MediaChange
from planner import ref
from resolvers.guarding import counting_blocks, saying
from resolvers.operations import asset_key
from resolvers.streams import After, Audience, Place, Watch
from schema.accounts import User
from schema.context import Context, Info
from schema.galleries import (
    ApplyEditInput,
    ApplyEditResult,
    ApplyEditSuccess,
    CropInput,
    CropMediaInput,
    CropMediaResult,
    CropMediaSuccess,
    DeleteMediaInput,
    DeleteMediaResult,
    DeleteMediaSuccess,
    EntityMediaChanged,
    ReorderMediaInput,
    ReorderMediaResult,
    ReorderMediaSuccess,
    RestoreMediaInput,
    RestoreMediaResult,
    RestoreMediaSuccess,
    SetAltTextInput,
    SetAltTextResult,
    SetAltTextSuccess,
    SetPrimaryMediaInput,
    SetPrimaryMediaResult,
    SetPrimaryMediaSuccess,
)
from schema.media import MediaAsset, MediaOwner
from schema.node import global_id, key_of, required_key
from schema.owners import Character, OrigChat, Story

TYPES: Final[Mapping[OwnerKind, type[MediaOwner]]] = {
    OwnerKind.USER: User,
    OwnerKind.CHARACTER: Character,
    OwnerKind.STORY: Story,
    OwnerKind.ORIG_CHAT: OrigChat,
}


def required_owner(text: str) -> Owner:
    """Return the owner in an id that was given as ``ownerId``.

    Raises:
        NotFound: it is no id of an owner.
    """
    for kind, word in galleries.WORDS.items():
        key = key_of(word, text)
        if key:
            return Owner(kind, key)
    raise NotFound(("input", "ownerId"))


def shown(owner: Owner) -> MediaOwner:
    """Return the owner as the graph shows it."""
    return ref(TYPES[owner.kind], id=owner.id)


async def gallery_owner_of(context: Context, asset_id: UUID) -> MediaOwner | None:
    """Return the owner of the gallery that a picture is in, deleted or not."""
    found = await context.services.db.look_up(lambda tx: galleries.owner_of(tx, asset_id))
    return shown(found) if found else None


def _crop(given: CropInput) -> Crop:
    return Crop(given.x, given.y, given.width, given.height)


async def _edited(info: Info, text: strawberry.ID, recipe: Recipe, *path: str) -> dict[str, Any]:
    """Make a picture by a recipe; return the fields of the success."""
    viewer_id, services = info.context.required_viewer_id, info.context.services
    parent_id = asset_key(info, text, "assetId")
    await attempts.count(services.limiter, "edit-media", str(viewer_id), PER_USER)
    async with counting_blocks(info):
        asset_id = await edits_making.edit(services.gate, viewer_id, parent_id, recipe, ("input", *path))
    return {"media": ref(MediaAsset, id=asset_id), "owner": await gallery_owner_of(info.context, asset_id)}


@strawberry.type
class GalleryMutations:
    """Mutations about galleries."""

    @strawberry.mutation(description="Let an image stand for its owner: on cards, in grids, as `avatarUrl`.")
    async def set_primary_media(
        self,
        info: Info,
        input: Annotated[SetPrimaryMediaInput, strawberry.argument(description="Which image.")],  # noqa: A002
    ) -> SetPrimaryMediaResult:
        """Choose the primary image."""
        viewer_id = info.context.required_viewer_id
        owner, asset_id = required_owner(input.owner_id), required_key("asset", input.asset_id, "assetId")
        async with info.context.services.db.write() as tx:
            await galleries.set_primary(tx, viewer_id, owner, asset_id)
        return SetPrimaryMediaSuccess(owner=shown(owner), media=ref(MediaAsset, id=asset_id))

    @strawberry.mutation(
        description="Put a gallery in order. Where it has changed since `expectedVersion`, nothing is done, and the "
        "refusal carries the order that it has."
    )
    async def reorder_media(
        self,
        info: Info,
        input: Annotated[ReorderMediaInput, strawberry.argument(description="In which order.")],  # noqa: A002
    ) -> ReorderMediaResult:
        """Put a gallery in order."""
        viewer_id, owner = info.context.required_viewer_id, required_owner(input.owner_id)
        ids = [required_key("asset", text, "ids", str(index)) for index, text in enumerate(input.ids)]
        async with info.context.services.db.write() as tx:
            await galleries.reorder(tx, viewer_id, owner, ids, input.expected_version)
        return ReorderMediaSuccess(owner=shown(owner))

    @strawberry.mutation(
        description="Delete an image. Nobody sees it from now on, and the next in order stands for the owner where it "
        "did; for seven days `restoreMedia` brings it back, then it is removed for good."
    )
    async def delete_media(
        self,
        info: Info,
        input: Annotated[DeleteMediaInput, strawberry.argument(description="Which image.")],  # noqa: A002
    ) -> DeleteMediaResult:
        """Delete an image."""
        viewer_id, asset_id = info.context.required_viewer_id, asset_key(info, input.asset_id, "assetId")
        async with info.context.services.db.write() as tx:
            until = await trash.delete(tx, viewer_id, asset_id)
        return DeleteMediaSuccess(
            deleted_id=global_id("asset", asset_id),
            restorable_until=until,
            owner=await gallery_owner_of(info.context, asset_id),
        )

    @strawberry.mutation(description="Bring a deleted image back.")
    async def restore_media(
        self,
        info: Info,
        input: Annotated[RestoreMediaInput, strawberry.argument(description="Which image.")],  # noqa: A002
    ) -> RestoreMediaResult:
        """Restore an image."""
        viewer_id, asset_id = info.context.required_viewer_id, asset_key(info, input.asset_id, "assetId")
        async with info.context.services.db.write() as tx:
            await trash.restore(tx, viewer_id, asset_id)
        return RestoreMediaSuccess(
            media=ref(MediaAsset, id=asset_id), owner=await gallery_owner_of(info.context, asset_id)
        )

    @strawberry.mutation(description="Say what an image shows, for those who can not see it.")
    async def set_alt_text(
        self,
        info: Info,
        input: Annotated[SetAltTextInput, strawberry.argument(description="What to say.")],  # noqa: A002
    ) -> SetAltTextResult:
        """Say what an image shows."""
        viewer_id, asset_id = info.context.required_viewer_id, asset_key(info, input.asset_id, "assetId")
        await saying(info, lambda tx, passed: trash.set_alt_text(tx, viewer_id, asset_id, input.alt_text, passed))
        return SetAltTextSuccess(
            media=ref(MediaAsset, id=asset_id), owner=await gallery_owner_of(info.context, asset_id)
        )

    @strawberry.mutation(description="Make a new image of a part of one, which stays as it is. 60 edits in 5 minutes.")
    async def crop_media(
        self,
        info: Info,
        input: Annotated[CropMediaInput, strawberry.argument(description="Which part.")],  # noqa: A002
    ) -> CropMediaResult:
        """Crop an image."""
        recipe = Recipe(crop=_crop(input.crop))
        return CropMediaSuccess(**await _edited(info, input.asset_id, recipe, "crop"))

    @strawberry.mutation(
        description="Make a new image out of one by a recipe; the one stays as it is. 60 edits in 5 minutes."
    )
    async def apply_edit(
        self,
        info: Info,
        input: Annotated[ApplyEditInput, strawberry.argument(description="How.")],  # noqa: A002
    ) -> ApplyEditResult:
        """Edit an image."""
        given = input.recipe
        recipe = Recipe(
            crop=_crop(given.crop) if given.crop else None,
            rotation=given.rotate,
            flip_horizontal=given.flip_horizontal,
            flip_vertical=given.flip_vertical,
            size=(given.resize.width, given.resize.height) if given.resize else None,
        )
        return ApplyEditSuccess(**await _edited(info, input.asset_id, recipe, "recipe"))


@strawberry.type
class GallerySubscriptions:
    """Streams about galleries."""

    @strawberry.subscription(
        description="Follow a gallery: how it is now, then again after each change, once and in order. Give the last "
        "`cursor` as `after` to go on after a broken connection; changes are kept for ten minutes."
    )
    def entity_media_changed(
        self,
        info: Info,
        owner_id: Annotated[strawberry.ID, strawberry.argument(description="Id of a character, story, chat or user.")],
        after: After = None,
    ) -> AsyncIterable[EntityMediaChanged]:
        """Follow a gallery."""
        try:
            owner = required_owner(owner_id)
        except NotFound:
            owner = None
        return MediaWatch(info.context, after, owner)


class MediaWatch(Watch):
    """Somebody watching a gallery that they may see."""

    __slots__ = ("_owner",)

    def __init__(self, context: Context, after: str | None, owner: Owner | None) -> None:
        """Watch the gallery of ``owner``; None is what is not there."""
        super().__init__(context, after)
        self._owner = owner

    @property
    def stream(self) -> str:
        """Name of the gallery's stream."""
        return streams.of_media(self.owner.id)

    @property
    def owner(self) -> Owner:
        """Whose gallery it is, known once ``check`` has passed."""
        assert self._owner, "check has passed"
        return self._owner

    @property
    def audience(self) -> Audience:
        """The viewer, who may be nobody: an owner tells what they may do."""
        return Audience(self.context.viewer_id, self.context.language, is_open=True)

    async def check(self) -> None:
        """Refuse who is not signed in any more, and owners that are not, or no longer, there for the viewer."""
        await self.context.require_nobody_or_live_session()
        owner = self._owner
        state = await self.context.services.db.find(galleries.audiences, owner.id) if owner else None
        if state and owner and state[0] is owner.kind:
            _, user_id, visibility = state
            viewer_id = self.context.viewer_id
            if user_id == viewer_id:
                return
            if visibility is not Visibility.PRIVATE and not (viewer_id and await self._is_apart(viewer_id, user_id)):
                return
        raise Missing("There is no such gallery that you may see.")

    async def _is_apart(self, viewer_id: UUID, user_id: UUID) -> bool:
        return bool(await self.context.services.db.find(sight.apart, (viewer_id, user_id)))

    def snapshot(self, place: Place, *, resumed: bool) -> EntityMediaChanged:  # noqa: ARG002 - each message says all
        """Return the gallery as it is now."""
        return EntityMediaChanged(**place, owner=shown(self.owner), change=None, media=None)

    def event(self, event: Event, place: Place) -> EntityMediaChanged | None:
        """Return the gallery as it is now, and what happened; nothing where that is of a newer version."""
        change, asset = event.data["change"], event.data["asset"]
        if change not in {each.value for each in MediaChange}:
            return None
        media = ref(MediaAsset, id=UUID(asset)) if asset else None
        return EntityMediaChanged(**place, owner=shown(self.owner), change=MediaChange(change), media=media)
