"""The graph: the root types, put together from the features, and the schema with its rules."""

from collections.abc import Iterator, Sequence
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types.execution import ExecutionResult, StreamExecutionResult

from domain.errors import RequestError
