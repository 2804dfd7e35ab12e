"""The TypeScript sample: its types follow the graph, and it survives a broken connection on its way to the feed."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conftest import Installation

SAMPLE = Path(__file__).parent.parent.parent / "examples" / "typescript"

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not shutil.which("npm"), reason="npm is not on the PATH")]


@pytest.fixture(scope="module")
def sample() -> Path:
    """Return the folder of the sample, with its packages installed and its types generated."""
    installed, lock = SAMPLE / "node_modules" / ".package-lock.json", SAMPLE / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(("npm", "ci"), cwd=SAMPLE, check=True)
    subprocess.run(("npm", "run", "codegen"), cwd=SAMPLE, check=True)
    return SAMPLE


async def npm(sample: Path, *words: str) -> str:
    """Run a command of the sample and return what it printed."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "npm", "--silent", *words, cwd=sample, stdout=pipe, stderr=pipe, start_new_session=True
    )
    try:
        async with asyncio.timeout(45):
            printed, complaints = await process.communicate()
    finally:
        if process.returncode is None:  # npm does not end with its program, nor the program with npm
            os.killpg(process.pid, signal.SIGTERM)
    assert process.returncode == 0, (printed + complaints).decode()
    return printed.decode()


class FlakyProxy:
    """Stands between a client and the API; breaks the first socket, and swallows the event that it was carrying."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.broken = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        api_reader, api_writer = await asyncio.open_connection("127.0.0.1", self.port)
        async with asyncio.TaskGroup() as directions:
            directions.create_task(self._carry(reader, api_writer))
            directions.create_task(self._carry(api_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(65_536):
                if not self.broken and b"GenerationProgress" in chunk and b"GenerationSnapshot" not in chunk:
                    self.broken += 1
                    break
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass  # the other end has left
        finally:
            writer.close()


@asynccontextmanager
async def flaky(url: str) -> AsyncIterator[tuple[str, FlakyProxy]]:
    """Give the URL of a proxy before the API that ``url`` names."""
    proxy = FlakyProxy(int(url.rpartition(":")[2]))
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", proxy


async def test_types_follow_the_graph(sample: Path) -> None:
    await npm(sample, "run", "check")


async def test_from_sign_up_to_the_feed_over_a_broken_connection(
    easel: Installation, sample: Path, tmp_path: Path
) -> None:
    # given a connection that breaks while an event is under way
    async with flaky(easel.url) as (url, proxy):
        # when the sample paints a picture as a new user
        picture = tmp_path / "picture.png"
        printed = await npm(sample, "start", "--", url, "--sign-up", "--prompt", "바다 #slow", "--out", str(picture))
    assert proxy.broken == 1

    # then it was told every event once and in order, the swallowed one too
    assert len(re.findall(r"^The connection was lost; going on after \S+\.$", printed, re.MULTILINE)) == 1
    told = [(int(number), text) for number, text in re.findall(r"^(\d+)\. (.+)$", printed, re.MULTILINE)]
    snapshots = [number for number, text in told if text.startswith("The job is ")]
    events = [number for number, text in told if not text.startswith("The job is ")]
    assert len(snapshots) == 2
    assert events == list(range(snapshots[0] + 1, snapshots[0] + 1 + len(events)))
    assert [text for _, text in told][-2:] == [
        "The picture is ready: 888 × 1184 pixels.",
        "The job has ended: SUCCEEDED.",
    ]

    # and the picture is saved, published and seen
    with Image.open(picture) as image:
        assert (image.format, image.size) == ("PNG", (888, 1184))
    feed = await easel.client().core("feed", kind="LATEST", first=10)
    (artwork,) = (edge["node"] for edge in feed["edges"])
    assert artwork["title"] == "바다 #slow"
    assert printed.splitlines()[-3:] == [
        "Published “바다 #slow”.",
        "The newest of all:",
        f"  “바다 #slow” by @{artwork['author']['handle']}, 0 likes",
    ]
