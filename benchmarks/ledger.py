"""Whether the ledger stays true: random work on credits by many clients at once, some of whom fail in the middle.

Clients put jobs in the line, end their images well or not, cancel them, are given credits, and let credits expire, on a
PostgreSQL of their own. Of their transactions, the given share fails: it raises before the commit, its connection is
killed by the server before the commit, or it commits and the client never hears of it. Each client repeats what failed,
unchanged, until it hears that it is done. All the while, and at the end, ``easel ledger verify`` asks for what differs
from the entries; nothing may, and nothing may ever have been negative.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from typing import TYPE_CHECKING, Final

from app.embedded.folders import throwaway_home
from app.embedded.postgres import start_postgres
from benchmarks import machine
from benchmarks.report import report
from db import migrate
from db.session import Database
from domain import ledger
from ledger_work import LedgerWork

if TYPE_CHECKING:
    from benchmarks.report import Row

BAR: Final = 0
_PAUSE_S: Final = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=10_000, help="how many (10000)")
    parser.add_argument("--clients", type=int, default=50, help="how many at once (50)")
    parser.add_argument("--faults", type=float, default=0.05, help="share of transactions that fail (0.05)")
    parser.add_argument("--users", type=int, default=100, help="how many accounts (100)")
    parser.add_argument("--seed", type=int, default=7, help="of chance (7)")
    options = parser.parse_args()
    described = machine.describe()
    with throwaway_home() as folder:
        server = start_postgres(folder, fsync=False)
        try:
            migrate.upgrade(server.url)
            row = asyncio.run(_measure(server.url, options))
        finally:
            server.stop()
    report("ledger", [row], described)
    raise SystemExit(row["differences"] != BAR)


async def _measure(url: str, options: argparse.Namespace) -> Row:
    chance = random.Random(options.seed)  # noqa: S311 - chance that can be repeated
    work = LedgerWork(Database(url, pool_size=options.clients, statement_timeout_s=30), chance, options.faults)
    await work.welcome(options.users)
    began = time.perf_counter()
    working = asyncio.create_task(work.run(options.operations, options.clients))
    checks = differences = 0
    while not working.done():
        await asyncio.wait([working], timeout=_PAUSE_S)
        differences += len(await asyncio.to_thread(ledger.differences, url))
        checks += 1
    seconds = time.perf_counter() - began
    await working
    await work.end()
    differences += len(ledger.differences(url))
    await work.db.close()
    return {
        "operations": options.operations,
        "clients": options.clients,
        "transactions": work.done.total(),
        "refused": work.refused,
        **{f"faults {name.lower()}": count for name, count in sorted(work.faults.items())},
        "operations/s": round(options.operations / seconds),
        "checks": checks + 1,
        "differences": differences,
        "bar": BAR,
    }


if __name__ == "__main__":
    main()
