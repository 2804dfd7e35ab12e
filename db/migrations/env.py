"""How alembic runs here: on the connection that ``db.migrate`` hands it, each migration in a transaction."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import AutoString

from db.tables import metadata


def render(_kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write SQLModel's string type as the plain one that it is in PostgreSQL."""
    return "sa.String()" if isinstance(item, AutoString) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
    compare_server_default=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
