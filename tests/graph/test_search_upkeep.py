"""How search keeps up with artworks: in transactions of bounded size, and without words that nothing has any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from domain import search_index
from searching import searched
from stored import sql

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

TERMS = """SELECT count(*) FILTER (WHERE kind = 'WORD'), bool_and(uses = (
    SELECT count(*) FROM search_postings WHERE term_id = id)) FROM search_terms"""


async def test_artworks_of_many_words_are_looked_at_a_few_at_a_time_and_old_words_are_forgotten(
    spare_database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given five artworks of ten words each, where a transaction may change forty terms
    monkeypatch.setattr(search_index, "MAXIMUM_TERMS", 40)
    async with searched(spare_database_url, redis_url, tmp_path) as gallery:
        (nari,) = await gallery.users("nari")
        for number in range(5):
            await gallery.add(nari, f"cat{number}", description=" ".join(f"w{number}x{word}" for word in range(9)))

        async def sweeps() -> list[int]:
            taken: list[int] = []
            while not taken or taken[-1]:
                async with gallery.graph.services.db.write() as tx:
                    taken.append(await search_index.sweep(tx))
            return taken

        # then no transaction takes more, all are found in the end, and what is edited counts twice
        assert await sweeps() == [3, 2, 0]
        assert len(await gallery.titles("cat")) == 5
        assert sql(spare_database_url, TERMS) == [(50, True)]
        sql(spare_database_url, "UPDATE artworks SET description = 'now'")
        assert await sweeps() == [2, 2, 1, 0]
        assert len(await gallery.titles("now cat")) == 5
        assert await gallery.titles("w0x1") == []
        assert sql(spare_database_url, TERMS) == [(6, True)]

        # and an artwork that has more than that for itself is looked at alone
        monkeypatch.setattr(search_index, "MAXIMUM_TERMS", 1)
        sql(spare_database_url, "DELETE FROM artworks")
        assert await sweeps() == [1] * 5 + [0]
        assert sql(spare_database_url, "SELECT count(*) FROM search_terms") == [(0,)]
