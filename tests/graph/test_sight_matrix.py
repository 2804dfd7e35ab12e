"""What of a user can be seen, by each path and by each who looks: add a path as a row.

Olga shows all that one can show (``looks.build_world``). A row has the document, in which names in angle brackets stand
for ids, and those who are told an id of hers by it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from domain.errors import Missing
from domain.tokens import Claims
from local_graph import local_graph
from looks import VIEWERS, build_world
from people import later
from resolvers.galleries import MediaWatch, required_owner
from schema.context import Context

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

ALL: Final = {"a stranger", "fay", "mia", "olga"}
"""Everybody but those between whom and Olga a block stands, whoever wanted it."""
FEED: Final = ALL - {"mia"}
SIGNED_IN: Final = ALL - {"a stranger"}
MINE: Final = {"olga"}

PATHS: Final = {
    # people
    "user by handle": ('{ user(handle: "olga") { id } }', ALL),
    "user by id": ("{ node(id: <olga>) { id } }", ALL),
    "user among nodes": ("{ nodes(ids: [<olga>]) { id } }", ALL),
    "followers of another": ('{ user(handle: "cem") { followers { nodes { id } } } }', ALL),
    "followed by another": ('{ user(handle: "cem") { following { nodes { id } } } }', ALL),
    # artworks
    "artwork": ("{ artwork(id: <public_artwork>) { id author { id } } }", ALL),
    "artwork by id": ("{ node(id: <public_artwork>) { id } }", ALL),
    "artwork among nodes": ("{ nodes(ids: [<public_artwork>]) { id } }", ALL),
    "artwork in the feed": ("{ feed { nodes { id } } }", FEED),
    "artwork of a user": ('{ user(handle: "olga") { artworks { nodes { id } } } }', ALL),
    "comment on hers": ("{ node(id: <comment_on_hers>) { id } }", ALL),
    "comments on hers": ("{ artwork(id: <public_artwork>) { comments { nodes { id } } } }", ALL),
    "unlisted artwork": ("{ artwork(id: <unlisted_artwork>) { id } }", ALL),
    "private artwork": ("{ artwork(id: <private_artwork>) { id } }", MINE),
    "private artwork by id": ("{ node(id: <private_artwork>) { id } }", MINE),
    # what she does with those of others
    "comment": ("{ node(id: <comment>) { id ... on Comment { author { id } } } }", ALL),
    "comments on another's": ("{ artwork(id: <others_artwork>) { comments { nodes { id author { id } } } } }", ALL),
    "likers": ("{ artwork(id: <others_artwork>) { likers { nodes { id } } } }", ALL),
    # pictures
    "picture": ("{ node(id: <public_asset>) { id } }", ALL),
    "picture of an unlisted artwork": ("{ node(id: <unlisted_asset>) { id } }", ALL),
    "picture of a private artwork": ("{ node(id: <private_asset>) { id } }", MINE),
    "picture in her gallery": ("{ node(id: <olga_asset>) { id } }", ALL),
    "gallery": ('{ user(handle: "olga") { gallery { nodes { id } } primaryMedia { id } } }', ALL),
    "look-alikes of another's": ("{ similarAssets(assetId: <others_asset>) { nodes { asset { id } } } }", SIGNED_IN),
    # characters, stories, chats
    "character": ("{ node(id: <character>) { id ... on Character { user { id } } } }", ALL),
    "story": ("{ node(id: <story>) { id } }", ALL),
    "chat": ("{ node(id: <origchat>) { id } }", ALL),
    "characters of a user": ('{ user(handle: "olga") { characters { nodes { id } } } }', ALL),
    "stories of a user": ('{ user(handle: "olga") { stories { nodes { id } } } }', ALL),
    "chats of a user": ('{ user(handle: "olga") { origChats { nodes { id } } } }', ALL),
    "gallery of a character": ("{ node(id: <character>) { ... on MediaOwner { gallery { nodes { id } } } } }", ALL),
    "picture of a character": ("{ node(id: <character_asset>) { id } }", ALL),
    # presets
    "preset": ("{ node(id: <preset>) { id ... on PromptPreset { author { id } } } }", ALL),
    "presets": ('{ promptPresets(filter: {scope: PUBLIC, text: "dusk"}) { nodes { id author { id } } } }', ALL),
}
"""By what is looked at: the document, and who are told an id of Olga's by it."""


async def test_what_is_seen_by_each_path(database_url: str, redis_url: str, tmp_path: Path) -> None:
    async with local_graph(database_url, redis_url, tmp_path) as graph:
        world = await build_world(graph.services.db)

        async def sees(who: str | None, document: str) -> bool:
            claims = Claims(world.users[who], world.sessions[who], later()) if who else None
            context = Context(graph.services, claims=claims)
            result = await graph.schema.execute(world.fill(document), context_value=context)
            codes = {(error.extensions or {}).get("code") for error in result.errors or ()}
            assert not codes or (who is None and codes == {"UNAUTHENTICATED"}), result.errors
            answer = json.dumps(result.data)
            return any(key in answer for key in world.hers)

        found = {
            path: {who or "a stranger" for who in (None, *VIEWERS) if await sees(who, document)}
            for path, (document, _) in PATHS.items()
        }
    assert found == {path: who for path, (_, who) in PATHS.items()}


@pytest.mark.parametrize("word", ["olga", "character", "story", "origchat"])
async def test_who_may_watch_a_gallery(database_url: str, redis_url: str, tmp_path: Path, word: str) -> None:
    async with local_graph(database_url, redis_url, tmp_path) as graph:
        world = await build_world(graph.services.db)
        seen = set()
        for who in (None, *VIEWERS):
            claims = Claims(world.users[who], world.sessions[who], later()) if who else None
            watch = MediaWatch(Context(graph.services, claims=claims), None, required_owner(world.ids[word]))
            try:
                await watch.check()
            except Missing:
                continue
            seen.add(who or "a stranger")
    assert seen == ALL


async def test_who_blocks_finds_the_other_in_the_list_alone_and_undoes_it(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    listed = "{ viewer { blockedUsers { nodes { id handle artworks { nodes { id } } characters { nodes { id } } } } } }"
    undo = """mutation($id: ID!) { setBlock(input: { userId: $id, on: false }) {
      ... on SetBlockSuccess { userId user { id artworks { nodes { id } } } viewer { blockedUsers { nodes { id } } } }
      ... on UserError { code } } }"""
    async with local_graph(database_url, redis_url, tmp_path) as graph:
        world = await build_world(graph.services.db)
        olga = world.ids["olga"]

        # who was blocked has nobody in the list, who blocks sees whom, and nothing of theirs
        assert (await graph.run(listed, viewer_id=world.ids["bob"]))["viewer"]["blockedUsers"]["nodes"] == []
        (found,) = (await graph.run(listed, viewer_id=world.ids["bea"]))["viewer"]["blockedUsers"]["nodes"]
        assert found == {"id": olga, "handle": "olga", "artworks": {"nodes": []}, "characters": {"nodes": []}}

        # what another wanted can not be undone
        undone = (await graph.run(undo, {"id": olga}, world.ids["bob"]))["setBlock"]
        assert undone == {"userId": olga, "user": None, "viewer": {"blockedUsers": {"nodes": []}}}
        assert not (await graph.run('{ user(handle: "olga") { id } }', viewer_id=world.ids["bob"]))["user"]

        undone = (await graph.run(undo, {"id": olga}, world.ids["bea"]))["setBlock"]
        assert undone == {
            "userId": olga,
            "user": {"id": olga, "artworks": {"nodes": [{"id": world.ids["public_artwork"]}]}},
            "viewer": {"blockedUsers": {"nodes": []}},
        }
