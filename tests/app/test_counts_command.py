"""``easel counts``, as an operator meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.session import Database
from people import key_in, new_artwork, new_users
from shell import easel_command
from stored import sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio


async def test_counts_are_proved_or_what_differs_is_listed_and_mended(easel: Installation) -> None:
    # given an artwork, by somebody who is counted to have it
    url = easel.environment["DATABASE_URL"]
    db = Database(url)
    (ann,) = await new_users(db, "ann")
    artwork = key_in(await new_artwork(db, ann))
    await db.close()
    proved = easel_command("counts", "verify", **easel.environment)
    assert (proved.returncode, proved.stdout) == (0, "The counts are true.\n"), proved.stderr

    # when a count is not what it counts
    sql(url, "UPDATE artworks SET like_count = 3")
    refuted = easel_command("counts", "verify", **easel.environment)
    line = f"artworks.like_count of {artwork} is 3, counted are 0\n"
    assert (refuted.returncode, refuted.stdout, refuted.stderr) == (1, line, "1 differences.\n")

    # then it can be mended
    mended = easel_command("counts", "mend", **easel.environment)
    assert (mended.returncode, mended.stdout) == (0, f"{line}1 counts mended.\n"), mended.stderr
    assert sql(url, "SELECT like_count FROM artworks") == [(0,)]
    assert easel_command("counts", "verify", **easel.environment).returncode == 0
