"""What one GraphQL document may hold, counted before anything runs."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from graphlib import CycleError, TopologicalSorter

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
)

from schema.cost import COUNT_CEILING

INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The most that one document may hold; fragments count wherever they are spread.

    Introspection is exempt from ``depth``, because the query of every code generator is 13 levels and more; it is held
    by bounds of its own, which no generator comes near.
    """

    characters: int = 20_000
    tokens: int = 2_000
    depth: int = 12
    """Levels of fields; the fields of the operation are level 1."""
    aliases: int = 30
    root_fields: int = 20
    directives: int = 20
    introspection_fields: int = 2
    """``__schema`` and ``__type`` in one operation."""
    introspection_depth: int = 20
    """Levels from ``__schema`` or ``__type`` on."""
    introspection_aliases: int = 0
    """Aliases below ``__schema`` and ``__type``: each would print the schema once more."""
    comparisons: int = 10_000
    """Comparisons, of fields and fragments that are answered under one name, which finding conflicts may take."""
    nodes: int = 10_000
    """Objects in one answer at most, by the page sizes that are asked for."""
    cost: int = 5_000
    """Cost of one operation, as ``schema.cost`` measures it."""
    errors: int = 5
    """Errors in one answer."""


@dataclass(slots=True)
class Counts:
    """What a definition holds, each name as in ``DocumentLimits``."""

    depth: int = 0
    aliases: int = 0
    root_fields: int = 0
    directives: int = 0
    introspection_fields: int = 0
    introspection_depth: int = 0
    introspection_aliases: int = 0
    reach: int = 0
    """Levels of fields with introspection followed; not limited itself."""


COUNTED = tuple(item.name for item in fields(Counts) if item.name != "reach")


@dataclass(frozen=True, slots=True)
class _Spread:
    fragment: str
    depth: int
    """Fields above the spread."""
    introspection: int
    """Fields above the spread from ``__schema`` or ``__type`` on; 0 outside of introspection."""


@dataclass(slots=True)
class _Own:
    """A definition's own part: fragments are listed, not followed."""

    definition: ExecutableDefinitionNode
    counts: Counts = field(default_factory=Counts)
    spreads: list[_Spread] = field(default_factory=list)


def refusal_of(document: DocumentNode, limits: DocumentLimits) -> GraphQLError | None:
    """Return what the document has too much of, or None where it is within the limits.

    Takes time linear in the size of the document: each definition is walked once, and each fragment's counts are
    added where it is spread. A circle of fragments is refused.
    """
    owns = [_walk(node) for node in document.definitions if isinstance(node, ExecutableDefinitionNode)]
    fragments = {own.definition.name.value: own for own in owns if isinstance(own.definition, FragmentDefinitionNode)}
    spread_by = {
        name: {spread.fragment for spread in own.spreads} & fragments.keys() for name, own in fragments.items()
    }
    try:
        order = tuple(TopologicalSorter(spread_by).static_order())
    except CycleError as error:
        names = " > ".join(reversed(error.args[1]))
        return GraphQLError(f"Fragments spread each other in a circle: {names}.", extensions={"code": "BAD_USER_INPUT"})
    totals: dict[str, Counts] = {}
    for name in order:
        _add_spreads(fragments[name], totals)
        totals[name] = fragments[name].counts
    spread = {spread.fragment for own in owns for spread in own.spreads}
    for own in owns:
        if isinstance(own.definition, OperationDefinitionNode):
            _add_spreads(own, totals)
        elif own.definition.name and own.definition.name.value in spread:
            continue  # counted where it is spread; alone it may be a part of introspection
        for name in COUNTED:
            count, limit = getattr(own.counts, name), getattr(limits, name)
            if count > limit:
                return cost_error(name, limit, count, own.definition)
    return None


def cost_error(
    measure: str, limit: int, count: int | None = None, node: ExecutableDefinitionNode | None = None
) -> GraphQLError:
    """Return the error for a document with more of ``measure`` than ``limit``; ``count`` where it was counted."""
    words = measure.replace("_", " ")
    found = "more" if count is None else f"{count:,}{' or more' if count == COUNT_CEILING else ''}"
    extensions = {"code": "COST_LIMIT", "measure": measure, "limit": limit}
    if count is not None:
        extensions["count"] = count
    return GraphQLError(f"The document is too costly: {words} {found}, allowed {limit:,}.", node, extensions=extensions)


def _walk(definition: ExecutableDefinitionNode) -> _Own:
    own = _Own(definition)
    counts = own.counts
    variables = definition.variable_definitions or ()
    counts.directives = len(definition.directives or ())
    counts.directives += sum([len(variable.directives or ()) for variable in variables])
    stack: list[tuple[SelectionSetNode, int, int]] = [(definition.selection_set, 0, 0)]
    while stack:
        selection_set, depth, introspection = stack.pop()
        for selection in selection_set.selections:
            counts.directives += len(selection.directives or ())
            if isinstance(selection, FragmentSpreadNode):
                own.spreads.append(_Spread(selection.name.value, depth, introspection))
            elif isinstance(selection, FieldNode):
                below = _count_field(counts, selection, depth + 1, introspection)
                if selection.selection_set:
                    stack.append((selection.selection_set, depth + 1, below))
            else:
                stack.append((selection.selection_set, depth, introspection))  # type: ignore[attr-defined]
    return own


def _count_field(counts: Counts, node: FieldNode, depth: int, introspection: int) -> int:
    """Count one field at ``depth``; returns how many levels of introspection lie above its own selections."""
    counts.reach = max(counts.reach, depth)
    counts.root_fields += depth == 1
    counts.aliases += node.alias is not None
    if introspection:
        counts.introspection_depth = max(counts.introspection_depth, introspection + 1)
        counts.introspection_aliases += node.alias is not None
        return introspection + 1
    counts.depth = max(counts.depth, depth)
    if node.name.value not in INTROSPECTION_FIELDS:
        return 0
    counts.introspection_fields += 1
    counts.introspection_depth = max(counts.introspection_depth, 1)
    return 1


def _add_spreads(own: _Own, totals: dict[str, Counts]) -> None:
    for spread in own.spreads:
        if spread.fragment in totals:
            _add(own.counts, spread, totals[spread.fragment])


def _add(counts: Counts, spread: _Spread, inner: Counts) -> None:
    counts.reach = min(max(counts.reach, spread.depth + inner.reach), COUNT_CEILING)
    counts.aliases = min(counts.aliases + inner.aliases, COUNT_CEILING)
    counts.directives = min(counts.directives + inner.directives, COUNT_CEILING)
    if spread.depth == 0:
        counts.root_fields = min(counts.root_fields + inner.root_fields, COUNT_CEILING)
    if spread.introspection:
        counts.introspection_depth = max(counts.introspection_depth, spread.introspection + inner.reach)
        counts.introspection_aliases = min(counts.introspection_aliases + inner.aliases, COUNT_CEILING)
        return
    counts.depth = max(counts.depth, spread.depth + inner.depth)
    counts.introspection_depth = max(counts.introspection_depth, inner.introspection_depth)
    counts.introspection_fields = min(counts.introspection_fields + inner.introspection_fields, COUNT_CEILING)
    counts.introspection_aliases = min(counts.introspection_aliases + inner.introspection_aliases, COUNT_CEILING)
