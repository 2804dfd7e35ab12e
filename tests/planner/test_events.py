"""Events of subscriptions, written by the planner: as graphql-core writes them, or not at all."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import pytest
from graphql import parse

from library import Author, BadCursor, Book, Context, Desk, Loan, Return, Stock, build_library, make_database
from planner import Abandoned, Reader, noting, ref
from running import running_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.embedded.server import EmbeddedServer
    from planner import EventWriter

FRAGMENTS = """
fragment Parts on Loan { number ...Place desk { __typename } }
fragment Place on Loan { desk { number } }
"""
ANN = Context(UUID(int=1))
DESK = Desk(number=3, clerk=ref(Author, id=UUID(int=2)))
LOAN = Loan(number=7, note=None, book=ref(Book, id=UUID(int=1)), desk=DESK)


class Library:
    """The schema over its tables, and what writes its events."""

    def __init__(self, url: str, run: Callable[[Any], Any]) -> None:
        self.reader = Reader(url)
        self.schema, self.planner = build_library(self.reader)
        self.run = run

    def writer(self, text: str, name: str | None = None, **variables: Any) -> EventWriter:  # noqa: ANN401
        return self.planner.events.writer(text, parse(text), name, variables)

    def written(self, text: str, event: object, viewer: Context = ANN, **variables: Any) -> Any:  # noqa: ANN401 - an answer
        """Return what the planner writes of an event."""

        async def write() -> bytes:
            found = self.writer(text, **variables).write(event, viewer, variables)
            return await found if inspect.isawaitable(found) else found

        return orjson.loads(self.run(write()))

    def executed(self, text: str, event: object, **variables: Any) -> Any:  # noqa: ANN401 - an answer
        """Return what graphql-core answers."""

        async def execute() -> Any:  # noqa: ANN401 - a result
            core: Any = self.schema.execution_context_class.build(
                self.schema._schema, parse(text), context_value=ANN, raw_variable_values=variables
            )
            found = core.build_per_event_executor(event).execute_operation()
            return await found if inspect.isawaitable(found) else found

        result = self.run(execute())
        assert not result.errors, result.errors
        return {"data": orjson.loads(orjson.dumps(result.data))}


@pytest.fixture(scope="module")
def library(postgres: EmbeddedServer) -> Iterator[Library]:
    with asyncio.Runner() as runner:
        found = Library(make_database(postgres.url, "library_events"), running_in(runner))
        yield found
        runner.run(found.reader.close())


@pytest.mark.parametrize(
    ("asked", "statements"),
    [
        ("... on Loan { number note }", 0),
        ("__typename ... on Loan { n: number number __typename kind: __typename }", 0),
        ("...Parts", 0),
        ("... on Loan { book { id title isMine author { name } } }", 1),
        ("... on Loan { number book { title } other: book { price } desk { clerk { name } } }", 3),
        ("... on Loan @include(if: true) { number @skip(if: true) note }", 0),
        ("... on Return { number }", 0),
    ],
)
def test_events_are_written_as_graphql_core_writes_them(library: Library, asked: str, statements: int) -> None:
    text = f"subscription {{ events {{ {asked} }} }}" + (FRAGMENTS if "Parts" in asked else "")

    with noting() as noted:
        written = library.written(text, LOAN)

    assert len(noted) == statements
    assert orjson.dumps(written) == orjson.dumps(library.executed(text, LOAN))


@pytest.mark.parametrize(
    ("asked", "statements"),
    [
        ("... on Stock { books { edges { cursor node { id title isMine } } pageInfo { hasNextPage endCursor } } }", 1),
        ("number: __typename ... on Stock { n: number books(first: 1) { __typename nodes { author { name } } } }", 1),
        ("... on Stock { one: books(first: 1) { totalCount } all: books { totalCount nodes { price } } }", 2),
        ("... on Stock { books(first: $first, after: $after) { edges { cursor node { number: sold } } } }", 1),
        ('... on Stock { books { nodes { mark(sign: "!") reviews(first: $first) { nodes { stars } } } } }', 1),
        ("... on Stock { own { nodes { title } pageInfo { hasPreviousPage } } }", 1),
        ("... on Stock @skip(if: true) { books { nodes { id } } }", 0),
    ],
)
def test_pages_in_events_are_written_as_graphql_core_writes_them(library: Library, asked: str, statements: int) -> None:
    text = f"subscription S($first: Int, $after: Cursor) {{ events {{ {asked} }} }}"
    stock = Stock(number=7)

    for variables in ({"first": 1, "after": None}, {"first": 2, "after": '["Query.books", 1]'}):
        with noting() as noted:
            written = library.written(text, stock, **variables)

        assert len(noted) == statements
        assert orjson.dumps(written) == orjson.dumps(library.executed(text, stock, **variables))


def test_a_page_in_an_event_is_for_those_who_may_ask_the_root_for_it(library: Library) -> None:
    text = "subscription { events { ... on Stock { own { nodes { title } } } } }"
    with noting() as noted, pytest.raises(PermissionError):
        library.written(text, Stock(number=1), viewer=Context(None))
    assert noted == []


@pytest.mark.parametrize(
    ("arguments", "refused"), [("first: 0", Abandoned), ("first: 101", Abandoned), ('after: "[\\"x\\"]"', BadCursor)]
)
def test_a_page_that_can_not_be_asked_for_is_left_to_graphql_core(
    library: Library, arguments: str, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        library.written(
            f"subscription {{ events {{ ... on Stock {{ books({arguments}) {{ nodes {{ id }} }} }} }} }}",
            Stock(number=1),
        )


def test_events_of_one_stream_may_be_of_any_member_of_its_union(library: Library) -> None:
    text = "subscription { told: events { __typename ... on Return { number } } }"
    assert library.written(text, Return(number=1)) == {"data": {"told": {"__typename": "Return", "number": 1}}}
    assert library.written(text, LOAN) == {"data": {"told": {"__typename": "Loan"}}}


@pytest.mark.parametrize(
    ("asked", "event"),
    [
        ("... on Loan { weight }", LOAN),
        ("... on Loan { number }", Loan(number="7", note=None, book=LOAN.book, desk=None)),  # type: ignore[arg-type]
        ("... on Loan { number }", Loan(number=None, note=None, book=LOAN.book, desk=None)),  # type: ignore[arg-type]
        ("... on Loan { number }", Loan(number=2**31, note=None, book=LOAN.book, desk=None)),
        ("... on Loan { book { title } }", Loan(number=1, note=None, book=ref(Book, id=UUID(int=99)), desk=None)),
        ("... on Loan { book { title } }", Loan(number=1, note=None, book=None, desk=None)),  # type: ignore[arg-type]
    ],
)
def test_what_graphql_core_has_to_judge_is_left_to_it(library: Library, asked: str, event: Loan) -> None:
    with pytest.raises(Abandoned):
        library.written(f"subscription {{ events {{ {asked} }} }}", event)


def test_a_reference_to_nothing_is_null_where_that_may_be(library: Library) -> None:
    text = "subscription { events { ... on Loan { desk { clerk { name } } } } }"
    nobody = Loan(number=1, note=None, book=LOAN.book, desk=Desk(number=1, clerk=ref(Author, id=UUID(int=99))))
    assert library.written(text, nobody) == {"data": {"events": {"desk": {"clerk": None}}}}
    assert library.executed(text, nobody) == library.written(text, nobody)


def test_one_writer_serves_all_variables_of_one_shape(library: Library) -> None:
    text = """subscription S($after: String, $asked: Boolean!) {
      events(after: $after) { ... on Loan @include(if: $asked) { number } }
    }"""
    first = library.writer(text, after="a", asked=True)

    assert library.writer(text, after="b", asked=True) is first
    assert library.writer(text, after="b", asked=False) is not first
    assert library.writer(text, after=None, asked=True) is not first


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("subscription S($from: String) { events(after: $from) { __typename } }", "from"),
        ("subscription S($from: String) { events(after: $from, only: $from) { __typename } }", None),
        ('subscription S { events(after: "x") { __typename } }', None),
        ("subscription S { events { __typename } }", None),
    ],
)
def test_the_variable_that_says_where_to_go_on_is_known(library: Library, text: str, name: str | None) -> None:
    assert library.writer(text, **{"from": "x"}).resumes_by == name


def test_writers_are_remembered_within_bounds(library: Library) -> None:
    for number in range(300):
        library.writer(f"subscription {{ events {{ a{number:0500}: __typename }} }}")

    remembered = library.planner.events._entries
    assert 0 < sum(len(text) for text, _ in remembered) <= 128 * 1024
