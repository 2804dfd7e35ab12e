"""A small world with somebody in it who shows all that one can show, and those who look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from uuid_utils.compat import uuid7

from db.tables import (
    Artwork,
    ArtworkImage,
    ArtworkTag,
    Gallery,
    MediaAsset,
    OwnerEntity,
    PromptPreset,
    Session,
    Tag,
    User,
)
from db.words import AssetStatus, OwnerKind, Visibility
from domain import blocks, mutes
from people import later, set_follow, set_like

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.session import Database

VIEWERS: Final = ("fay", "mia", "bob", "bea", "olga")
"""Who look, but for a stranger: one who follows Olga, one who mutes her, one whom she has blocked, one who has blocked
her, and Olga herself."""
KINDS: Final = {OwnerKind.CHARACTER: "character", OwnerKind.STORY: "story", OwnerKind.ORIG_CHAT: "origchat"}


@dataclass(frozen=True, slots=True)
class World:
    """Global ids of things by name, and keys of users and of their sessions by handle."""

    ids: dict[str, str]
    users: dict[str, UUID]
    sessions: dict[str, UUID]


async def build_world(db: Database) -> World:
    """Store everything."""
    users = {each: _user(each) for each in (*VIEWERS, "cem")}
    sessions = {handle: Session(user_id=user.id, expires_at=later()) for handle, user in users.items()}
    olga, cem = users["olga"].id, users["cem"].id
    async with db.write() as tx:
        tx.add_all(users.values())
        await tx.flush()
        tx.add_all(sessions.values())
        ids = {handle: f"user_{user.id.hex}" for handle, user in users.items()}
        tag = Tag(name="cat", artwork_count=3)
        tx.add(tag)
        await tx.flush()
        for visibility in Visibility:
            name = f"{visibility.lower()}_artwork"
            artwork, asset = await _artwork(tx, olga, tag, visibility)
            ids |= {name: f"artwork_{artwork.hex}", name.replace("artwork", "asset"): f"asset_{asset.hex}"}
        other, others_asset = await _artwork(tx, cem, tag, Visibility.PUBLIC)
        ids |= {"others_artwork": f"artwork_{other.hex}", "others_asset": f"asset_{others_asset.hex}"}
        await hang(tx, olga, ids)
    await _mingle(db, users, other)
    return World(ids, {each: user.id for each, user in users.items()}, {each: s.id for each, s in sessions.items()})


def _user(handle: str) -> User:
    return User(email=f"{handle}@easel.example", password_hash="", handle=handle, display_name=handle)


def _asset(owner: UUID, **more: Any) -> MediaAsset:  # noqa: ANN401 - columns
    size: dict[str, Any] = {"width": 64, "height": 64, "byte_size": 1}
    return MediaAsset(id=uuid7(), owner_id=owner, status=AssetStatus.READY, style="anime", ratio="1:1", **size, **more)


async def _artwork(tx: AsyncSession, author: UUID, tag: Tag, visibility: Visibility) -> tuple[UUID, UUID]:
    artwork = Artwork(author_id=author, title="x", prompt="a cat", style="anime", visibility=visibility)
    asset = _asset(author)
    tx.add_all([artwork, asset])
    await tx.flush()
    tx.add(ArtworkImage(artwork_id=artwork.id, asset_id=asset.id, position=0))
    tx.add(ArtworkTag(artwork_id=artwork.id, tag_id=tag.id, position=0))
    return artwork.id, asset.id


async def hang(tx: AsyncSession, olga: UUID, ids: dict[str, str]) -> None:
    """Give Olga a gallery, and a character, a story and a chat with one, each with a picture, and a preset."""
    galleries = {"olga": Gallery(id=olga, user_id=olga, kind=OwnerKind.USER, image_count=1)}
    for kind, word in KINDS.items():
        gallery = galleries[word] = Gallery(id=uuid7(), user_id=olga, kind=kind, image_count=1)
        ids[word] = f"{word}_{gallery.id.hex}"
    tx.add_all(galleries.values())
    await tx.flush()
    for word, gallery in galleries.items():
        asset = _asset(olga, gallery_id=gallery.id, is_primary=True)
        tx.add(asset)
        ids[f"{word}_asset"] = f"asset_{asset.id.hex}"
        if word != "olga":
            tx.add(OwnerEntity(id=gallery.id, name=word))
    preset = PromptPreset(
        user_id=olga, name="Dusk", prompt="a cat", style="anime", ratio="1:1", count=1, engine="sandbox", steps=1,
        guidance=1, visibility=Visibility.PUBLIC,
    )  # fmt: skip
    tx.add(preset)
    ids["preset"] = f"preset_{preset.id.hex}"


async def _mingle(db: Database, users: dict[str, User], other: UUID) -> None:
    """Let people follow, like, mute and block each other."""
    keys = {handle: user.id for handle, user in users.items()}
    for follower, followed in (("fay", "olga"), ("olga", "cem"), ("cem", "olga"), ("bob", "olga"), ("olga", "bea")):
        async with db.write() as tx:
            await set_follow(tx, keys[follower], keys[followed])
    async with db.write() as tx:
        await set_like(tx, keys["olga"], other)
    async with db.write() as tx:
        await mutes.set_mute(tx, keys["mia"], keys["olga"], on=True)
    for blocker, blocked in (("olga", "bob"), ("bea", "olga")):
        async with db.write() as tx:
            await blocks.set_block(tx, keys[blocker], keys[blocked], on=True)
