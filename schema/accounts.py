"""People in the graph: users, the viewer, and sessions."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import tables
from db.words import ContentLevel, NotificationKind, ReactionKind
from domain import (
    accounts,
    artworks,
    blocks,
    collections,
    galleries,
    media,
    mutes,
    notifications_reading,
    owners,
    presets,
    restrictions,
    sight,
)
from domain.restrictions import MAXIMUM_TOLD
from planner import Connection, column, connection, expression, part, planned, to_many, to_one
from schema.credits import CreditAccount
from schema.guard import GuardDecisionConnection
from schema.media import MediaAssetConnection, MediaOwner
from schema.moderated import LastDecision, last_decision
from schema.node import Node, identity
from schema.tags import Tag, TagConnection

if TYPE_CHECKING:
    from schema.archives import ArchiveConnection
    from schema.artworks import ArtworkConnection
    from schema.collections import Collection, CollectionConnection
    from schema.moderation import ModerationDecisionConnection, ReportConnection
    from schema.notifications import NotificationSetting
    from schema.owners import CharacterConnection, OrigChatConnection, StoryConnection
    from schema.presets import PromptPreset
    from schema.restrictions import Restriction, Strike


@strawberry.type(description="Somebody with an account, as everybody sees them.")
@planned(tables.User, visible_to=lambda ask, user: sight.in_sight(user.id, ask.viewer))
class User(MediaOwner):
    """Somebody with an account."""

    id: strawberry.ID = identity("user")
    handle: str = column("Unique name, written after an `@`.")
    display_name: str = column("Name as they write it.")
    bio: str = column("What they say of themselves.")
    links: list[str] = column("Their pages elsewhere; https only, five at most.")
    follower_count: int = column("How many follow them.")
    following_count: int = column("How many they follow.")
    artwork_count: int = column("How many public artworks they have.")
    created_at: datetime = column("When they joined.")
    gallery_count: int = expression("How many pictures their gallery has.", lambda _ask, user: galleries.count_of(user))
    media_version: int = expression(
        "Grows by one with each change of their gallery; `reorderMedia` takes it.",
        lambda _ask, user: galleries.version_of(user),
    )
    default_preset: Annotated["PromptPreset", strawberry.lazy("schema.presets")] | None = to_one(
        "The preset that their `promptDraft` is made with; null where there is none, and for everybody else.",
        lambda ask, user, preset: (preset.id == presets.default_id_of(user)) & (user.id == ask.viewer),
        unique=True,
    )
    viewer_can_generate: bool = expression(
        "Whether the viewer may have pictures painted for their gallery: whether it is the viewer's.",
        lambda ask, user: user.id.is_not_distinct_from(ask.viewer),
    )
    viewer_can_edit: bool = expression(
        "Whether the viewer may sort, delete and edit their pictures, and choose the one that stands for them.",
        lambda ask, user: user.id.is_not_distinct_from(ask.viewer),
    )
    viewer_follows: bool = expression(
        "Whether the viewer follows them; false for somebody who is not signed in.",
        lambda ask, user: accounts.is_followed_by(user, ask.viewer),
    )
    viewer_mutes: bool = expression(
        "Whether the viewer wants to see nothing of them in feeds.", lambda ask, user: sight.mutes(user, ask.viewer)
    )
    moderation: LastDecision = last_decision()
    followers: "UserConnection" = connection(
        "Who follows them, the latest first, but for those out of the viewer's sight; `totalCount` counts all.",
        lambda _ask, user, other, link: (link.followee_id == user.id) & (other.id == link.follower_id),
        through=tables.Follow,
        order=("-link.created_at", "-link.follower_id"),
        count=lambda _ask, user: user.follower_count,
    )
    following: "UserConnection" = connection(
        "Whom they follow, the latest first, but for those out of the viewer's sight; `totalCount` counts all.",
        lambda _ask, user, other, link: (link.follower_id == user.id) & (other.id == link.followee_id),
        through=tables.Follow,
        order=("-link.created_at", "-link.followee_id"),
        count=lambda _ask, user: user.following_count,
    )
    artworks: Annotated["ArtworkConnection", strawberry.lazy("schema.artworks")] = connection(
        "Their public artworks, newest first, as far as they suit the viewer's content preferences.",
        lambda ask, user, artwork: (artwork.author_id == user.id) & artworks.public_to(artwork, ask.viewer),
        order=("-created_at", "-id"),
        seen=True,
    )
    characters: Annotated["CharacterConnection", strawberry.lazy("schema.owners")] = connection(
        "Their characters that the viewer may find, newest first.",
        lambda ask, user, entity: owners.is_listed(entity, user, ask.viewer),
        order=("-id",),
        seen=True,
    )
    stories: Annotated["StoryConnection", strawberry.lazy("schema.owners")] = connection(
        "Their stories that the viewer may find, newest first.",
        lambda ask, user, entity: owners.is_listed(entity, user, ask.viewer),
        order=("-id",),
        seen=True,
    )
    orig_chats: Annotated["OrigChatConnection", strawberry.lazy("schema.owners")] = connection(
        "Their original chats that the viewer may find, newest first.",
        lambda ask, user, entity: owners.is_listed(entity, user, ask.viewer),
        order=("-id",),
        seen=True,
    )
    collections: Annotated["CollectionConnection", strawberry.lazy("schema.collections")] = connection(
        "Their public collections, newest first.",
        lambda ask, user, collection: collections.is_listed(collection, user, ask.viewer),
        order=("-id",),
        seen=True,
    )


@strawberry.type(description="A page of users.")
class UserConnection(Connection[User]):
    """A page of users."""


@strawberry.type(
    description="Somebody whom the viewer has blocked: by what name to undo it, and nothing else that they show, for "
    "they may have blocked the viewer as well."
)
@planned(tables.User, visible_to=lambda ask, user: blocks.has_blocked(ask.viewer, user))
class BlockedUser(Node):
    """Somebody whom the viewer has blocked."""

    id: strawberry.ID = identity("user", found=False)
    handle: str = column("Unique name, written after an `@`.")
    display_name: str = column("Name as they write it.")


@strawberry.type(description="A page of users whom the viewer has blocked.")
class BlockedUserConnection(Connection[BlockedUser]):
    """A page of users whom the viewer has blocked."""


@strawberry.type(description="A sign-in on one device.")
@planned(
    tables.Session,
    visible_to=lambda ask, session: (session.user_id == ask.viewer) & accounts.is_open(session),
)
class Session(Node):
    """A sign-in on one device."""

    id: strawberry.ID = identity("session")
    user_agent: str = column("What the device called itself.")
    created_at: datetime = column("When it was opened.")
    last_used_at: datetime = column("When its tokens were last renewed.")
    expires_at: datetime = column("When it ends unless it is used.")
    is_current: bool = expression(
        "Whether this request belongs to it.", lambda ask, session: session.id.is_not_distinct_from(ask.session)
    )


@strawberry.type(description="What the viewer wants to see of others; all that is their own is always shown to them.")
@planned()
class ContentPreferences:
    """What the viewer wants to see of others: a part of their row."""

    max_content_level: ContentLevel = column("The highest level; GENERAL by default.", "content_level")


@strawberry.type(description="The one who is asking, with what nobody else may see.")
@planned(tables.User, visible_to=lambda ask, user: user.id == ask.viewer)
class Viewer(Node):
    """The one who is asking."""

    id: strawberry.ID = identity("user", found=False)
    handle: str = column("Unique name, written after an `@`.")
    display_name: str = column("Name as they write it.")
    email: str = column("E-mail address.")
    user: User = part("The viewer as everybody sees them.")
    credit_account: CreditAccount = to_one(
        "The viewer's credits.", lambda _ask, user, account: account.user_id == user.id, unique=True
    )
    sessions: list[Session] = to_many(
        "Open sign-ins, the last used first; a hundred at most.",
        by="user_id",
        order=("-last_used_at", "-id"),
        limit=accounts.MAXIMUM_SESSIONS,
    )
    content_preferences: ContentPreferences = part("What the viewer wants to see of others.")
    muted_users: UserConnection = connection(
        "Whom the viewer mutes, the latest first.",
        lambda _ask, user, other, link: (link.user_id == user.id) & (other.id == link.muted_id),
        through=tables.Mute,
        order=("-link.created_at", "-link.muted_id"),
    )
    blocked_users: BlockedUserConnection = connection(
        "Whom the viewer has blocked, the latest first. Only here they can still be seen, for `setBlock` to undo it.",
        lambda _ask, user, other, link: (link.user_id == user.id) & link.is_own & (other.id == link.other_id),
        through=tables.Block,
        order=("-link.created_at", "-link.other_id"),
        seen=True,
    )
    followed_tags: TagConnection = connection(
        "Tags that the viewer follows, the latest first.",
        lambda _ask, user, tag, link: (link.user_id == user.id) & (tag.id == link.tag_id),
        through=tables.TagFollow,
        order=("-link.created_at", "-link.tag_id"),
        seen=True,
    )
    liked_artworks: Annotated["ArtworkConnection", strawberry.lazy("schema.artworks")] = connection(
        "What the viewer likes, the latest first, as far as they may still see it.",
        lambda _ask, user, artwork, link: (
            (link.user_id == user.id) & (link.kind == ReactionKind.LIKE) & (artwork.id == link.artwork_id)
        ),
        through=tables.Reaction,
        order=("-link.created_at", "-link.artwork_id"),
    )
    hidden_tags: list[Tag] = to_many(
        "Tags of artworks that no feed is to show, by name; a hundred at most.",
        lambda _ask, user, tag, link: (link.user_id == user.id) & (tag.id == link.tag_id),
        through=tables.HiddenTag,
        order=("name",),
        limit=mutes.MAXIMUM_HIDDEN,
        seen=True,
    )
    guard_decisions: GuardDecisionConnection = connection(
        "What the content guard decided about the viewer's prompts and pictures, the newest first.",
        by="user_id",
        order=("-id",),
        seen=True,
    )
    assets: MediaAssetConnection = connection(
        "All images the viewer owns, newest first, published or not.",
        lambda _ask, user, asset: media.is_of(asset, user),
        order=("-id",),
        seen=True,
    )
    trash: MediaAssetConnection = connection(
        "Images that the viewer has deleted and can still restore, newest first.",
        lambda _ask, user, asset: media.is_trash_of(asset, user),
        order=("-id",),
        seen=True,
    )
    moderation_decisions: Annotated["ModerationDecisionConnection", strawberry.lazy("schema.moderation")] = connection(
        "What moderation decided about the viewer and what is theirs, the newest first.",
        by="owner_id",
        order=("-id",),
        seen=True,
    )
    restrictions: list[Annotated["Restriction", strawberry.lazy("schema.restrictions")]] = to_many(
        "What keeps the viewer from some things now, the last first; twenty at most.",
        lambda _ask, user, row: (row.user_id == user.id) & restrictions.is_active(row),
        order=("-until", "-id"),
        limit=MAXIMUM_TOLD,
        seen=True,
    )
    strikes: list[Annotated["Strike", strawberry.lazy("schema.restrictions")]] = to_many(
        "Decisions that count against the viewer now, the last first; twenty at most.",
        lambda _ask, user, row: (row.user_id == user.id) & restrictions.counts(row),
        order=("-expires_at", "-id"),
        limit=MAXIMUM_TOLD,
        seen=True,
    )
    reports: Annotated["ReportConnection", strawberry.lazy("schema.moderation")] = connection(
        "What the viewer has reported, the newest first.",
        by="reporter_id",
        order=("-id",),
        seen=True,
    )
    is_moderator: bool = expression(
        "Whether the viewer may decide about what is reported.", lambda ask, _user: ask.moderator
    )
    unread_notification_count: int = expression(
        f"How many of the viewer's notification groups are unread; {notifications_reading.COUNTED} stands for as many "
        "or more.",
        lambda _ask, user: notifications_reading.unread_count(user),
    )
    notification_settings: list[Annotated["NotificationSetting", strawberry.lazy("schema.notifications")]] = to_many(
        "Of what the viewer wants to be notified, by kind; everything, as long as nothing else was said.",
        lambda _ask, user, setting: setting.user_id == user.id,
        order=("kind",),
        limit=len(NotificationKind),
    )
    archives: Annotated["ArchiveConnection", strawberry.lazy("schema.archives")] = connection(
        "Archives that the viewer asked for, newest first; files are kept for a day.",
        by="user_id",
        order=("-id",),
        seen=True,
    )
    collections: Annotated["CollectionConnection", strawberry.lazy("schema.collections")] = connection(
        "The viewer's collections, newest first, without the bookmarks.",
        lambda _ask, user, collection: (collection.user_id == user.id) & ~collection.is_bookmarks,
        order=("-id",),
        seen=True,
    )
    bookmarks: Annotated["Collection", strawberry.lazy("schema.collections")] | None = to_one(
        "The viewer's bookmarks; null until something was put into them.",
        lambda _ask, user, collection: (collection.user_id == user.id) & collection.is_bookmarks,
        unique=True,
    )
