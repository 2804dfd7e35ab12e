"""What people send to sign up and in, and to change what is said of them, and what they are answered."""

from datetime import datetime
from typing import Annotated

import strawberry

from db.words import ContentLevel
from domain.accounts import SignedIn
from schema.accounts import Viewer
from schema.context import Info
from schema.errors import (
    ContentBlocked,
    EmailTaken,
    HandleTaken,
    InvalidCredentials,
    InvalidInput,
    InvalidRefreshToken,
    NotFound,
    Restricted,
    TooManyAttempts,
)
from schema.node import global_id


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
        default=strawberry.UNSET,
        description="One of the viewer's images, which joins their gallery and stands for them as "
        "`User.primaryMedia`; null lets none stand for them.",
    )


@strawberry.input(description="What the viewer wants to see of others; what is left out stays.")
class UpdateContentPreferencesInput:
    """What the viewer wants to see of others."""

    max_content_level: ContentLevel | None = strawberry.field(
        default=None,
        description="The highest level of pictures and artworks; with MATURE the viewer says that they are an adult.",
    )
    hidden_tags: list[str] | None = strawberry.field(
        default=None,
        description="All tags of artworks that no feed is to show: at most 100 words, with or without `#`.",
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


@strawberry.type(description="The preferences as they are now; reads answer by them at once.")
class UpdateContentPreferencesSuccess:
    """The preferences as they are now."""

    viewer: Viewer = strawberry.field(description="The viewer.")


SignUpWithEmailResult = Annotated[
    SignUpWithEmailSuccess | InvalidInput | EmailTaken | HandleTaken | ContentBlocked | TooManyAttempts,
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
    UpdateProfileSuccess | InvalidInput | NotFound | ContentBlocked | TooManyAttempts | Restricted,
    strawberry.union("UpdateProfileResult", description="Result of `updateProfile`."),
]
UpdateContentPreferencesResult = Annotated[
    UpdateContentPreferencesSuccess | InvalidInput,
    strawberry.union("UpdateContentPreferencesResult", description="Result of `updateContentPreferences`."),
]
