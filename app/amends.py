"""Credits that an operator gives to a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.services import open_database
from domain import accounts, credits

if TYPE_CHECKING:
    from app.settings import Settings
    from domain.credits import Grant


class NoSuchUser(Exception):
    """Nobody has this handle."""


async def give(settings: Settings, handle: str, grant: Grant, key: str) -> bool:
    """Give credits to the user with this handle; return whether the key is new.

    Raises:
        NoSuchUser: there is none.
    """
    db = open_database(settings)
    try:
        async with db.write() as tx:
            user_id = await accounts.id_of(tx, handle)
            if user_id is None:
                raise NoSuchUser(f"There is no user @{handle}.")
            return await credits.give(tx, user_id, grant, key)
    finally:
        await db.close()
