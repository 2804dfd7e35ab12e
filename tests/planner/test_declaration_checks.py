"""What can not work is refused as the schema is built, with the name of the type and the field."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
import strawberry
from strawberry.schema.config import StrawberryConfig

from library import Context, Cursors, authors, books
from planner import (
    CURSOR_SCALAR,
    Ask,
    Connection,
    Cursor,
    DeclarationError,
    Planner,
    Reader,
    Row,
    Weight,
    batch,
    column,
    computed,
    connection,
    newer,
    one_of,
    part,
    planned,
    root_page,
    to_many,
    to_one,
)


@strawberry.type
@planned(authors)
class Writer:
    """A planned type that others lead to."""

    name: str = column("Name.")


@strawberry.type
class WriterPage(Connection[Writer]):
    """A page."""


@strawberry.type
@planned(sa.Table("shelves", sa.MetaData(), sa.Column("place", sa.Integer, unique=True)))
class Shelf:
    """A planned type without a key that is always there."""

    place: int | None = column("Place.")


seats = sa.Table(
    "seats",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("number", sa.Integer),
)


@strawberry.type
class ShelfPage(Connection[Shelf]):
    """A page."""


@strawberry.type
class CountedPage(Connection[Writer]):
    """A page of writers that says what is newer."""

    newer_count: int = newer("How many.")


@strawberry.type
class Plain:
    """A type that is not planned."""

    word: str


def refusal(annotation: Any, declared: Any) -> str:  # noqa: ANN401 - a type, and a declaration
    """Return what is said of a type ``Volume`` over ``books`` whose field is ``odd``."""
    namespace = {"__annotations__": {"odd": annotation}} | ({} if declared is None else {"odd": declared})
    volume = strawberry.type(planned(books)(type("Volume", (), namespace)))
    return refusal_of(volume, to_one("One.", lambda _ask, _volume: sa.true()))


def refusal_of(volume: type, found: Any = None) -> str:  # noqa: ANN401 - a declaration
    """Return what is said of a type ``Volume``, found by a root field, whose field is ``odd``."""
    declared = {} if found is None else {"volume": found}
    query = strawberry.type(type("Query", (), {"__annotations__": {"volume": volume | None}} | declared))
    scalar_map: dict[object, Any] = {Cursor: CURSOR_SCALAR}
    schema = strawberry.Schema(query, config=StrawberryConfig(scalar_map=scalar_map))
    with pytest.raises(DeclarationError) as raised:
        Planner(
            schema,
            Reader(""),
            known={},
            tell=lambda _context: {},
            cursors=Cursors(),
            weigh=lambda _text, _name, _variables: Weight(1, {}),
        )
    place, _, problem = str(raised.value).partition(": ")
    assert place == "Volume.odd"
    return problem


def upper(_context: Context, word: str) -> str:
    return word.upper()


def on(_ask: Ask, _volume: Row, _other: Row) -> sa.ColumnElement[bool]:
    return sa.true()


@pytest.mark.parametrize(
    ("annotation", "declared", "problem"),
    [
        (str, column("x", "nothing"), "books has no column 'nothing'"),
        (int, column("x", "title"), "Text() can not be written as Int!"),
        (str, None, "a planned type has declared fields only"),
        (str, computed("x", upper, "nothing"), "books has no column 'nothing'"),
        (str, batch("x", upper, "nothing"), "books has no column 'nothing'"),
        (Writer, computed("x", upper, "title"), "its values must be scalars or enums"),
        (Writer, part("x", present="nothing"), "books has no column 'nothing'"),
        (Plain, part("x"), "Plain is not a planned type"),
        (Plain, to_one("x", by="author_id"), "Plain is not a planned type"),
        (Writer, to_one("x"), "it needs either a condition or `by`"),
        (Writer, to_one("x", on, by="author_id"), "it needs either a condition or `by`"),
        (Writer, to_one("x", by="nothing"), "books has no column 'nothing'"),
        (list[Writer], to_many("x", on, limit=3), "a list needs an order"),
        (list[Writer], to_many("x", by="nothing", order=("id",), limit=3), "authors has no column 'nothing'"),
        (list[Plain], to_many("x", on, order=("id",), limit=3), "Plain is not a planned type with a table"),
        (list[Writer], connection("x", on, order=("id",)), "Writer is no Connection"),
        (WriterPage, connection("x", on, order=()), "a keyset needs an order, in one direction"),
        (WriterPage, connection("x", on, order=("name", "-id")), "a keyset needs an order, in one direction"),
        (WriterPage, connection("x", on, order=("nothing",)), "authors has no column 'nothing'"),
        (WriterPage, connection("x", on, order=("name",)), "the order ('name',) is not unique"),
        (WriterPage, connection("x", on, order=("link.id",)), "None has no column 'link.id'"),
        (WriterPage, connection("x", on, through=seats, order=("link.no",)), "seats has no column 'link.no'"),
        (WriterPage, connection("x", on, through=seats, order=("link.row",)), "the order ('link.row',) is not unique"),
        (
            WriterPage,
            connection("x", on, through=seats, order=("link.number",)),
            "column 'link.number' of a keyset must not be nullable",
        ),
        (ShelfPage, connection("x", on, order=("place",)), "column 'place' of a keyset must not be nullable"),
        (
            WriterPage,
            connection("x", on, order=("id",), among=lambda _ask, _wanted: None),
            "only lists of the root are put together by statements",
        ),
        (CountedPage, connection("x", on, order=("id",)), "only lists of the root count what is newer"),
        (WriterPage, root_page("x", "volume"), "a planned type has no pages of the root"),
        (Writer | None, one_of("x", Writer=on), "Writer is no planned member of Writer"),
    ],
)
def test_a_declaration_that_can_not_work_is_refused_by_name(
    annotation: Any,  # noqa: ANN401 - a type
    declared: Any,  # noqa: ANN401 - a declaration
    problem: str,
) -> None:
    assert refusal(annotation, declared) == problem


@pytest.mark.parametrize("root", ["nothing", "volume"])
def test_a_page_of_a_root_that_has_none_is_refused_by_name(root: str) -> None:
    odd = {"__annotations__": {"odd": WriterPage}, "odd": root_page("x", root)}
    assert refusal_of(strawberry.type(type("Volume", (), odd))) == f"{root!r} is no such page of the root"
