"""A small crowd that has left traces in every table: artworks of all kinds, jobs in all states, credits, sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlmodel import col

from db.tables import (
    Artwork,
    ArtworkImage,
    ArtworkTag,
    Comment,
    EditRecipe,
    Follow,
    Gallery,
    GenerationJob,
    GenerationSlot,
    LedgerEntry,
    MediaAsset,
    OwnerEntity,
    Reaction,
    Session,
    Tag,
    User,
)
from db.words import AssetStatus, BucketKind, JobStatus, OwnerKind, PromptVisibility, SlotStatus, Visibility
from domain import credits, galleries
from domain.credits import Grant, Welcome
from domain.tokens import Claims
from domain.words import FailureCode, MediaChange

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from db.session import Database

_BEGINNING: Final = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
_FAR: Final = datetime(2100, 1, 1, tzinfo=UTC)
_NAMESPACE: Final = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
_TEXTS: Final = ("", "노을 🌊", 'quo"ted \\ back', "it's %s $1 :x", "line\nbreak\ttab\u2028", "</script>\x7f")
_PEOPLE: Final = ("ann", "ben", "cleo", "dora")


@dataclass(slots=True)
class Crowd:
    """Who there is and what they have; all keys are the same in every run."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    """Global ids by their kind."""
    handles: tuple[str, ...] = _PEOPLE

    def claims(self, handle: str) -> Claims:
        """Return what the token of the first session of ``handle`` says."""
        return Claims(_key("user", handle), _key("session", f"{handle} 0"), _FAR)

    def key(self, kind: str, name: object) -> UUID:
        """Return the key of a new row, which ``name`` tells apart from others of its kind, and remember its id."""
        return self.note(kind, _key(kind, name))

    def note(self, kind: str, key: UUID) -> UUID:
        """Remember the global id of a row."""
        self.ids.setdefault(kind, []).append(f"{kind}_{key.hex}")
        return key


async def gather(db: Database) -> Crowd:
    """Fill an empty database with the crowd."""
    crowd = Crowd()
    async with db.write() as tx:
        await _people(tx, crowd)
        for index, handle in enumerate(_PEOPLE[:3]):
            assets = await _assets(tx, crowd, handle)
            await _entities(tx, crowd, handle, assets)
            await _jobs(tx, crowd, handle, assets)
            await _artworks(tx, crowd, index, assets)
        for entry in (await tx.execute(select(col(LedgerEntry.id)).order_by(col(LedgerEntry.business_key)))).scalars():
            crowd.note("entry", entry)
    return crowd


def _key(kind: str, name: object) -> UUID:
    return uuid5(_NAMESPACE, f"{kind} {name}")


def _moment(number: int) -> datetime:
    """Return a moment; some share it, some have a fraction of a second."""
    return _BEGINNING + timedelta(hours=number // 2, microseconds=(number // 2 % 3) * 123_450)


async def _people(tx: AsyncSession, crowd: Crowd) -> None:
    for index, handle in enumerate(_PEOPLE):
        user = User(
            id=crowd.key("user", handle),
            email=f"{handle}@easel.example",
            password_hash="none",
            handle=handle,
            display_name=_TEXTS[index + 1],
            bio=_TEXTS[-index],
            links=[f"https://{handle}.example/?q='{each}'" for each in range(index)],
            created_at=_moment(index),
        )
        tx.add(user)
        await tx.flush()
        account = await credits.open_account(tx, user.id, Welcome(Grant(BucketKind.PROMOTIONAL, 100), low_mark=10))
        crowd.note("credits", account.id)
        for number in range(3):
            tx.add(
                Session(
                    id=crowd.key("session", f"{handle} {number}"),
                    user_id=user.id,
                    user_agent=_TEXTS[number],
                    created_at=_moment(number),
                    last_used_at=_moment(number),
                    expires_at=_FAR,
                    ended_at=_moment(9) if number == 2 else None,
                )
            )
    await tx.flush()
    for follower in _PEOPLE[:3]:
        for followee in _PEOPLE:
            if follower < followee:
                tx.add(Follow(follower_id=_key("user", follower), followee_id=_key("user", followee)))


async def _assets(tx: AsyncSession, crowd: Crowd, handle: str) -> list[MediaAsset]:
    statuses = [AssetStatus.READY] * 5 + [AssetStatus.PENDING, AssetStatus.HIDDEN]
    assets = [
        MediaAsset(
            id=crowd.key("asset", f"{handle} {number}"),
            owner_id=_key("user", handle),
            status=status,
            width=64 * number,
            byte_size=2**31 - 1 - number,
            seed=number,
            engine="sandbox",
            style="anime",
            ratio="1:1",
            dominant_color="#ffffff",
            created_at=_moment(number),
        )
        for number, status in enumerate(statuses)
    ]
    tx.add_all(assets)
    await tx.flush()
    if handle != "cleo":
        await galleries.set_avatar(tx, _key("user", handle), assets[1].id)
    return assets


async def _entities(tx: AsyncSession, crowd: Crowd, handle: str, assets: list[MediaAsset]) -> None:
    """Make one of each kind: a character with two pictures, one of which was edited, and two without any."""
    kinds = {"character": OwnerKind.CHARACTER, "story": OwnerKind.STORY, "origchat": OwnerKind.ORIG_CHAT}
    for number, ((word, kind), visibility) in enumerate(zip(kinds.items(), Visibility, strict=True)):
        key = crowd.key(word, handle)
        tx.add(Gallery(id=key, user_id=_key("user", handle), kind=kind, visibility=visibility, version=number))
        await tx.flush()
        texts = {"name": _TEXTS[number], "description": _TEXTS[-number - 1], "world": _TEXTS[number + 1]}
        tx.add(OwnerEntity(id=key, **texts, created_at=_moment(number), updated_at=_moment(number + 1)))
    gallery = await galleries.locked(tx, _key("character", handle))
    assert gallery
    for position, asset in enumerate(assets[2:4]):
        asset.gallery_id, asset.position, asset.alt_text = gallery.id, position, _TEXTS[position]
        await galleries.welcome(tx, gallery, asset, MediaChange.ADDED)
    assets[3].parent_id = assets[2].id
    tx.add(EditRecipe(asset_id=assets[3].id, crop_x=0, crop_y=1, crop_width=8, crop_height=9, rotation=90))


async def _jobs(tx: AsyncSession, crowd: Crowd, handle: str, assets: list[MediaAsset]) -> None:
    for number, status in enumerate(JobStatus):
        failed = status in {JobStatus.FAILED, JobStatus.BLOCKED}
        has_begun = status not in {JobStatus.QUEUED, JobStatus.ACCEPTED}
        job = GenerationJob(
            id=crowd.key("job", f"{handle} {number}"),
            user_id=_key("user", handle),
            gallery_id=_key(("character", "story", "origchat")[number % 3], handle) if number % 4 else None,
            status=status,
            engine="sandbox",
            prompt=_TEXTS[number % len(_TEXTS)],
            style="anime",
            ratio="1:1",
            width=64,
            height=64,
            count=3,
            seed=number,
            steps=4,
            guidance=(7.5, 1e-05, 3.0, 0.1 + 0.2)[number % 4],
            price=1 + number,
            failure_code=FailureCode.ENGINE_ERROR if failed else None,
            queued_at=_moment(number),
            created_at=_moment(number),
            started_at=_moment(number + 2) if has_begun else None,
            finished_at=_moment(number + 4) if status.is_final else None,
        )
        tx.add(job)
        await tx.flush()
        _slots(tx, crowd, job, assets[number % len(assets)] if handle == "ann" and number < len(assets) else None)
        await credits.hold(tx, await credits.lock_account(tx, job.user_id), job.id, 1)


def _slots(tx: AsyncSession, crowd: Crowd, job: GenerationJob, asset: MediaAsset | None) -> None:
    for index, status in enumerate((SlotStatus.READY, SlotStatus.FAILED, SlotStatus.PENDING)):
        tx.add(
            GenerationSlot(
                id=crowd.key("slot", f"{job.id} {index}"),
                job_id=job.id,
                index=index,
                status=status,
                seed=job.seed + index,
                asset_id=asset.id if asset and status is SlotStatus.READY else None,
                failure_code=FailureCode.OUT_OF_MEMORY if status is SlotStatus.FAILED else None,
            )
        )


async def _artworks(tx: AsyncSession, crowd: Crowd, person: int, assets: list[MediaAsset]) -> None:
    tags = [Tag(name=f"t{person}{number}") for number in range(3)]
    tx.add_all(tags)
    for number, visibility in enumerate([*Visibility, Visibility.PUBLIC, Visibility.PUBLIC]):
        artwork = Artwork(
            id=crowd.key("artwork", f"{person} {number}"),
            author_id=_key("user", _PEOPLE[person]),
            title=_TEXTS[(person + number) % len(_TEXTS)],
            description=_TEXTS[number],
            visibility=visibility,
            prompt=_TEXTS[-number],
            prompt_visibility=list(PromptVisibility)[number % 2],
            style="anime",
            like_count=person,
            comment_count=number,
            created_at=_moment(number + person),
        )
        tx.add(artwork)
        await tx.flush()
        for position, asset in enumerate(assets[number : number + 2 + person]):
            tx.add(ArtworkImage(artwork_id=artwork.id, asset_id=asset.id, position=position))
        for position, tag in enumerate(tags[:number]):
            tx.add(ArtworkTag(artwork_id=artwork.id, tag_id=tag.id, position=position))
        for liker in _PEOPLE[:person]:
            tx.add(Reaction(artwork_id=artwork.id, user_id=_key("user", liker)))
        for index in range(number):
            tx.add(
                Comment(
                    id=crowd.key("comment", f"{artwork.id} {index}"),
                    artwork_id=artwork.id,
                    author_id=_key("user", _PEOPLE[index % len(_PEOPLE)]),
                    text=_TEXTS[index],
                    created_at=_moment(index),
                )
            )
    (await tx.get_one(User, _key("user", _PEOPLE[person]))).artwork_count = 3
