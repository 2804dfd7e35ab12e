"""Every kind of declaration, over tables and a schema of its own, by plans alone and through graphql-core."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import psycopg
import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from library import Context, build_library, make_database
from planner import Abandoned, Reader, noting
from planner.database import PREPARED_CHARACTERS
from planner.variables import Shapes
from running import running_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.embedded.server import EmbeddedServer

ANN = UUID(int=1)


class Library:
    """The schema over its tables."""

    def __init__(self, url: str, run: Callable[[Any], Any]) -> None:
        self.url = url
        self.reader = Reader(url)
        self.schema, self.planner = build_library(self.reader)
        self.run = run

    def connect(self) -> psycopg.Connection[Any]:
        """Return a connection whose statements are committed at once."""
        return psycopg.connect(self.url, autocommit=True)

    def core(self, text: str, variables: dict[str, Any] | None = None, viewer: UUID | None = ANN) -> dict[str, Any]:
        """Return what graphql-core answers."""
        result = self.run(self.schema.execute(text, variables, context_value=Context(viewer)))
        answer = {"data": result.data}
        errors = [{"path": error.path, "message": error.message} for error in result.errors or ()]
        loaded: dict[str, Any] = orjson.loads(orjson.dumps(answer | ({"errors": errors} if errors else {})))
        return loaded

    def plan(self, text: str, variables: dict[str, Any] | None = None, viewer: UUID | None = ANN) -> dict[str, Any]:
        """Return what the plan answers; raises where graphql-core is to answer."""
        found = self.planner.lane.find(text, None, variables or {}, parse, guarded=False)
        if found is None:
            raise Abandoned
        loaded: dict[str, Any] = orjson.loads(self.run(self.planner.lane.answer(*found, Context(viewer))))
        return loaded

    def both(self, text: str, variables: dict[str, Any] | None = None, viewer: UUID | None = ANN) -> Any:  # noqa: ANN401
        """Return the data that both ways answer alike."""
        core = self.core(text, variables, viewer)
        assert "errors" not in core
        assert orjson.dumps(self.plan(text, variables, viewer)) == orjson.dumps(core)
        return core["data"]

    def left(self, text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what graphql-core answers where the plan raises."""
        with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is, graphql-core answers
            self.plan(text, variables)
        return self.core(text, variables)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Collect the statements that run."""
        seen: list[str] = []
        with noting() as noted:
            yield seen
        seen.extend(statement for statement, _ in noted)


@pytest.fixture(scope="module")
def library(postgres: EmbeddedServer) -> Iterator[Library]:
    with asyncio.Runner() as runner:
        found = Library(make_database(postgres.url, "library"), running_in(runner))
        yield found
        runner.run(found.reader.close())


BOOK = "book(id: 1)"


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("title", {"title": "It's 100% “quoted”\n"}),
        ("cover", {"cover": "HARD"}),
        ("genre", {"genre": "SCIENCE_FICTION"}),
        ("price", {"price": 9.5}),
        ("sold", {"sold": 2_147_483_647}),
        ("isPublic", {"isPublic": True}),
        ("awards", {"awards": ["a", "b,{}"]}),
        ("notes", {"notes": ["n"]}),
        ("isbn", {"isbn": "978-0"}),
        ("publishedAt", {"publishedAt": "2020-01-02T03:04:05.600000+00:00"}),
        ("subtitle", {"subtitle": None}),
        ("__typename", {"__typename": "Book"}),
        ("isMine", {"isMine": True}),
        ("costs(more: 2)", {"costs": 11.5}),
        ("costs", {"costs": 10.5}),
        ("size { width height }", {"size": {"width": 3, "height": None}}),
        ("author { name }", {"author": {"name": "Ann"}}),
        ("editor { name }", {"editor": None}),
        ("best { stars }", {"best": {"stars": 5}}),
        (
            "tags { name __typename }",
            {"tags": [{"name": "x", "__typename": "Tag"}, {"name": "y", "__typename": "Tag"}]},
        ),
        ("words", {"words": ["x", "y"]}),
        ("label", {"label": "It's 100% “quoted”\n/HARD"}),
        ('mark(sign: "\'")', {"mark": "1'"}),
        ('mark(sign: "#", twice: true)', {"mark": "1##"}),
        (
            "subject { __typename ... on Author { name } ... on Tag { tag: name } }",
            {"subject": {"__typename": "Tag", "tag": "x"}},
        ),
        ("... on Named { label }", {"label": "It's 100% “quoted”\n/HARD"}),
        ("reviews(first: 1) { totalCount nodes { stars } }", {"reviews": {"totalCount": 3, "nodes": [{"stars": 1}]}}),
    ],
)
def test_a_field_is_answered_alike_both_ways(library: Library, asked: str, answer: dict[str, Any]) -> None:
    assert library.both(f"{{ {BOOK} {{ {asked} }} }}") == {"book": answer}


@pytest.mark.parametrize(
    "asked",
    [
        "books { nodes { title cover genre price sold awards notes isbn publishedAt subtitle } totalCount }",
        'books { nodes { label mark(sign: "-") a: mark(sign: "+") author { books { nodes { mark(sign: "*") } } } } }',
        "books { edges { cursor node { size { width } best { stars } tags { name } words } } pageInfo { endCursor } }",
        "books(first: 1) { nodes { id reviews(first: 2) { totalCount edges { cursor node { stars book { id } } } } } }",
        "authors { books(first: 1) { nodes { subject { ...N } reviews { nodes { stars } } } } } } "  # noqa: ISC004
        "fragment N on Named { __typename label ... on Author { id }",
        "books { nodes { tagPage(first: 1) { totalCount nodes { name } } } }",
        "books { nodes { tagPage(first: 1) { edges { cursor node { name } } pageInfo { hasNextPage endCursor } } } }",
        'node(id: "book_00000000000000000000000000000001") { id ... on Book { title } ... on Author { name } }',
        'nodes(ids: ["book_00000000000000000000000000000002", "nothing"]) { id }',
    ],
)
@pytest.mark.parametrize("viewer", [ANN, None])
def test_lists_are_one_statement_and_alike_both_ways(library: Library, asked: str, viewer: UUID | None) -> None:
    with library.statements() as seen:
        assert library.both(f"{{ {asked} }}", viewer=viewer)
    assert len(seen) == 2
    assert "%" not in "".join(seen)


def test_rows_that_are_not_visible_are_not_there(library: Library) -> None:
    # given a book that is its author's alone
    text = "{ book(id: 3) { title } authors { books { totalCount nodes { id } } } reviews { nodes { book { id } } } }"
    mine, others = library.both(text), library.both(text, viewer=None)

    # then nobody else reaches it, nor is it counted
    assert mine["book"] == {"title": "Hidden"}
    assert others["book"] is None
    assert [each["books"]["totalCount"] for each in mine["authors"]] == [2, 1]
    assert [each["books"]["totalCount"] for each in others["authors"]] == [1, 1]


def test_directives_and_defaults_take_variables(library: Library) -> None:
    text = """query($yes: Boolean = true, $more: Float = 3, $sign: String! = "?") { book(id: 1) {
      title @skip(if: $yes) cover @include(if: $yes) costs(more: $more) mark(sign: $sign) size @skip(if: $yes) { width }
    } }"""
    assert library.both(text) == {"book": {"cover": "HARD", "costs": 12.5, "mark": "1?"}}
    assert library.both(text, {"yes": False, "more": None, "sign": "'"}) == {
        "book": {"title": "It's 100% “quoted”\n", "costs": 9.5, "mark": "1'", "size": {"width": 3}}
    }


def test_input_objects_take_variables_within(library: Library) -> None:
    text = "query($c: Cover!, $t: String) { books(filter: {covers: [$c], title: $t}) { nodes { id } } }"
    first, second, third = (f"book_{number:032}" for number in (1, 2, 3))
    assert library.both(text, {"c": "HARD", "t": None})["books"]["nodes"] == [{"id": first}, {"id": third}]
    assert library.both(text, {"c": "SOFT", "t": "Two"}) == {"books": {"nodes": [{"id": second}]}}
    assert library.both(text, {"c": "SOFT", "t": "'; --%s"}) == {"books": {"nodes": []}}
    assert library.both("{ books(filter: null) { totalCount } }") == {"books": {"totalCount": 3}}
    assert library.both("{ books(filter: {covers: SOFT}) { totalCount } }") == {"books": {"totalCount": 1}}


def test_numbers_alone_read_no_items(library: Library) -> None:
    with library.statements() as seen:
        assert library.both("{ books(first: 1) { totalCount __typename } }")["books"]["totalCount"] == 3
    assert seen
    assert all("ORDER BY" not in statement for statement in seen)


@pytest.mark.parametrize(
    ("asked", "path", "data"),
    [
        ("broken { required }", ["book", "broken", "required"], {"broken": None}),
        ("broken { big }", ["book", "broken", "big"], {"broken": {"big": None}}),
        ("broken { ratio }", ["book", "broken", "ratio"], {"broken": {"ratio": None}}),
        ("broken { word }", ["book", "broken", "word"], {"broken": {"word": None}}),
        ("broken { fails }", ["book", "broken", "fails"], {"broken": {"fails": None}}),
        ("failsTogether", ["book", "failsTogether"], {"failsTogether": None}),
        ("fewer", ["book", "fewer"], {"fewer": None}),
    ],
)
def test_what_a_field_does_not_promise_is_an_error_at_its_place(
    library: Library, asked: str, path: list[str], data: dict[str, Any]
) -> None:
    answer = library.left(f"{{ {BOOK} {{ {asked} }} }}")
    assert answer["data"] == {"book": data}
    assert [error["path"] for error in answer["errors"]] == [path]

    # and below a list too, where PostgreSQL writes the JSON
    answer = library.left(f"{{ authors {{ books(first: 1) {{ nodes {{ {asked} }} }} }} }}")
    assert answer["errors"][0]["path"] == ["authors", 0, "books", "nodes", 0, *path[1:]]


def test_a_variable_that_is_null_where_null_can_not_be_is_left_to_graphql_core(library: Library) -> None:
    text = "query($id: Int = 1) { book(id: $id) { cover } }"
    assert library.both(text) == {"book": {"cover": "HARD"}}
    assert [error["path"] for error in library.left(text, {"id": None})["errors"]] == [["book"]]


def test_a_page_of_which_nothing_is_asked_is_an_empty_object(library: Library) -> None:
    text = """query($no: Boolean!) { authors { books { totalCount @include(if: $no) } }
      books { totalCount @skip(if: true) } }"""
    assert library.both(text, {"no": False}) == {"authors": [{"books": {}}] * 2, "books": {}}


def test_pages_follow_each_other_and_refuse_foreign_cursors(library: Library) -> None:
    text = """query($after: Cursor) { books(first: 2, after: $after) { totalCount nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    first = library.both(text)["books"]
    last = library.both(text, {"after": first["pageInfo"]["endCursor"]})["books"]
    past = library.both(text, {"after": last["pageInfo"]["endCursor"]})["books"]

    # then each item is there once, and an empty page still tells the number
    assert [len(page["nodes"]) for page in (first, last, past)] == [2, 1, 0]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, last, past)] == [True, False, False]
    assert past["totalCount"] == 3
    assert past["pageInfo"]["endCursor"] is None

    # and a cursor is good for its own list only, below a row for that row's
    nested = """query($after: Cursor) { book(id: %d) { reviews(first: 1, after: $after) {
      edges { cursor } nodes { stars } } } }"""
    cursor = library.both(nested % 1)["book"]["reviews"]["edges"][0]["cursor"]
    assert library.both(nested % 1, {"after": cursor})["book"]["reviews"]["nodes"] == [{"stars": 3}]
    for wrong, bad in ((text, cursor), (nested % 2, cursor), (text, "x"), (nested % 1, first["pageInfo"]["endCursor"])):
        assert library.left(wrong, {"after": bad})["errors"]


def test_pages_in_the_order_of_a_link_follow_each_other(library: Library) -> None:
    text = """query($after: Cursor) { book(id: 1) { tagPage(first: 1, after: $after) { nodes { name }
      pageInfo { hasNextPage endCursor } } } }"""
    first = library.both(text)["book"]["tagPage"]
    last = library.both(text, {"after": first["pageInfo"]["endCursor"]})["book"]["tagPage"]
    past = library.both(text, {"after": last["pageInfo"]["endCursor"]})["book"]["tagPage"]
    assert [page["nodes"] for page in (first, last, past)] == [[{"name": "y"}], [{"name": "x"}], []]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, last, past)] == [True, False, False]


def test_no_item_is_lost_or_repeated_while_others_are_added(library: Library) -> None:
    # given a page, and an item that comes before its end afterwards
    text = "query($after: Cursor) { reviews(first: 2, after: $after) { nodes { stars } pageInfo { endCursor } } }"
    first = library.both(text)["reviews"]
    with library.connect() as connection:
        connection.execute("INSERT INTO reviews (id, book_id, stars) SELECT -1, id, 2 FROM books LIMIT 1")

        # then the next page goes on where the first one ended
        second = library.both(text, {"after": first["pageInfo"]["endCursor"]})["reviews"]
        connection.execute("DELETE FROM reviews WHERE id = -1")
    assert [each["stars"] for each in (*first["nodes"], *second["nodes"])] == [1, 3, 5, 4]


def test_a_batch_function_is_called_once_for_each_place(library: Library) -> None:
    context = Context(ANN)
    found = library.planner.lane.find(
        '{ books { nodes { a: mark(sign: "a") b: mark(sign: "b") } } }', None, {}, parse, guarded=False
    )
    assert found
    library.run(library.planner.lane.answer(*found, context))
    assert context.calls == [("a", 3), ("b", 3)]


def test_plans_are_remembered_within_bounds(library: Library) -> None:
    lane = library.planner.lane
    for number in range(1_000):
        lane.find(f"{{ a{number:0200}: __typename }}", None, {}, parse, guarded=False)
    assert sum(len(text) for text, _, _ in lane._entries) <= 128 * 1024
    text = "query($first: Int) { books(first: $first) { nodes { id } } }"
    for first in range(1, 60):
        lane.find(text, None, {"first": first}, parse, guarded=False)
    assert len(lane._entries[text, None, False].shapes) == 16


def test_shapes_count_like_the_texts_they_are_of(library: Library) -> None:
    lane = library.planner.lane
    text = "query($first: Int) {%s books(first: $first) { nodes { id } } }"
    texts = [text % (f"a{number:05}: __typename " * 800) for number in range(4)]
    for each in texts:
        for first in range(1, 20):
            assert lane.find(each, None, {"first": first}, parse, guarded=False)
    assert sum(len(entry.text) * len(entry.shapes) for entry in lane._entries.values()) <= 128 * 1024
    assert (texts[-1], None, False) in lane._entries


def test_names_of_no_operation_are_not_remembered(library: Library) -> None:
    text = "query Known { books { nodes { id } } }"
    for name in ("Unknown", "u" * 200_000):
        assert library.planner.lane.find(text, name, {}, parse, guarded=False) is None
    assert not [name for _, name, _ in library.planner.lane._entries if name and name.lower().startswith("u")]


@pytest.mark.parametrize("directive", ["@include(if: $is)", "@skip(if: $is)"])
def test_a_condition_that_is_null_is_left_to_graphql_core(library: Library, directive: str) -> None:
    text = f"query($is: Boolean = true) {{ books {{ nodes {{ id title {directive} }} }} }}"
    assert library.left(text, {"is": None})["errors"]


def test_operations_that_share_a_fragment_do_not_share_its_plans(library: Library) -> None:
    # given two operations whose variables differ in their order alone
    document = parse("""query A($a: Int!, $b: Int!) { ...F } query B($b: Int!, $a: Int!) { ...F }
      fragment F on Query { a: books(first: $a) { nodes { id } } b: books(first: $b) { nodes { id } } }""")
    one, other, fragment = document.definitions
    assert isinstance(one, OperationDefinitionNode)
    assert isinstance(other, OperationDefinitionNode)
    assert isinstance(fragment, FragmentDefinitionNode)

    # then equal values in equal places are two shapes
    schema = library.schema._schema
    first = Shapes(schema, one, [fragment]).of({"a": 1, "b": 2})
    assert first != Shapes(schema, other, [fragment]).of({"b": 1, "a": 2})


def test_a_column_may_change_its_type_under_a_prepared_statement(library: Library) -> None:
    # given a statement that is prepared
    statement = "SELECT word FROM changing"
    with library.connect() as connection:
        connection.execute("CREATE TABLE changing AS SELECT 'a'::varchar(5) AS word")
        for _ in range(3):
            assert library.run(library.reader.run(statement, [])) == [("a",)]

        # when a migration changes what it returns, then it is answered all the same
        connection.execute("ALTER TABLE changing ALTER word TYPE text")
        assert library.run(library.reader.run(statement, [])) == [("a",)]
        connection.execute("DROP TABLE changing")


def test_what_is_prepared_is_bounded_by_its_length(library: Library, postgres: EmbeddedServer) -> None:
    reader = Reader(postgres.url, size=1)

    async def run() -> tuple[int, int]:
        for number in range(60):
            for _ in range(2):  # prepared as it comes again
                await reader.run(f"SELECT {number} -- {'x' * 10_000}", [])
        ask = "SELECT count(*), coalesce(sum(length(statement)), 0)::bigint FROM pg_prepared_statements"
        ((count, characters),) = await reader.run(ask, [])
        await reader.close()
        return count, characters

    count, characters = library.run(run())
    assert 30 < count < 60
    assert characters <= PREPARED_CHARACTERS
