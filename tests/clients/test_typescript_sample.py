"""The TypeScript sample: its types follow the graph, and it survives a broken connection on its way to the feed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from cutting import flaky
from node_programs import installed, needs_npm, printed_by

if TYPE_CHECKING:
    from conftest import Installation

SAMPLE = Path(__file__).parent.parent.parent / "examples" / "typescript"

pytestmark = [pytest.mark.anyio, needs_npm]


async def npm(*words: str) -> str:
    """Run a command of the sample, its packages being installed and its types generated; return what it printed."""
    folder = installed(SAMPLE)
    await printed_by(folder, "npm", "run", "codegen")
    return await printed_by(folder, "npm", "--silent", *words)


async def test_types_follow_the_graph() -> None:
    await npm("run", "check")


async def test_from_sign_up_to_the_feed_over_a_broken_connection(easel: Installation, tmp_path: Path) -> None:
    # given a connection that breaks while an event is under way
    async with flaky(easel.url) as (url, event):
        # when the sample paints a picture as a new user
        picture = tmp_path / "picture.png"
        printed = await npm("start", "--", url, "--sign-up", "--prompt", "바다 #slow", "--out", str(picture))
    assert event.broken == 1

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
