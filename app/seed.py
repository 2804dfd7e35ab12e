"""The demo world: a few people with painted artworks, follows, likes and comments, made once in an empty database."""

from __future__ import annotations

import asyncio
import json
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import func, select

from adapters.engines.sandbox import SandboxEngine
from app.demo import DEMO
from db.tables import (
    Artwork,
    ArtworkImage,
    ArtworkTag,
    Comment,
    CommentMention,
    Follow,
    MediaAsset,
    Reaction,
    Tag,
    User,
)
from db.tables.columns import now
from db.words import AssetStatus, BucketKind, Operation
from domain import counters, credits, galleries, listing, passwords, popularity
from domain.catalogue import ENGINES, size_of
from domain.credits import Grant, Welcome
from domain.hashtags import checked_tags
from domain.pictures import GenerationMetadata, render
from domain.ports import Brief, ImageTask, Painted, PaintRequest

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from db.session import Database
    from domain.pictures import Rendition
    from domain.ports import ObjectStore


_WORLD: Final = Path(__file__).with_name("demo_world.json")
_SIDE: Final = 576
_WELCOME: Final = Welcome(Grant(BucketKind.PROMOTIONAL, 1_000), low_mark=10)


async def seed(db: Database, store: ObjectStore) -> bool:
    """Make the demo world where there are no users yet; return whether it was made.

    Pictures are stored first, under ids that follow from the data, so that an interrupted run leaves nothing behind
    that the next one does not replace; all rows are written in one transaction.
    """
    async with db.read() as tx:
        if (await tx.execute(select(func.count()).select_from(select(User).limit(1).subquery()))).scalar_one():
            return False
    world = json.loads(_WORLD.read_text())
    assets = await asyncio.gather(*(_paint(index, entry, store) for index, entry in enumerate(world["artworks"])))
    demo_hash = await passwords.hash_password(DEMO.password)
    async with db.write() as tx:
        await _write(tx, world, assets, demo_hash)
        await _count(tx)
    return True


def _id(kind: str, name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"https://easel.example/demo/{kind}/{name}")


async def _paint(index: int, entry: dict[str, Any], store: ObjectStore) -> MediaAsset:
    asset_id = _id("asset", str(index))
    rendition = await asyncio.to_thread(_render, index, entry)
    for stored in rendition.objects(asset_id):
        await store.put(stored.key, stored.data, stored.content_type)
    return MediaAsset(
        id=asset_id,
        owner_id=_id("user", entry["by"]),
        status=AssetStatus.READY,
        width=rendition.width,
        height=rendition.height,
        byte_size=len(rendition.original),
        sha256=rendition.sha256,
        dhash=rendition.dhash,
        blurhash=rendition.blurhash,
        dominant_color=rendition.dominant_color,
        engine="sandbox",
        style=entry["style"],
        ratio=entry["ratio"],
        seed=index,
        ready_at=now(),
    )


def _render(index: int, entry: dict[str, Any]) -> Rendition:
    width, height = size_of(entry["ratio"], _SIDE)
    engine = ENGINES["sandbox"]
    request = PaintRequest(
        operation=Operation.TEXT_TO_IMAGE,
        width=width,
        height=height,
        steps=engine.default_steps,
        guidance=engine.default_guidance,
        images=(ImageTask(0, index, Brief(entry["prompt"], "", entry["style"])),),
    )
    (outcome,) = SandboxEngine().paint(request, lambda _step: None)
    assert isinstance(outcome, Painted)
    metadata = GenerationMetadata(
        prompt=entry["prompt"],
        negative_prompt="",
        engine="sandbox",
        style=entry["style"],
        seed=index,
        steps=request.steps,
        guidance=request.guidance,
        width=width,
        height=height,
        job_id=_id("job", str(index)),
        slot_id=_id("slot", str(index)),
        created_at=now(),
    )
    return render(outcome.image, metadata)


async def _write(tx: AsyncSession, world: dict[str, Any], assets: list[MediaAsset], demo_hash: str) -> None:
    people = [_user(person, demo_hash) for person in world["users"]]
    tx.add_all(people)
    await tx.flush()
    for person in people:
        await credits.open_account(tx, person.id, _WELCOME)
    tx.add_all(assets)
    await tx.flush()
    for person, entry in zip(people, world["users"], strict=True):
        await galleries.set_avatar(tx, person.id, assets[entry["avatar"]].id)
    await _write_follows(tx, people)
    await _write_artworks(tx, world, people, assets)


def _user(person: dict[str, Any], demo_hash: str) -> User:
    is_demo = person["handle"] == "demo"
    return User(
        id=_id("user", person["handle"]),
        email=DEMO.email if is_demo else f"{person['handle']}@easel.example",
        password_hash=demo_hash if is_demo else f"no password {secrets.token_hex(8)}",
        handle=person["handle"],
        display_name=person["display_name"],
        bio=person["bio"],
    )


async def _write_follows(tx: AsyncSession, people: list[User]) -> None:
    for index, follower in enumerate(people):
        for distance in range(1, 1 + index % 3 + 1):
            followee = people[(index + distance) % len(people)]
            tx.add(Follow(follower_id=follower.id, followee_id=followee.id))


async def _write_artworks(
    tx: AsyncSession, world: dict[str, Any], people: list[User], assets: list[MediaAsset]
) -> None:
    names = sorted({name for entry in world["artworks"] for name in checked_tags(entry["tags"])})
    tags = {name: Tag(name=name) for name in names}
    tx.add_all(tags.values())
    by_handle = {person.handle: person for person in people}
    artworks = []
    for index, (entry, asset) in enumerate(zip(world["artworks"], assets, strict=True)):
        artworks.append(_artwork(index, entry, asset, by_handle[entry["by"]]))
    tx.add_all(artworks)
    await tx.flush()
    for index, (entry, asset, artwork) in enumerate(zip(world["artworks"], assets, artworks, strict=True)):
        tx.add(ArtworkImage(artwork_id=artwork.id, asset_id=asset.id, position=0))
        for position, name in enumerate(checked_tags(entry["tags"])):
            tx.add(ArtworkTag(artwork_id=artwork.id, tag_id=tags[name].id, position=position))
        _react(tx, index, artwork, people, world["comments"])
    await tx.flush()
    for artwork in artworks:
        await listing.list_under_tags(tx, artwork)
        await popularity.begin(tx, artwork.id)


def _artwork(index: int, entry: dict[str, Any], asset: MediaAsset, author: User) -> Artwork:
    return Artwork(
        id=_id("artwork", str(index)),
        author_id=author.id,
        title=entry["title"],
        prompt=entry["prompt"],
        style=asset.style,
        was_public=True,
        created_at=_ago(hours=5 * index + 1),
    )


def _react(tx: AsyncSession, index: int, artwork: Artwork, people: list[User], comments: list[str]) -> None:
    others = [person for person in people if person.id != artwork.author_id]
    for person in others[: 1 + (index * 7) % len(others)]:
        tx.add(Reaction(artwork_id=artwork.id, user_id=person.id))
    for turn in range((index * 5) % 4):
        author = others[(index + turn) % len(others)]
        text = comments[(index + 3 * turn) % len(comments)]
        moment = _ago(minutes=7 * turn + index)
        comment = Comment(artwork_id=artwork.id, author_id=author.id, text=text, created_at=moment)
        tx.add(comment)
        if not turn:
            _answer(tx, comment, artwork, author)


def _answer(tx: AsyncSession, comment: Comment, artwork: Artwork, author: User) -> None:
    """Let the artwork's author pin a comment and answer it."""
    comment.pinned_at = comment.created_at + timedelta(seconds=90)
    answer = Comment(
        artwork_id=artwork.id,
        author_id=artwork.author_id,
        root_id=comment.id,
        parent_id=comment.id,
        text=f"@{author.handle} 고마워요! 🎨",
        created_at=comment.created_at + timedelta(minutes=1),
    )
    tx.add(answer)
    tx.add(CommentMention(comment_id=answer.id, offset=0, length=1 + len(author.handle), user_id=author.id))


async def _count(tx: AsyncSession) -> None:
    await tx.flush()
    for counter in counters.COUNTERS.values():
        for each in await counters.differences(tx, counter):
            await counters.mend(tx, counter, each.key)


def _ago(**distance: float) -> datetime:
    return now() - timedelta(**distance)
