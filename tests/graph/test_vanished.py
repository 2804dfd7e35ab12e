"""What goes out of sight after a mutation was done, before its answer is read: NOT_FOUND or null, no fault of ours."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from db.session import Database
from domain import blocks
from local_graph import local_graph
from people import key_in, new_artwork, new_users
from resolvers.graph import treated
from stored import row_counts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncSession

pytestmark = pytest.mark.anyio

DOINGS: Final[dict[str, tuple[str, str, dict[str, None] | None]]] = {
    "setReaction": ('subjectId: "<artwork>", on: true', "artwork { id }", None),
    "setMute": ('userId: "<author>", on: true', "user { id }", None),
    "createShareLink": ('artworkId: "<artwork>"', "artwork { id }", None),
    "setFollow": ('target: "<author>", on: true', "target { __typename }", {"target": None}),
    "setCollected": ('artworkId: "<artwork>", on: true', "artwork { id }", {"artwork": None}),
    "addComment": (
        'artworkId: "<artwork>", text: "x", idempotencyKey: "k"',
        "artwork { id } comment { id }",
        {"artwork": None, "comment": None},
    ),
}
"""What is done to somebody who blocks at the worst moment, what is asked, and the answer; None where it is an error."""


async def test_who_is_blocked_before_the_answer_is_read_is_told_that_nothing_is_there(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with local_graph(spare_database_url, spare_redis_url, tmp_path) as graph:
        db, write = graph.services.db, Database.write

        async def blocked(author: str, viewer: str) -> None:
            async with db.write() as tx:
                await blocks.set_block(tx, key_in(author), key_in(viewer), on=True)

        for name, (given, asked, answer) in DOINGS.items():
            # given an author who blocks the viewer as soon as what the viewer does is committed
            viewer, author = await new_users(db, f"viewer_{name.lower()}", f"author_{name.lower()}")
            artwork = await new_artwork(db, author)

            @asynccontextmanager
            async def unlucky(
                self: Database, author: str = author, viewer: str = viewer
            ) -> AsyncIterator[AsyncSession]:
                async with write(self) as tx:
                    yield tx
                monkeypatch.setattr(Database, "write", write)
                await blocked(author, viewer)

            monkeypatch.setattr(Database, "write", unlucky)
            selection = f"... on {name[0].upper()}{name[1:]}Success {{ {asked} }} ... on UserError {{ code }}"
            document = f"mutation {{ {name}(input: {{{given}}}) {{ {selection} }} }}"
            document = document.replace("<artwork>", artwork).replace("<author>", author)
            done: Any = await graph.answer(document, None, viewer)

            # then the answer shows nothing of them
            codes = [(treated(error).extensions or {})["code"] for error in done.errors or ()]
            assert codes == ([] if answer else ["NOT_FOUND"]), name
            assert done.data == ({name: answer} if answer else None), name

            # and from then on it is refused, and nothing is written
            before = row_counts(spare_database_url)
            refused = await graph.run(document.replace('"k"', '"other"'), None, viewer)
            assert refused == {name: {"code": "NOT_FOUND"}}
            assert row_counts(spare_database_url) == before, name
