"""Signing up, in and out, sessions, profiles, users."""

from collections.abc import Collection
from typing import Annotated, Any

import strawberry
from sqlalchemy import Text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import accounts, attempts, galleries, mutes, passwords
from domain.accounts import Profile, SignedIn
from domain.attempts import PER_ACCOUNT, PER_ADDRESS
from domain.bounds import INPUT
from domain.errors import InvalidInput, InvalidRefreshToken
from domain.tokens import Claims
from planner import Ask, Row, ref, to_one
from resolvers.guarding import require_decent, saying
from schema.account_inputs import (
    RefreshSessionInput,
    RefreshSessionResult,
    RefreshSessionSuccess,
    SessionTokens,
    SignInWithPasswordInput,
    SignInWithPasswordResult,
    SignInWithPasswordSuccess,
    SignOutInput,
    SignOutResult,
    SignOutSuccess,
    SignUpWithEmailInput,
    SignUpWithEmailResult,
    SignUpWithEmailSuccess,
    UpdateContentPreferencesInput,
    UpdateContentPreferencesResult,
    UpdateContentPreferencesSuccess,
    UpdateProfileInput,
    UpdateProfileResult,
    UpdateProfileSuccess,
)
from schema.accounts import User, Viewer
from schema.context import Context, Info
from schema.node import required_key

Handle = Annotated[str, strawberry.argument(description="With or without `@`, in any case.")]


def _with_handle(_ask: Ask, user: Row, *, handle: Handle) -> Any:  # noqa: ANN401 - a condition
    return user.handle == handle.read(accounts.plain_handle, Text())  # type: ignore[attr-defined]  # an argument of SQL


@strawberry.type
class AccountQueries:
    """Root fields about people."""

    viewer: Viewer | None = to_one(
        "The one who is asking; null for somebody who is not signed in.",
        lambda ask, user: user.id == ask.viewer,
        seen=True,
        check=Context.require_good_token,
    )
    user: User | None = to_one(
        "The user with this handle; null where there is none.", _with_handle, check=Context.require_good_token
    )

    @strawberry.field(description="Whether a new account could have this handle.")
    async def handle_available(self, info: Info, handle: Handle) -> bool:
        """Return whether the handle is well-formed and free."""
        try:
            plain = accounts.checked_handle(handle)
        except InvalidInput:
            return False
        async with info.context.services.db.read() as tx:
            return await accounts.id_of(tx, plain) is None


@strawberry.type
class AccountMutations:
    """Mutations about people."""

    @strawberry.mutation(description="Create an account and open its first session.")
    async def sign_up_with_email(
        self,
        info: Info,
        input: Annotated[SignUpWithEmailInput, strawberry.argument(description="Data of the account.")],  # noqa: A002
    ) -> SignUpWithEmailResult:
        """Create an account."""
        services = info.context.services
        await attempts.count(services.limiter, "sign-up-from", info.context.address, PER_ADDRESS)
        account = accounts.checked_account(input.email, input.password, input.handle, input.display_name)
        await require_decent(info, {(*INPUT, "handle"): account.handle, (*INPUT, "displayName"): account.display_name})
        password_hash = await passwords.hash_password(account.password)
        async with services.db.write() as tx:
            signed_in = await accounts.sign_up(tx, account, password_hash, info.context.user_agent, services.welcome)
        return SignUpWithEmailSuccess(**_opened(signed_in, info))

    @strawberry.mutation(description="Open a session with e-mail address and password.")
    async def sign_in_with_password(
        self,
        info: Info,
        input: Annotated[SignInWithPasswordInput, strawberry.argument(description="Who signs in.")],  # noqa: A002
    ) -> SignInWithPasswordResult:
        """Open a session."""
        services, address = info.context.services, accounts.normal_email(input.email)
        await attempts.count(services.limiter, "sign-in-from", info.context.address, PER_ADDRESS)
        await attempts.count(services.limiter, "sign-in-as", address, PER_ACCOUNT)
        async with services.db.read() as tx:
            found = await accounts.find_by_email(tx, address)
        user = await accounts.verify_password(found, input.password)
        await attempts.forget(services.limiter, "sign-in-as", address, PER_ACCOUNT)
        async with services.db.write() as tx:
            signed_in = await accounts.open_session(tx, user, info.context.user_agent)
        return SignInWithPasswordSuccess(**_opened(signed_in, info))

    @strawberry.mutation(
        description="Exchange a refresh token for new tokens. A token that is used a second time ends its session."
    )
    async def refresh_session(
        self,
        info: Info,
        input: Annotated[RefreshSessionInput, strawberry.argument(description="Which session.")],  # noqa: A002
    ) -> RefreshSessionResult:
        """Renew a session."""
        async with info.context.services.db.write() as tx:
            signed_in = await accounts.refresh(tx, input.refresh_token)
        if signed_in is None:
            raise InvalidRefreshToken
        return RefreshSessionSuccess(**_opened(signed_in, info))

    @strawberry.mutation(description="End the present session, another one, or all of the viewer's sessions.")
    async def sign_out(
        self,
        info: Info,
        input: Annotated[SignOutInput, strawberry.argument(description="Which sessions.")],  # noqa: A002
    ) -> SignOutResult:
        """End sessions."""
        claims = info.context.required_claims
        given = input.session_id
        chosen = claims.session_id if given is None else required_key("session", given, "sessionId")
        async with info.context.services.db.write() as tx:
            await accounts.sign_out(tx, claims.user_id, None if input.all else chosen)
        return SignOutSuccess(viewer=ref(Viewer, id=claims.user_id))

    @strawberry.mutation(description="Change what others see of the viewer.")
    async def update_profile(
        self,
        info: Info,
        input: Annotated[UpdateProfileInput, strawberry.argument(description="What to change.")],  # noqa: A002
    ) -> UpdateProfileResult:
        """Change the profile."""
        viewer_id = info.context.required_viewer_id
        profile, chosen = Profile(input.display_name, input.bio, input.links), input.avatar_asset_id

        async def save(tx: AsyncSession, passed: Collection[str]) -> None:
            if chosen is not strawberry.UNSET:
                avatar = None if chosen is None else required_key("asset", chosen, "avatarAssetId")
                await galleries.set_avatar(tx, viewer_id, avatar)
            await accounts.update_profile(tx, viewer_id, profile, passed)

        await saying(info, save)
        return UpdateProfileSuccess(viewer=ref(Viewer, id=viewer_id))

    @strawberry.mutation(
        description="Choose up to which content level, and without which tags, the viewer wants to see others' things."
    )
    async def update_content_preferences(
        self,
        info: Info,
        input: Annotated[UpdateContentPreferencesInput, strawberry.argument(description="What to see.")],  # noqa: A002
    ) -> UpdateContentPreferencesResult:
        """Choose what to see."""
        viewer_id = info.context.required_viewer_id
        async with info.context.services.db.write() as tx:
            if input.max_content_level is not None:
                await accounts.choose_content_level(tx, viewer_id, input.max_content_level)
            if input.hidden_tags is not None:
                await mutes.hide_tags(tx, viewer_id, input.hidden_tags)
        return UpdateContentPreferencesSuccess(viewer=ref(Viewer, id=viewer_id))


def _opened(signed_in: SignedIn, info: Info) -> dict[str, Any]:
    """Return what is told of a session that was just opened or renewed, to the one whose it is from now on."""
    session = SessionTokens.of(signed_in, info)
    info.context.sign_in(Claims(signed_in.user.id, signed_in.session.id, session.expires_at))
    return {"session": session, "viewer": ref(Viewer, id=signed_in.user.id)}
