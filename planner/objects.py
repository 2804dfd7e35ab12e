"""Objects as Python writes them: generated code that turns the tuples of a statement into what orjson dumps."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast

from planner.build import Late
from planner.declarations import (
    TYPE_KEY,
    Batch,
    Column,
    Computed,
    Expression,
    NodeId,
    OneOf,
    Paged,
    Part,
    Scalars,
    ToMany,
    ToOne,
)
from planner.formats import Joined, or_null
from planner.leaves import is_text, leaf_writer
from planner.levels import Level
from planner.page_code import Pages
from planner.selections import MISSING
from planner.shelf import Shelf
from planner.texts import (
    aggregated,
    can_be_text,
    expression_of,
    field_can_be_text,
    field_text,
    format_for,
    is_never_null,
    list_text,
    page_can_be_text,
    page_size,
    source_rows,
    total,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from planner.build import Build
    from planner.catalog import PlannedField, PlannedType
    from planner.rows import Ask, Values
    from planner.selections import Use
    from planner.texts import Place


class Objects:
    """Writes code for the objects of one level of the answer and, through nested lists, for those below."""

    def __init__(self, build: Build, level: Level, shelf: Shelf, depth: int = 0) -> None:
        """Put columns of ``level`` on ``shelf``; ``depth`` counts the lists around it."""
        self.build = build
        self.level = level
        self.shelf = shelf
        self.depth = depth

    def asking(self, ask: Ask) -> Objects:
        """Return what writes fields that ask otherwise, of the same rows."""
        return Objects(replace(self.build, ask=ask), self.level, self.shelf, self.depth)

    def code(self, place: Place, uses: Sequence[Use]) -> str:
        """Return the source of an expression: the object of a row that is there."""
        entries, late = [], []
        for use in uses:
            entries.append(f"{use.key!r}: {self.field(place, use)}")
            if use.name != "__typename" and isinstance(place[1].fields[use.name].declaration, Batch):
                late.append(use)
        if not self.build.strict:
            entries.append(f"{TYPE_KEY!r}: {place[1].name!r}")
        source = "{" + ", ".join(entries) + "}"
        for use in late:
            source = self._later(place, use, source)
        return source

    def written(self, place: Place, uses: Sequence[Use]) -> str:
        """Return the source of an expression: the object of a row that is there, as orjson takes it.

        On the fast path PostgreSQL writes all that it can, and the fields of Python are put between its texts. Where
        a batch function is waited for, or graphql-core is to judge, it is a dict.
        """
        if self.build.strict and not self.shelf.is_json and not has_batch(self.build, place[1], uses):
            return f"Fragment({self.text(place, uses)})"
        return self.code(place, uses)

    def text(self, place: Place, uses: Sequence[Use]) -> str:
        """Return the source of an expression: the JSON text of the object; it raises where a text of it is NULL."""
        pieces: list[str] = []
        run: list[str | ColumnElement[Any]] = ["{"]
        for index, use in enumerate(uses):
            run.append(f'{"," if index else ""}"{use.key}":')
            if use.name == "__typename" or field_can_be_text(self.build, place[1].fields[use.name], use):
                run.append(field_text(self.build, self.level, place, use))
            else:
                pieces.append(self._run(run))
                pieces.append(self._hole(place, use))
                run = []
        pieces.append(self._run([*run, "}"]))
        return pieces[0] if len(pieces) == 1 else f'"".join(({", ".join(pieces)}))'

    def _run(self, run: Sequence[str | ColumnElement[Any]]) -> str:
        """Return the source of a text that PostgreSQL writes."""
        joined = Joined(*run)
        if all(isinstance(part, str) for part in joined.parts):
            return repr("".join(map(str, joined.parts)))
        return self.shelf.put(joined)

    def _hole(self, place: Place, use: Use) -> str:
        """Return the source of the JSON text of a field that PostgreSQL can not write alone."""
        found = place[1].fields[use.name]
        declaration = found.declaration
        if not isinstance(declaration, Part | ToOne):
            return f"dumps({self.field(place, use)}).decode()"
        target = self.build.catalog.types[found.named_type.name]
        uses = self.build.document.below(use, target.graphql)
        if isinstance(declaration, Part):
            source = self.text((place[0], target), uses)
            if declaration.present is None:
                return source
            present = getattr(place[0], declaration.present)
        else:
            arguments = self.build.document.arguments(use, found).for_sql()
            other, is_sure = self.level.join(self.build.ask, declaration, place, target, arguments)
            source = self.text((other, target), uses)
            present = getattr(other, target.key)
            if is_sure:
                return source
        absent = "abandon()" if found.is_required else "'null'"
        return f"({source} if {self.shelf.put_raw(present)} is not None else {absent})"

    def presence(self, place: Place) -> str:
        """Return the source of what is None where the row is not there."""
        return self.shelf.put_raw(getattr(place[0], place[1].key))

    def field(self, place: Place, use: Use) -> str:  # noqa: PLR0911 - one for each kind of declaration
        """Return the source of one field."""
        if use.name == "__typename":
            return repr(place[1].name)
        found = place[1].fields[use.name]
        declaration = found.declaration
        if isinstance(declaration, Column | NodeId | Expression | Scalars):
            return self._value(place, use, found)
        if isinstance(declaration, Part):
            return self._part(place, use, found, declaration)
        if isinstance(declaration, ToOne):
            return self._other(place, use, found, declaration)
        if isinstance(declaration, OneOf):
            return self._one_of(place, use, found, declaration)
        if isinstance(declaration, ToMany | Paged):
            return self._list(place, use, found)
        if isinstance(declaration, Computed):
            return self._computed(place, use, found, declaration)
        assert isinstance(declaration, Batch), "by_id is for the root"
        return "None"

    def _value(self, place: Place, use: Use, found: PlannedField) -> str:
        expression = expression_of(self.build, place, use, found)
        if isinstance(found.declaration, Scalars) and self.build.strict and not self.shelf.is_json:
            written = format_for(self.build, found, expression).sql(expression)  # quicker than a list through Python
            return f"Fragment({self._must(self.shelf.put(written))})"
        format_ = format_for(self.build, found, expression)
        is_sure = is_never_null(place, found, expression)
        source = self.shelf.put_formatted(expression, format_, is_sure=is_sure)
        return source if is_sure or not found.is_required else self._must(source)

    def _must(self, source: str) -> str:
        return f"(n if (n := {source}) is not None else abandon())" if self.build.strict else source

    def _absent(self, found: PlannedField) -> str:
        return "abandon()" if found.is_required and self.build.strict else "None"

    def _part(self, place: Place, use: Use, found: PlannedField, declaration: Part) -> str:
        target = self.build.catalog.types[found.named_type.name]
        source = self.code((place[0], target), self.build.document.below(use, target.graphql))
        if declaration.present is None:
            return source
        present = self.shelf.put_raw(getattr(place[0], declaration.present))
        return f"({source} if {present} is not None else {self._absent(found)})"

    def _other(self, place: Place, use: Use, found: PlannedField, declaration: ToOne) -> str:
        target = self.build.catalog.types[found.named_type.name]
        arguments = self.build.document.arguments(use, found).for_sql()
        row, sure = self.level.join(self.build.ask, declaration, place, target, arguments)
        source = self.code((row, target), self.build.document.below(use, target.graphql))
        if sure:
            getattr(row, target.key)
            return source
        return f"({source} if {self.presence((row, target))} is not None else {self._absent(found)})"

    def _one_of(self, place: Place, use: Use, found: PlannedField, declaration: OneOf) -> str:
        source = self._absent(found)
        for name, option in reversed(list(declaration.options.items())):
            target = self.build.catalog.types[name]
            row, _ = self.level.join(self.build.ask, option, place, target, {})
            inner = self.code((row, target), self.build.document.below(use, target.graphql))
            source = f"({inner} if {self.presence((row, target))} is not None else {source})"
        return source

    def _list(self, place: Place, use: Use, found: PlannedField) -> str:
        if isinstance(found.declaration, ToMany):
            target = self.build.catalog.types[found.named_type.name]
            uses = self.build.document.below(use, target.graphql)
            if not can_be_text(self.build, target, uses):
                return self._nested(place, use, found, target, found.declaration.limit)
        elif not page_can_be_text(self.build, found, use):
            return self._nested_page(place, use, found)
        text = list_text(self.build, place, use, found)
        if self.shelf.is_json:
            return self._must(self.shelf.put(or_null(text), f"list {id(text)}"))
        source = self.shelf.put(text)
        if self.build.strict:
            return f"Fragment({self._must(source)})"
        return f"(loads(t) if (t := {source}) is not None else None)"

    def _nested(self, place: Place, use: Use, found: PlannedField, target: PlannedType, limit: int) -> str:
        rows = source_rows(self.build, place, use, found, target)
        inner = self._inner(rows, limit)
        source = inner.code((inner.level.row, target), self.build.document.below(use, target.graphql))
        return f"[{source} for {inner.shelf.variable} in {self._load(inner)}]"

    def _nested_page(self, place: Place, use: Use, found: PlannedField) -> str:
        target = self.build.catalog.types[self.build.catalog.node_type(found.named_type).name]
        rows = source_rows(self.build, place, use, found, target)
        size = page_size(self.build, use, found)
        inner = self._inner(rows, size + 1)
        page = Pages(self.build, inner, use, found, target, is_owned=True)
        counted = "()"
        if page.numbers:
            number = self.shelf.put(cast(total(self.build, place, found, rows), Text), f"total {use.key} {id(rows)}")
            number = number if self.shelf.is_json else f"int({number})"
            counted = f"({number},) * {len(page.numbers)}"
        owner = self.presence(place)
        function = page.function(size)
        return f"{function}({self._load(inner)}, x, {counted}, {owner})"

    def _inner(self, rows: Any, limit: int) -> Objects:
        level = Level(self.build.names, rows, limit)
        return Objects(self.build, level, Shelf(f"r{self.depth + 1}", is_json=True), self.depth + 1)

    def _load(self, inner: Objects) -> str:
        parts: list[str | ColumnElement[Any]] = ["["]
        for index, each in enumerate(inner.shelf.columns):
            parts += [",", each] if index else [each]
        text = aggregated(inner.level, Joined(*parts, "]"))
        source = self.shelf.put(text, f"rows {id(inner)}")
        return source if self.shelf.is_json else f"loads({source})"

    def _computed(self, place: Place, use: Use, found: PlannedField, declaration: Computed) -> str:
        function = self.build.name(declaration.function, "f")
        inputs = [self.shelf.put_raw(getattr(place[0], name)) for name in declaration.columns]
        given = ", ".join(["c", *inputs, *self._keywords(use, found)])
        if not self.build.strict:
            return f"partial({function}, {given})"
        call = f"{function}({given})"
        if is_text(found.type):
            absent = "" if found.is_required else " or s is None"
            return f"(s if (s := {call}).__class__ is str{absent} else abandon(s))"
        return f"{self.build.name(leaf_writer(found.type), 'w')}({call})"

    def _keywords(self, use: Use, found: PlannedField) -> list[str]:
        arguments, keywords = self.build.document.arguments(use, found), []
        for name, parameter in found.argument_names.items():
            if arguments.varies(name):
                index = len(self.build.arguments)
                self.build.arguments.append(arguments.getter(name))
                keywords.append(f"{parameter}=a[{index}]")
            elif (value := arguments.known(name)) is not MISSING:
                keywords.append(f"{parameter}={self.build.name(value, 'k')}")
        return keywords

    def _later(self, place: Place, use: Use, source: str) -> str:
        found = place[1].fields[use.name]
        declaration = found.declaration
        assert isinstance(declaration, Batch), "checked by the caller"
        inputs = [self.shelf.put_raw(getattr(place[0], name)) for name in declaration.columns]
        arguments = partial(_late_arguments, self.build.document.arguments(use, found), found)
        self.build.late.append(Late(found, use.key, declaration.function, arguments, leaf_writer(found.type)))
        return f"late({len(self.build.late) - 1}, {source}, ({', '.join(inputs)},))"


def has_batch(build: Build, type_: PlannedType, uses: Sequence[Use]) -> bool:
    """Return whether a batch function is asked for in an object, or in one of the same row."""
    for use in uses:
        found = type_.fields.get(use.name)
        declaration = found.declaration if found else None
        if isinstance(declaration, Batch):
            return True
        if found and isinstance(declaration, Part | ToOne | ToMany):
            target = build.catalog.types[found.named_type.name]
            if has_batch(build, target, build.document.below(use, target.graphql)):
                return True
        if found and isinstance(declaration, OneOf | Paged) and not field_can_be_text(build, found, use):
            return True  # seldom: its objects are dicts, which is as good
    return False


def _late_arguments(arguments: Any, found: PlannedField, values: Values) -> dict[str, Any]:
    read = {parameter: arguments.getter(name)(values) for name, parameter in found.argument_names.items()}
    return {parameter: value for parameter, value in read.items() if value is not MISSING}
