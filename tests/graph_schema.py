"""The schema of the graph, built once for all tests that only read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resolvers.graph import build_schema
from schema.documents import DocumentReader

if TYPE_CHECKING:
    from graphql import GraphQLSchema

BUILT: Final = build_schema(DocumentReader())
SCHEMA: Final[GraphQLSchema] = BUILT._schema
