"""People and artworks as rows, for tests that need many of them, or no sessions of theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from uuid_utils.compat import uuid7

from db.tables import Artwork, ArtworkImage, MediaAsset, User
from db.words import AssetStatus, ReactionKind, Visibility
from domain import counters, follows, reactions

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from db.session import Database


def key_in(global_id: str) -> UUID:
    """Return the row's key in a global id."""
    return UUID(global_id.partition("_")[2])


def later() -> datetime:
    """Return when a session or a token ends that lasts."""
    return datetime.now(UTC) + timedelta(hours=1)


async def new_users(db: Database, *handles: str) -> list[str]:
    """Store users; return their global ids."""
    users = [User(email=f"{each}@easel.example", password_hash="", handle=each, display_name=each) for each in handles]
    async with db.write() as tx:
        tx.add_all(users)
    return [f"user_{user.id.hex}" for user in users]


async def new_picture(db: Database, owner: str) -> str:
    """Store an image that is READY; return its global id."""
    asset = MediaAsset(id=uuid7(), owner_id=key_in(owner), status=AssetStatus.READY, width=64, height=64)
    async with db.write() as tx:
        tx.add(asset)
    return f"asset_{asset.id.hex}"


async def new_artwork(db: Database, author: str, title: str = "x", **more: Any) -> str:  # noqa: ANN401 - columns
    """Store an artwork of one image; return its global id."""
    artwork = Artwork(author_id=key_in(author), title=title, prompt="a cat", style="anime", **more)
    asset_id = key_in(await new_picture(db, author))
    async with db.write() as tx:
        tx.add(artwork)
        await tx.flush()
        tx.add(ArtworkImage(artwork_id=artwork.id, asset_id=asset_id, position=0))
        if artwork.visibility == Visibility.PUBLIC:
            await counters.change(tx, counters.USER_ARTWORKS, {artwork.author_id: 1})
    return f"artwork_{artwork.id.hex}"


async def set_like(tx: AsyncSession, user_id: UUID, artwork_id: UUID, *, on: bool = True) -> None:
    """Let a user like an artwork, or no more."""
    subject = reactions.Subject(artwork_id, ReactionKind.LIKE)
    for refusal in (await reactions.set_reactions(tx, subject, {user_id: on})).values():
        raise refusal


async def set_follow(tx: AsyncSession, user_id: UUID, followed_id: UUID, *, on: bool = True) -> None:
    """Let a user follow another one, or no more."""
    for refusal in (await follows.set_followers(tx, followed_id, {user_id: on})).values():
        raise refusal
