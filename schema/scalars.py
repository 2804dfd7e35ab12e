"""Scalars of the graph beyond the standard five."""

from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

Cursor = NewType("Cursor", str)
URL = NewType("URL", str)

SCALARS: dict[object, ScalarDefinition] = {
    Cursor: strawberry.scalar(
        name="Cursor",
        description="A place in a list or a stream. Opaque: keep it and give it back as `after`, nothing else.",
        serialize=str,
        parse_value=str,
    ),
    URL: strawberry.scalar(
        name="URL",
        description="An absolute URL (RFC 3986).",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3986",
        serialize=str,
        parse_value=str,
    ),
}
