"""A library: tables, a schema of planned types that has every kind of declaration, and a few rows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Sequence  # noqa: TC003 - Strawberry reads the annotations
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, NewType
from uuid import UUID

import psycopg
import sqlalchemy as sa
import strawberry
from sqlalchemy.dialects.postgresql import ARRAY
from strawberry.schema.config import StrawberryConfig

from planner import (
    CURSOR_SCALAR,
    Ask,
    Connection,
    Cursor,
    Planner,
    Reader,
    Row,
    Weight,
    batch,
    column,
    computed,
    connection,
    expression,
    node,
    node_id,
    nodes,
    one_of,
    part,
    planned,
    root_page,
    scalars,
    sql_of,
    to_many,
    to_one,
)

metadata = sa.MetaData()
authors = sa.Table(
    "authors", metadata, sa.Column("id", sa.Uuid, primary_key=True), sa.Column("name", sa.Text, nullable=False)
)
books = sa.Table(
    "books",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("author_id", sa.ForeignKey("authors.id"), nullable=False),
    sa.Column("editor_id", sa.ForeignKey("authors.id")),
    sa.Column("subject_id", sa.Uuid),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("subtitle", sa.Text),
    sa.Column("cover", sa.Text, nullable=False),
    sa.Column("genre", sa.Text, nullable=False),
    sa.Column("price", sa.Float, nullable=False),
    sa.Column("sold", sa.BigInteger, nullable=False),
    sa.Column("is_public", sa.Boolean, nullable=False),
    sa.Column("awards", ARRAY(sa.Text), nullable=False),
    sa.Column("notes", sa.JSON, nullable=False),
    sa.Column("isbn", sa.Text, nullable=False),
    sa.Column("published_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("big", sa.BigInteger),
    sa.Column("ratio", sa.Float),
    sa.Column("word", sa.Text),
)
reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("book_id", sa.ForeignKey("books.id"), nullable=False),
    sa.Column("stars", sa.Integer, nullable=False),
)
tags = sa.Table(
    "tags", metadata, sa.Column("id", sa.Uuid, primary_key=True), sa.Column("name", sa.Text, nullable=False)
)
book_tags = sa.Table(
    "book_tags",
    metadata,
    sa.Column("book_id", sa.ForeignKey("books.id"), primary_key=True),
    sa.Column("tag_id", sa.ForeignKey("tags.id"), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
)

Isbn = NewType("Isbn", str)


@dataclass
class Context:
    """Who asks, and what batch functions were called with."""

    viewer: UUID | None
    calls: list[tuple[str, int]] = field(default_factory=list)


@strawberry.enum
class Cover(Enum):
    """Names and values are alike."""

    HARD = "HARD"
    SOFT = "SOFT"


@strawberry.enum
class Genre(Enum):
    """Names and values differ: tables hold the values."""

    SCIENCE_FICTION = "sf"
    POETRY = "poetry"


@strawberry.interface
class Node:
    """Anything with an id."""

    id: strawberry.ID = strawberry.field(description="Id.")


@strawberry.interface
class Named:
    """Anything with a label."""

    label: str = strawberry.field(description="Label.")


@strawberry.type
@planned(authors)
class Author(Node, Named):
    """Who writes."""

    id: strawberry.ID = node_id("author", "Id.")
    name: str = column("Name.")
    label: str = column("Label.", "name")
    books: Annotated[BookConnection, strawberry.lazy("library")] = connection(
        "Books.", by="author_id", order=("number",)
    )


@strawberry.type
@planned(tags)
class Tag(Named):
    """A word."""

    name: str = column("Name.")
    label: str = expression("Label.", lambda _ask, tag: sa.literal("#") + tag.name)


@strawberry.type
class TagConnection(Connection[Tag]):
    """A page."""


@strawberry.type
@planned()
class Size:
    """A part of a book."""

    width: int = column("Width.")
    height: int | None = column("Height.")


def _fails(_context: Context, _title: str) -> str:
    raise ValueError("broken")


@strawberry.type
@planned()
class Broken:
    """A part of a book that does not hold what it promises."""

    required: str = column("Null.", "subtitle")
    big: int | None = column("Too large.")
    ratio: float | None = column("No number.")
    word: Cover | None = column("No cover.")
    fails: str | None = computed("Fails.", _fails, "title")


@strawberry.type
@planned(reviews)
class Review:
    """What a reader says."""

    stars: int = column("Stars.")
    book: Annotated[Book, strawberry.lazy("library")] | None = to_one("Book.", by="book_id")


@strawberry.type
class ReviewConnection(Connection[Review]):
    """A page."""


async def _mark(context: Context, rows: Sequence[tuple[int]], *, sign: str, twice: bool = False) -> list[str]:
    context.calls.append((sign, len(rows)))
    return [f"{number}{sign * (1 + twice)}" for (number,) in rows]


async def _fail_together(_context: Context, _rows: Sequence[tuple[int]]) -> list[str]:
    raise ValueError("broken")


async def _fewer(_context: Context, _rows: Sequence[tuple[int]]) -> list[str]:
    return []


def _costs(_ask: Ask, book: Row, *, more: float | None = 1.0) -> sa.ColumnElement[Any]:
    return book.price if more is None else book.price + sql_of(more)


@strawberry.type
@planned(books, visible_to=lambda ask, book: book.is_public | (book.author_id == ask.viewer))
class Book(Node, Named):
    """A book."""

    id: strawberry.ID = node_id("book", "Id.")
    title: str = column("Title.")
    subtitle: str | None = column("Subtitle.")
    cover: Cover = column("Cover.")
    genre: Genre = column("Genre.")
    price: float = column("Price.")
    sold: int = column("Sold.")
    is_public: bool = column("Whether all may see it.")
    awards: list[str] = column("Awards.")
    notes: list[str] = column("Notes.")
    isbn: Isbn = column("Number.")
    published_at: datetime = column("When.")
    is_mine: bool = expression("Whether the viewer wrote it.", lambda ask, book: book.author_id == ask.viewer)
    costs: float = expression("Price and more.", _costs)
    size: Size | None = part("Size.", present="width")
    broken: Broken | None = part("Broken.")
    author: Author = to_one("Author.", by="author_id")
    editor: Author | None = to_one("Editor.", lambda _ask, book, author: author.id == book.editor_id, unique=True)
    best: Review | None = to_one(
        "Best review.",
        lambda _ask, book, review: review.book_id == book.id,
        order=("-stars", "id"),
    )
    tags: list[Tag] = to_many(
        "Tags.",
        lambda _ask, book, tag, link: (link.book_id == book.id) & (link.tag_id == tag.id),
        through=book_tags,
        order=lambda _tag, link: [link.position],
        limit=5,
    )
    tag_page: TagConnection = connection(
        "Tags in pages.",
        lambda _ask, book, tag, link: (link.book_id == book.id) & (link.tag_id == tag.id),
        through=book_tags,
        order=("-link.position", "-link.tag_id"),
    )
    words: list[str] = scalars(
        "Names of its tags.",
        lambda _ask, book: (
            sa.select(tags.c.name)
            .join(book_tags, book_tags.c.tag_id == tags.c.id)
            .where(book_tags.c.book_id == book.id)
            .order_by(book_tags.c.position)
        ),
    )
    subject: Annotated[Author | Tag, strawberry.union("Subject")] | None = one_of(
        "What it is about.",
        Author=lambda _ask, book, author: author.id == book.subject_id,
        Tag=lambda _ask, book, tag: tag.id == book.subject_id,
    )
    label: str = computed("Label.", lambda _context, title, cover: f"{title}/{cover}", "title", "cover")
    mark: str = batch("Mark.", _mark, "number")
    fails_together: str | None = batch("Fails.", _fail_together, "number")
    fewer: str | None = batch("Too few.", _fewer, "number")
    reviews: ReviewConnection = connection("Reviews.", by="book_id", order=("id",), seen=True)


@strawberry.type
class BookConnection(Connection[Book]):
    """A page."""


@strawberry.input
class BookFilter:
    """Which books."""

    covers: list[Cover] | None = None
    title: str | None = None


def _chosen(_ask: Ask, book: Row, *, filter: BookFilter | None = None) -> sa.ColumnElement[bool]:  # noqa: A002 - the argument's name
    found: sa.ColumnElement[bool] = sa.true()
    if filter is not None and filter.covers is not None:
        found &= book.cover == sa.any_(sql_of(filter.covers))
    if filter is not None and filter.title is not None:
        found &= book.title == sql_of(filter.title)
    return found


def _numbered(_ask: Ask, book: Row, *, id: int) -> sa.ColumnElement[bool]:  # noqa: A002 - the argument's name
    found: sa.ColumnElement[bool] = book.number == id
    return found


def _require_somebody(context: Context) -> None:
    if context.viewer is None:
        raise PermissionError("Nobody is signed in.")


@strawberry.type
class Query:
    """What can be read."""

    node: Node | None = node("Anything.")
    nodes: list[Node | None] = nodes("Some things.")
    book: Book | None = to_one("A book.", _numbered, unique=True)
    books: BookConnection = connection("All books.", _chosen, order=("number",))
    own: BookConnection = connection(
        "The viewer's.", lambda ask, book: book.author_id == ask.viewer, order=("number",), check=_require_somebody
    )
    authors: list[Author] = to_many("Authors.", lambda _ask, _author: sa.true(), order=("id",), limit=10)
    reviews: ReviewConnection = connection("All reviews.", lambda _ask, _review: sa.true(), order=("id",))


@strawberry.type
class Desk:
    """Where it happened."""

    number: int
    clerk: Author | None


@strawberry.type
class Loan:
    """Somebody borrowed a book."""

    number: int
    note: str | None
    book: Book
    desk: Desk | None

    @strawberry.field
    def weight(self) -> int:
        """Answered by a function."""
        return self.number * 2


@strawberry.type
class Return:
    """Somebody brought a book back."""

    number: int


@strawberry.type
class Stock:
    """What is there now."""

    number: int
    books: BookConnection = root_page("All books.", "books")
    own: BookConnection = root_page("The viewer's.", "own")


@strawberry.type
class Subscription:
    """What can be followed."""

    @strawberry.subscription
    def events(self, after: str | None = None, only: str | None = None) -> AsyncIterable[Loan | Return | Stock]:
        """Follow nothing: the tests say what happens."""
        raise NotImplementedError


class BadCursor(ValueError):
    """A cursor of another list."""


class Cursors:
    """Cursors in plain JSON."""

    def encode(self, place: str, *parts: object) -> str:
        return json.dumps([place, *parts])

    def decode(self, place: str, cursor: str, kinds: Sequence[type]) -> list[Any]:
        found, *parts = json.loads(cursor)
        if found != place or len(parts) != len(kinds):
            raise self.refusal()
        return list(parts)

    def refusal(self) -> Exception:
        return BadCursor("This is a cursor of another list.")


class _Schema(strawberry.Schema):
    def process_errors(self, errors: list[Any], execution_context: object = None) -> None:
        """Log nothing."""


def build_library(reader: Reader) -> tuple[strawberry.Schema, Planner]:
    """Return the schema and its planner."""
    scalar_map: dict[object, Any] = {
        Cursor: CURSOR_SCALAR,
        Isbn: strawberry.scalar(name="Isbn", serialize=str, parse_value=str),
    }
    schema = _Schema(
        Query, subscription=Subscription, types=[Tag, Author], config=StrawberryConfig(scalar_map=scalar_map)
    )
    planner = Planner(
        schema,
        reader,
        known={"viewer": sa.Uuid()},
        tell=lambda context: {"viewer": context.viewer},
        cursors=Cursors(),
        weigh=lambda _text, _name, _variables: Weight(1, {}),
    )
    return schema, planner


def make_database(server_url: str, name: str) -> str:
    """Make a database of this name with all tables and rows; return its libpq URL."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = sa.make_url(server_url).set(database=name)
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg"))
    with engine.begin() as tx:
        metadata.create_all(tx)
        insert_rows(tx)
    engine.dispose()
    return url.render_as_string(hide_password=False)


def insert_rows(tx: sa.Connection) -> None:
    """Write two authors, three books (the third one only its author's), reviews and tags."""
    ann, ben, tag = UUID(int=1), UUID(int=2), UUID(int=9)
    tx.execute(authors.insert(), [{"id": ann, "name": "Ann"}, {"id": ben, "name": "Ben"}])
    tx.execute(tags.insert(), [{"id": tag, "name": "x"}, {"id": UUID(int=8), "name": "y"}])
    common: dict[str, Any] = {
        "cover": "HARD",
        "price": 9.5,
        "sold": 2**31 - 1,
        "is_public": True,
        "awards": ["a", "b,{}"],
        "notes": ["n"],
        "isbn": "978-0",
        "published_at": datetime(2020, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC),
        "width": 3,
        "big": 2**31,
        "ratio": float("nan"),
        "word": "LEATHER",
        "author_id": ann,
        "subject_id": tag,
        "genre": "sf",
    }
    given: list[dict[str, Any]] = [
        {"title": "It's 100% “quoted”\n"},
        {"title": "Two", "genre": "poetry", "cover": "SOFT", "author_id": ben, "subject_id": ann, "width": None},
        {"title": "Hidden", "is_public": False, "subject_id": None},
    ]
    rows = [common | each | {"id": UUID(int=n + 1), "number": n + 1} for n, each in enumerate(given)]
    tx.execute(books.insert(), rows)
    stars = [(1, 1), (1, 3), (1, 5), (3, 4)]
    tx.execute(reviews.insert(), [{"id": n, "book_id": UUID(int=b), "stars": s} for n, (b, s) in enumerate(stars)])
    links = [(tag, 0), (UUID(int=8), 1)]
    tx.execute(book_tags.insert(), [{"book_id": ann, "tag_id": key, "position": n} for key, n in links])
