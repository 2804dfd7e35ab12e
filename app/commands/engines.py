"""``easel engines``: pins models, and compares what engines paint before and after a change."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.loading import load_settings

engines = typer.Typer(no_args_is_help=True, help="Look after the models of engines.")


@engines.command()
def pin(
    key: Annotated[str, typer.Argument(help="Key of the engine; or upscaler, segmenter, safety-checker.")],
    model: Annotated[str, typer.Argument(help="Folder or hub id; by default what the settings name.")] = "",
) -> None:
    """Trust a model as it is now: fetch it where it is on the hub, and write down the sha256 of its files."""
    from adapters.engines.factory import recipe_of  # noqa: PLC0415
    from app.engines import engine_options  # noqa: PLC0415
    from domain.ports import EngineUnavailable  # noqa: PLC0415

    try:
        recipe = recipe_of(key, engine_options(load_settings()), model)
        pins = recipe.pin()
    except EngineUnavailable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    assert recipe.pins
    typer.echo(f"{len(pins.files)} files of {pins.model} are pinned as {pins.digest} in {recipe.pins.path}")


@engines.command()
def compare(
    key: Annotated[str, typer.Argument(help="Key of the engine.")],
    renew: Annotated[bool, typer.Option(help="Keep the pictures of now as those to compare with from now on.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Paint fixed prompts and seeds, and tell how far they are from what was painted before a change.

    The first run keeps its pictures in EASEL_HOME/engines/KEY. Later ones write a contact sheet there and end with exit
    status 1 where anything differs.
    """
    from adapters.engines import regression  # noqa: PLC0415
    from adapters.engines.factory import build_engine  # noqa: PLC0415
    from app.engines import engine_options  # noqa: PLC0415
    from domain.ports import EngineUnavailable  # noqa: PLC0415

    settings = load_settings()
    folder = settings.easel_home / "engines" / key
    try:
        engine = build_engine(key, engine_options(settings))
        painted = regression.samples(engine)
    except (EngineUnavailable, RuntimeError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    before = regression.kept(folder)
    if before:
        revision, old = before
        found = regression.differences(old, painted)
        sheet = folder / f"{revision}-{engine.revision}.webp".replace("/", "-")
        regression.contact_sheet(old, painted).save(sheet, quality=80)
        for each in found:
            typer.echo(f"{each.name:<24} pixels {each.pixels:.4f}   dhash {each.dhash:>2}")
        typer.echo(f"{revision} and {engine.revision} side by side: {sheet}")
    if renew or not before:
        regression.keep(folder, engine.revision, painted)
        typer.echo(f"{len(painted)} pictures of {engine.revision} are kept in {folder}")
    elif any(each.pixels for each in found):
        raise typer.Exit(1)
