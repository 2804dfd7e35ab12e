"""``easel ledger``: proves credits equal to their entries, and gives them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Final

import typer

from app.commands.loading import load_settings_of_database
from db.words import BucketKind

MOST: Final = 1_000_000
LONGEST: Final = 36_500
"""Days."""

ledger = typer.Typer(no_args_is_help=True, help="Look after credits.")


@ledger.command()
def verify() -> None:
    """Prove accounts, buckets and holds equal to the ledger's entries, of all users.

    Lists what differs and ends with exit status 1 where anything does. Reads one moment of DATABASE_URL and locks
    nothing.
    """
    from domain import ledger as proof  # noqa: PLC0415

    found = proof.differences(load_settings_of_database().database_url)
    for difference in found:
        typer.echo(str(difference))
    typer.echo(f"{len(found)} differences." if found else "The ledger is true.", err=bool(found))
    raise typer.Exit(bool(found))


@ledger.command()
def grant(
    handle: Annotated[str, typer.Argument(help="Handle of the user.")],
    amount: Annotated[int, typer.Argument(min=1, max=MOST, help="How many credits.")],
    key: Annotated[str, typer.Option(help="Says what they are for; the same key again gives nothing.")],
    kind: Annotated[BucketKind, typer.Option(help="Where they come from.")] = BucketKind.PROMOTIONAL,
    days: Annotated[int, typer.Option(min=0, max=LONGEST, help="How long they can be spent; 0 for ever.")] = 365,
) -> None:
    """Give credits to a user, such as amends."""
    from app.amends import NoSuchUser, give  # noqa: PLC0415
    from domain.credits import Grant  # noqa: PLC0415

    life = timedelta(days=days) if days else None
    try:
        is_new = asyncio.run(give(load_settings_of_database(), handle, Grant(kind, amount, life), key))
    except NoSuchUser as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"@{handle} was given {amount} credits." if is_new else "This key was used before; nothing was given.")
