"""The state machines as docs/states.md tells them, and a database that refuses every other move."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from typing import LiteralString

Move = tuple[str, str]
_DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "states.md"
TABLES: Final = {
    "GenerationJob": "generation_jobs",
    "GenerationSlot": "generation_slots",
    "MediaAsset": "media_assets",
    "Hold": "holds",
    "Archive": "archives",
    "ModerationCase": "moderation_cases",
    "Report": "reports",
}
"""Where the states of each machine are stored."""


class Machine(NamedTuple):
    """The moves that one thing knows, and those that one transaction makes of two of them."""

    moves: AbstractSet[Move]
    shortcuts: AbstractSet[Move]


def told(name: str) -> Machine:
    """Return a machine as the document tells it."""
    (section,) = re.findall(rf"^## {name}\n(.*?)(?=^## |\Z)", _DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| ([A-Z_]+) \| ([A-Z_, ]+) \| [^|]+ \|$", section, re.MULTILINE)
    listed = [(here, there) for here, ends in rows for there in ends.split(", ")]
    moves = set(listed)
    assert len(listed) == len(moves) > 0, f"{name}: a move is told twice, or none is"
    shortcuts = set()
    for here, there, through in re.findall(r"^\| ([A-Z_]+) -> ([A-Z_]+) \| ([A-Z_]+) \|$", section, re.MULTILINE):
        assert {(here, through), (through, there)} <= moves, f"{name}: {here} -> {there} is no way"
        shortcuts.add((here, there))
    return Machine(moves, shortcuts)


def put(database_url: str, statement: LiteralString, *values: object) -> None:
    """Put rows into states by one statement, for a test that begins there, past the moves that lead to them."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET tests.any_move = 'on'")
        connection.execute(statement, values)


def forbid_other_moves(database_url: str) -> None:
    """Let the database refuse every change of a state that is not told, whoever makes it, but for ``put``."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for name, table in TABLES.items():
            machine = told(name)
            legal = [f"{here} -> {there}" for here, there in machine.moves | machine.shortcuts]
            connection.execute(
                sql.SQL(
                    """
                    CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                        IF NOT OLD.status || ' -> ' || NEW.status = ANY ({legal}) THEN
                            RAISE EXCEPTION 'illegal move of {table} %: % -> %', OLD.id, OLD.status, NEW.status;
                        END IF;
                        RETURN NEW;
                    END $$;
                    CREATE OR REPLACE TRIGGER {function} BEFORE UPDATE ON {table} FOR EACH ROW
                    WHEN (OLD.status <> NEW.status AND current_setting('tests.any_move', true) IS DISTINCT FROM 'on')
                    EXECUTE FUNCTION {function}();
                    """
                ).format(
                    function=sql.Identifier(f"only_told_moves_of_{table}"),
                    table=sql.Identifier(table),
                    legal=sql.Literal(legal),
                )
            )
