"""Known pictures: found again when they come back a little different, and told apart from others."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw

from adapters.checkers.block_list import BadBlockList, BlockList, line_of
from adapters.checkers.in_turn import InTurn
from domain.ports import CheckUnavailable
from domain.words import BlockReason

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


def drawing(turns: int) -> Image.Image:
    """Return a picture of 320 × 240 that looks unlike those of other ``turns``, 0 to 3."""
    picture = Image.new("RGB", (320, 320), "navy")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 20, 200, 170), fill="orange")
    draw.rectangle((150, 180, 300, 310), fill="white")
    draw.polygon([(10, 310), (90, 200), (140, 300)], fill="green")
    return picture.rotate(90 * turns).crop((0, 0, 320, 240))


def listing(picture: Image.Image, reason: str = "") -> str:
    return f"{line_of(picture, reason)}\n"


def write(path: Path, text: str) -> None:
    path.write_text(text)


def as_jpeg(picture: Image.Image) -> Image.Image:
    file = BytesIO()
    picture.save(file, "JPEG", quality=40)
    return Image.open(file).convert("RGB")


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "blocked.txt"
    path.write_text(f"# of last winter\n\n{listing(drawing(0), 'a forgery')}{listing(drawing(1)).upper()}")
    return path


async def test_a_known_picture_is_blocked_however_it_was_saved(listed: Path) -> None:
    checker = BlockList(listed)
    for same in (drawing(0), as_jpeg(drawing(0)), drawing(0).resize((800, 600)), drawing(0).resize((120, 100))):
        blocked = await checker.judge(same)
        assert blocked
        assert blocked.reason is BlockReason.KNOWN_PICTURE
        assert blocked.detail.startswith("line 3 of the block list, ")
        assert blocked.detail.endswith(" bits apart: a forgery")
    second = await checker.judge(drawing(1))
    assert second
    assert second.detail == "line 4 of the block list, 0 bits apart: no reason"
    assert [await checker.judge(drawing(turns)) for turns in (2, 3)] == [None, None]


async def test_the_distance_is_the_most_that_is_blocked(listed: Path) -> None:
    one, other = (int(line_of(drawing(turns), "").strip(), 16) for turns in (0, 2))
    apart = (one ^ other).bit_count()
    write(listed, listing(drawing(0)))
    assert await BlockList(listed, apart).judge(drawing(2))
    assert await BlockList(listed, apart - 1).judge(drawing(2)) is None


async def test_a_list_that_says_nothing_blocks_nothing(listed: Path) -> None:
    write(listed, "# nothing yet\n")
    assert await BlockList(listed).judge(drawing(0)) is None


@pytest.mark.parametrize("line", ["0123", "0123456789abcdefa", "0x23456789abcdef", "a forgery 0123456789abcdef"])
def test_a_list_that_can_not_be_understood_is_told_at_the_start(listed: Path, line: str) -> None:
    with listed.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(BadBlockList, match=r"line 5 of the block list '.*blocked.txt' does not begin with a hash"):
        BlockList(listed)


def test_a_list_that_can_not_be_read_is_told_at_the_start(listed: Path) -> None:
    listed.write_bytes(b"\xff\xfe")
    with pytest.raises(BadBlockList, match="can not be read"):
        BlockList(listed)
    with pytest.raises(BadBlockList, match="can not be read"):
        BlockList(listed.parent)


async def test_a_list_is_read_again_when_it_has_changed(listed: Path) -> None:
    checker = BlockList(listed)

    with listed.open("a") as file:
        file.write(listing(drawing(2)))
    assert await checker.judge(drawing(2))

    # and while it can not be understood or is away, nothing is judged
    with listed.open("a") as file:
        file.write("broken\n")
    for _ in range(2):
        with pytest.raises(CheckUnavailable, match="line 6"):
            await checker.judge(drawing(3))
    await asyncio.to_thread(listed.unlink)
    with pytest.raises(CheckUnavailable, match=r"blocked\.txt"):
        await checker.judge(drawing(3))

    # until it is mended
    write(listed, listing(drawing(3)))
    assert await checker.judge(drawing(3))
    assert await checker.judge(drawing(0)) is None


async def test_of_several_checkers_the_first_that_blocks_decides(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.txt", "b.txt")]
    write(paths[0], listing(drawing(0), "of the first"))
    write(paths[1], listing(drawing(0), "of the second") + listing(drawing(1), "of the second"))
    both = InTurn([BlockList(path) for path in paths])
    told = [await both.judge(drawing(turns)) for turns in (0, 1, 2)]
    assert [blocked.detail.partition(": ")[2] if blocked else None for blocked in told] == [
        "of the first",
        "of the second",
        None,
    ]
    assert await InTurn(()).judge(drawing(0)) is None

    # and what one of them can not judge is not passed by the others
    paths[1].unlink()
    with pytest.raises(CheckUnavailable):
        await both.judge(drawing(2))
