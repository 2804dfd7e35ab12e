"""A small crowd that has left traces in every table: artworks of all kinds, jobs in all states, credits, sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlmodel import col

from crowd_judged import judge
from db.tables import (
    Artwork,
    ArtworkImage,
    ArtworkTag,
    Block,
    Collection,
    CollectionItem,
    Comment,
    CommentMention,
    EditRecipe,
    Follow,
    Gallery,
    GenerationJob,
    GenerationSlot,
    HiddenTag,
    LedgerEntry,
    MediaAsset,
    Mute,
    NotificationActor,
    NotificationBox,
    NotificationGroup,
    NotificationPlace,
    OwnerEntity,
    Reaction,
    Session,
    Tag,
    TagFollow,
    User,
)
from db.words import (
    AssetStatus,
    BucketKind,
    JobStatus,
    NotificationKind,
    OwnerKind,
    PromptVisibility,
    SlotStatus,
    Visibility,
)
from domain import credits, galleries, listing, popularity
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
_REPLIES_FROM: Final = 2
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
        await _collections(tx, crowd)
        await _likes_and_dislikes(tx)
        await judge(tx, crowd)
        await _notifications(tx, crowd)
        for entry in (await tx.execute(select(col(LedgerEntry.id)).order_by(col(LedgerEntry.business_key)))).scalars():
            crowd.note("entry", entry)
    return crowd


async def _likes_and_dislikes(tx: AsyncSession) -> None:
    """Let Ann mute one and follow and hide tags, and a block stand between two others."""
    ann, ben, cleo, dora = (_key("user", handle) for handle in _PEOPLE)
    tx.add(Mute(user_id=ann, muted_id=cleo, created_at=_moment(1)))
    tx.add_all(TagFollow(user_id=ann, tag_id=_key("tag", f"0{n}"), created_at=_moment(n)) for n in range(3))
    tx.add_all(HiddenTag(user_id=ann, tag_id=_key("tag", f"1{n}"), created_at=_moment(n)) for n in range(2))
    for one, other, is_own in ((ben, dora, False), (dora, ben, True)):
        tx.add(Block(user_id=one, other_id=other, is_own=is_own, created_at=_moment(2)))


async def _notifications(tx: AsyncSession, crowd: Crowd) -> None:
    """Notify each of all kinds: some are read, about what is gone, or by those who are blocked."""
    subjects = {
        NotificationKind.LIKE: "artwork",
        NotificationKind.COMMENT: "artwork",
        NotificationKind.REPLY: "comment",
    }
    for handle in _PEOPLE[:2]:
        recipient = _key("user", handle)
        for place, kind in enumerate(NotificationKind, 1):
            keys = crowd.ids.get(subjects.get(kind, ""), [f"user_{recipient.hex}"])
            subject = UUID(keys[place % len(keys)].partition("_")[2])
            group = NotificationGroup(
                id=crowd.key("notification", f"{handle} {kind}"),
                recipient_id=recipient,
                kind=kind,
                subject_id=subject,
                actor_count=2,
                item_count=place % 3,
                amount=place % 2,
                grown=place,
                created_at=_moment(place),
                latest_at=_moment(place),
                read_at=_moment(place) if place % 3 == 0 else None,
            )
            tx.add(group)
            await tx.flush()
            tx.add(NotificationPlace(recipient_id=recipient, place=place, group_id=group.id))
            for actor in _PEOPLE[2:]:
                tx.add(
                    NotificationActor(
                        group_id=group.id, actor_id=_key("user", actor), subject_id=subject, latest_at=_moment(place)
                    )
                )
        tx.add(NotificationBox(user_id=recipient, edition=len(NotificationKind), off=["LIKE"]))


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
                pair = {"follower_id": _key("user", follower), "followee_id": _key("user", followee)}
                tx.add(Follow(**pair, created_at=_moment(len(follower))))


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
    tags = [
        Tag(id=crowd.key("tag", f"{person}{number}"), name=f"t{person}{number}", artwork_count=2) for number in range(3)
    ]
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
        await tx.flush()
        if visibility is Visibility.PUBLIC:
            await listing.list_under_tags(tx, artwork)
            await popularity.begin(tx, artwork.id)
        for liker in _PEOPLE[:person]:
            tx.add(Reaction(artwork_id=artwork.id, user_id=_key("user", liker), created_at=_moment(number)))
        await _comments(tx, crowd, artwork, number)
    await tx.flush()
    if person:  # she follows tags of her own as well
        tx.add(TagFollow(user_id=_key("user", "ann"), tag_id=tags[2].id))
    tx.add(HiddenTag(user_id=_key("user", "dora"), tag_id=tags[1].id))
    (await tx.get_one(User, _key("user", _PEOPLE[person]))).artwork_count = 3


async def _comments(tx: AsyncSession, crowd: Crowd, artwork: Artwork, count: int) -> None:
    """Comment on an artwork: the first is pinned; from the third on they are replies below the second, a stub."""
    said: list[Comment] = []
    for index in range(count):
        is_reply, is_stub = index >= _REPLIES_FROM, index == 1 and count > _REPLIES_FROM
        comment = Comment(
            id=crowd.key("comment", f"{artwork.id} {index}"),
            artwork_id=artwork.id,
            author_id=None if is_stub else _key("user", _PEOPLE[index % len(_PEOPLE)]),
            root_id=said[1].id if is_reply else None,
            parent_id=said[index - 1].id if is_reply else None,
            text="" if is_stub else _TEXTS[index],
            reply_count=count - _REPLIES_FROM if is_stub else 0,
            created_at=_moment(index),
            edited_at=_moment(index) if is_reply else None,
            deleted_at=_moment(index) if is_stub else None,
            pinned_at=_moment(index) if not index and count > 1 else None,
        )
        said.append(comment)
        tx.add(comment)
        await tx.flush()
        if not is_stub:
            mentioned = _PEOPLE[(index + 1) % len(_PEOPLE)]
            tx.add(CommentMention(comment_id=comment.id, offset=index, length=4, user_id=_key("user", mentioned)))


async def _collections(tx: AsyncSession, crowd: Crowd) -> None:
    for person in _PEOPLE[:3]:
        owner = _key("user", person)
        for number, visibility in enumerate([*Visibility, Visibility.PRIVATE]):
            collection = Collection(
                id=crowd.key("collection", f"{person} {number}"),
                user_id=owner,
                title="" if number == len(Visibility) else f"{number} {_TEXTS[number]}",
                description=_TEXTS[-number],
                visibility=visibility,
                is_bookmarks=number == len(Visibility),
                created_at=_moment(number),
            )
            tx.add(collection)
            await tx.flush()
            for artwork in crowd.ids["artwork"][number::3]:
                key = crowd.key("collected", f"{collection.id} {artwork}")
                shown = UUID(artwork.partition("_")[2])
                tx.add(CollectionItem(id=key, collection_id=collection.id, artwork_id=shown, user_id=owner))
