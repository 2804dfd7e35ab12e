"""Known pictures: found again when they come back a little different, and told apart from others."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Final

import pytest
from PIL import Image, ImageDraw

from adapters.checkers.block_list import BadBlockList, BlockList, line_of, read, signed
from adapters.checkers.in_turn import InTurn
from adapters.checkers.known_pictures import KnownPictures
from db.session import Database
from domain import blocked_pictures
from domain.ports import CheckUnavailable
from domain.words import BlockReason

if TYPE_CHECKING:
    from pathlib import Path

    from workshop import Workshop

pytestmark = pytest.mark.anyio

PATIENCE: Final = timedelta(seconds=5)


def drawing(turns: int) -> Image.Image:
    """Return a picture of 320 × 240 that looks unlike those of other ``turns``, 0 to 3."""
    picture = Image.new("RGB", (320, 320), "navy")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 20, 200, 170), fill="orange")
    draw.rectangle((150, 180, 300, 310), fill="white")
    draw.polygon([(10, 310), (90, 200), (140, 300)], fill="green")
    return picture.rotate(90 * turns).crop((0, 0, 320, 240))


def as_jpeg(picture: Image.Image) -> Image.Image:
    file = BytesIO()
    picture.save(file, "JPEG", quality=40)
    return Image.open(file).convert("RGB")


async def put(shop: Workshop, picture: Image.Image, reason: str = "") -> int:
    """Put a picture on the list; return its hash."""
    dhash = signed(line_of(picture, "").strip())
    async with shop.db.write() as tx:
        await blocked_pictures.block(tx, {dhash: reason})
    return dhash


async def test_a_known_picture_is_blocked_however_it_was_saved(shop: Workshop) -> None:
    checker = BlockList(KnownPictures(shop.db, PATIENCE))
    await put(shop, drawing(0), "a forgery")
    for same in (drawing(0), as_jpeg(drawing(0)), drawing(0).resize((800, 600)), drawing(0).resize((120, 100))):
        blocked = await checker.judge(same)
        assert blocked
        assert blocked.reason is BlockReason.KNOWN_PICTURE
        assert blocked.detail.startswith("a picture of the block list, ")
        assert blocked.detail.endswith(" bits apart: a forgery")
    await put(shop, drawing(1))
    second = await checker.judge(drawing(1))
    assert second
    assert second.detail == "a picture of the block list, 0 bits apart: no reason"
    assert [await checker.judge(drawing(turns)) for turns in (2, 3)] == [None, None]


async def test_the_distance_is_the_most_that_is_blocked(shop: Workshop) -> None:
    one, other = (int(line_of(drawing(turns), "").strip(), 16) for turns in (0, 2))
    apart = (one ^ other).bit_count()
    await put(shop, drawing(0))
    assert await BlockList(KnownPictures(shop.db, PATIENCE, apart)).judge(drawing(2))
    assert await BlockList(KnownPictures(shop.db, PATIENCE, apart - 1)).judge(drawing(2)) is None


async def test_the_nearest_picture_is_the_one_that_is_told(shop: Workshop) -> None:
    dhash = await put(shop, drawing(0), "itself")
    async with shop.db.write() as tx:
        await blocked_pictures.block(tx, {dhash ^ 1: "one off", dhash ^ 7: "three off"})
        assert await blocked_pictures.nearest(tx, dhash, 6) == ("itself", 0)
        assert await blocked_pictures.nearest(tx, dhash ^ 15, 6) == ("three off", 1)


async def test_the_list_holds_from_when_it_is_changed(shop: Workshop) -> None:
    checker = BlockList(KnownPictures(shop.db, PATIENCE))
    assert await checker.judge(drawing(0)) is None
    dhash = await put(shop, drawing(0), "once")
    await put(shop, drawing(0), "again")
    blocked = await checker.judge(drawing(0))
    assert blocked
    assert blocked.detail.endswith(": again")
    async with shop.db.write() as tx:
        assert await blocked_pictures.unblock(tx, [dhash, dhash ^ 1]) == 1
    assert await checker.judge(drawing(0)) is None


async def test_while_the_list_is_away_nothing_is_judged() -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", statement_timeout_s=0.1)
    with pytest.raises(CheckUnavailable, match="the block list is away"):
        await BlockList(KnownPictures(away, timedelta(0))).judge(drawing(0))
    await away.close()


@pytest.mark.parametrize("line", ["0123", "0123456789abcdefa", "0x23456789abcdef", "a forgery 0123456789abcdef"])
def test_a_file_that_can_not_be_understood_is_told(tmp_path: Path, line: str) -> None:
    listed = tmp_path / "blocked.txt"
    listed.write_text(f"# of last winter\n\n{line_of(drawing(0), 'a forgery')}\n{line}\n")
    with pytest.raises(BadBlockList, match=r"line 4 of the block list '.*blocked.txt' does not begin with a hash"):
        read(listed)


def test_a_file_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "blocked.txt").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "blocked.txt", tmp_path):
        with pytest.raises(BadBlockList, match="can not be read"):
            read(path)


async def test_of_several_checkers_the_first_that_blocks_decides(shop: Workshop) -> None:
    await put(shop, drawing(0), "known")
    both = InTurn([BlockList(KnownPictures(shop.db, PATIENCE)), BlockList(KnownPictures(shop.db, PATIENCE, 64))])
    told = [await both.judge(drawing(turns)) for turns in (0, 1)]
    assert [blocked.detail.split(" ")[6] == "0" if blocked else None for blocked in told] == [True, False]
    assert await InTurn(()).judge(drawing(0)) is None

    # and what one of them can not judge is not passed by the others
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", statement_timeout_s=0.1)
    with pytest.raises(CheckUnavailable):
        await InTurn([BlockList(KnownPictures(shop.db, PATIENCE)), BlockList(KnownPictures(away, timedelta(0)))]).judge(
            drawing(2)
        )
    await away.close()
