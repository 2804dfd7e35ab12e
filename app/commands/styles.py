"""``easel styles``: the example pictures of styles, painted anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

styles = typer.Typer(no_args_is_help=True, help="Look after styles.")


@styles.callback()
def _group() -> None:
    """Keep the group a group, though it has one command."""


@styles.command()
def render(
    out: Annotated[Path | None, typer.Option(help="Folder of the pictures; web/styles by default.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Where to write all of them side by side, too.")] = None,
) -> None:
    """Paint the example picture of each style with the small model, always by the same prompt and seed."""
    from adapters.engines.examples import side_by_side, style_pictures  # noqa: PLC0415
    from adapters.engines.factory import build_engine  # noqa: PLC0415
    from app.engines import engine_options  # noqa: PLC0415
    from app.settings import Settings  # noqa: PLC0415
    from app.styles import FOLDER  # noqa: PLC0415
    from domain.ports import EngineUnavailable  # noqa: PLC0415

    folder = out or FOLDER
    try:
        pictures = style_pictures(build_engine("small", engine_options(Settings())))
    except (EngineUnavailable, RuntimeError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    folder.mkdir(parents=True, exist_ok=True)
    for key, picture in pictures.items():
        path = folder / f"{key}.webp"
        picture.save(path, quality=85, method=6)
        typer.echo(f"{path}: {path.stat().st_size:,} bytes")
    if sheet:
        side_by_side([*pictures.values()]).save(sheet, quality=85, method=6)
        typer.echo(str(sheet))
