"""Collections of artworks in the graph."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from db import tables
from db.words import Visibility
from domain import collections, moderation
from planner import Ask, Connection, Row, column, connection, expression, planned, to_one
from schema.accounts import User, Viewer
from schema.artworks import Artwork
from schema.errors import ContentBlocked, InvalidInput, NotFound, Restricted, TooManyAttempts
from schema.moderated import LastDecision, last_decision
from schema.node import Node, identity, read_key


def _contains(
    ask: Ask,
    collection: Row,
    *,
    artwork_id: Annotated[strawberry.ID, strawberry.argument(description="Id of the artwork.")],
) -> Any:  # noqa: ANN401 - a condition
    return collections.holds(collection, read_key(artwork_id, "artwork"), ask.viewer)


@strawberry.type(description="An artwork in a collection.")
@planned(tables.CollectionItem, visible_to=lambda ask, item: collections.is_item_seen(item, ask.viewer))
class CollectionItem(Node):
    """An artwork in a collection."""

    id: strawberry.ID = identity("collected")
    added_at: datetime = column("When it was added.", "created_at")
    artwork: Artwork = to_one("The artwork.", by="artwork_id", seen=True)


@strawberry.type(description="A page of a collection.")
class CollectionItemConnection(Connection[CollectionItem]):
    """A page of a collection."""


@strawberry.type(description="Artworks that somebody keeps under a title; or their bookmarks.")
@planned(
    tables.Collection,
    visible_to=lambda ask, collection: (
        collections.visible_to(collection, ask.viewer) | moderation.may_look(collection.id, ask.moderator)
    ),
)
class Collection(Node):
    """Artworks that somebody keeps."""

    id: strawberry.ID = identity("collection")
    title: str = column("Its title; empty for bookmarks, which clients name themselves.")
    description: str = column("What its owner says of it.")
    visibility: Visibility = column(
        "Who may see it: its owner, whoever has its id (UNLISTED), or everybody who finds it in `User.collections` "
        "(PUBLIC)."
    )
    is_bookmarks: bool = column("Whether it is its owner's bookmarks: these are always private.")
    created_at: datetime = column("When it was made.")
    moderation: LastDecision = last_decision()
    owner: User = to_one("Whose it is.", by="user_id", seen=True)
    item_count: int = expression(
        "How many artworks it has, those that the viewer may not see too.",
        lambda _ask, collection: collections.count_of(collection),
    )
    contains: bool = expression(
        "Whether an artwork is in it; of others' collections, one that the viewer may see.",
        _contains,
    )
    cover: Artwork | None = to_one(
        "The artwork that was added last of those that the viewer may see; its `image` stands for the collection.",
        lambda _ask, collection, artwork, item: (item.collection_id == collection.id) & (artwork.id == item.artwork_id),
        through=tables.CollectionItem,
        order=lambda _artwork, item: [item.id.desc()],
    )
    items: CollectionItemConnection = connection(
        "The artworks that the viewer may see, the last added first.",
        lambda ask, collection, item: (item.collection_id == collection.id) & collections.is_item_for(item, ask.viewer),
        order=("-id",),
        seen=True,
    )


@strawberry.type(description="A page of collections.")
class CollectionConnection(Connection[Collection]):
    """A page of collections."""


@strawberry.input(description="What a collection shall be; with an id, what is left out stays.")
class UpsertCollectionInput:
    """What a collection shall be."""

    id: strawberry.ID | None = strawberry.field(
        default=None, description="Id of one of the viewer's collections; a new one is made without."
    )
    title: str | None = strawberry.field(
        default=None,
        description="1 to 100 characters, no other collection of the viewer's has it; needed for a new one.",
    )
    description: str | None = strawberry.field(default=None, description="At most 1000 characters.")
    visibility: Visibility | None = strawberry.field(
        default=None, description="Who may see it; a new one is PRIVATE by default."
    )


@strawberry.type(description="The collection as it is now.")
class UpsertCollectionSuccess:
    """The collection is saved."""

    collection: Collection = strawberry.field(description="The collection.")


@strawberry.input(description="Which collection to delete.")
class DeleteCollectionInput:
    """Which collection to delete."""

    collection_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's collections.")


@strawberry.type(description="The collection is deleted; the artworks that were in it are what they were.")
class DeleteCollectionSuccess:
    """The collection is deleted."""

    deleted_id: strawberry.ID = strawberry.field(description="Id that the collection had.")
    viewer: Viewer = strawberry.field(description="The viewer, with the collections that are left.")


@strawberry.input(description="Whether an artwork shall be in a collection.")
class SetCollectedInput:
    """Whether an artwork shall be in a collection."""

    artwork_id: strawberry.ID = strawberry.field(description="Id of an artwork that the viewer may see.")
    collection_id: strawberry.ID | None = strawberry.field(
        default=None, description="Id of one of the viewer's collections; their bookmarks by default."
    )
    on: bool = strawberry.field(description="Whether it shall be in it.")


@strawberry.type(description="The artwork is in the collection, or not.")
class SetCollectedSuccess:
    """The artwork is in the collection, or not."""

    artwork: Artwork | None = strawberry.field(
        description="The artwork with `viewerHasCollected`; null where the viewer may not see it any more."
    )
    collection: Collection = strawberry.field(description="The collection.")


UpsertCollectionResult = Annotated[
    UpsertCollectionSuccess | InvalidInput | NotFound | ContentBlocked | TooManyAttempts | Restricted,
    strawberry.union("UpsertCollectionResult", description="Result of `upsertCollection`."),
]
DeleteCollectionResult = Annotated[
    DeleteCollectionSuccess | InvalidInput | NotFound,
    strawberry.union("DeleteCollectionResult", description="Result of `deleteCollection`."),
]
SetCollectedResult = Annotated[
    SetCollectedSuccess | InvalidInput | NotFound,
    strawberry.union("SetCollectedResult", description="Result of `setCollected`."),
]
