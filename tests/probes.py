"""Queries that put a text into each argument of a schema that takes one, written down and sent as a variable."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
)

from random_queries import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphql import GraphQLArgument, GraphQLField, GraphQLSchema

_TEXTLESS = frozenset({"Int", "Float", "Boolean", "DateTime"})


def probed(schema: GraphQLSchema, id_of: Callable[[str], str]) -> Iterator[tuple[str, Callable[[str], list[Query]]]]:
    """Yield ``Type.field.argument`` for each argument of queries and mutations, with what makes operations of a text.

    Args:
        schema: whose fields are walked.
        id_of: returns a global id for the name of an object type.
    """
    roots = [root for root in (schema.query_type, schema.mutation_type) if root]
    ways: dict[str, str] = {root.name: f"{root.name.lower()}%v {{ %s }}" for root in roots}
    waiting: list[GraphQLObjectType] = list(roots)
    while waiting:
        type_ = waiting.pop(0)
        for name, found in type_.fields.items():
            for argument in found.args:
                if takes_text(found.args[argument].type):
                    yield (
                        f"{type_.name}.{name}.{argument}",
                        partial(_queries, ways[type_.name], name, found, argument),
                    )
            for target in _objects(schema, get_named_type(found.type)):
                if target.name not in ways:
                    inner = "%s" if target is get_named_type(found.type) else f"... on {target.name} {{ %s }}"
                    given = {
                        key: id_of(target.name) if key == "id" else value for key, value in _required(found).items()
                    }
                    written = f"{name}{_written(given)} {{ {inner} }}"
                    ways[target.name] = ways[type_.name].replace("%s", written)
                    waiting.append(target)


def takes_text(type_: Any) -> bool:  # noqa: ANN401 - an input type
    """Return whether a text can be somewhere in an argument."""
    inner = get_nullable_type(type_)
    if isinstance(inner, GraphQLList):
        return takes_text(inner.of_type)
    if isinstance(inner, GraphQLInputObjectType):
        return any(takes_text(each.type) for each in inner.fields.values())
    return not isinstance(inner, GraphQLEnumType) and inner.name not in _TEXTLESS


def _objects(schema: GraphQLSchema, type_: Any) -> list[GraphQLObjectType]:  # noqa: ANN401 - any named type
    if isinstance(type_, GraphQLObjectType):
        return [type_]
    return list(schema.get_possible_types(type_)) if is_abstract_type(type_) else []


def _queries(way: str, name: str, found: GraphQLField, argument: str, text: str) -> list[Query]:
    definition: GraphQLArgument = found.args[argument]
    value = _filled(definition.type, text)
    others = {key: given for key, given in _required(found).items() if key != argument}
    below = " { __typename }" if is_composite_type(get_named_type(found.type)) else ""
    written = way.replace("%s", f"{name}{_written(others | {argument: value})}{below}")
    sent = way.replace("%s", f"{name}{_written(others, argument)}{below}")
    return [
        Query(written.replace("%v", ""), {}),
        Query(sent.replace("%v", f"($probe: {definition.type})"), {"probe": value}),
    ]


def _required(found: GraphQLField) -> dict[str, Any]:
    return {
        name: _filled(each.type, "x")
        for name, each in found.args.items()
        if isinstance(each.type, GraphQLNonNull) and each.default_value is Undefined
    }


def _filled(type_: Any, text: str) -> Any:  # noqa: ANN401 - any value
    inner = get_nullable_type(type_)
    if isinstance(inner, GraphQLList):
        return [_filled(inner.of_type, text)]
    if isinstance(inner, GraphQLInputObjectType):
        return {name: _filled(each.type, text) for name, each in inner.fields.items() if takes_text(each.type)}
    return text


def _written(given: dict[str, Any], sent: str | None = None) -> str:
    """Return arguments as a document has them, one of them as the variable ``probe``."""
    parts = [f"{name}: {_literal(value)}" for name, value in given.items()] + ([f"{sent}: $probe"] if sent else [])
    return f"({', '.join(parts)})" if parts else ""


def _literal(value: Any) -> str:  # noqa: ANN401 - any value
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_literal(each)}' for name, each in value.items())}}}"
    return json.dumps(value)
