"""The ``easel`` command: every part of Easel, one by one or all together."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.settings import Settings
from app.styles_command import styles
from db.words import BucketKind

if TYPE_CHECKING:
    from collections.abc import Callable

GRACEFUL_SHUTDOWN_S: Final = 1

main = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__, rich_markup_mode=None
)

engines = typer.Typer(no_args_is_help=True, help="Look after the models of engines.")
main.add_typer(engines, name="engines")
pictures = typer.Typer(no_args_is_help=True, help="Look at pictures.")
main.add_typer(pictures, name="pictures")
main.add_typer(styles, name="styles")
ledger = typer.Typer(no_args_is_help=True, help="Look after credits.")
main.add_typer(ledger, name="ledger")


def _settings() -> Settings:
    from app.logs import configure_logs  # noqa: PLC0415 - each command loads what it needs, `--help` nothing

    settings = Settings()
    configure_logs(settings.log_level, json=settings.logs_are_json)
    return settings


@main.command()
def api() -> None:
    """Serve the graph, pictures, GraphiQL and health on HOST and PORT."""
    import uvicorn  # noqa: PLC0415

    from adapters.guard.rules import BadGuardLists  # noqa: PLC0415
    from app.asgi import create_host  # noqa: PLC0415
    from app.edge.protocol import guarded_protocol  # noqa: PLC0415
    from app.manifest import BadManifest  # noqa: PLC0415
    from app.memory import collect_seldom, return_large_blocks  # noqa: PLC0415
    from app.streams.socket import stream_socket  # noqa: PLC0415

    return_large_blocks()
    settings = _settings()
    try:
        host = create_host(settings)
    except (BadManifest, BadGuardLists) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    collect_seldom()
    uvicorn.run(
        host.edge,
        host=settings.host,
        port=settings.port,
        http=guarded_protocol(10, 16 * 1024, host.edge.at_once, host.shutdown),
        ws=stream_socket(host),
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
    )


@main.command()
def worker() -> None:
    """Paint what waits with ENGINE."""
    from app.engines import open_engines  # noqa: PLC0415

    settings = _settings()
    engines = open_engines(settings)  # while a model loads, the rest is imported

    from app.memory import return_large_blocks  # noqa: PLC0415
    from app.worker import leave, run_worker  # noqa: PLC0415

    return_large_blocks()
    run_worker(settings, engines)
    leave()


@main.command()
def relay() -> None:
    """Tell queue and watchers what committed transactions left to be said."""
    from app.background import run_relay  # noqa: PLC0415

    run_relay(_settings())


@main.command()
def sweeper() -> None:
    """Rescue lost jobs, end overdue ones, remove what nobody will see."""
    from app.background import run_sweeper  # noqa: PLC0415

    run_sweeper(_settings())


@main.command()
def migrate(
    check: Annotated[bool, typer.Option(help="Only compare tables and migrations.")] = False,  # noqa: FBT002
    revise: Annotated[str, typer.Option(help="Write a migration with this message.")] = "",
    demo: Annotated[bool, typer.Option(help="Then make the demo world, where there are no users yet.")] = False,  # noqa: FBT002
) -> None:
    """Bring the database to the newest schema."""
    import logging  # noqa: PLC0415

    from db import migrate as migrations  # noqa: PLC0415

    def run(url: str) -> None:
        migrations.upgrade(url)
        if check:
            migrations.check(url)
        if revise:
            migrations.revise(url, revise)
        if demo and not _has_users(url):
            seed()

    settings = _settings()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if settings.database_url:
        run(settings.database_url)
    else:
        _on_throwaway_database(run)


@main.command()
def seed() -> None:
    """Make the demo world, where there are no users yet."""
    from app.seed import seed as make  # noqa: PLC0415
    from app.services import open_database, open_store  # noqa: PLC0415

    settings = _settings()
    made = asyncio.run(make(open_database(settings), open_store(settings)))
    typer.echo("The demo world is there." if made else "There are users already; nothing was changed.")


@main.command()
def schema(
    check: Annotated[bool, typer.Option(help="Only compare with the committed file.")] = False,  # noqa: FBT002
    since: Annotated[str, typer.Option(help="Name what breaks clients that were built at this git revision.")] = "",
) -> None:
    """Print the graph into schema/schema.graphql."""
    from app.contract import SCHEMA, breaking_changes, printed_schema, schema_at  # noqa: PLC0415

    printed = printed_schema()
    if since:
        try:
            changes = breaking_changes(schema_at(since), printed)
        except LookupError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from error
        typer.echo("\n".join(changes) or "Nothing breaks.")
        raise typer.Exit(bool(changes))
    if not check:
        SCHEMA.write_text(printed)
    elif SCHEMA.read_text() != printed:
        typer.echo("schema/schema.graphql is not what the code says; run `easel schema`.", err=True)
        raise typer.Exit(1)


@main.command()
def explain(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A document with one query.")],
    variables: Annotated[str, typer.Option(help="Variables as a JSON object.")] = "{}",
    viewer: Annotated[str | None, typer.Option(help="Handle of the user who asks; nobody by default.")] = None,
) -> None:
    """Print what a query costs, and each statement that it runs, with PostgreSQL's plan."""
    import json  # noqa: PLC0415

    from app.explain import NotExplained  # noqa: PLC0415
    from app.explain import explain as explained  # noqa: PLC0415

    try:
        found = asyncio.run(explained(_settings(), file.read_text(), json.loads(variables), viewer))
    except (NotExplained, json.JSONDecodeError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo("\n\n".join(found.statements))
    count = len(found.statements)
    way = "by plans alone" if found.is_planned else "with graphql-core"
    typer.echo(f"\n{count} statement{'' if count == 1 else 's'}, {way}; cost {found.cost:,}")


@main.command()
def documents(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Documents with operations.")],
    out: Annotated[Path | None, typer.Option(help="Where to write it; to standard output by default.")] = None,
) -> None:
    """Make a manifest of operations for TRUSTED_DOCUMENTS, in Apollo's format."""
    import json  # noqa: PLC0415

    from app.manifest import BadManifest, manifest_of  # noqa: PLC0415
    from resolvers.graph import build_schema  # noqa: PLC0415
    from schema.documents import DocumentReader  # noqa: PLC0415

    reader = DocumentReader()
    try:
        manifest = manifest_of(files, reader, build_schema(reader)._schema)  # noqa: SLF001 - no public name
    except BadManifest as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    if out:
        out.write_text(text)
    else:
        typer.echo(text, nl=False)


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
        db = open_database(_settings())
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
        db = open_database(_settings())
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
        recipe = recipe_of(key, engine_options(_settings()), model)
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

    settings = _settings()
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


@ledger.command()
def verify() -> None:
    """Prove accounts, buckets and holds equal to the ledger's entries, of all users.

    Lists what differs and ends with exit status 1 where anything does. Reads one moment of DATABASE_URL and locks
    nothing.
    """
    from domain import ledger as proof  # noqa: PLC0415

    found = proof.differences(_settings().database_url)
    for difference in found:
        typer.echo(str(difference))
    typer.echo(f"{len(found)} differences." if found else "The ledger is true.", err=bool(found))
    raise typer.Exit(bool(found))


@ledger.command()
def grant(
    handle: Annotated[str, typer.Argument(help="Handle of the user.")],
    amount: Annotated[int, typer.Argument(min=1, help="How many credits.")],
    key: Annotated[str, typer.Option(help="Says what they are for; the same key again gives nothing.")],
    kind: Annotated[BucketKind, typer.Option(help="Where they come from.")] = BucketKind.PROMOTIONAL,
    days: Annotated[int, typer.Option(min=0, help="How long they can be spent; 0 for ever.")] = 365,
) -> None:
    """Give credits to a user, such as amends."""
    from app.amends import NoSuchUser, give  # noqa: PLC0415
    from domain.credits import Grant  # noqa: PLC0415

    life = timedelta(days=days) if days else None
    try:
        is_new = asyncio.run(give(_settings(), handle, Grant(kind, amount, life), key))
    except NoSuchUser as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"@{handle} was given {amount} credits." if is_new else "This key was used before; nothing was given.")


@main.command()
def run() -> None:
    """Run everything on this machine, with embedded servers unless DATABASE_URL and REDIS_URL are set."""
    from app.everything import run_everything  # noqa: PLC0415

    raise typer.Exit(run_everything(Settings()))


def _has_users(url: str) -> bool:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(url) as connection:
        return connection.execute("SELECT FROM users LIMIT 1").fetchone() is not None


def _on_throwaway_database(action: Callable[[str], None]) -> None:
    from app.embedded.folders import throwaway_home  # noqa: PLC0415
    from app.embedded.postgres import start_postgres  # noqa: PLC0415

    with throwaway_home() as folder:
        server = start_postgres(folder, fsync=False)
        try:
            action(server.url)
        finally:
            server.stop()
