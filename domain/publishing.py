"""Publishing: what authors show of their own images, change, take back, and delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlmodel import col

from db.tables import Artwork, ArtworkImage, GenerationJob
from db.tables.columns import now
from db.words import ArtworkLicense, AssetStatus, PromptVisibility, Visibility
from db.words_moderation import Activity
from domain import guard, idempotency, levels, lineage, listing, media, restrictions, tagging
from domain.artworks import MAXIMUM_IMAGES
from domain.bounds import INPUT
from domain.errors import InvalidInput, NotFound
from domain.hashtags import checked_tags
from domain.judged import require_passed
from domain.licenses import check_remix
from domain.texts import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.tables import MediaAsset
    from domain.bounds import Path
    from domain.judged import Passed

MAXIMUM_TITLE: Final = 100
MAXIMUM_DESCRIPTION: Final = 2_000
_OPERATION: Final = "publishArtwork"


@dataclass(frozen=True, slots=True)
class Publication:
    """What an author publishes, as it arrived."""

    asset_ids: tuple[UUID, ...]
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    visibility: Visibility = Visibility.PUBLIC
    prompt_visibility: PromptVisibility = PromptVisibility.PUBLIC
    license: ArtworkLicense = ArtworkLicense.ALL_RIGHTS_RESERVED
    remix_of_id: UUID | None = None
    """None for whatever the images tell."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What shall be another of an artwork, as it arrived; None for what stays."""

    asset_ids: tuple[UUID, ...] | None = None
    title: str | None = None
    description: str | None = None
    tags: tuple[str, ...] | None = None
    visibility: Visibility | None = None
    prompt_visibility: PromptVisibility | None = None
    license: ArtworkLicense | None = None


async def publish(
    tx: AsyncSession, author_id: UUID, publication: Publication, key: str | None = None, passed: Passed = None
) -> UUID:
    """Show one's own images to others and return the artwork's key.

    Prompt and style are those of the first image's job. With an idempotency key, the same publication again is the
    artwork that it made the first time.

    Raises:
        Restricted: moderation keeps the author from publishing.
        InvalidInput: a text, a tag, the key, the list of images, or the licence of a remix is not acceptable.
        NotFound: one of the images is not the author's, they see no such artwork to remix, or they have deleted the one
            that the key made.
        IdempotencyConflict: the key was used for something else.
        Unjudged: others would read words that are not among those that the guard ``passed``.
    """
    artwork = Artwork(
        author_id=author_id,
        title=_title(publication.title),
        description=_description(publication.description),
        visibility=publication.visibility,
        prompt="",
        prompt_visibility=publication.prompt_visibility,
        style="",
        license=publication.license,
        was_public=publication.visibility is Visibility.PUBLIC,
    )
    names = checked_tags(publication.tags)
    first = await _first_of(tx, author_id, publication, key, artwork.id)
    if first:
        return first
    await restrictions.check(tx, author_id, Activity.PUBLISH)
    if artwork.visibility is not Visibility.PRIVATE:
        require_passed(passed, _words(artwork.title, artwork.description, names))
    await levels.lock(tx, author_id)
    assets = await _publishable(tx, author_id, publication.asset_ids)
    await _trace(tx, artwork, publication)
    await _take_after(tx, artwork, assets)
    tx.add(artwork)
    await tx.flush()
    _hang(tx, artwork.id, assets)
    await tagging.attach(tx, artwork, names)
    await listing.follow(tx, artwork, was=listing.NOWHERE)
    return artwork.id


async def update(tx: AsyncSession, author_id: UUID, artwork_id: UUID, changes: Changes, passed: Passed = None) -> None:
    """Change an artwork: of several who do so at once, each has its turn, and the last is right about what it changes.

    Raises:
        NotFound: the author has no such artwork, or one of the images is not theirs.
        Restricted: moderation keeps the author from publishing, and others would see something new.
        InvalidInput: a text, a tag, the list of images, or the licence of a remix is not acceptable.
        Unjudged: others would read words that are not among those that the guard ``passed``.
    """
    names = None if changes.tags is None else checked_tags(changes.tags)
    texts = _texts(changes)
    if changes.asset_ids is not None:
        await levels.lock(tx, author_id)
    artwork = await locked(tx, author_id, artwork_id)
    if _shows_more(artwork, changes):
        await restrictions.check_shown(tx, author_id, changes.visibility or artwork.visibility)
    require_passed(passed, await _words_shown(tx, artwork, changes, texts, names))
    was = await listing.place_of(tx, artwork)
    _license(artwork, changes.license or artwork.license)
    if changes.asset_ids is not None:
        await _rehang(tx, artwork, await _publishable(tx, author_id, changes.asset_ids))
    for name, text in texts.items():
        setattr(artwork, name, text)
    artwork.prompt_visibility = changes.prompt_visibility or artwork.prompt_visibility
    _show(artwork, changes.visibility or artwork.visibility)
    is_another = tx.is_modified(artwork) or changes.asset_ids is not None or names is not None
    if texts or names is not None:
        await tagging.attach(tx, artwork, await tagging.given(tx, artwork.id) if names is None else names)
    await listing.follow(tx, artwork, was=was)
    if is_another:
        listing.tell_watchers(tx, artwork)


async def unpublish(tx: AsyncSession, author_id: UUID, artwork_id: UUID) -> None:
    """Show an artwork to nobody but its author from now on. Done again, it changes nothing.

    Raises:
        NotFound: the author has no such artwork.
    """
    await update(tx, author_id, artwork_id, Changes(visibility=Visibility.PRIVATE))


async def delete(tx: AsyncSession, author_id: UUID, artwork_id: UUID) -> None:
    """Show an artwork to nobody any more; the sweeper removes it with its comments and likes. Its images stay.

    Raises:
        NotFound: the author has no such artwork.
    """
    artwork = await locked(tx, author_id, artwork_id)
    was = await listing.place_of(tx, artwork)
    artwork.visibility, artwork.deleted_at = Visibility.PRIVATE, now()
    await listing.follow(tx, artwork, was=was)
    listing.tell_watchers(tx, artwork)


async def locked(tx: AsyncSession, author_id: UUID, artwork_id: UUID) -> Artwork:
    """Return one of the author's artworks, locked until the transaction ends; what refers to it may come meanwhile.

    Raises:
        NotFound: the author has no such artwork, or has deleted it.
    """
    owned = select(Artwork).where(
        col(Artwork.id) == artwork_id, col(Artwork.author_id) == author_id, col(Artwork.deleted_at).is_(None)
    )
    locking = owned.with_for_update(key_share=True).execution_options(populate_existing=True)
    artwork = (await tx.execute(locking)).scalar_one_or_none()
    if artwork is None:
        raise NotFound(("input", "artworkId"))
    return artwork


def _shows_more(artwork: Artwork, changes: Changes) -> bool:
    """Return whether changes say or show something new, or to more people."""
    says = any(each is not None for each in (changes.asset_ids, changes.title, changes.description, changes.tags))
    shown = (artwork.visibility, changes.visibility or artwork.visibility)
    return says or (shown[0] is not shown[1] and shown != (Visibility.PUBLIC, Visibility.UNLISTED))


async def _words_shown(
    tx: AsyncSession, artwork: Artwork, changes: Changes, texts: dict[str, str], names: Sequence[str] | None
) -> dict[Path, str]:
    """Return what others read from now on and could not before: all of it where the artwork was private."""
    if (changes.visibility or artwork.visibility) is Visibility.PRIVATE:
        return {}
    if artwork.visibility is not Visibility.PRIVATE:
        return _words(texts.get("title", ""), texts.get("description", ""), names or ())
    kept = {"title": artwork.title, "description": artwork.description} | texts
    return _words(kept["title"], kept["description"], await tagging.given(tx, artwork.id) if names is None else names)


def _words(title: str, description: str, names: Sequence[str]) -> dict[Path, str]:
    """Return what an artwork says, by where it stands in the input."""
    tags: dict[Path, str] = {(*INPUT, "tags", str(index)): name for index, name in enumerate(names)}
    return {(*INPUT, "title"): title, (*INPUT, "description"): description} | tags


def _title(text: str) -> str:
    return clean(text, ("input", "title"), maximum=MAXIMUM_TITLE)


def _description(text: str) -> str:
    return clean(text, ("input", "description"), minimum=0, maximum=MAXIMUM_DESCRIPTION)


def _texts(changes: Changes) -> dict[str, str]:
    """Return the texts that are to be others, by their columns."""
    texts = {} if changes.title is None else {"title": _title(changes.title)}
    return texts if changes.description is None else {**texts, "description": _description(changes.description)}


def _license(artwork: Artwork, license: ArtworkLicense) -> None:  # noqa: A002 - the column's name
    if license is not artwork.license and artwork.remix_license:
        check_remix(artwork.remix_license, license)
    artwork.license = license


def _show(artwork: Artwork, visibility: Visibility) -> None:
    """Let an artwork be seen by others; the first time that it is PUBLIC, it is new."""
    artwork.visibility = visibility
    if visibility is Visibility.PUBLIC and not artwork.was_public:
        artwork.was_public, artwork.created_at = True, now()


async def _first_of(
    tx: AsyncSession, author_id: UUID, publication: Publication, key: str | None, artwork_id: UUID
) -> UUID | None:
    """Return what the same publication made the first time, None where this is the first time or no key is given."""
    if key is None:
        return None
    first = await idempotency.claim(
        tx,
        author_id,
        idempotency.checked_key(key),
        operation=_OPERATION,
        request=publication,
        subject_id=artwork_id,
    )
    if first is None:
        return None
    found = await tx.get(Artwork, first)
    if found is None or found.deleted_at:
        raise NotFound(("input", "idempotencyKey"))
    return first


async def _trace(tx: AsyncSession, artwork: Artwork, publication: Publication) -> None:
    """Say of which artwork a new one is a remix: the one that its author names, or the one that its images tell."""
    named = publication.remix_of_id
    if named:
        artwork.remix_license = await lineage.granted(tx, artwork.author_id, named, artwork.license)
    artwork.remix_of_id = named or await lineage.told_by(tx, artwork.author_id, publication.asset_ids)


async def _publishable(tx: AsyncSession, author_id: UUID, asset_ids: Sequence[UUID]) -> list[MediaAsset]:
    path = ("input", "assetIds")
    if not 1 <= len(asset_ids) <= MAXIMUM_IMAGES:
        raise InvalidInput("assets.count", path, maximum=MAXIMUM_IMAGES)
    if len(set(asset_ids)) < len(asset_ids):
        raise InvalidInput("assets.repeated", path)
    owned = await media.own(tx, author_id, asset_ids)
    for index, asset_id in enumerate(asset_ids):
        if asset_id not in owned:
            raise NotFound((*path, str(index)))
        if owned[asset_id].status is not AssetStatus.READY:
            raise InvalidInput("asset.not_ready", (*path, str(index)))
    return [owned[asset_id] for asset_id in asset_ids]


async def _take_after(tx: AsyncSession, artwork: Artwork, assets: Sequence[MediaAsset]) -> None:
    """Give an artwork what follows from its images: prompt and style of the first, the highest content level."""
    prompts = select(col(GenerationJob.prompt)).where(col(GenerationJob.id) == assets[0].job_id)
    artwork.prompt = (await tx.execute(prompts)).scalar_one_or_none() or ""
    artwork.style = assets[0].style
    artwork.content_level = guard.highest(asset.content_level for asset in assets)


async def _rehang(tx: AsyncSession, artwork: Artwork, assets: Sequence[MediaAsset]) -> None:
    """Let a locked artwork show these images in place of those that it showed."""
    shown = select(col(ArtworkImage.asset_id)).where(col(ArtworkImage.artwork_id) == artwork.id)
    present = (await tx.execute(shown.order_by(col(ArtworkImage.position)))).scalars().all()
    if present == [asset.id for asset in assets]:
        return
    await tx.execute(delete_rows(ArtworkImage).where(col(ArtworkImage.artwork_id) == artwork.id))
    await _take_after(tx, artwork, assets)
    _hang(tx, artwork.id, assets)


def _hang(tx: AsyncSession, artwork_id: UUID, assets: Sequence[MediaAsset]) -> None:
    tx.add_all(
        ArtworkImage(artwork_id=artwork_id, asset_id=asset.id, position=position)
        for position, asset in enumerate(assets)
    )
