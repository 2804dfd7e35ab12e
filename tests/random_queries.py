"""Random valid queries over any schema of planned reads, for comparing ways of answering them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
)
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import GraphQLArgument, GraphQLField, GraphQLSchema

_PROBES: Final = ("", "it's", 'quo"ted \\', "100% %s %(a)s", "$1 :x -- ;", "노을\n🌊")
_DEPTH: Final = 7
_FIELDS: Final = 40
"""Fields after which only leaves are asked for."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What is worth asking for in the database at hand."""

    roots: Sequence[str]
    """Fields of the query root."""
    texts: Mapping[str, Sequence[Any]]
    """Values of an argument, by its name or by ``Type.field.name``."""


@dataclass(frozen=True, slots=True)
class Query:
    """An operation and its variables."""

    text: str
    variables: Mapping[str, Any]


def queries(schema: GraphQLSchema, vocabulary: Vocabulary) -> st.SearchStrategy[Query]:
    """Return a strategy for valid queries, of at most ``_FIELDS`` fields or a little more.

    They have aliases, fragments with and without name, directives, variables with and without value or default, the
    same field twice with other arguments, nulls, pages. One response key always means one field with the same
    arguments: fields without alias have none, and each alias is used once.
    """
    ambiguous = ambiguous_names(schema)

    def write(size: int, seed: int) -> Query:
        writer = _Writer(Random(seed), schema, vocabulary, ambiguous, size)  # noqa: S311 - no secret
        body = writer.selection(schema.query_type, _DEPTH)
        declared = f"({', '.join(writer.declared)})" if writer.declared else ""
        return Query(" ".join([f"query Q{declared} {body}", *writer.fragments]), writer.variables)

    return st.builds(write, st.integers(1, _FIELDS), st.integers(0, 2**63))


def ambiguous_names(schema: GraphQLSchema) -> frozenset[str]:
    """Return the names of fields whose type differs between object types: these can not share a response key."""
    types: dict[str, set[str]] = {}
    for each in schema.type_map.values():
        if isinstance(each, GraphQLObjectType):
            for name, found in each.fields.items():
                types.setdefault(name, set()).add(str(found.type))
    return frozenset(name for name, found in types.items() if len(found) > 1)


@dataclass
class _Writer:
    random: Random
    schema: GraphQLSchema
    vocabulary: Vocabulary
    ambiguous: frozenset[str]
    size: int
    declared: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    reusable: list[tuple[str, str]] = field(default_factory=list)
    """Type and name of fragments that are complete."""
    count: int = 0

    def chance(self, of: int) -> bool:
        """Return true in one of ``of`` cases."""
        return self.random.randrange(of) == 0

    def one(self, options: Sequence[Any]) -> Any:  # noqa: ANN401 - any
        return self.random.choice(options)

    def name(self, hint: str) -> str:
        self.count += 1
        return f"{hint}{self.count}"

    def selection(self, type_: Any, depth: int) -> str:  # noqa: ANN401 - a composite type
        """Return a selection set."""
        parts = [self._part(type_, depth) for _ in range(self.random.randint(1, 4))]
        return "{ " + " ".join(parts) + " }"

    def _part(self, type_: Any, depth: int) -> str:  # noqa: ANN401 - a composite type
        if is_abstract_type(type_) and not self.chance(4):
            return self._fragment(self.one(self._members(type_)), depth)
        kind = self.random.randint(0, 11)
        if kind == 0:
            return f"__typename{self.directive()}"
        if kind == 1:
            return self._fragment(type_, depth)
        if kind == 2 and isinstance(type_, GraphQLObjectType) and type_.interfaces:
            return self._fragment(self.one(type_.interfaces), depth)
        return self._field(type_, depth)

    def _members(self, type_: Any) -> list[Any]:  # noqa: ANN401 - an abstract type
        interfaces = (
            self.schema.get_implementations(type_).interfaces if isinstance(type_, GraphQLInterfaceType) else ()
        )
        return [*self.schema.get_possible_types(type_), *interfaces]

    def _fragment(self, type_: Any, depth: int) -> str:  # noqa: ANN401 - a composite type
        known = [name for of, name in self.reusable if of == type_.name]
        if known and self.chance(2):
            return f"...{self.one(known)}{self.directive()}"
        body = self.selection(type_, depth - 1 if is_abstract_type(type_) else depth)
        if not self.chance(3):
            return f"... on {type_.name}{self.directive()} {body}"
        name = self.name("F")
        self.fragments.append(f"fragment {name} on {type_.name} {body}")
        self.reusable.append((type_.name, name))
        return f"...{name}{self.directive()}"

    def _field(self, type_: Any, depth: int) -> str:  # noqa: ANN401 - an object type or an interface
        if isinstance(type_, GraphQLUnionType):
            return "__typename"
        if self.count > self.size:
            depth = 1
        names = self.vocabulary.roots if type_ is self.schema.query_type else list(type_.fields)
        found = [name for name in names if depth > 1 or not is_composite_type(get_named_type(type_.fields[name].type))]
        if not found:
            return "__typename"
        deeper = [name for name in found if is_composite_type(get_named_type(type_.fields[name].type))]
        name = self.one(deeper if deeper and self.chance(3) else found)
        written = self._use(type_, name, depth)
        return f"{written} {self._use(type_, name, depth)}" if type_.fields[name].args and self.chance(3) else written

    def _use(self, type_: Any, name: str, depth: int) -> str:  # noqa: ANN401 - an object type or an interface
        asked: GraphQLField = type_.fields[name]
        given = self._arguments(f"{type_.name}.{name}", asked)
        self.count += 1
        aliased = bool(given) or name in self.ambiguous or self.chance(5)
        key = f"{self.name(self.one(('a', 'c', '_', 'r', 'None')))}: " if aliased else ""
        inner = get_named_type(asked.type)
        below = (
            f" {self.selection(inner, depth - (not inner.name.endswith('Edge')))}" if is_composite_type(inner) else ""
        )
        return f"{key}{name}{given}{self.directive()}{below}"

    def directive(self) -> str:
        """Return ``@skip`` or ``@include``, mostly neither."""
        if not self.chance(12):
            return ""
        name, decided = self.one((("include", True), ("include", False), ("skip", True), ("skip", False)))
        written = str(decided).lower()
        if self.chance(2):
            written = self._variable("Boolean!", decided)
        return f" @{name}(if: {written})"

    def _arguments(self, place: str, asked: GraphQLField) -> str:
        given = [
            f"{name}: {self._argument(f'{place}.{name}', name, argument)}"
            for name, argument in asked.args.items()
            if _is_required(argument) or self.chance(2)
        ]
        return f"({', '.join(given)})" if given else ""

    def _argument(self, place: str, name: str, argument: GraphQLArgument) -> str:
        value = self._value(place, name, argument.type, nullable=True)
        if not self.chance(2):
            return self._literal(place, name, argument.type, value)
        type_ = argument.type
        if argument.default_value is not Undefined and isinstance(type_, GraphQLNonNull) and self.chance(2):
            type_ = type_.of_type
        default = ""
        if self.chance(4) and value is not None:
            default = f" = {self._plain(type_, self._value(place, name, type_, nullable=False))}"
        is_left_out = (default or not isinstance(type_, GraphQLNonNull)) and self.chance(3)
        return self._variable(str(type_), None if is_left_out else value, default, is_left_out=bool(is_left_out))

    def _variable(self, type_: str, value: object, default: str = "", *, is_left_out: bool = False) -> str:
        name = self.name("v")
        self.declared.append(f"${name}: {type_}{default}")
        if not is_left_out:
            self.variables[name] = value
        return f"${name}"

    def _value(self, place: str, name: str, type_: Any, *, nullable: bool) -> Any:  # noqa: ANN401 - any value
        """Return a value of an input type as JSON."""
        inner = get_nullable_type(type_)
        if nullable and not isinstance(type_, GraphQLNonNull) and self.chance(8):
            return None
        if isinstance(inner, GraphQLList):
            return [self._value(place, name, inner.of_type, nullable=True) for _ in range(self.random.randint(0, 3))]
        if isinstance(inner, GraphQLInputObjectType):
            return {
                each: self._value(f"{inner.name}.{each}", each, definition.type, nullable=True)
                for each, definition in inner.fields.items()
                if _is_required(definition) or self.chance(2)
            }
        if isinstance(inner, GraphQLEnumType):
            return self.one(list(inner.values))
        return self._leaf(place, name, inner.name)

    def _leaf(self, place: str, name: str, type_name: str) -> Any:  # noqa: ANN401 - any value
        if type_name == "Boolean":
            return self.chance(2)
        likely = self.vocabulary.texts.get(place) or self.vocabulary.texts.get(name)
        if likely and not self.chance(8):
            return self.one(likely)
        if type_name in {"Int", "Float"}:
            return self.random.randint(-1, 101)
        return self.one(self.vocabulary.texts.get(name) or _PROBES) if self.chance(2) else self.one(_PROBES)

    def _literal(self, place: str, name: str, type_: Any, value: Any) -> str:  # noqa: ANN401 - a type and its value
        """Write a value down, some parts of it as variables."""
        inner = get_nullable_type(type_)
        if isinstance(inner, GraphQLList) and isinstance(value, list):
            if len(value) == 1 and value[0] is not None and self.chance(2):
                return self._literal(place, name, inner.of_type, value[0])  # a list of one may be written without [ ]
            return "[" + ", ".join(self._part_of_value(place, name, inner.of_type, each) for each in value) + "]"
        if isinstance(inner, GraphQLInputObjectType) and isinstance(value, dict):
            written = [
                f"{key}: {self._part_of_value(place, key, inner.fields[key].type, each)}" for key, each in value.items()
            ]
            return "{" + ", ".join(written) + "}"
        return self._plain(type_, value)

    def _part_of_value(self, place: str, name: str, type_: Any, value: Any) -> str:  # noqa: ANN401 - as above
        if self.chance(3):
            return self._variable(str(type_), value)
        return self._literal(place, name, type_, value)

    def _plain(self, type_: Any, value: Any) -> str:  # noqa: ANN401 - as above
        inner = get_nullable_type(type_)
        if isinstance(value, list):
            return "[" + ", ".join(self._plain(inner.of_type, each) for each in value) + "]"
        if isinstance(value, dict):
            written = [f"{key}: {self._plain(inner.fields[key].type, each)}" for key, each in value.items()]
            return "{" + ", ".join(written) + "}"
        return str(value) if isinstance(inner, GraphQLEnumType) and value is not None else json.dumps(value)


def _is_required(definition: Any) -> bool:  # noqa: ANN401 - an argument or a field of an input
    return isinstance(definition.type, GraphQLNonNull) and definition.default_value is Undefined
