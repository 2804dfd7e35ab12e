"""``easel workers``: the GPU workers that run, and how to stop one without losing a picture."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.loading import load_settings_of_database

if TYPE_CHECKING:
    from uuid import UUID

workers = typer.Typer(no_args_is_help=True, help="Look at GPU workers, drain and resume them.")

WorkerId = Annotated[str, typer.Argument(help="Id of the worker, as `easel workers list` tells it.")]


@workers.command(name="list")
def list_workers() -> None:
    """List the workers that are known, oldest first, a line each.

    Id, status, jobs in hand, host and process, engines, release, when it began, when it was last seen.
    """
    from app.draining import known_workers  # noqa: PLC0415
    from schema.node import global_id  # noqa: PLC0415

    for each in asyncio.run(known_workers(load_settings_of_database())):
        words = (
            *(global_id("worker", each.id), each.status, str(each.jobs_in_hand), each.name, ",".join(each.engines)),
            *(each.version, f"{each.started_at:%Y-%m-%dT%H:%M:%SZ}", f"{each.last_seen_at:%Y-%m-%dT%H:%M:%SZ}"),
        )
        typer.echo("  ".join(words))


@workers.command()
def drain(
    worker: WorkerId,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until it is DRAINED.")] = 0,
) -> None:
    """Let a worker finish what it has in hand and take nothing more, until it ends or is resumed.

    With --wait, exit status 1 says that it is not DRAINED by then.
    """
    from app.draining import drain as drained  # noqa: PLC0415
    from domain.errors import NotFound  # noqa: PLC0415
    from domain.words import WorkerStatus  # noqa: PLC0415

    try:
        found = asyncio.run(drained(load_settings_of_database(), _key(worker), wait))
    except NotFound as error:
        raise _no_such(worker) from error
    if found is None:
        typer.echo(f"{worker} has ended.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{worker} is {found.status}, with {found.jobs_in_hand} jobs in hand.")
    raise typer.Exit(wait > 0 and found.status is not WorkerStatus.DRAINED)


@workers.command()
def resume(worker: WorkerId) -> None:
    """Let a worker take jobs again that was drained."""
    from app.draining import resume as resumed  # noqa: PLC0415
    from domain.errors import NotFound  # noqa: PLC0415

    try:
        asyncio.run(resumed(load_settings_of_database(), _key(worker)))
    except NotFound as error:
        raise _no_such(worker) from error
    typer.echo(f"{worker} takes jobs.")


def _key(worker: str) -> UUID:
    from schema.node import key_of  # noqa: PLC0415

    key = key_of("worker", worker)
    if key is None:
        raise _no_such(worker)
    return key


def _no_such(worker: str) -> typer.Exit:
    typer.echo(f"There is no worker {worker}.", err=True)
    return typer.Exit(1)
