"""Scalars of the graph beyond the standard five."""

from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from planner import CURSOR_SCALAR, Cursor

URL = NewType("URL", str)

__all__ = ["SCALARS", "URL", "Cursor"]

SCALARS: dict[object, ScalarDefinition] = {
    Cursor: CURSOR_SCALAR,
    URL: strawberry.scalar(
        name="URL",
        description="An absolute URL (RFC 3986).",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3986",
        serialize=str,
        parse_value=str,
    ),
}
