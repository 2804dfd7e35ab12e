"""``easel run``: servers, migration, demo world, and all processes under one supervisor."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

from app.child import Service
from app.demo import DEMO
from app.embedded.postgres import prepare_postgres
from app.embedded.valkey import prepare_valkey
from app.listening import answers, ensure_port_is_free
from app.supervisor import supervise

if TYPE_CHECKING:
    from app.settings import Settings
    from app.supervisor import Supervisor

MIGRATED: Final = ("api", "relay")


def run_everything(settings: Settings) -> int:
    """Run all of Easel on this machine until Ctrl-C; return the exit status."""

    async def plan(supervisor: Supervisor) -> None:
        ensure_port_is_free(settings.host, settings.port)
        environment = {
            "EASEL_HOME": str(settings.easel_home.absolute()),
            "DEMO": "true",
            "LOG_JSON": str(bool(settings.log_json)),
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
        }
        await _start_servers(supervisor, settings, environment)
        supervisor.start(_service("worker", environment))  # its model loads meanwhile; nobody rings for it before
        await supervisor.run_once(_service("migrate", environment, "--demo"))
        for name in MIGRATED:
            supervisor.start(_service(name, environment))
        await supervisor.wait_until_ready("api", lambda: answers(settings.host, settings.port, "/readyz"))
        supervisor.start(_service("sweeper", environment))  # takes no processor time from what the first picture needs
        supervisor.say(_welcome(settings))

    return supervise(plan)


async def _start_servers(supervisor: Supervisor, settings: Settings, environment: dict[str, str]) -> None:
    async def start_postgres() -> None:
        server = await supervisor.start_server(lambda: prepare_postgres(settings.easel_home))
        environment["DATABASE_URL"] = server.url

    async def start_valkey() -> None:
        server = await supervisor.start_server(lambda: prepare_valkey(settings.easel_home))
        environment["REDIS_URL"] = server.url

    async with asyncio.TaskGroup() as starting:
        if not settings.database_url:
            starting.create_task(start_postgres())
        if not settings.redis_url:
            starting.create_task(start_valkey())


def _service(name: str, environment: dict[str, str], *options: str) -> Service:
    return Service(name, (sys.executable, "-m", "app", name, *options), environment)


def _welcome(settings: Settings) -> str:
    base = settings.base_url
    return "\n".join(
        (
            "",
            "  Easel is running.",
            "",
            f"  GraphiQL   {base}/graphiql",
            f"  Graph      {base}/graphql   (HTTP and WebSocket)",
            f"  Sign in    {DEMO.email}   {DEMO.password}",
            f"  Engine     {', '.join(settings.engine_keys)}{f' ({settings.model})' if settings.model else ''}",
            "",
            "  Ctrl-C ends everything.",
            "",
        )
    )
