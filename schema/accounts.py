"""People in the graph: users, the viewer, sessions, and the inputs and results of signing up and in."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import tables
from domain import accounts, credits, media
from domain.accounts import SignedIn
from domain.words import ImageVariant
from schema.connections import After, First, keyset
from schema.context import Info
from schema.credits import CreditAccount
from schema.errors import (
    EmailTaken,
    HandleTaken,
    InvalidCredentials,
    InvalidInput,
    InvalidRefreshToken,
    NotFound,
    TooManyAttempts,
)
from schema.media import MediaAsset, MediaAssetConnection, asset_url
from schema.node import Node, global_id
from schema.scalars import URL

if TYPE_CHECKING:
    from schema.artworks import ArtworkConnection


@strawberry.type(description="Somebody with an account, as everybody sees them.")
class User(Node):
    """Somebody with an account."""

    row: strawberry.Private[tables.User]
    handle: str = strawberry.field(description="Unique name, written after an `@`.")
    display_name: str = strawberry.field(description="Name as they write it.")
    bio: str = strawberry.field(description="What they say of themselves.")
    links: list[str] = strawberry.field(description="Their pages elsewhere; https only, five at most.")
    follower_count: int = strawberry.field(description="How many follow them.")
    following_count: int = strawberry.field(description="How many they follow.")
    artwork_count: int = strawberry.field(description="How many public artworks they have.")
    created_at: datetime = strawberry.field(description="When they joined.")

    @classmethod
    def of(cls, row: tables.User) -> "User":
        """Return the object of a row."""
        return cls(
            id=global_id("user", row.id),
            row=row,
            handle=row.handle,
            display_name=row.display_name,
            bio=row.bio,
            links=row.links,
            follower_count=row.follower_count,
            following_count=row.following_count,
            artwork_count=row.artwork_count,
            created_at=row.created_at,
        )

    @strawberry.field(description="Their picture.")
    async def avatar(self, info: Info) -> MediaAsset | None:
        """Return the avatar."""
        row = await info.context.loaders.assets.get(self.row.avatar_asset_id) if self.row.avatar_asset_id else None
        return MediaAsset.of(row) if row else None

    @strawberry.field(description="Where to read their picture, at most 256 pixels on its longest side.")
    async def avatar_url(self, info: Info) -> URL | None:
        """Return the avatar's signed URL."""
        asset_id = self.row.avatar_asset_id
        return asset_url(info, asset_id, ImageVariant.THUMB) if asset_id else None

    @strawberry.field(description="Whether the viewer follows them; false for somebody who is not signed in.")
    async def viewer_follows(self, info: Info) -> bool:
        """Return whether the viewer follows this user."""
        return await info.context.loaders.follows.get(self.row.id) or False

    @strawberry.field(description="Their public artworks, newest first.")
    async def artworks(
        self, info: Info, first: First = None, after: After = None
    ) -> Annotated["ArtworkConnection", strawberry.lazy("schema.artworks")]:
        """Return a page of artworks."""
        from schema.artworks import Artwork, ArtworkConnection  # noqa: PLC0415 - users and artworks know each other

        page = keyset(f"artworks:{self.row.id}", first, after)
        rows = await info.context.loaders.user_artworks(page.after, page.limit).get(self.row.id) or []
        return ArtworkConnection(**page.page(rows, Artwork.of, self.row.artwork_count))


@strawberry.type(description="A sign-in on one device.")
class Session(Node):
    """A sign-in on one device."""

    row: strawberry.Private[tables.Session]
    user_agent: str = strawberry.field(description="What the device called itself.")
    created_at: datetime = strawberry.field(description="When it was opened.")
    last_used_at: datetime = strawberry.field(description="When its tokens were last renewed.")
    expires_at: datetime = strawberry.field(description="When it ends unless it is used.")

    @classmethod
    def of(cls, row: tables.Session) -> "Session":
        """Return the object of a row."""
        return cls(
            id=global_id("session", row.id),
            row=row,
            user_agent=row.user_agent,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
        )

    @strawberry.field(description="Whether this request belongs to it.")
    def is_current(self, info: Info) -> bool:
        """Return whether this is the session of the request's token."""
        return self.row.id == info.context.required_claims.session_id


@strawberry.type(description="The one who is asking, with what nobody else may see.")
class Viewer(Node):
    """The one who is asking."""

    row: strawberry.Private[tables.User]
    handle: str = strawberry.field(description="Unique name, written after an `@`.")
    display_name: str = strawberry.field(description="Name as they write it.")
    email: str = strawberry.field(description="E-mail address.")

    @classmethod
    def of(cls, row: tables.User) -> "Viewer":
        """Return the object of a row."""
        return cls(
            id=global_id("user", row.id),
            row=row,
            handle=row.handle,
            display_name=row.display_name,
            email=row.email,
        )

    @strawberry.field(description="The viewer as everybody sees them.")
    def user(self) -> User:
        """Return the public side."""
        return User.of(self.row)

    @strawberry.field(description="The viewer's credits.")
    async def credit_account(self, info: Info) -> CreditAccount:
        """Return the account."""
        async with info.context.services.db.read() as tx:
            return CreditAccount.of(await credits.account_of(tx, self.row.id))

    @strawberry.field(description="Open sign-ins, the last used first; a hundred at most.")
    async def sessions(self, info: Info) -> list[Session]:
        """Return the sessions."""
        async with info.context.services.db.read() as tx:
            rows = await accounts.sessions_of(tx, self.row.id)
        return [Session.of(row) for row in rows]

    @strawberry.field(description="All images the viewer owns, newest first, published or not.")
    async def assets(self, info: Info, first: First = None, after: After = None) -> MediaAssetConnection:
        """Return a page of images."""
        page = keyset(f"assets:{self.row.id}", first, after)
        async with info.context.services.db.read() as tx:
            rows = await media.list_of(tx, self.row.id, page.before_key, page.limit)
        count = partial(media.count_of, owner_id=self.row.id)
        return MediaAssetConnection(**page.page(rows, MediaAsset.of, count))


@strawberry.type(description="Tokens of a session that was just opened or renewed.")
class SessionTokens:
    """Tokens of a session."""

    id: strawberry.ID = strawberry.field(description="Global id of the session.")
    access_token: str = strawberry.field(description="Send it as `Authorization: Bearer …`, and in `connection_init`.")
    refresh_token: str = strawberry.field(
        description="Exchange it with `refreshSession`, once; using it twice ends the session."
    )
    expires_at: datetime = strawberry.field(description="When the access token ends.")

    @classmethod
    def of(cls, signed_in: SignedIn, info: Info) -> "SessionTokens":
        """Return the tokens, with an access token issued now."""
        token = info.context.services.tokens.issue(signed_in.user.id, signed_in.session.id)
        return cls(
            id=global_id("session", signed_in.session.id),
            access_token=token.text,
            refresh_token=signed_in.refresh_token,
            expires_at=token.expires_at,
        )


@strawberry.input(description="Data of a new account.")
class SignUpWithEmailInput:
    """Data of a new account."""

    email: str = strawberry.field(description="E-mail address.")
    password: str = strawberry.field(description="10 to 200 characters.")
    handle: str = strawberry.field(description="3 to 30 letters a-z, digits or underscores; begins with a letter.")
    display_name: str = strawberry.field(description="Name to show, 1 to 50 characters.")


@strawberry.input(description="Who signs in.")
class SignInWithPasswordInput:
    """Who signs in."""

    email: str = strawberry.field(description="E-mail address.")
    password: str = strawberry.field(description="Password.")


@strawberry.input(description="Which session to renew.")
class RefreshSessionInput:
    """Which session to renew."""

    refresh_token: str = strawberry.field(description="The newest refresh token of the session.")


@strawberry.input(description="Which sessions to end.")
class SignOutInput:
    """Which sessions to end."""

    session_id: strawberry.ID | None = strawberry.field(
        default=None, description="One of the viewer's sessions; the present one by default."
    )
    all: bool = strawberry.field(default=False, description="End all of the viewer's sessions.")


@strawberry.input(description="What to change of the profile; what is left out stays.")
class UpdateProfileInput:
    """What to change of the profile."""

    display_name: str | None = strawberry.field(default=None, description="1 to 50 characters.")
    bio: str | None = strawberry.field(default=None, description="At most 500 characters.")
    links: list[str] | None = strawberry.field(default=None, description="At most five https links.")
    avatar_asset_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="One of the viewer's images; null for none."
    )


@strawberry.type(description="The account and its first session.")
class SignUpWithEmailSuccess:
    """The account and its first session."""

    session: SessionTokens = strawberry.field(description="Tokens of the session.")
    viewer: Viewer = strawberry.field(description="The new user.")


@strawberry.type(description="A new session.")
class SignInWithPasswordSuccess:
    """A new session."""

    session: SessionTokens = strawberry.field(description="Tokens of the session.")
    viewer: Viewer = strawberry.field(description="Who signed in.")


@strawberry.type(description="The session with new tokens.")
class RefreshSessionSuccess:
    """The session with new tokens."""

    session: SessionTokens = strawberry.field(description="The new tokens; the old refresh token is used up.")
    viewer: Viewer = strawberry.field(description="Whose session it is.")


@strawberry.type(description="The sessions have ended; their tokens are good for nothing from now on.")
class SignOutSuccess:
    """The sessions have ended."""

    viewer: Viewer = strawberry.field(description="Whose sessions they were, with those that are still open.")


@strawberry.type(description="The profile as it is now.")
class UpdateProfileSuccess:
    """The profile as it is now."""

    viewer: Viewer = strawberry.field(description="The viewer.")


SignUpWithEmailResult = Annotated[
    SignUpWithEmailSuccess | InvalidInput | EmailTaken | HandleTaken | TooManyAttempts,
    strawberry.union("SignUpWithEmailResult", description="Result of `signUpWithEmail`."),
]
SignInWithPasswordResult = Annotated[
    SignInWithPasswordSuccess | InvalidCredentials | TooManyAttempts,
    strawberry.union("SignInWithPasswordResult", description="Result of `signInWithPassword`."),
]
RefreshSessionResult = Annotated[
    RefreshSessionSuccess | InvalidRefreshToken,
    strawberry.union("RefreshSessionResult", description="Result of `refreshSession`."),
]
SignOutResult = Annotated[
    SignOutSuccess | NotFound, strawberry.union("SignOutResult", description="Result of `signOut`.")
]
UpdateProfileResult = Annotated[
    UpdateProfileSuccess | InvalidInput | NotFound,
    strawberry.union("UpdateProfileResult", description="Result of `updateProfile`."),
]
