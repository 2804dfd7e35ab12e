"""Accounts: signing up, in and out, sessions with rotating refresh tokens, profiles."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from email_validator import EmailNotValidError, validate_email
from psycopg.errors import UniqueViolation
from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from db.tables import Follow, RefreshToken, Session, User
from db.tables.columns import now
from db.words import ContentLevel, SessionEnd
from db.words_moderation import Activity
from domain import credits, passwords, restrictions, tokens
from domain.bounds import INPUT
from domain.clauses import there_is
from domain.errors import EmailTaken, HandleTaken, InvalidCredentials, InvalidInput, InvalidRefreshToken, NotFound
from domain.judged import require_passed
from domain.texts import clean, normal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value
    from domain.credits import Welcome
    from domain.judged import Passed

MAXIMUM_EMAIL_LENGTH: Final = 320
MAXIMUM_LINKS: Final = 5
MAXIMUM_SESSIONS: Final = 100
MAXIMUM_LINK_LENGTH: Final = 300
REFRESH_LIFE: Final = timedelta(days=30)
_HANDLE: Final = re.compile(r"[a-z][a-z0-9_]{2,29}")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a user shows of themselves; None leaves a value as it is."""

    display_name: str | None = None
    bio: str | None = None
    links: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Checked data of a sign-up."""

    email: str
    password: str
    handle: str
    display_name: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just opened or refreshed."""

    user: User
    session: Session
    refresh_token: str


def checked_account(email: str, password: str, handle: str, display_name: str) -> NewAccount:
    """Return the data of a sign-up, normalised.

    Raises:
        InvalidInput: naming the first value that is not acceptable.
    """
    return NewAccount(
        email=_checked_email(email),
        password=passwords.checked(password, ("input", "password")),
        handle=checked_handle(handle),
        display_name=_checked_name(display_name),
    )


def checked_handle(handle: str) -> str:
    """Return a handle in lower case, without a leading ``@``.

    Raises:
        InvalidInput: not 3 to 30 letters a-z, digits or underscores that begin with a letter.
    """
    plain = handle.strip().removeprefix("@").lower()
    if not _HANDLE.fullmatch(plain):
        raise InvalidInput("handle.invalid", ("input", "handle"))
    return plain


def normal_email(email: str) -> str:
    """Return an address as it is stored and compared: trimmed, NFC, its domain in Unicode, all in lower case.

    What can be nobody's, for its length or its piles of marks, comes back trimmed.
    """
    address = normal("NFC", email, maximum=MAXIMUM_EMAIL_LENGTH)
    if address is None:
        return email.strip()
    if address.isprintable() and len(address) <= MAXIMUM_EMAIL_LENGTH:
        with suppress(EmailNotValidError):
            address = validate_email(address, check_deliverability=False).normalized
    return address.lower()


async def sign_up(
    tx: AsyncSession, account: NewAccount, password_hash: str, user_agent: str, welcome: Welcome
) -> SignedIn:
    """Create a user with a credit account and open the first session.

    Raises:
        EmailTaken, HandleTaken: as their names say.
    """
    user = User(
        email=account.email, password_hash=password_hash, handle=account.handle, display_name=account.display_name
    )
    tx.add(user)
    try:
        await tx.flush()
    except IntegrityError as error:
        violated = error.orig.diag.constraint_name if isinstance(error.orig, UniqueViolation) else None
        if violated == "uq_users_email":
            raise EmailTaken from error
        if violated == "uq_users_handle":
            raise HandleTaken from error
        raise
    await credits.open_account(tx, user.id, welcome)
    return await open_session(tx, user, user_agent)


async def find_by_email(tx: AsyncSession, address: str) -> User | None:
    """Return the user with a ``normal_email`` address; one query whatever it is, so that all answers cost the same."""
    lookable = address.isprintable() and len(address) <= MAXIMUM_EMAIL_LENGTH
    query = select(User).where(col(User.email) == (address if lookable else ""))
    return (await tx.execute(query)).scalar_one_or_none()


async def verify_password(user: User | None, password: str) -> User:
    """Return the user whose password this is; takes as long where there is no user. Needs no transaction.

    Raises:
        InvalidCredentials: there is no user, or the password is another.
    """
    if not await passwords.matches(password[: 2 * passwords.MAXIMUM_LENGTH], user.password_hash if user else None):
        raise InvalidCredentials
    assert user
    return user


async def open_session(tx: AsyncSession, user: User, user_agent: str) -> SignedIn:
    """Open a session for a user whose password was verified."""
    readable = "".join(letter for letter in user_agent if letter.isprintable())
    session = Session(user_id=user.id, user_agent=readable[:300], expires_at=now() + REFRESH_LIFE)
    tx.add(session)
    await tx.flush()
    return SignedIn(user, session, _hand_out(tx, session))


async def refresh(tx: AsyncSession, token: str) -> SignedIn | None:
    """Exchange a refresh token for a new one.

    Returns:
        None where the token had been used before: then its whole session has just been ended, which must be
        committed; the caller refuses with ``InvalidRefreshToken`` afterwards.

    Raises:
        InvalidRefreshToken: unknown, expired, or of a session that has ended.
    """
    query = select(RefreshToken).where(col(RefreshToken.token_hash) == tokens.hash_refresh_token(token))
    known = (await tx.execute(query.with_for_update())).scalar_one_or_none()
    if known is None:
        raise InvalidRefreshToken
    session = await tx.get_one(Session, known.session_id, with_for_update=True)
    if session.ended_at or session.expires_at <= now():
        raise InvalidRefreshToken
    if known.used_at:
        session.ended_at, session.end_reason = now(), SessionEnd.TOKEN_REUSED
        return None
    known.used_at = session.last_used_at = now()
    session.expires_at = now() + REFRESH_LIFE
    return SignedIn(await tx.get_one(User, session.user_id), session, _hand_out(tx, session))


async def sign_out(tx: AsyncSession, user_id: UUID, session_id: UUID | None) -> None:
    """End this session of the user, or all of them where ``session_id`` is None; ended ones stay as they are.

    Raises:
        NotFound: the user never had such a session.
    """
    mine = col(Session.user_id) == user_id
    if session_id is not None:
        mine = and_(mine, col(Session.id) == session_id)
        if not (await tx.execute(select(select(Session).where(mine).exists()))).scalar_one():
            raise NotFound(("input", "sessionId"))
    open_ones = and_(mine, col(Session.ended_at).is_(None))
    await tx.execute(update(Session).where(open_ones).values(ended_at=now(), end_reason=SessionEnd.SIGNED_OUT))


def is_open(session: Row) -> ColumnElement[bool]:
    """Return the clause that says which sessions have not ended."""
    return and_(session.ended_at.is_(None), session.expires_at > func.now())


def confirms(session_id: Value, user_id: Value) -> ColumnElement[bool]:
    """Return the clause that says whether a session exists, belongs to the user and has not ended."""
    return exists().where(col(Session.id) == session_id, col(Session.user_id) == user_id, is_open(Session))


async def owners_of(tx: AsyncSession, session_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the users of those of the sessions that have not ended."""
    rows = await tx.execute(_owners(), {"sessions": [*session_ids]})
    return {session_id: user_id for session_id, user_id in rows}  # noqa: C416 - rows to be typed


@cache
def _owners() -> Select[UUID, UUID]:
    asked = col(Session.id) == any_(bindparam("sessions", type_=ARRAY(Uuid)))
    return select(col(Session.id), col(Session.user_id)).where(asked, is_open(Session))


async def update_profile(tx: AsyncSession, user_id: UUID, profile: Profile, passed: Passed = None) -> User:
    """Change what the user shows of themselves and return the user.

    Raises:
        InvalidInput: naming the first value that is not acceptable.
        Restricted: moderation keeps the user from publishing, and something is said; it can be taken back.
        Unjudged: others would read words that are not among those that the guard ``passed``.
    """
    if profile.display_name is not None or profile.bio or profile.links:
        await restrictions.check(tx, user_id, Activity.PUBLISH)
    # FOR NO KEY UPDATE: rows that are just being added refer to this one, and their transactions may need it next
    user = await tx.get_one(User, user_id, with_for_update={"key_share": True})
    name, bio = user.display_name, user.bio
    if profile.display_name is not None:
        user.display_name = _checked_name(profile.display_name)
    if profile.bio is not None:
        user.bio = clean(profile.bio, (*INPUT, "bio"), minimum=0, maximum=500)
    said = ("displayName", name, user.display_name), ("bio", bio, user.bio)
    require_passed(passed, {(*INPUT, field): text for field, was, text in said if text != was})
    if profile.links is not None:
        user.links = _checked_links(profile.links)
    return user


async def choose_content_level(tx: AsyncSession, user_id: UUID, level: ContentLevel) -> None:
    """Say up to which level somebody wants to see what others show."""
    await tx.execute(update(User).where(col(User.id) == user_id).values(content_level=level))


def plain_handle(handle: str) -> str | None:
    """Return a handle, which may be written with ``@`` and in any case, as it is stored; None where it can be none."""
    plain = handle.strip().removeprefix("@").lower()
    return plain if _HANDLE.fullmatch(plain) else None


async def id_of(tx: AsyncSession, handle: str) -> UUID | None:
    """Return the user of a handle, however it is written."""
    return (await tx.execute(select(col(User.id)).where(col(User.handle) == plain_handle(handle)))).scalar_one_or_none()


def is_followed_by(user: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says whether somebody follows a user."""
    follow = select(col(Follow.followee_id))
    return there_is(follow.where(col(Follow.followee_id) == user.id, col(Follow.follower_id) == viewer_id))


def _hand_out(tx: AsyncSession, session: Session) -> str:
    token = tokens.new_refresh_token()
    tx.add(RefreshToken(token_hash=tokens.hash_refresh_token(token), session_id=session.id))
    return token


def _checked_email(email: str) -> str:
    text = clean(email, ("input", "email"), maximum=MAXIMUM_EMAIL_LENGTH)
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        raise InvalidInput("email.invalid", ("input", "email")) from error
    return normal_email(text)


def _checked_name(display_name: str) -> str:
    return clean(" ".join(display_name.split()), ("input", "displayName"), maximum=50)


def _checked_links(links: Sequence[str]) -> list[str]:
    if len(links) > MAXIMUM_LINKS:
        raise InvalidInput("links.too_many", ("input", "links"), maximum=MAXIMUM_LINKS)
    for index, link in enumerate(links):
        if not re.fullmatch(r"https://[^\s\x00-\x1f\x7f\ud800-\udfff<>\"]+", link) or len(link) > MAXIMUM_LINK_LENGTH:
            raise InvalidInput("link.invalid", ("input", "links", str(index)), maximum=MAXIMUM_LINK_LENGTH)
    return list(links)
