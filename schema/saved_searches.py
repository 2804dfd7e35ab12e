"""Saved searches in the graph, and what those who saved them are told."""

from datetime import datetime
from typing import Annotated

import strawberry

from db import tables
from planner import Connection, column, part, planned, to_one
from schema.accounts import User, Viewer
from schema.artworks import Artwork
from schema.errors import InvalidInput, NotFound
from schema.node import Node, identity
from schema.search import SearchFilter
from schema.stream_events import StreamEvent


@strawberry.type(description="What was chosen beside the query of a saved search; empty for any.")
@planned()
class SavedSearchFilter:
    """What was chosen beside the query: a part of the row."""

    styles: list[str] = column("Of one of these styles.")
    ratios: list[str] = column("Of one of these aspect ratios.")
    engines: list[str] = column("Painted by one of these engines.")
    colors: list[str] = column("That have most of one of these colors: words of `Color`.")
    content_levels: list[str] = column("Of one of these levels: words of `ContentLevel`.")
    tags: list[str] = column("With all of these tags.")
    author: User | None = to_one("By this user.", by="author_id")


@strawberry.type(description="A search that the viewer wants to be told of anew.")
@planned(tables.SavedSearch, visible_to=lambda ask, search: search.user_id == ask.viewer)
class SavedSearch(Node):
    """A saved search."""

    id: strawberry.ID = identity("search")
    name: str = column("What its owner calls it.")
    query: str = column("The query, as it was written.")
    filter: SavedSearchFilter = part("What was chosen beside it.")
    notify: bool = column("Whether its owner wants to be notified of each artwork that matches it.")
    created_at: datetime = column("When it was saved.")


@strawberry.type(description="A page of saved searches.")
class SavedSearchConnection(Connection[SavedSearch]):
    """A page of saved searches."""


@strawberry.input(description="Which search to save.")
class SaveSearchInput:
    """Which search to save."""

    name: str = strawberry.field(description="1 to 60 characters.")
    query: str = strawberry.field(
        default="", description="As for `search`. Of its words, whole ones and beginnings of words match."
    )
    filter: SearchFilter | None = strawberry.field(
        default=None, description="As for `search`, without a period: what is published from now on is told of."
    )
    notify: bool = strawberry.field(
        default=False, description="Whether the viewer wants to be notified of each artwork that matches it."
    )


@strawberry.type(description="The search is saved.")
class SaveSearchSuccess:
    """The search is saved."""

    saved_search: SavedSearch = strawberry.field(description="The saved search.")


@strawberry.input(description="Which saved search to delete.")
class DeleteSavedSearchInput:
    """Which saved search to delete."""

    saved_search_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's saved searches.")


@strawberry.type(description="The saved search is deleted; nobody is told of it any more.")
class DeleteSavedSearchSuccess:
    """The saved search is deleted."""

    deleted_id: strawberry.ID = strawberry.field(description="The id that it had.")
    viewer: Viewer = strawberry.field(description="Whose it was.")


SaveSearchResult = Annotated[
    SaveSearchSuccess | InvalidInput | NotFound,
    strawberry.union("SaveSearchResult", description="Result of `saveSearch`."),
]
DeleteSavedSearchResult = Annotated[
    DeleteSavedSearchSuccess | NotFound,
    strawberry.union("DeleteSavedSearchResult", description="Result of `deleteSavedSearch`."),
]


@strawberry.type(description="The saved search as it is now; the first message.")
class SavedSearchSnapshot(StreamEvent):
    """The saved search as it is now."""

    saved_search: SavedSearch = strawberry.field(description="The saved search.")
    resumed: bool = strawberry.field(
        description="Whether all events after the `after` that was given follow. False where the stream starts over."
    )


@strawberry.type(description="An artwork that was published matches the saved search.")
class SavedSearchMatch(StreamEvent):
    """An artwork matches."""

    artwork: Artwork | None = strawberry.field(
        description="The artwork; null where the viewer may not see it any more."
    )


SavedSearchEvent = Annotated[
    SavedSearchSnapshot | SavedSearchMatch,
    strawberry.union("SavedSearchEvent", description="What those who watch a saved search are told."),
]
