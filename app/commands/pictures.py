"""``easel pictures``: difference hashes, and the list of pictures that are shown never again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.commands.loading import load_settings_of_database

pictures = typer.Typer(no_args_is_help=True, help="Look at pictures.")


@pictures.command(name="hash")
def print_hashes(files: Annotated[list[Path], typer.Argument(help="Pictures.")]) -> None:
    """Print for each picture the line that blocks it, as `pictures block` reads it."""
    from PIL import Image  # noqa: PLC0415

    from adapters.checkers.block_list import line_of  # noqa: PLC0415

    for file in files:
        try:
            with Image.open(file) as picture:
                typer.echo(line_of(picture.convert("RGBA"), file.name))
        except OSError as error:
            typer.echo(f"{file} can not be read: {error}", err=True)
            raise typer.Exit(1) from error


@pictures.command(name="block")
def block_pictures(
    lists: Annotated[list[Path], typer.Argument(help="Files with a hash on each line, and a reason behind it.")],
) -> None:
    """Show pictures never again that look like one of these."""
    from adapters.checkers.block_list import BadBlockList, read  # noqa: PLC0415
    from app.services import open_database  # noqa: PLC0415
    from domain import blocked_pictures  # noqa: PLC0415

    try:
        reasons = {dhash: reason for file in lists for dhash, reason in read(file).items()}
    except BadBlockList as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error

    async def block() -> None:
        db = open_database(load_settings_of_database())
        async with db.write() as tx:
            await blocked_pictures.block(tx, reasons)
        await db.close()

    asyncio.run(block())
    typer.echo(f"{len(reasons)} pictures are on the list.")


@pictures.command(name="unblock")
def unblock_pictures(
    hashes: Annotated[list[str], typer.Argument(help="Hashes, 16 hexadecimal digits each.")],
) -> None:
    """Take pictures from the block list."""
    from adapters.checkers.block_list import signed  # noqa: PLC0415
    from app.services import open_database  # noqa: PLC0415
    from domain import blocked_pictures  # noqa: PLC0415

    async def unblock() -> int:
        db = open_database(load_settings_of_database())
        async with db.write() as tx:
            gone = await blocked_pictures.unblock(tx, [signed(each) for each in hashes])
        await db.close()
        return gone

    try:
        gone = asyncio.run(unblock())
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{gone} pictures left the list.")
