"""What a document may hold, asked of a real Strawberry schema as its views ask."""

from __future__ import annotations

from collections.abc import AsyncIterator  # noqa: TC003 - strawberry reads it at run time
from contextlib import suppress
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError, build_schema, get_introspection_query, parse
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult

from schema.documents import SHAPES, DocumentReader
from schema.limits import DocumentLimits, refusal_of

pytestmark = pytest.mark.anyio
LIMITS = DocumentLimits()


@strawberry.type
class Leaf:
    name: str = "leaf"

    @strawberry.field
    def inner(self) -> Leaf:
        return Leaf()

    @strawberry.field
    def broken(self) -> str | None:
        raise ValueError("broken")


@strawberry.type
class Query:
    @strawberry.field
    def leaf(self) -> Leaf:
        return Leaf()

    @strawberry.field
    def double(self, number: int) -> int:
        return 2 * number

    @strawberry.field
    def total(self, numbers: list[int]) -> int:
        return sum(numbers)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


def make_schema(reader: DocumentReader) -> strawberry.Schema:
    return strawberry.Schema(query=Query, subscription=Subscription, extensions=[reader.extension])


@pytest.fixture
def schema() -> strawberry.Schema:
    return make_schema(DocumentReader())


def nested(levels: int, *, of: str = "inner") -> str:
    return "{ leaf " + f"{{ {of} " * (levels - 2) + "{ name }" + " }" * (levels - 2) + " }"


def only_error(result: object) -> tuple[str, dict[str, Any]]:
    assert isinstance(result, ExecutionResult)
    assert result.data is None
    assert result.errors
    assert len(result.errors) == 1
    return result.errors[0].message, dict(result.errors[0].extensions or {})


LEAVES = " ".join(f"a{index}: name" for index in range(30))
AT_THE_LIMIT = {
    "depth": nested(12),
    "aliases": f"{{ leaf {{ {LEAVES} }} }}",
    "root_fields": "{" + " __typename" * 20 + "}",
    "directives": "{ leaf { name" + " @include(if: true) name" * 20 + " } }",
    "tokens": "{ total(numbers: [" + "1 " * 1991 + "]) }",
    "characters": "{ leaf { name } }".ljust(20_000),
}
OVER_THE_LIMIT = {
    "depth": (nested(13), 13),
    "aliases": (f"{{ leaf {{ {LEAVES} b: name }} }}", 31),
    "root_fields": ("{" + " __typename" * 21 + "}", 21),
    "directives": ("{ leaf { name" + " @include(if: true) name" * 21 + " } }", 21),
    "tokens": ("{ total(numbers: [" + "1 " * 1992 + "]) }", None),
    "characters": ("{ leaf { name } }".ljust(20_001), 20_001),
    "introspection_fields": ("{ __schema { queryType { name } }" * 1 + ' __type(name: "A") { name } ' * 2 + "}", 3),
    "introspection_depth": ('{ __type(name: "A") {' + " ofType {" * 19 + " name" + " }" * 19 + " } }", 21),
    "introspection_aliases": ("{ __schema { one: queryType { name } } }", 1),
}


@pytest.mark.parametrize("measure", AT_THE_LIMIT)
async def test_a_document_at_the_limit_runs(schema: strawberry.Schema, measure: str) -> None:
    result = await schema.execute(AT_THE_LIMIT[measure])

    assert result.errors is None


@pytest.mark.parametrize("measure", OVER_THE_LIMIT)
async def test_a_document_over_the_limit_is_refused_with_limit_and_count(
    schema: strawberry.Schema, measure: str
) -> None:
    text, count = OVER_THE_LIMIT[measure]
    limit = getattr(LIMITS, measure)

    message, extensions = only_error(await schema.execute(text))

    expected = {"code": "COST_LIMIT", "measure": measure, "limit": limit}
    assert extensions == (expected if count is None else expected | {"count": count})
    found = "more" if count is None else f"{count:,}"
    assert message == f"The document is too costly: {measure.replace('_', ' ')} {found}, allowed {limit:,}."


@pytest.mark.parametrize(
    ("text", "measure", "count"),
    [
        ("{ leaf { ...A } } fragment A on Leaf { " + "inner { " * 10 + "...B" + " }" * 10 + " } fragment B on Leaf { "
         "inner { name } }", "depth", 13),
        ("{ leaf { ...A inner { ...A } } } fragment A on Leaf { " + LEAVES + " }", "aliases", 60),
        ("{ ...A ...A } fragment A on Query { " + "__typename " * 11 + "}", "root_fields", 22),
        ("{ ...A @skip(if: false) ...A } fragment A on Query { " + "__typename @skip(if: false) " * 10 + "}",
         "directives", 21),
        ("{ ...A } fragment A on Query { " + "... on Query { " * 5 + "__typename " * 21 + "} " * 5 + "}",
         "root_fields", 21),
        ('{ __type(name: "A") { ...T } } fragment T on __Type { a: name }', "introspection_aliases", 1),
        ("{ __typename } fragment Unused on Leaf { " + "inner { " * 13 + "name" + " }" * 13 + " }", "depth", 14),
    ],
)  # fmt: skip
def test_fragments_count_wherever_they_are_spread(text: str, measure: str, count: int) -> None:
    error = refusal_of(parse(text), LIMITS)

    assert error is not None
    assert error.extensions == {
        "code": "COST_LIMIT", "measure": measure, "limit": getattr(LIMITS, measure), "count": count,
    }  # fmt: skip


def test_introspection_can_not_lend_its_depth_to_fields_below_it() -> None:
    text = "{ __schema {" + " leaf { __schema {" * 10 + " name" + " } }" * 10 + " } }"

    error = refusal_of(parse(text), LIMITS)

    assert error is not None
    assert error.extensions
    assert (error.extensions["measure"], error.extensions["count"]) == ("introspection_depth", 22)


SAME_FIELDS = "{ leaf { " + "name " * 110 + "} }"
SAME_FRAGMENTS = (
    "{ leaf { "
    + "...A ...B " * 60
    + "} } "
    + ("fragment A on Leaf { name } fragment B on Leaf { name inner { name } }")
)
CHAINS = (
    "{ leaf { ...A0 ...B0 } } "
    + "".join(f"fragment {name}{n} on Leaf {{ name ...{name}{n + 1} }} " for name in "AB" for n in range(60))
    + "fragment A60 on Leaf { name } fragment B60 on Leaf { name }"
)


@pytest.mark.parametrize("text", [SAME_FIELDS, CHAINS])
async def test_documents_that_make_the_search_for_conflicts_long_are_refused(
    schema: strawberry.Schema, text: str
) -> None:
    message, extensions = only_error(await schema.execute(text))

    assert message == "The document is too costly: comparisons more, allowed 10,000."
    assert extensions == {"code": "COST_LIMIT", "measure": "comparisons", "limit": 10_000}


@pytest.mark.parametrize("text", ["{ leaf { " + "name " * 90 + "} }", SAME_FRAGMENTS])
async def test_documents_that_repeat_themselves_as_front_ends_do_are_answered(
    schema: strawberry.Schema, text: str
) -> None:
    assert (await schema.execute(text)).errors is None


async def test_a_conflict_is_told_as_the_specification_has_it(schema: strawberry.Schema) -> None:
    message, extensions = only_error(await schema.execute("{ leaf { a: name a: broken } }"))

    assert message.startswith("Fields 'a' conflict because 'name' and 'broken' are different fields.")
    assert extensions == {"code": "BAD_USER_INPUT"}


def test_fragments_that_double_a_hundred_times_are_counted_to_a_ceiling() -> None:
    spreads = "".join(f"fragment F{n} on Leaf {{ ...F{n + 1} ...F{n + 1} }} " for n in range(100))

    error = refusal_of(parse(f"{{ leaf {{ ...F0 }} }} {spreads} fragment F100 on Leaf {{ a: name }}"), LIMITS)

    assert error is not None
    assert error.message == "The document is too costly: aliases 1,000,000 or more, allowed 30."


@pytest.mark.parametrize(
    "fragments",
    ["fragment A on Leaf { ...A }", "fragment A on Leaf { inner { ...B } } fragment B on Leaf { ...A }"],
)
async def test_fragments_in_a_circle_are_refused(schema: strawberry.Schema, fragments: str) -> None:
    message, extensions = only_error(await schema.execute("{ leaf { ...A } } " + fragments))

    assert message.startswith("Fragments spread each other in a circle: ")
    assert extensions == {"code": "BAD_USER_INPUT"}


async def test_an_unknown_fragment_is_left_to_validation(schema: strawberry.Schema) -> None:
    message, extensions = only_error(await schema.execute("{ leaf { ...Missing } }"))

    assert message == "Unknown fragment 'Missing'."
    assert extensions == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("type_depth", [5, 7, 9])
async def test_the_introspection_queries_of_tools_pass(schema: strawberry.Schema, type_depth: int) -> None:
    query = get_introspection_query(
        descriptions=True, specified_by_url=True, directive_is_repeatable=True, schema_description=True,
        input_value_deprecation=True, one_of=True, type_depth=type_depth,
    )  # fmt: skip

    result = await schema.execute(query)

    assert result.errors is None


async def test_errors_of_validation_are_at_most_five(schema: strawberry.Schema) -> None:
    result = await schema.execute("{" + " ".join(f"missing{index}" for index in range(20)) + "}")

    assert isinstance(result, ExecutionResult)
    assert result.errors
    assert len(result.errors) == 5
    assert result.errors[-1].message == "Too many validation errors, error limit reached. Validation aborted."


async def test_errors_of_execution_are_at_most_five(schema: strawberry.Schema) -> None:
    fields = " ".join(f"f{index}: broken" for index in range(8))

    result = await schema.execute(f"{{ leaf {{ {fields} }} }}")

    assert isinstance(result, ExecutionResult)
    assert result.data == {"leaf": {f"f{index}": None for index in range(8)}}
    assert result.errors
    assert len(result.errors) == 5


async def test_a_syntax_error_carries_a_code(schema: strawberry.Schema) -> None:
    message, extensions = only_error(await schema.execute("{ leaf { "))

    assert message.startswith("Syntax Error")
    assert extensions == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "text", ["{ leaf {", "{ leaf }" + "#\n" * 2001, "subscription " + nested(13), "{" + " __typename" * 2001 + "}"]
)
async def test_a_refused_document_ends_a_stream_with_an_answer(schema: strawberry.Schema, text: str) -> None:
    results = [result async for result in await schema.subscribe(text)]

    assert len(results) == 1
    _, extensions = only_error(results[0])
    assert extensions["code"] in {"BAD_USER_INPUT", "COST_LIMIT"}


async def test_a_subscription_runs_through_the_same_reader(schema: strawberry.Schema) -> None:
    results = [result async for result in await schema.subscribe("subscription { ticks }")]

    assert [(result.data, result.errors) for result in results] == [({"ticks": 1}, None)]


@pytest.mark.parametrize(
    "text", ["query A { leaf { name } } query B { leaf { name } }", "query A { __typename } subscription B { ticks }"]
)
async def test_several_operations_need_a_name(schema: strawberry.Schema, text: str) -> None:
    message, extensions = only_error(await schema.execute(text))

    assert message == "A document with several operations needs an operationName."
    assert extensions == {"code": "BAD_USER_INPUT"}


async def test_two_unnamed_operations_are_refused(schema: strawberry.Schema) -> None:
    result = await schema.execute("{ __typename } { leaf { name } }")

    assert result.data is None
    assert result.errors


async def test_a_named_operation_of_several_runs(schema: strawberry.Schema) -> None:
    text = "query A { leaf { name } } query B { double(number: 2) }"

    result = await schema.execute(text, operation_name="B")

    assert (result.data, result.errors) == ({"double": 4}, None)


async def test_an_integer_of_5000_digits_is_an_error_of_the_document(schema: strawberry.Schema) -> None:
    _, extensions = only_error(await schema.execute("{ double(number: " + "9" * 5_000 + ") }"))

    assert extensions == {"code": "BAD_USER_INPUT"}


async def test_other_limits_can_be_set() -> None:
    schema = make_schema(DocumentReader(DocumentLimits(depth=1)))

    _, extensions = only_error(await schema.execute("{ leaf { name } }"))

    assert extensions == {"code": "COST_LIMIT", "measure": "depth", "limit": 1, "count": 2}


def test_a_document_is_parsed_once_while_it_is_remembered() -> None:
    reader = DocumentReader(remembered_characters=20, new_characters=20)
    text, other = "{ leaf { name } }", "{ __typename }"

    first = reader.parse(text)

    assert reader.parse(text) is first
    for _ in range(2):
        reader.parse(other)
    assert reader.parse(text) is not first


def test_a_flood_of_new_documents_displaces_none_that_is_in_use() -> None:
    reader = DocumentReader(remembered_characters=100, new_characters=200)
    text = "{ leaf { name } }"
    for _ in range(2):
        known = reader.parse(text)

    for number in range(1_000):
        reader.parse(f"{{ a{number}: __typename }}")
        assert reader.characters <= 300

    assert reader.characters > 200
    assert reader.parse(text) is known


def test_what_is_remembered_of_hostile_documents_is_bounded_whatever_is_wrong_with_them() -> None:
    reader, schema = DocumentReader(), make_schema(DocumentReader())._schema
    long = "{{ leaf {{ a{}: name " + "name " * 300 + "}} }}"
    kinds = ("{{ leaf {{ a{}: name }} }}", "{{ a{}", "{{ missing{} }}", long)

    for number in range(400):
        text = kinds[number % 4].format(number)
        for _ in range(number % 3):
            with suppress(GraphQLError):
                reader.parse(text)
                reader.validate(schema, text)
            assert reader.characters <= 128 * 1024 + 40_000

    assert reader.characters > 40_000


def test_page_sizes_that_differ_do_not_pile_up() -> None:
    schema = build_schema("type Query { page(first: Int): [Query!]! id: ID }")
    reader = DocumentReader()

    for first in range(1, 101):
        reader.measure(schema, "query Q($n: Int) { page(first: $n) { id } }", None, {"n": first})

    read = reader._new.get("query Q($n: Int) { page(first: $n) { id } }")
    assert read
    assert len(read.measured) <= SHAPES


def test_what_was_wrong_with_a_document_is_remembered_apart_from_the_list_handed_out() -> None:
    reader, schema = DocumentReader(), build_schema("type Query { name: String }")

    reader.validate(schema, "{ missing }").clear()

    assert [error.message for error in reader.validate(schema, "{ missing }")] == [
        "Cannot query field 'missing' on type 'Query'."
    ]


def test_each_operation_gets_an_extension_of_its_own() -> None:
    reader = DocumentReader()

    one, other = reader.extension(), reader.extension()

    assert isinstance(one, SchemaExtension)
    assert one is not other
