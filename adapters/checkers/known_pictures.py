"""The block list as the database has it, asked by hash: who has no pixels needs no picture library."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from db.session import AWAY
from domain import blocked_pictures
from domain.ports import Blocked, CheckUnavailable
from domain.words import BlockReason

if TYPE_CHECKING:
    from datetime import timedelta

    from db.session import Database

DISTANCE: Final = 6
"""Bits of 64 in which two hashes may differ and still be of one picture; docs/engines.md tells what was measured."""


class KnownPictures:
    """Finds what looks like a picture of the list, as it is at that moment."""

    def __init__(self, db: Database, patience: timedelta, distance: int = DISTANCE) -> None:
        """Know nothing yet.

        Args:
            db: Where the list is.
            patience: For how long it is waited for.
            distance: Bits, 0 to 64, in which a picture's hash may differ from one of the list that blocks it.
        """
        self._db = db
        self._patience_s = patience.total_seconds()
        self._distance = distance

    async def find(self, dhash: int) -> Blocked | None:
        """Return which entry blocks a picture of this hash, as ``media_assets.dhash`` has it.

        Raises:
            CheckUnavailable: the database was away for too long.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._patience_s
        while True:
            try:
                known = await self._db.look_up(lambda tx: blocked_pictures.nearest(tx, dhash, self._distance))
                break
            except AWAY as error:
                if clock() > deadline:
                    raise CheckUnavailable(f"the block list is away: {type(error).__name__}") from error
        if known is None:
            return None
        detail = f"a picture of the block list, {known.distance} bits apart: {known.reason or 'no reason'}"
        return Blocked(BlockReason.KNOWN_PICTURE, detail)
