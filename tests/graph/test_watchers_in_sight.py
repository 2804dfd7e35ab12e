"""Who may begin to watch a gallery or an artwork: who may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from domain.errors import Missing
from domain.tokens import Claims
from local_graph import local_graph
from looks import VIEWERS, build_world
from people import key_in, later
from resolvers.artwork_watch import ArtworkWatch
from resolvers.galleries import MediaWatch, required_owner
from schema.context import Context

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

ALL: Final = {"a stranger", "fay", "mia", "olga"}
"""Everybody but those between whom and Olga a block stands, whoever wanted it."""
MINE: Final = {"olga"}


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
