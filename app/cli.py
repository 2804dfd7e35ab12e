"""The ``easel`` command: every part of Easel, one by one or all together."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.commands.counts import counts
from app.commands.engines import engines
from app.commands.ledger import ledger
from app.commands.loading import load_settings
from app.commands.pictures import pictures
from app.commands.styles import styles
from app.commands.workers import workers
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

GRACEFUL_SHUTDOWN_S: Final = 1

main = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__, rich_markup_mode=None
)

for name, group in (
    *(("engines", engines), ("pictures", pictures), ("styles", styles)),
    *(("ledger", ledger), ("workers", workers), ("counts", counts)),
):
    main.add_typer(group, name=name)


@main.command()
def api() -> None:
    """Serve the graph, pictures, GraphiQL and health on HOST and PORT."""
    from app.memory import collect_seldom, return_large_blocks  # noqa: PLC0415

    collect_seldom()  # to look for cycles among modules while they load takes a tenth of the time
    import uvicorn  # noqa: PLC0415

    from adapters.guard.rules import BadGuardLists  # noqa: PLC0415
    from app.asgi import create_host  # noqa: PLC0415
    from app.edge.protocol import guarded_protocol  # noqa: PLC0415
    from app.manifest import BadManifest  # noqa: PLC0415
    from app.streams.socket import stream_socket  # noqa: PLC0415

    return_large_blocks()
    settings = load_settings()
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
    # Milliseconds until a consumer looks for Redis again; Dramatiq reads it when it is imported.
    os.environ.setdefault("dramatiq_restart_delay", "500")
    from app.engines import open_engines  # noqa: PLC0415

    settings = load_settings()
    engines = open_engines(settings)  # while a model loads, the rest is imported

    from app.memory import return_large_blocks  # noqa: PLC0415
    from app.worker import leave, run_worker  # noqa: PLC0415

    return_large_blocks()
    run_worker(settings, engines)
    leave()


@main.command()
def relay() -> None:
    """Tell queue and watchers what committed transactions left to be said."""
    from app.memory import collect_seldom  # noqa: PLC0415

    collect_seldom()
    from app.background import run_relay  # noqa: PLC0415

    run_relay(load_settings())


@main.command()
def sweeper() -> None:
    """Rescue lost jobs, end overdue ones, remove what nobody will see."""
    from app.memory import collect_seldom  # noqa: PLC0415

    collect_seldom()
    from app.background import run_sweeper  # noqa: PLC0415

    run_sweeper(load_settings())


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

    settings = load_settings()
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

    settings = load_settings()
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
        found = asyncio.run(explained(load_settings(), file.read_text(), json.loads(variables), viewer))
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
