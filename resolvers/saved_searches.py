"""Saving searches, and watching for artworks that match them."""

from collections.abc import AsyncIterable
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import saved_searches, streams
from domain.errors import InvalidInput
from domain.ports import Event
from domain.saved_searches import MATCHED, Wanted
from planner import connection, ref
from resolvers.own_watch import Kind, OwnWatch
from resolvers.streams import After, Place
from schema.accounts import Viewer
from schema.artworks import Artwork
from schema.context import Context, Info
from schema.node import global_id, key_of, required_key
from schema.saved_searches import (
    DeleteSavedSearchInput,
    DeleteSavedSearchResult,
    DeleteSavedSearchSuccess,
    SavedSearch,
    SavedSearchConnection,
    SavedSearchEvent,
    SavedSearchMatch,
    SavedSearchSnapshot,
    SaveSearchInput,
    SaveSearchResult,
    SaveSearchSuccess,
)
from schema.search import SearchFilter


@strawberry.type
class SavedSearchQueries:
    """Root fields about saved searches."""

    saved_searches: SavedSearchConnection = connection(
        "The viewer's saved searches, the newest first; a hundred at most.",
        lambda ask, search: search.user_id == ask.viewer,
        order=("-id",),
        seen=True,
        check=Context.require_viewer,
    )


@strawberry.type
class SavedSearchMutations:
    """Mutations about saved searches."""

    @strawberry.mutation(description="Save a search, to be told of what is published from now on and matches it.")
    async def save_search(
        self,
        info: Info,
        input: Annotated[SaveSearchInput, strawberry.argument(description="Which search.")],  # noqa: A002
    ) -> SaveSearchResult:
        """Save a search."""
        viewer_id = info.context.required_viewer_id
        wanted = _wanted(input.filter) if input.filter else Wanted()
        async with info.context.services.db.write() as tx:
            saved = await saved_searches.save(tx, viewer_id, input.name, input.query, wanted, notify=input.notify)
        return SaveSearchSuccess(saved_search=ref(SavedSearch, id=saved.id))

    @strawberry.mutation(description="Delete a saved search.")
    async def delete_saved_search(
        self,
        info: Info,
        input: Annotated[DeleteSavedSearchInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> DeleteSavedSearchResult:
        """Delete a saved search."""
        viewer_id = info.context.required_viewer_id
        search_id = required_key("search", input.saved_search_id, "savedSearchId")
        async with info.context.services.db.write() as tx:
            await saved_searches.remove(tx, viewer_id, search_id)
        return DeleteSavedSearchSuccess(deleted_id=global_id("search", search_id), viewer=ref(Viewer, id=viewer_id))


@strawberry.type
class SavedSearchSubscriptions:
    """Streams about saved searches."""

    @strawberry.subscription(
        description="Follow one of the viewer's saved searches: it comes first, then each artwork that is published "
        "and matches it. Give the last `cursor` as `after` to go on after a broken connection; a day's events are kept."
    )
    def saved_search_matched(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the saved search.")],  # noqa: A002
        after: After = None,
    ) -> AsyncIterable[SavedSearchEvent]:
        """Follow a saved search."""
        return SavedSearchWatch(info.context, after, key_of("search", id))


class SavedSearchWatch(OwnWatch):
    """The owner of a saved search, watching for what matches it."""

    __slots__ = ()
    kind = Kind("saved search", streams.of_search, saved_searches.states_of)

    def snapshot(self, place: Place, *, resumed: bool) -> SavedSearchSnapshot:
        """Return the saved search as it is now."""
        return SavedSearchSnapshot(**place, saved_search=ref(SavedSearch, id=self.key), resumed=resumed)

    def event(self, event: Event, place: Place) -> Any:  # noqa: ANN401 - a member of SavedSearchEvent
        """Return what the graph says of an event; nothing where it is of a newer version."""
        if event.kind != MATCHED:
            return None
        return SavedSearchMatch(**place, artwork=ref(Artwork, id=UUID(event.data["artwork"])))


def _wanted(given: SearchFilter) -> Wanted:
    """Return a filter as it is saved.

    Raises:
        InvalidInput: it has a period.
        NotFound: the id is no user's.
    """
    if given.published_after or given.published_before:
        field = "publishedAfter" if given.published_after else "publishedBefore"
        raise InvalidInput("search.period", ("input", "filter", field))
    author_id = given.author_id
    return Wanted(
        styles=tuple(given.styles or ()),
        ratios=tuple(given.ratios or ()),
        engines=tuple(given.engines or ()),
        colors=tuple(each.value for each in given.colors or ()),
        content_levels=tuple(each.value for each in given.content_levels or ()),
        tags=tuple(given.tags or ()),
        author_id=None if author_id is None else required_key("user", author_id, "filter", "authorId"),
    )
