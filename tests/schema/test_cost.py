"""What an operation costs, by the definition in docs/limits.md, on a small schema and on the graph itself."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, build_schema, get_operation_ast, parse

from graph_client import CORE
from resolvers.graph import build_schema as build_graph
from schema.cost import COUNT_CEILING, Measured, measure, page_variables, sizes_of
from schema.documents import DocumentReader
from schema.limits import DocumentLimits

SCHEMA = build_schema("""
interface Node { id: ID! }
type Query { one: Item ten: [Item!]! plain: [Item] some(ids: [ID!]!): [Item]! list(first: Int): [Item!]! node: Node
  page(first: Int, last: Int): ItemConnection! bare: ItemConnection! }
type Item implements Node { id: ID! inner: Item items(first: Int, after: String): ItemConnection! }
type ItemConnection { edges: [ItemEdge!]! nodes: [Item!]! pageInfo: PageInfo! totalCount: Int most: Item }
type ItemEdge { cursor: String! node: Item! }
type PageInfo { hasNextPage: Boolean! }
""")
assert SCHEMA.query_type
SCHEMA.query_type.fields["list"].args["first"].default_value = 5
BOUNDS: dict[tuple[str, str], int | str] = {("Query", "ten"): 10, ("Query", "some"): "ids"}


def measured(text: str, variables: dict[str, Any] | None = None) -> Measured:
    document = parse(text)
    operation = get_operation_ast(document)
    assert operation
    return measure(SCHEMA, document, operation, variables or {}, BOUNDS)


@pytest.mark.parametrize(
    ("text", "nodes", "cost"),
    [
        ("{ __typename }", 0, 1),
        ("{ one { id } }", 1, 1),
        ("{ one { inner { id } } a: one { id } }", 3, 3),
        ("{ ten { inner { id } } }", 20, 20),
        ("{ plain { id } }", 1, 1),
        ('{ some(ids: ["a", "b", "c"]) { inner { id } } }', 6, 6),
        ('{ some(ids: "a") { id } }', 1, 1),
        ("{ list { id } }", 5, 5),
        ("{ list(first: 7) { inner { id } } }", 14, 14),
        ("{ page { nodes { id } } }", 21, 20),
        ("{ page { totalCount } }", 1, 1),
        ("{ page(first: 10) { edges { cursor } pageInfo { hasNextPage } } }", 21, 1),
        ("{ page(first: 10) { edges { node { id inner { id } } } pageInfo { hasNextPage } } }", 41, 20),
        ("{ page(last: 10) { nodes { id } } }", 11, 10),
        ("{ page(first: null, last: 3) { nodes { id } } }", 4, 3),
        ("{ page(first: 2) { most { id } nodes { id } } }", 5, 4),
        ("{ page(first: 2) { nodes { items(first: 3) { nodes { inner { id } } } } } }", 17, 14),
        ("{ bare { nodes { id } } }", 21, 20),
        ("{ node { ... on Item { inner { id } } ... on Node { id } } }", 2, 2),
        ("{ __schema { types { name } } one { id } }", 1, 1),
        ("{ one { ...A ...A } } fragment A on Item { inner { ...B } } fragment B on Item { inner { id } }", 5, 5),
        ("{ page(first: 1) @skip(if: true) { nodes { id } } one { id } }", 3, 2),
    ],
)
def test_an_object_is_one_and_a_connection_its_page_size_times_its_item(text: str, nodes: int, cost: int) -> None:
    assert measured(text) == Measured(nodes, cost)


@pytest.mark.parametrize(
    ("variables", "size"),
    [
        ({}, 4),
        ({"n": 7}, 7),
        ({"n": None}, 20),
        ({"n": 1e2}, 100),
        ({"n": "many"}, 20),
        ({"n": True}, 20),
    ],
)
def test_page_sizes_come_from_variables_and_their_defaults(variables: dict[str, Any], size: int) -> None:
    text = "query Q($n: Int = 4) { page(first: $n) { nodes { id } } }"

    assert measured(text, variables).cost == size


@pytest.mark.parametrize(("ids", "cost"), [(["a", "b"], 2), ("a", 1), (None, 1), ([], 1)])
def test_a_list_by_ids_costs_as_many_as_are_asked_for(ids: object, cost: int) -> None:
    assert measured("query Q($ids: [ID!]!) { some(ids: $ids) { id } }", {"ids": ids}).cost == cost


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("first: 101", "`first` must be 1 to 100; it is 101."),
        ("first: 0", "`first` must be 1 to 100; it is 0."),
        ("last: -1", "`last` must be 1 to 100; it is -1."),
        ("first: $n", "`first` must be 1 to 100; it is 1000000000."),
        ("first: 1, last: 1", "`first` and `last` exclude each other."),
    ],
)
def test_a_page_that_is_not_served_is_refused_and_never_clamped(arguments: str, message: str) -> None:
    with pytest.raises(GraphQLError) as refused:
        measured(f"query Q($n: Int) {{ page({arguments}) {{ nodes {{ id }} }} }}", {"n": 1e9})

    assert refused.value.message == message
    assert refused.value.extensions == {"code": "BAD_USER_INPUT"}


def test_fragments_that_double_are_counted_once_each_and_to_a_ceiling() -> None:
    spreads = "".join(
        f"fragment F{n} on Item {{ inner {{ ...F{n + 1} }} a: inner {{ ...F{n + 1} }} }} " for n in range(90)
    )

    found = measured(f"{{ one {{ ...F0 }} }} {spreads} fragment F90 on Item {{ id }}")

    assert found == Measured(COUNT_CEILING, COUNT_CEILING)


def test_the_variables_that_cost_depends_on_are_named() -> None:
    document = parse("""
    query Q($id: ID, $last: Int, $n: Int, $on: Boolean!, $ids: [ID!]!) {
      page(last: $last) { ...A }
      some(ids: $ids) { id }
    }
    query R($n: Int) { page(first: $n) { nodes { id } } }
    fragment A on ItemConnection { nodes @include(if: $on) { items(first: $n, after: $id) { totalCount } } }
    """)

    found = {
        name: page_variables(document, operation, BOUNDS)
        for name in "QR"
        if (operation := get_operation_ast(document, name))
    }

    assert found == {"Q": ("last", "n", "ids"), "R": ("n",)}


def test_what_measures_alike_has_the_same_sizes() -> None:
    names = ("a", "b", "c", "d")

    assert sizes_of(names, {"a": 3.0, "b": ["x", "y"], "c": None}) == (3, 2, None, "")


DOCUMENTED = {
    "{ viewer { id handle } }": 1,
    '{ user(handle: "ann") { artworks { nodes { id } } } }': 21,
    CORE["feed"]: 140,
    CORE["feed"].replace("$first: Int", "$first: Int = 100"): 700,
    '{ search(query: "cat") { artworks { nodes { id } } } }': 121,
    "{ search { a: artworks(first: 1) { totalCount } b: artworks(first: 1) { totalCount } } }": 203,
    "{ search { users { nodes { id } } tags { totalCount } facets { count } } }": 1 + 40 + 21 + 200,
    "{ generationJobs(first: 10) { nodes { slots { image { url } } } } }": 170,
    "{ feed(first: 100) { nodes { comments(first: 100) { nodes { id } } } } }": 10_100,
}


@pytest.mark.parametrize(("text", "cost"), DOCUMENTED.items())
def test_operations_cost_what_the_documentation_says(text: str, cost: int) -> None:
    reader = DocumentReader(DocumentLimits(cost=20_000, nodes=20_000))
    schema = build_graph(reader)._schema
    assert reader.validate(schema, text) == []

    assert reader.measure(schema, text, None, {}).cost == cost


def test_cost_is_measured_once_for_equal_page_sizes_and_again_for_others() -> None:
    reader = DocumentReader()
    text = "query Q($n: Int, $after: String) { one { items(first: $n, after: $after) { nodes { id } } } }"

    first = reader.measure(SCHEMA, text, None, {"n": 10, "after": "a"})

    assert reader.measure(SCHEMA, text, "Q", {"n": 10.0, "after": "b"}) == first == Measured(12, 11)
    assert reader.measure(SCHEMA, text, None, {"n": 10, "after": "b"}) is first
    assert reader.measure(SCHEMA, text, None, {"n": 9}).cost == 10
    with pytest.raises(GraphQLError, match="`first` must be"):
        reader.measure(SCHEMA, text, None, {"n": 900})


def test_more_cost_than_allowed_is_refused_with_cost_and_limit() -> None:
    reader = DocumentReader(DocumentLimits(cost=10))
    text = "query Q($n: Int) { page(first: $n) { nodes { id } } }"
    assert reader.measure(SCHEMA, text, None, {"n": 10}).cost == 10

    with pytest.raises(GraphQLError) as refused:
        reader.measure(SCHEMA, text, None, {"n": 11})

    assert refused.value.message == "The document is too costly: cost 11, allowed 10."
    assert refused.value.extensions == {"code": "COST_LIMIT", "measure": "cost", "limit": 10, "count": 11}
