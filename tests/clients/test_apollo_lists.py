"""Every connection of the graph in Apollo Client becomes one list, with Apollo's own policy as with the sample's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLObjectType, build_schema, get_named_type

from apollo import SAMPLE, apollo, plain
from neighbours import furnish, neighbours
from node_programs import needs_npm, printed_by
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from conftest import Installation
    from neighbours import Neighbours

SCHEMA = build_schema((Path(__file__).parent.parent.parent / "schema" / "schema.graphql").read_text())
_PAGE = "edges { cursor node { %s } } pageInfo { hasNextPage endCursor }"
_VIEWS = {"Query": "%s", "Viewer": "viewer { id %s }", "Search": 'search(query: "sea") { %s }'}
_LISTS = {
    "feed": ["kind: LATEST", "kind: FOLLOWING", "kind: RECOMMENDED", 'kind: TAG, filter: { tag: "sea" }']
    + [f"kind: POPULAR, window: {window}" for window in ("DAY", "ALL")],
    "notifications": ["unreadOnly: true"],
}
FOR_MODERATORS = ("moderationQueue", "auditLog", "ModerationCase")

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300), needs_npm]


def connections() -> list[tuple[str, str]]:
    """Return each connection that a query reaches, as type and field."""
    nodes = SCHEMA.get_possible_types(SCHEMA.type_map["Node"])  # type: ignore[arg-type]
    keepers = [SCHEMA.query_type, SCHEMA.type_map["Search"], *nodes]
    return [
        (keeper.name, name)
        for keeper in keepers
        if isinstance(keeper, GraphQLObjectType)
        for name, field in keeper.fields.items()
        if get_named_type(field.type).name.endswith("Connection")
    ]


def documents(found: Neighbours) -> dict[str, tuple[str, list[str]]]:
    """Return a document for each list, by what it shows, and the path to the list in its answer."""
    ids = found.ids
    parents = {
        "User": found.ann.viewer_id, "Character": ids["character"][0], "Story": ids["story"][0],
        "OrigChat": ids["origChat"][0], "Folder": ids["folders"][0], "Artwork": ids["sea_ann"][0],
        "Comment": ids["comment"][0], "Collection": ids["collection"][0], "ModerationCase": ids["case"][0],
        "Tag": ids["tag"][0],
    }  # fmt: skip
    written = {}
    for keeper, name in connections():
        kept = "asset { id }" if name == "similarAssets" else "id"
        given = [f'assetId: "{ids["picture"][0]}"'] if name == "similarAssets" else _LISTS.get(name, [""])
        for arguments in given if keeper == "Query" else [""]:
            page = f"{name}({arguments} first: 2, after: $after) {{ {_PAGE % kept} }}"
            head = "query Pages($after: Cursor) { "
            if keeper == "CreditAccount":
                text, path = f"viewer {{ id creditAccount {{ id {page} }} }}", ["viewer", "creditAccount", name]
            elif keeper in _VIEWS:
                text = _VIEWS[keeper] % page
                path = [name] if keeper == "Query" else [keeper.lower(), name]
            else:
                text = f'node(id: "{parents[keeper]}") {{ id ... on {keeper} {{ {page} }} }}'
                path = ["node", name]
            written[f"{keeper}.{name} {arguments}"] = (f"{head}{text} }}", path)
    return written


async def whole(found: Neighbours, who: str, document: str, path: list[str]) -> list[Any]:
    """Return the edges of a list as one page."""
    answer: Any = await found.people[who].data(document.replace("first: 2", "first: 100"))
    for key in path:
        answer = answer[key]
    edges: list[Any] = answer["edges"]
    return edges


async def settled(found: Neighbours) -> None:
    """Wait until what is found, told, recommended and counted is up to date; what is popular stays as it is."""
    sql(found.database_url, "UPDATE tastes SET due_at = now()")
    query = """{ search(query: "sea") { artworks { nodes { id } } tags { nodes { id } } }
      feed(kind: RECOMMENDED) { nodes { id } } notifications { nodes { id } } }"""

    async def is_there() -> bool:
        answer = await found.ann.data(query)
        lists = (*answer["search"].values(), answer["feed"], answer["notifications"])
        return len(lists[0]["nodes"]) == 15 and all(len(each["nodes"]) > 2 for each in lists)

    await until(is_there)
    await until(lambda: not sql(found.database_url, "SELECT 1 FROM count_changes"))
    sql(found.database_url, "DELETE FROM score_marks")  # of which a round makes a new order, twice a minute


async def test_each_list_is_paged_to_its_end(easel: Installation) -> None:
    async with neighbours(easel) as found, apollo() as program:
        await furnish(found)
        await settled(found)
        lists = documents(found)
        for kind in ("stock", "sample"):
            for who in ("sea_ann", "mod"):
                token = found.people[who].token
                await program.do("client", name=f"{who} {kind}", url=found.url, token=token, kind=kind)
        for what, (document, path) in lists.items():
            who = "mod" if any(each in what for each in FOR_MODERATORS) else "sea_ann"
            expected = await whole(found, who, document, path)
            assert len(expected) > 2, what
            for kind in ("stock", "sample"):
                shown = await program.do("pages", name=f"{who} {kind}", query=document, variables={}, path=path)
                assert [len(each) for each in shown[:2]] == [2, min(4, len(expected))], (what, kind)
                assert plain(shown[-1]) == expected, (what, kind)
        # and the sample says why it recommends what it does
        token = found.ann.token or ""
        printed = await printed_by(SAMPLE, "node", "dist/main.js", found.url, "--token", token, "--recommended")
        assert re.search(r"^  “The sea, sea_\w+ \d” by @sea_\w+: (you |people |it |many )", printed, re.MULTILINE)
