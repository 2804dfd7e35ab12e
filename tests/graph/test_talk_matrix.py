"""What of what a user says and keeps can be seen, by each path and by each who looks: add a path as a row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import pytest

from db.words import Visibility
from domain import collections, comments
from domain.collections import Draft
from domain.errors import Missing
from domain.tokens import Claims
from local_graph import local_graph
from looks import VIEWERS, build_world
from people import key_in, later
from resolvers.artwork_watch import ArtworkWatch
from schema.context import Context

if TYPE_CHECKING:
    from pathlib import Path

    from local_graph import LocalGraph
    from looks import World

pytestmark = pytest.mark.anyio

ALL: Final = {"a stranger", "fay", "mia", "olga"}
"""Everybody but those between whom and Olga a block stands, whoever wanted it."""
MINE: Final = {"olga"}

PATHS: Final = {
    "comment under another's": ("{ artwork(id: <others_artwork>) { comments { nodes { id } } } }", ALL),
    "comment in the feed": ("{ feed { nodes { comments { nodes { id author { id } } } } } }", ALL),
    "pinned comment": ("{ artwork(id: <others_artwork>) { pinnedComments { id author { id } } } }", ALL),
    "reply": ("{ node(id: <root>) { ... on Comment { replies { nodes { id author { id } } } } } }", ALL),
    "reply by id": ("{ node(id: <reply>) { id } }", ALL),
    "what is answered": ("{ node(id: <answer>) { ... on Comment { replyTo { id author { id } } } } }", ALL),
    "who is named": ("{ node(id: <named>) { ... on Comment { mentions { user { id } } } } }", ALL),
    "what is under hers": ("{ node(id: <comment_on_hers>) { ... on Comment { artwork { id } } } }", ALL),
    "collection": ("{ node(id: <collection>) { id ... on Collection { owner { id } } } }", ALL),
    "collections": ('{ user(handle: "olga") { collections { nodes { id } } } }', ALL),
    "unlisted collection": ("{ node(id: <unlisted>) { id } }", ALL),
    "private collection": ("{ node(id: <private>) { id } }", MINE),
    "bookmarks": ("{ node(id: <bookmarks>) { id } }", MINE),
    "one's own": ("{ viewer { bookmarks { id } collections { nodes { id } } } }", MINE),
    "artwork in another's": (
        "{ node(id: <cems>) { ... on Collection { items { nodes { artwork { id author { id } } } } } } }",
        ALL,
    ),
    "cover of another's": ("{ node(id: <cems>) { ... on Collection { cover { id } } } }", ALL),
}
"""By what is looked at: the document, and who are told an id of Olga's by it."""


async def talk(graph: LocalGraph, world: World) -> list[str]:
    """Let Olga say and keep all that one can; return the ids of it."""
    db, olga, cem, fay = graph.services.db, *(world.users[each] for each in ("olga", "cem", "fay"))
    place, shown = key_in(world.ids["others_artwork"]), key_in(world.ids["public_artwork"])

    async def say(who: UUID, text: str, reply_to: UUID | None = None) -> UUID:
        async with db.write() as tx:
            return await comments.add(tx, who, place, text, reply_to, uuid4().hex)

    async def keep(who: UUID, artwork: UUID, visibility: Visibility | None) -> UUID:
        async with db.write() as tx:
            key = await collections.save(tx, who, None, Draft(visibility, "", visibility)) if visibility else None
            return await collections.set_collected(tx, who, artwork, key, on=True)

    root = await say(cem, "root")
    reply = await say(olga, "reply", root)
    said = {"root": root, "reply": reply, "answer": await say(fay, "answer", reply), "named": await say(cem, "@olga")}
    kept = {
        "collection": await keep(olga, place, Visibility.PUBLIC),
        "unlisted": await keep(olga, place, Visibility.UNLISTED),
        "private": await keep(olga, place, Visibility.PRIVATE),
        "bookmarks": await keep(olga, place, None),
        "cems": await keep(cem, shown, Visibility.PUBLIC),
    }
    async with db.write() as tx:
        await comments.pin(tx, cem, key_in(world.ids["comment"]), on=True)
    world.ids.update({name: f"comment_{key.hex}" for name, key in said.items()})
    world.ids.update({name: f"collection_{key.hex}" for name, key in kept.items()})
    return [world.ids[name] for name in ("reply", *kept) if name != "cems"]


async def test_what_is_said_and_kept_is_seen_by_each_path(database_url: str, redis_url: str, tmp_path: Path) -> None:
    async with local_graph(database_url, redis_url, tmp_path) as graph:
        world = await build_world(graph.services.db)
        owned = [world.ids[name] for name in ("olga", "comment", "public_artwork")]
        owned += await talk(graph, world)

        async def sees(who: str | None, document: str) -> bool:
            claims = Claims(world.users[who], world.sessions[who], later()) if who else None
            context = Context(graph.services, claims=claims)
            result = await graph.schema.execute(world.fill(document), context_value=context)
            assert not result.errors, result.errors
            answer = json.dumps(result.data)
            return any(key in answer for key in owned)

        found = {
            path: {who or "a stranger" for who in (None, *VIEWERS) if await sees(who, document)}
            for path, (document, _) in PATHS.items()
        }
    assert found == {path: who for path, (_, who) in PATHS.items()}


@pytest.mark.parametrize(
    ("name", "watchers"), [("public_artwork", ALL), ("unlisted_artwork", ALL), ("private_artwork", MINE)]
)
async def test_who_may_watch_an_artwork(
    database_url: str, redis_url: str, tmp_path: Path, name: str, watchers: set[str]
) -> None:
    async with local_graph(database_url, redis_url, tmp_path) as graph:
        world = await build_world(graph.services.db)
        seen = set()
        for who in (None, *VIEWERS):
            claims = Claims(world.users[who], world.sessions[who], later()) if who else None
            watch = ArtworkWatch(Context(graph.services, claims=claims), None, key_in(world.ids[name]))
            try:
                await watch.check()
            except Missing:
                continue
            seen.add(who or "a stranger")
    assert seen == watchers
