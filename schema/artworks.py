"""Artworks in the graph."""

from datetime import datetime

import strawberry

from db import tables
from db.words import ArtworkLicense, ContentLevel, PromptVisibility, ReactionKind, Visibility
from domain import artworks, collections, comments, licenses, moderation
from domain.comments import MAXIMUM_PINNED
from planner import Connection, column, computed, connection, expression, planned, scalars, to_many, to_one
from schema.accounts import User, UserConnection
from schema.comments import Comment, CommentConnection
from schema.context import Context
from schema.media import MediaAsset
from schema.moderated import Moderated
from schema.node import Node, identity
from schema.scalars import URL


def _license_url(_context: Context, license: str) -> str | None:  # noqa: A002 - the column's name
    return licenses.URLS.get(ArtworkLicense(license))


@strawberry.type(description="One or several images that their author shows to others.")
@planned(
    tables.Artwork,
    visible_to=lambda ask, artwork: (
        artworks.visible_to(artwork, ask.viewer) | moderation.may_look(artwork.id, ask.moderator)
    ),
)
class Artwork(Node, Moderated):
    """Images that their author shows to others."""

    id: strawberry.ID = identity("artwork")
    title: str = column("Title.")
    description: str = column("What the author says of it.")
    visibility: Visibility = column("Who may see it.")
    style: str = column("Key of the style of its first image.")
    content_level: ContentLevel = column("For whom it is suitable: the highest level of its images.")
    like_count: int = column("How many like it.")
    comment_count: int = column("How many comments and replies it has, those that the viewer may not see too.")
    created_at: datetime = column(
        "When it was first PUBLIC, since when feeds show it; until it is, when it was published."
    )
    license: ArtworkLicense = column("What others may do with it.")
    license_url: URL | None = computed(
        "Where the licence says so; null where its author reserves all rights.", _license_url, "license"
    )
    prompt_visibility: PromptVisibility = column("Whether others may read the prompt.")
    remix_of: "Artwork | None" = to_one(
        "The artwork that it was made out of; null where there is none that the viewer may see.", by="remix_of_id"
    )
    remixes: "ArtworkConnection" = connection(
        "Public artworks that were made out of it, newest first, as far as they suit the viewer's preferences.",
        lambda ask, artwork, remix: artworks.is_remix_of(remix, artwork, ask.viewer),
        order=("-created_at", "-id"),
        seen=True,
    )
    prompt: str | None = expression(
        "The prompt, where the author shows it; authors always see their own.",
        lambda ask, artwork: artworks.shown_prompt(artwork, ask.viewer),
    )
    viewer_has_liked: bool = expression(
        "Whether the viewer likes it; false for somebody who is not signed in.",
        lambda ask, artwork: artworks.is_liked_by(artwork, ask.viewer),
    )
    image: MediaAsset | None = to_one(
        "The image that feeds show: the first.",
        lambda _ask, artwork, asset, link: artworks.is_image_of(artwork, link, asset),
        through=tables.ArtworkImage,
        order=lambda _asset, link: [link.position],
        seen=True,
    )
    images: list[MediaAsset] = to_many(
        "All its images, in order; twenty at most.",
        lambda _ask, artwork, asset, link: artworks.is_image_of(artwork, link, asset),
        through=tables.ArtworkImage,
        order=lambda _asset, link: [link.position],
        limit=artworks.MAXIMUM_IMAGES,
        seen=True,
    )
    author: User = to_one("Who made it.", by="author_id", seen=True)
    tags: list[str] = scalars(
        "Its tags, in the author's order, without `#`; twenty at most.", lambda _ask, artwork: artworks.tags_of(artwork)
    )
    likers: UserConnection = connection(
        "Who likes it, the latest first, but for those out of the viewer's sight; `totalCount` counts all.",
        lambda _ask, artwork, user, link: (
            (link.artwork_id == artwork.id) & (link.kind == ReactionKind.LIKE) & (user.id == link.user_id)
        ),
        through=tables.Reaction,
        order=("-link.created_at", "-link.user_id"),
        count=lambda _ask, artwork: artwork.like_count,
    )
    comments: CommentConnection = connection(
        "Comments that began threads, newest first; replies are below each.",
        lambda ask, artwork, comment: comments.is_listed(comment, artwork, ask.viewer),
        order=("-created_at", "-id"),
        seen=True,
    )
    pinned_comments: list[Comment] = to_many(
        "Comments that the author has pinned, the last first; three at most. They stand in `comments` as well.",
        lambda ask, artwork, comment: comments.is_pinned(comment, artwork, ask.viewer),
        order=("-pinned_at", "-id"),
        limit=MAXIMUM_PINNED,
        seen=True,
    )
    are_comments_locked: bool = column("Whether nobody but the author may comment.")
    viewer_can_comment: bool = expression(
        "Whether the viewer is signed in and may comment.",
        lambda ask, artwork: comments.is_open_to(artwork, ask.viewer),
    )
    viewer_has_collected: bool = expression(
        "Whether it is in a collection of the viewer's, or among their bookmarks; false for somebody who is not "
        "signed in.",
        lambda ask, artwork: collections.is_collected_by(artwork, ask.viewer),
    )


@strawberry.type(description="A page of artworks.")
class ArtworkConnection(Connection[Artwork]):
    """A page of artworks."""
