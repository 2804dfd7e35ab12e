"""The graph as a contract: its printed form, and what of an older one it breaks."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from graphql import build_schema as parse_schema
from graphql.utilities import find_breaking_changes

from resolvers.graph import build_schema
from schema.documents import DocumentReader

SCHEMA: Final = Path(__file__).parent.parent / "schema" / "schema.graphql"


def printed_schema() -> str:
    """Return the graph in the schema definition language, as it is committed."""
    return build_schema(DocumentReader()).as_str().rstrip() + "\n"


def schema_at(revision: str) -> str:
    """Return the schema that was committed at a git revision.

    Raises:
        LookupError: git knows no such revision, or there was no schema in it.
    """
    show = ["git", "show", f"{revision}:schema/schema.graphql"]
    shown = subprocess.run(show, cwd=SCHEMA.parent, check=False, capture_output=True, text=True)  # noqa: S603 - no shell
    if shown.returncode:
        raise LookupError(shown.stderr.strip())
    return shown.stdout


def breaking_changes(old: str, new: str) -> list[str]:
    """Return what in ``new`` breaks clients that were built against ``old``."""
    return [change.description for change in find_breaking_changes(parse_schema(old), parse_schema(new))]
