"""What the processes of an installation hold in memory after some work.

API, worker, relay and sweeper run over embedded servers with the demo world. One job of four images is painted and
watched to its end, then a signed-in client reads the feed with the core operation ``Feed`` some hundred times, four
requests at once, in pages of different sizes. Then each process is asked of the kernel (``/proc/PID/smaps_rollup``):
RSS counts shared pages in full, PSS shares them between their processes, USS is what would be free if it ended.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import machine
from benchmarks.installation import installation
from benchmarks.report import report

if TYPE_CHECKING:
    from benchmarks.report import Row
    from conftest import Installation

BARS: Final = {"api": "RSS ≤ 130"}
PROCESSES: Final = ("api", "worker", "relay", "sweeper")
CONCURRENCY: Final = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400, help="how many feed queries (400)")
    count = parser.parse_args().count
    described = machine.describe()
    with installation(*PROCESSES) as place:
        asyncio.run(_use(place, count))
        rows = [_row(place, name) for name in PROCESSES]
    report("memory", rows, described)


async def _use(place: Installation, count: int) -> None:
    await place.answering()
    client = await place.signed_up()
    job = (await client.submit("a quiet sea", key="one", count=4))["job"]
    events = [event async for event in client.watch(job["id"])]
    assert events[-1]["job"]["status"] == "SUCCEEDED", events[-1]

    async def read(first: int) -> None:
        feed = await client.core("feed", kind="LATEST", first=first)
        assert feed["edges"]

    for start in range(0, count, CONCURRENCY):
        await asyncio.gather(*(read(10 + (start + index) % 20) for index in range(CONCURRENCY)))


def _row(place: Installation, name: str) -> Row:
    popen = place.processes[name].popen
    assert popen
    told = Path(f"/proc/{popen.pid}/smaps_rollup").read_text()
    kilobytes = {found[1]: int(found[2]) for found in re.finditer(r"^(\w+): +(\d+) kB$", told, re.MULTILINE)}
    unshared = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    sizes = {"RSS MB": kilobytes["Rss"], "PSS MB": kilobytes["Pss"], "USS MB": unshared}
    megabytes = {kind: round(size * 1024 / 1e6, 1) for kind, size in sizes.items()}
    return {"process": name, **megabytes, "bar MB": BARS.get(name, "")}


if __name__ == "__main__":
    main()
