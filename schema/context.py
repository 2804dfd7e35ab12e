"""What every resolver is handed: the services of the installation, and who is asking in which language."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import strawberry

from db.tables.columns import now
from domain import accounts
from domain.errors import Forbidden, NotAllowed, Unauthenticated
from domain.picture_checks import Gate, edit_places
from domain.policies import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from db.session import Database
    from domain.catalogue import StyleImage
    from domain.credits import Welcome
    from domain.errors import RequestError
    from domain.messages import Language as ReaderLanguage
    from domain.places import Places
    from domain.ports import Bucket, DepositStore, EventLog, Language, PictureGuard, PromptGuard, RateLimiter, Throttle
    from domain.tokens import AccessTokens, Claims
    from domain.uploads import Scan


@dataclass(frozen=True, slots=True)
class Services:
    """What the installation is made of, handed in by ``app/``."""

    db: Database
    tokens: AccessTokens
    store: DepositStore
    events: EventLog
    limiter: RateLimiter
    throttle: Throttle
    cost_bucket: Bucket
    """What each user, or address, may spend on operations."""
    language: Language
    """Puts prompts into other words."""
    guard: PromptGuard
    """Judges prompts."""
    scan: Scan
    """Decodes uploaded files."""
    picture_guard: PictureGuard
    """Judges pictures that no engine painted."""
    engines: Sequence[str]
    """Keys of the engines that workers run; the first is the default."""
    style_images: Mapping[str, StyleImage]
    """An example picture of each style, by its key."""
    welcome: Welcome
    admins: frozenset[UUID]
    """Who may pause lines, and read the audit."""
    daily_images: int
    """How many images a user may submit in a day."""
    places: Places
    """Where pages are found that people share."""
    moderators: frozenset[UUID] = frozenset()
    """Who decides about reports, besides the administrators."""
    rules: Rules = field(default_factory=Rules)
    """How long strikes count, and the like."""
    edit_places: asyncio.Semaphore = field(default_factory=edit_places)
    """Of pictures that are edited in this process."""

    @property
    def gate(self) -> Gate:
        """Where pictures come in that no engine painted."""
        return Gate(self.db, self.store, self.picture_guard, self.edit_places)


@dataclass
class Context:
    """One request, or one socket."""

    services: Services
    language: ReaderLanguage = "en"
    address: str = ""
    user_agent: str = ""
    claims: Claims | None = None
    refusal: RequestError | None = None
    """Why the token that was sent is not good; nothing that depends on the viewer is answered then."""
    connection_params: dict[str, Any] | None = None
    is_personal: bool = False
    """Whether anything has asked so far who is asking: what was answered without is the same for everybody."""
    is_charged: bool = False
    """Whether the operation was paid for already, by a plan that could not answer it."""

    def refuse(self, refusal: RequestError) -> None:
        """Answer nothing more that depends on the viewer."""
        self.claims, self.refusal = None, refusal

    def require_good_token(self) -> None:
        """Refuse a request whose token is not good, also where the answer is the same for everybody.

        Raises:
            Unauthenticated: a token was sent that is not good.
        """
        if self.refusal:
            raise self.refusal

    @property
    def viewer_id(self) -> UUID | None:
        """Who is asking, None for somebody who is not signed in.

        Raises:
            Unauthenticated: a token was sent that is not good.
        """
        self.require_good_token()
        self.is_personal = True
        return self.claims.user_id if self.claims else None

    @property
    def required_viewer_id(self) -> UUID:
        """Who is asking.

        Raises:
            Unauthenticated: nobody is signed in.
        """
        return self.required_claims.user_id

    def require_admin(self) -> UUID:
        """Return who is asking, an administrator.

        Raises:
            Unauthenticated: nobody is signed in.
            Forbidden: they are none.
        """
        viewer_id = self.required_viewer_id
        if viewer_id not in self.services.admins:
            raise Forbidden
        return viewer_id

    def require_moderator(self) -> UUID:
        """Return who is asking, a moderator or an administrator.

        Raises:
            Unauthenticated: nobody is signed in.
            Forbidden: they are none.
        """
        viewer_id = self.required_viewer_id
        if not self.is_moderator:
            raise Forbidden("moderation.forbidden")
        return viewer_id

    def require_reading_moderator(self) -> None:
        """Refuse to read what is for moderators.

        Raises:
            Unauthenticated: nobody is signed in.
            NotAllowed: they are none.
        """
        if self.required_viewer_id and not self.is_moderator:
            raise NotAllowed("Only a moderator may do this.")

    def require_reading_admin(self) -> None:
        """Refuse to read what is for administrators.

        Raises:
            Unauthenticated: nobody is signed in.
            NotAllowed: they are none.
        """
        if self.required_viewer_id not in self.services.admins:
            raise NotAllowed("Only an administrator may do this.")

    @property
    def is_moderator(self) -> bool:
        """Whether the one who is asking may see what reports are about; false for somebody who is not signed in."""
        self.is_personal = True
        services = self.services
        return self.claims is not None and self.claims.user_id in services.moderators | services.admins

    def require_viewer(self) -> None:
        """Refuse somebody who is not signed in.

        Raises:
            Unauthenticated: nobody is.
        """
        assert self.required_claims

    @property
    def required_claims(self) -> Claims:
        """What the token of the signed-in viewer says.

        Raises:
            Unauthenticated: nobody is signed in.
        """
        if self.viewer_id is None or self.claims is None:
            raise Unauthenticated("Sign in first.")
        return self.claims

    async def require_live_session(self) -> Claims:
        """Look again whether the viewer may go on: on a socket or in a stream the token may run out, or be ended.

        Raises:
            Unauthenticated: it did, or nobody was signed in.
        """
        claims = self.required_claims
        if claims.expires_at <= now():
            raise Unauthenticated("The token has expired.")
        if await self.services.db.find(accounts.owners_of, claims.session_id) != claims.user_id:
            raise Unauthenticated("The session has ended.")
        return claims

    async def require_nobody_or_live_session(self) -> None:
        """Look again whether a viewer may go on, where somebody who is not signed in may, too.

        Raises:
            Unauthenticated: a token was sent that is not, or no longer, good.
        """
        if self.viewer_id is not None:
            await self.require_live_session()

    async def confirm_session(self) -> None:
        """Look up whether the session of the token still lives; where not, refuse what depends on the viewer."""
        if self.claims is None:
            return
        try:
            await self.require_live_session()
        except Unauthenticated as refusal:
            self.refuse(refusal)

    @property
    def viewer_key(self) -> str | None:
        """Key of the one who is asking as statements return it: text of 36 characters."""
        self.is_personal = True
        return self.claims.user_key if self.claims else None

    @property
    def session_key(self) -> str | None:
        """Key of the session of the one who is asking as statements return it."""
        self.is_personal = True
        return self.claims.session_key if self.claims else None

    def sign_in(self, claims: Claims) -> None:
        """Tell the rest of the answer to somebody who has just signed in."""
        self.claims, self.refusal = claims, None


Info = strawberry.Info[Context, None]
