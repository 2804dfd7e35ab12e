"""Documented operations ask for the id of whatever has one: without it no cache can know what is the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import (
    FieldNode,
    SelectionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    parse,
    visit,
)

ROOT = Path(__file__).parent.parent.parent
SCHEMA = build_schema((ROOT / "schema" / "schema.graphql").read_text())
PAGES = sorted((ROOT / "docs").glob("*.md"))
KNOWN_BY_PLACE = {"slot", "slots"}
"""Of a job; their ``index`` tells them apart."""


class Anonymous(Visitor):
    """Collects the fields whose objects have an id that is not asked for."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.found: list[str] = []

    def enter_field(self, node: FieldNode, *_: object) -> None:
        kind = get_named_type(self.info.get_type())
        if not node.selection_set or not kind or not hasattr(kind, "fields") or "id" not in kind.fields:
            return
        if node.name.value in KNOWN_BY_PLACE:
            return
        if not {"id", None} & {chosen(each) for each in node.selection_set.selections}:
            self.found.append(node.name.value)


def chosen(selection: SelectionNode) -> str | None:
    """Return the name of a field; None for a fragment, which may ask for the id."""
    return selection.name.value if isinstance(selection, FieldNode) else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_documented_operations_ask_for_ids(page: Path) -> None:
    for text in re.findall(r"^```graphql\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        info = TypeInfo(SCHEMA)
        anonymous = Anonymous(info)
        visit(parse(text), TypeInfoVisitor(info, anonymous))
        assert anonymous.found == [], text
