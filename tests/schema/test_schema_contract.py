"""The graph keeps its own conventions: everything described, mutations alike, sample operations valid."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from db.words import AssetStatus, HoldStatus, JobStatus, LedgerKind, PromptVisibility, SlotStatus, Visibility
from domain.words import ErrorCode, FailureCode, FeedKind, ImageVariant, MediaChange, Previews, Rotation
from graph_schema import BUILT, SCHEMA
from schema.documents import DocumentReader
from schema.list_bounds import LIST_BOUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
OPERATIONS = sorted((ROOT / "web" / "graphiql" / "operations").glob("*.graphql"))
TYPES = {name: kind for name, kind in SCHEMA.type_map.items() if not name.startswith("__")}
OBJECTS = {name: kind for name, kind in TYPES.items() if isinstance(kind, GraphQLObjectType)}
STANDARD = {"String", "Int", "Float", "Boolean", "ID"}
USER_ERROR = {"code": "ErrorCode!", "message": "String!", "path": "[String!]", "retryable": "Boolean!"}


def described() -> Iterator[tuple[str, str | None]]:
    """Yield everything that must have a description."""
    for name, kind in TYPES.items():
        if name not in STANDARD:
            yield name, kind.description
    for name, kind in TYPES.items():
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", entry.description) for value, entry in kind.values.items())
        elif isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{name}.{field}", entry.description) for field, entry in kind.fields.items())
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, entry in kind.fields.items():
                yield f"{name}.{field}", entry.description
                yield from ((f"{name}.{field}({key})", given.description) for key, given in entry.args.items())


def test_everything_has_a_description() -> None:
    everything = dict(described())
    assert len(everything) > 200
    assert [name for name, text in everything.items() if not (text or "").strip()] == []


def test_the_committed_schema_is_the_printed_one() -> None:
    committed = (ROOT / "schema" / "schema.graphql").read_text()
    assert committed.strip() == BUILT.as_str().strip()


def test_names_are_in_their_cases() -> None:
    for name, kind in TYPES.items():
        assert name[0].isupper(), name
        assert "_" not in name
        if isinstance(kind, GraphQLEnumType):
            assert all(value == value.upper() for value in kind.values), name
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            arguments = chain.from_iterable(getattr(field, "args", {}) for field in kind.fields.values())
            assert all(field[0].islower() and "_" not in field for field in chain(kind.fields, arguments)), name


def capital(name: str) -> str:
    return name[0].upper() + name[1:]


def test_mutations_take_one_input_and_return_a_union_of_success_and_refusals() -> None:
    assert SCHEMA.mutation_type
    user_error = TYPES["UserError"]
    assert isinstance(user_error, GraphQLInterfaceType)
    for name, field in SCHEMA.mutation_type.fields.items():
        assert {key: str(argument.type) for key, argument in field.args.items()} == {"input": f"{capital(name)}Input!"}
        assert str(field.type) == f"{capital(name)}Result!"
        result = get_named_type(field.type)
        assert isinstance(result, GraphQLUnionType), name
        success, *refusals = result.types
        assert success.name == f"{capital(name)}Success"
        assert refusals, name
        assert all(user_error in refusal.interfaces for refusal in refusals), name
        objects = [get_named_type(inner.type) for inner in success.fields.values()]
        shown = [kind for kind in objects if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
        assert any("id" in kind.fields for kind in shown), name


def test_refusals_have_all_fields_of_a_user_error() -> None:
    refusals = [kind for kind in OBJECTS.values() if "UserError" in [one.name for one in kind.interfaces]]
    assert len(refusals) >= 10
    for kind in refusals:
        assert {name: str(kind.fields[name].type) for name in USER_ERROR} == USER_ERROR, kind.name
    codes = {"".join(part.title() for part in code.split("_")) for code in ErrorCode}
    assert {kind.name for kind in refusals} <= codes


def test_what_costs_money_or_time_of_a_gpu_takes_an_idempotency_key() -> None:
    kind = TYPES["SubmitGenerationInput"]
    assert isinstance(kind, GraphQLInputObjectType)
    assert str(kind.fields["idempotencyKey"].type) == "String!"


def test_every_list_of_objects_that_is_no_page_says_how_long_it_can_be() -> None:
    lists = {
        (name, field)
        for name, kind in OBJECTS.items()
        for field, entry in kind.fields.items()
        if is_list_type(get_nullable_type(entry.type)) and is_composite_type(get_named_type(entry.type))
        if not name.endswith("Connection") and "first" not in entry.args
    }
    assert lists == set(LIST_BOUNDS)


def test_a_generation_job_is_a_job_and_a_node() -> None:
    job = TYPES["Job"]
    assert isinstance(job, GraphQLInterfaceType)
    assert {name: str(field.type) for name, field in job.fields.items()} == {
        "id": "ID!",
        "status": "JobStatus!",
        "progress": "Float!",
        "queue": "QueuePlace",
        "cost": "Int!",
        "sequence": "Int",
        "createdAt": "DateTime!",
        "startedAt": "DateTime",
        "finishedAt": "DateTime",
        "failure": "Failure",
    }
    assert {kind.name for kind in OBJECTS["GenerationJob"].interfaces} == {"Job", "Node"}


def test_what_has_a_global_id_is_a_node() -> None:
    keyed = {"Engine", "Style", "SessionTokens"}
    for name, kind in OBJECTS.items():
        if "id" in kind.fields and name not in keyed:
            assert "Node" in [one.name for one in kind.interfaces], name


def test_connections_are_alike() -> None:
    connections = [kind for name, kind in OBJECTS.items() if name.endswith("Connection")]
    assert len(connections) >= 6
    for kind in connections:
        edge = get_named_type(kind.fields["edges"].type)
        assert isinstance(edge, GraphQLObjectType)
        node = get_named_type(edge.fields["node"].type)
        more = {"FeedEdge": {"reason": "FeedReason!"}, "FeedConnection": {"newerCount": "Int!"}}
        assert {name: str(field.type) for name, field in edge.fields.items()} == {
            "cursor": "Cursor!",
            "node": f"{node.name}!",
            **more.get(edge.name, {}),
        }
        assert {name: str(field.type) for name, field in kind.fields.items()} == {
            "edges": f"[{edge.name}!]!",
            "nodes": f"[{node.name}!]!",
            "pageInfo": "PageInfo!",
            "totalCount": "Int",
            **more.get(kind.name, {}),
        }


def test_what_returns_a_connection_takes_a_page() -> None:
    for name, kind in OBJECTS.items():
        for field_name, field in kind.fields.items():
            if get_named_type(field.type).name.endswith("Connection"):
                page = {key: str(field.args[key].type) for key in ("first", "after")}
                assert page == {"first": "Int", "after": "Cursor"}, f"{name}.{field_name}"


def test_lists_hold_no_nulls_but_for_nodes_that_are_not_found() -> None:
    loose = []
    for name, kind in OBJECTS.items():
        for field_name, field in kind.fields.items():
            inner: Any = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
            if isinstance(inner, GraphQLList) and not isinstance(inner.of_type, GraphQLNonNull):
                loose.append(f"{name}.{field_name}")
    assert loose == ["Query.nodes"]


def test_events_of_a_job_can_all_be_resumed() -> None:
    union = TYPES["GenerationJobEvent"]
    assert isinstance(union, GraphQLUnionType)
    for kind in union.types:
        assert "JobEvent" in [one.name for one in kind.interfaces], kind.name
        assert (str(kind.fields["cursor"].type), str(kind.fields["sequence"].type)) == ("Cursor!", "Int!")


@pytest.mark.parametrize(
    "words",
    [
        *(JobStatus, SlotStatus, AssetStatus, LedgerKind, Visibility, PromptVisibility),
        *(FeedKind, ImageVariant, FailureCode, ErrorCode, Previews, MediaChange, Rotation),
    ],
    ids=lambda words: words.__name__,
)
def test_vocabularies_are_those_of_the_rules(words: Any) -> None:  # noqa: ANN401 - an enumeration
    kind = TYPES[words.__name__]
    assert isinstance(kind, GraphQLEnumType)
    assert list(kind.values) == [word.value for word in words]
    assert HoldStatus.__name__ not in TYPES


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_sample_operations_are_valid_with_their_variables(path: Path) -> None:
    document = parse(path.read_text())
    assert DocumentReader().validate(SCHEMA, path.read_text()) == []
    assert validate(SCHEMA, document) == []
    (operation,) = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    variables = path.with_suffix(".variables.json")
    given = json.loads(variables.read_text()) if variables.exists() else {}
    values = get_variable_values(SCHEMA, operation.variable_definitions or (), given)
    assert not (isinstance(values, list) and [error for error in values if isinstance(error, GraphQLError)]), values
    assert {node.variable.name.value for node in operation.variable_definitions or ()} >= set(given)


def test_there_is_a_sample_of_every_core_operation() -> None:
    names = {"feed", "me", "submit", "watch", "publish", "one", "cancel", "sign-up", "sign-in"}
    assert {path.stem.split("-", 1)[1] for path in OPERATIONS} >= names
