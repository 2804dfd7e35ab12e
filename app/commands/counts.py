"""``easel counts``: proves counts of followers, likes and the like equal to what they count, and mends them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from app.commands.loading import load_settings_of_database

if TYPE_CHECKING:
    from domain.counters import Difference

counts = typer.Typer(no_args_is_help=True, help="Look after counts of followers, likes, artworks.")


@counts.command()
def verify() -> None:
    """Prove counts, with what waits to be added to them, equal to the rows that they count.

    Lists what differs and ends with exit status 1 where anything does. Reads DATABASE_URL, which may be busy.
    """
    found = asyncio.run(_differences(load_settings_of_database().database_url))
    for difference in found:
        typer.echo(str(difference))
    typer.echo(f"{len(found)} differences." if found else "The counts are true.", err=bool(found))
    raise typer.Exit(bool(found))


@counts.command()
def mend() -> None:
    """Make counts that differ what they count, such as after rows were changed by hand."""
    found = asyncio.run(_mended(load_settings_of_database().database_url))
    for difference in found:
        typer.echo(str(difference))
    typer.echo(f"{len(found)} counts mended.")


async def _differences(url: str) -> list[Difference]:
    from db.session import Database  # noqa: PLC0415 - each command loads what it needs, `--help` nothing
    from domain import counters  # noqa: PLC0415

    db = Database(url, pool_size=1, statement_timeout_s=600)
    try:
        async with db.read() as tx:
            return [each for counter in counters.COUNTERS.values() for each in await counters.differences(tx, counter)]
    finally:
        await db.close()


async def _mended(url: str) -> list[Difference]:
    from db.session import Database  # noqa: PLC0415
    from domain import counters  # noqa: PLC0415

    found = await _differences(url)
    db = Database(url, pool_size=1, statement_timeout_s=600)
    try:
        for each in found:
            async with db.write() as tx:
                await counters.mend(tx, counters.COUNTERS[each.counter], each.key)
    finally:
        await db.close()
    return found
