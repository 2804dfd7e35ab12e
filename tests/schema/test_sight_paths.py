"""Whatever in the graph leads to what people show, say and keep has a row in the matrix of sight, or a reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_abstract_type,
    is_object_type,
    parse,
    visit,
)

from resolvers.graph import build_schema
from schema.documents import DocumentReader
from sights_lists import LISTS
from sights_paths import PATHS

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA: Final[GraphQLSchema] = build_schema(DocumentReader())._schema
CONTENT: Final = {"Artwork", "User", "BlockedUser", "Comment", "Collection", "CollectionItem"}
ELSEWHERE: Final = {
    "ArtworkCommentAdded": "tests/graph/test_artwork_streams.py",
    "ArtworkCommentChanged": "tests/graph/test_artwork_streams.py",
    "ArtworkCommentDeleted": "tests/graph/test_artwork_streams.py",
    "ArtworkCommentsLocked": "tests/graph/test_artwork_streams.py",
    "ArtworkLikesChanged": "tests/graph/test_artwork_streams.py",
    "EntityMediaChanged": "tests/graph/test_gallery_streams.py",
    "FeedEdgeAdded": "tests/graph/test_feed_watching.py",
    "NotificationGroup.artwork": "tests/graph/test_saved_search_notifications.py",
    "SavedSearchMatch": "tests/graph/test_saved_search_streams.py",
    "AuditEntry": "for administrators alone",
    "GenerationJob": "the viewer's own alone",
    "PromptDraft": "the viewer's own alone",
    "ModerationCase.takenBy": "a moderator, told to moderators",
    "ModerationDecision.actor": "a moderator, told to moderators",
}
"""Types and fields without a row: where they are looked at instead, or why nowhere."""
OF_OTHERS: Final = re.compile("(Archive|Folder|Generation|Guard|Ledger|MediaAsset|PromptPreset|SimilarAsset)")
"""Lists that are none of the community's, by what is in them."""


def leads_to_content(kind: Any) -> bool:  # noqa: ANN401 - any type of the schema
    """Return whether a field of this type tells of something that people show, say or keep."""
    named = get_named_type(kind)
    if is_abstract_type(named):
        return any(member.name in CONTENT for member in SCHEMA.get_possible_types(named))
    if named.name.endswith("Connection"):
        return leads_to_content(named.fields["nodes"].type)
    return named.name in CONTENT or (named.name.endswith("Edge") and leads_to_content(named.fields["node"].type))


def ways() -> Iterator[str]:
    """Yield the fields that lead to content, but for results of mutations and parts of pages."""
    for name, kind in SCHEMA.type_map.items():
        if not is_object_type(kind) or name.endswith(("Success", "Connection", "Edge")) or name.startswith("__"):
            continue
        for field, definition in kind.fields.items():
            if leads_to_content(definition.type):
                yield f"{name}.{field}"


def gone(path: str) -> set[str]:
    """Return the fields of the graph that a path goes by."""
    found: set[str] = set()
    info = TypeInfo(SCHEMA)

    class Noting(Visitor):
        def enter_field(self, node: Any, *_: object) -> None:  # noqa: ANN401 - as graphql-core declares it
            parent = info.get_parent_type()
            assert parent is not None
            assert info.get_field_def() is not None, (path, node.name.value)
            found.add(f"{parent.name}.{node.name.value}")

    document = re.sub(r"<[^>]+>|\$after", '"x"', path.removeprefix("#"))
    if not document.startswith("subscription"):
        verb = "mutation" if document.startswith("mutation ") else "query"
        document = f"{verb} {{ {document.removeprefix('mutation ')} }}"
    visit(parse(document), TypeInfoVisitor(info, Noting()))
    return found


def test_each_way_to_what_people_show_has_a_row_in_the_matrix() -> None:
    met = {
        each for paths in PATHS.values() for path in paths.values() if not path.startswith("/") for each in gone(path)
    }
    open_ = {way for way in ways() if way not in met}
    assert {way for way in open_ if not {way, way.partition(".")[0]} & {*ELSEWHERE}} == set()
    assert {name for name in ELSEWHERE if not any(name in {way, way.partition(".")[0]} for way in open_)} == set()


def test_each_list_of_the_community_has_its_cursors_looked_at() -> None:
    lists = {
        f"{name}.{field}"
        for name, kind in SCHEMA.type_map.items()
        if is_object_type(kind) and name != "Subscription" and not name.endswith("Snapshot")
        for field, definition in kind.fields.items()
        if "after" in definition.args and not OF_OTHERS.match(get_named_type(definition.type).name)
    }
    met = {each for _, path in LISTS.values() for each in gone(path)}
    elsewhere = {f"User.{each}" for each in ("characters", "stories", "origChats")} | {"Query.auditLog"}
    assert lists - met == elsewhere
