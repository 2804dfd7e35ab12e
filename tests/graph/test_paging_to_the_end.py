"""All lists are paged to their end while people publish, delete, like, comment, follow and keep: no repeat, no gap."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from db.tables import Recommendation, RecommendationList
from db.tables.columns import now
from db.words import RecommendationReason
from domain import notifications_folding, popularity, search_index
from local_graph import local_graph
from paging import CHANGES, LISTS, PEOPLE, Board, Reading, all_of, assert_read_well, read_until
from people import key_in, new_users
from running import running_in
from stored import empty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Installation
    from db.session import Database
    from local_graph import LocalGraph


class Town:
    """A graph of this process, and what else works on its database."""

    def __init__(self, graph: LocalGraph, database_url: str, run: Callable[[Any], Any]) -> None:
        self.graph = graph
        self.db: Database = graph.services.db
        self.database_url = database_url
        self.run = run
        self.rounds = 0

    async def board(self) -> Board:
        """Return a board in a database that holds nothing else."""
        empty(self.database_url)
        self.rounds = 0
        ids = dict(zip(PEOPLE, await new_users(self.db, *PEOPLE), strict=True))

        async def ask(who: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
            data: dict[str, Any] = await self.graph.run(document, variables, ids[who])
            return data

        board = Board(ask, self.database_url, ids)
        await board.begin()
        await recommend(self.db, board)
        await self.tend()
        return board

    async def tend(self) -> None:
        """Do what the sweeper does: score, fold notifications, look at what search is to find."""
        self.rounds += 1
        async with self.db.write() as tx:
            await popularity.score_anew(tx, now() + self.rounds * popularity.ROUND_EVERY)
        async with self.db.write() as tx:
            await notifications_folding.fold(tx, notifications_folding.BATCH)
        async with self.db.write() as tx:
            while await search_index.sweep(tx):
                pass


async def recommend(db: Database, board: Board) -> None:
    """Recommend what is published to everybody."""
    async with db.write() as tx:
        listed = RecommendationList(user_id=None)
        tx.add(listed)
        await tx.flush()
        for rank, artwork in enumerate(board.leaving):
            why = RecommendationReason.POPULAR
            tx.add(Recommendation(list_id=listed.id, rank=rank, artwork_id=key_in(artwork), reason=why))


@pytest.fixture
def town(spare_database_url: str, spare_redis_url: str, tmp_path: Path) -> Iterator[Town]:
    with asyncio.Runner() as runner:
        opened = local_graph(spare_database_url, spare_redis_url, tmp_path)
        graph = runner.run(opened.__aenter__())
        try:
            yield Town(graph, spare_database_url, running_in(runner))
        finally:
            runner.run(opened.__aexit__(None, None, None))


CHANGE = st.tuples(st.sampled_from((*CHANGES, Board.like, Board.like)), st.integers(0, 60))
"""Something that somebody does, and to what; likes change the order of what is popular, and are many."""


@settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(between=st.lists(st.lists(CHANGE, min_size=2, max_size=6), min_size=3, max_size=6), first=st.integers(2, 3))
def test_pages_and_changes_in_any_order(town: Town, between: list[list[Any]], first: int) -> None:
    async def read() -> None:
        board = await town.board()
        before = await all_of(board)
        board.gone.clear()
        readings = [Reading(board, name, first) for name in LISTS]
        for reading in readings:
            await reading.turn()
        await board.lift(before["POPULAR"][-1])  # nobody has read it yet, and it stands first from the next round on
        await town.tend()
        for changes in [*between, *[[]] * 60]:
            for reading in readings:
                await reading.turn()
            for change, number in changes:
                await change(board, number)
            if changes:
                await town.tend()
        after = await all_of(board)
        for reading in readings:
            assert reading.is_done
            assert_read_well(reading, before[reading.name], after[reading.name], board.gone)

    town.run(read())


@pytest.mark.anyio
async def test_readers_page_beside_a_writer(easel: Installation, database_url: str) -> None:
    # given people, each with a client of the API, and lists with something in them
    clients = {who: await easel.signed_up(who) for who in PEOPLE}

    async def ask(who: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        return await clients[who].data(document, variables)

    board = Board(ask, database_url, {who: client.viewer_id for who, client in clients.items()})
    await board.begin()
    before = await all_of(board)
    board.gone.clear()
    is_over = asyncio.Event()

    # when one writes, and others read each list to its end as long as that takes
    async def write() -> None:
        for number in range(6):
            for change in CHANGES:
                await change(board, number)
        is_over.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        readers = [tasks.create_task(read_until(board, [*LISTS][start::3], is_over)) for start in range(3)]

    # then each of them has met all that stayed, once
    after = await all_of(board)
    for reader in readers:
        for reading in reader.result():
            assert_read_well(reading, before[reading.name], after[reading.name], board.gone)
