"""Short links: made once for each artwork, channel and user, and followed as long as the artwork is shown."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import Artwork, ShareLink
from db.words import ShareChannel
from domain import artworks, shown
from domain.errors import InvalidInput, NotFound
from domain.plain import one_line
from domain.sharing_words import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.attempts import Stair
    from domain.messages import Language
    from domain.shown import ShownArtwork

PER_USER: Final[Sequence[Stair]] = ((60, timedelta(minutes=5)),)
"""Links that somebody makes."""
_LETTERS: Final = string.digits + string.ascii_letters
_LENGTH: Final = 12
"""71 bits: nobody finds a link by trying."""
_AT: Final = ("input", "artworkId")
_PAGES: Final[Mapping[ShareChannel, tuple[str, str, str]]] = {
    ShareChannel.X: ("https://x.com/intent/post", "url", "text"),
    ShareChannel.FACEBOOK: ("https://www.facebook.com/sharer/sharer.php", "u", ""),
    ShareChannel.LINE: ("https://social-plugins.line.me/lineit/share", "url", "text"),
}
"""Where a channel lets people write, and the names of link and text there."""


@dataclass(frozen=True, slots=True)
class Shared:
    """An artwork with the short link by which somebody shares it."""

    code: str
    artwork: ShownArtwork


async def link(tx: AsyncSession, user_id: UUID, artwork_id: UUID, channel: ShareChannel) -> Shared:
    """Return the user's short link to an artwork for a channel, made when it is first asked for.

    Raises:
        NotFound: there is no artwork that the user may see.
        InvalidInput: there is, but not for somebody who is not signed in: its link would lead nowhere.
    """
    seen = select(col(Artwork.id)).where(col(Artwork.id) == artwork_id, artworks.visible_to(Artwork, user_id))
    if (await tx.execute(seen.with_for_update(read=True, key_share=True))).scalar_one_or_none() is None:
        raise NotFound(_AT)
    artwork = await shown.find_artwork(tx, artwork_id)
    if artwork is None:
        raise InvalidInput("share.not_for_all", _AT)
    wanted = ShareLink(code=_new_code(), user_id=user_id, artwork_id=artwork_id, channel=channel)
    made = insert(ShareLink).values(wanted.model_dump())
    await tx.execute(made.on_conflict_do_nothing(index_elements=["user_id", "artwork_id", "channel"]))
    found = await tx.execute(
        select(col(ShareLink.code)).filter_by(user_id=user_id, artwork_id=artwork_id, channel=channel)
    )
    return Shared(found.scalar_one(), artwork)


async def find(tx: AsyncSession, code: str) -> UUID | None:
    """Return the key of the artwork that a short link was made for, None where there is no such link."""
    query = select(col(ShareLink.artwork_id)).where(col(ShareLink.code) == code)
    return (await tx.execute(query)).scalar_one_or_none()


def is_code(text: str) -> bool:
    """Return whether a short link could be of this code."""
    return len(text) == _LENGTH and all(map(_LETTERS.__contains__, text))


def sentence(artwork: ShownArtwork, language: Language) -> str:
    """Return title and author of an artwork in a sentence."""
    title, author = one_line(artwork.title, 100), one_line(artwork.author.display_name, 50)
    return words("share.text", language, title=title, author=author)


def summary(artwork: ShownArtwork, language: Language, maximum: int) -> str:
    """Return what the author says of an artwork on one line, or who they are where they say nothing."""
    return one_line(artwork.description, maximum) or words(
        "share.about", language, author=one_line(artwork.author.display_name, 50)
    )


def intent(channel: ShareChannel, url: str, text: str) -> str | None:
    """Return the page of a channel where a link and a text are waiting to be sent, None where it has none.

    Sources: https://developer.x.com/en/docs/x-for-websites/tweet-button, https://developers.line.biz/en/docs/line-social-plugins
    """
    if channel not in _PAGES:
        return None
    page, url_name, text_name = _PAGES[channel]
    query = {url_name: url} | ({text_name: text} if text_name else {})
    return f"{page}?{urlencode(query)}"


def _new_code() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
