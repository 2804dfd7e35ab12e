"""What a document asks of one object type: fields by response key, with their arguments (specification, 6.3.2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLNonNull,
    GraphQLObjectType,
    InlineFragmentNode,
    ListValueNode,
    NameNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_nullable_type,
    value_from_ast,
    visit,
)
from graphql import Visitor as AstVisitor

from planner.catalog import arguments_with_names, input_fields, is_vocabulary, python_name, sql_type_of
from planner.errors import Abandoned
from planner.rows import Argument, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from graphql import DocumentNode, GraphQLInputType, GraphQLSchema, Node, SelectionSetNode

    from planner.catalog import PlannedField


def asked_with(use: Use, given: Iterable[str]) -> Use:
    """Return a use of a field with arguments besides those that the document says: variables, see ``variables_of``."""
    extra = tuple(
        ArgumentNode(name=NameNode(value=name), value=VariableNode(name=NameNode(value=_variable(name))))
        for name in given
    )
    nodes = [
        FieldNode(
            alias=node.alias,
            name=node.name,
            arguments=(*(node.arguments or ()), *extra),
            directives=node.directives,
            selection_set=node.selection_set,
        )
        for node in use.nodes
    ]
    return Use(use.key, tuple(nodes))


def variables_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables that hold the arguments ``given`` besides those of a document."""
    return {_variable(name): value for name, value in given.items()}


def _variable(name: str) -> str:
    return f" {name}"  # no document can call a variable so


class Missing:
    """Stands for an argument that was left out."""


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Use:
    """One response key: the nodes that ask for it, all of the same field with the same arguments."""

    key: str
    nodes: tuple[FieldNode, ...]

    @property
    def name(self) -> str:
        """Name of the field."""
        return self.nodes[0].name.value


@dataclass(slots=True)
class Document:
    """A document with the values that decide its shape."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    """Coerced; only those that belong to the shape are looked at."""
    strict: bool = field(default=False)
    """Whether arguments that graphql-core would refuse abandon the fast path."""
    counter: int = field(default=0)

    @classmethod
    def of(cls, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> Document:
        """Take a valid document for the fast path."""
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        return cls(schema, fragments, variables, strict=True)

    def given(self, given: Mapping[str, Any]) -> Document:
        """Return the document with the values of arguments that it does not say, see ``asked_with``."""
        return replace(self, variables={**self.variables, **variables_of(given)}) if given else self

    def uses(self, nodes: Iterable[SelectionSetNode | None], type_: GraphQLObjectType) -> list[Use]:
        """Return what the selection sets ask of an object type, in the order of the specification.

        Raises:
            Abandoned: there is a directive that the planner does not know, or one whose condition is null.
        """
        collected: dict[str, list[FieldNode]] = {}
        for selection_set in nodes:
            if selection_set:
                self._collect(selection_set, type_, collected, set())
        return [Use(key, tuple(found)) for key, found in collected.items()]

    def below(self, use: Use, type_: GraphQLObjectType) -> list[Use]:
        """Return what is asked of the object that a field leads to."""
        return self.uses((node.selection_set for node in use.nodes), type_)

    def _collect(
        self,
        selection_set: SelectionSetNode,
        type_: GraphQLObjectType,
        collected: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for selection in selection_set.selections:
            if not self._is_included(selection):
                continue
            if isinstance(selection, FieldNode):
                key = (selection.alias or selection.name).value
                collected.setdefault(key, []).append(selection)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                fragment = self.fragments[name]
                if name not in visited and self._applies(fragment.type_condition.name.value, type_):
                    visited.add(name)
                    self._collect(fragment.selection_set, type_, collected, visited)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is None or self._applies(condition.name.value, type_):
                    self._collect(selection.selection_set, type_, collected, visited)

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        found = self.schema.type_map[condition]
        return found is type_ or (
            not isinstance(found, GraphQLObjectType) and self.schema.is_sub_type(cast_abstract(found), type_)
        )

    def _is_included(self, selection: Any) -> bool:
        for directive in selection.directives or ():
            name = directive.name.value
            if name not in {"skip", "include"}:
                raise Abandoned
            value = directive.arguments[0].value
            decided = self.variables[value.name.value] if isinstance(value, VariableNode) else value.value
            if decided is None and self.strict:  # a default lets null pass validation; graphql-core refuses it
                raise Abandoned
            if bool(decided) is (name == "skip"):
                return False
        return True

    def arguments(self, use: Use, found: PlannedField) -> Arguments:
        """Return the arguments of a field.

        Raises:
            Abandoned: one that can not be null is, which graphql-core refuses.
        """
        given = Arguments(self, use, found)
        if self.strict and given.are_refused():
            raise Abandoned
        return given


def cast_abstract(type_: Any) -> GraphQLAbstractType:
    """Return a type that is known to be abstract as one."""
    abstract: GraphQLAbstractType = type_
    return abstract


class Arguments:
    """The arguments of one use of a field: some are known now, some come with each request."""

    def __init__(self, document: Document, use: Use, found: PlannedField) -> None:
        """Look at the first node; all others have the same arguments."""
        self._document = document
        self._given = {each.name.value: each.value for each in use.nodes[0].arguments or ()}
        self._found = found

    def for_sql(self) -> dict[str, Any]:
        """Return what a function of the declaration is handed by keyword: ``Argument``, a value, or None."""
        return {
            parameter: self._sql_value(name, argument.type, argument.default_value)
            for name, argument, parameter in arguments_with_names(self._found)
            if name not in {"first", "after"} or not self.is_page
        }

    def are_refused(self) -> bool:
        """Return whether a variable is null where null can not be: validation lets those with a default pass."""
        arguments = self._found.field.args
        return any(
            _is_refused(node, arguments[name].type, self._document.variables) for name, node in self._given.items()
        )

    @property
    def is_page(self) -> bool:
        """Whether the field has the arguments of a connection."""
        return {"first", "after"} <= self._found.field.args.keys()

    def known(self, name: str) -> Any:
        """Return an argument's value as it is now, ``MISSING`` where it was left out."""
        argument = self._found.field.args[name]
        return evaluate(self._given.get(name), argument.type, self._document.variables, argument.default_value)

    def getter(self, name: str) -> Callable[[Values], Any]:
        """Return a function that reads an argument's value from the values of a request."""
        argument, node = self._found.field.args[name], self._given.get(name)
        if isinstance(node, VariableNode):
            variable, default = node.name.value, argument.default_value
            if default is Undefined:
                return lambda values: values.variables.get(variable)
        return lambda values: evaluate(node, argument.type, values.variables, argument.default_value)

    def varies(self, name: str) -> bool:
        """Return whether the value comes with each request."""
        node = self._given.get(name)
        return node is not None and bool(variables_in(node))

    def _sql_value(self, name: str, type_: GraphQLInputType, default: object) -> Any:
        value = evaluate(self._given.get(name), type_, self._document.variables, default)
        getter = self.getter(name)
        self._document.counter += 1
        return _skeleton(f"{name}_{self._document.counter}", type_, value, getter)


class InputValues:
    """An input object: its fields are attributes, None where they are null or left out."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        """Take the fields by Python name."""
        self.__dict__.update(fields)


def _skeleton(name: str, type_: GraphQLInputType, value: Any, getter: Callable[[Values], Any]) -> Any:
    """Return what SQL is written with: which values are there now, what they are later."""
    if value is None or value is MISSING or value is Undefined:
        return None
    if is_vocabulary(type_):
        return value
    fields = input_fields(type_)
    if fields is None:
        return Argument(name, sql_type_of(type_), lambda values: _plain(getter(values)))
    return InputValues(
        {
            python_name(each, key): _skeleton(f"{name}_{key}", each.type, value.get(key), _field_getter(getter, key))
            for key, each in fields.items()
        }
    )


def _field_getter(getter: Callable[[Values], Any], key: str) -> Callable[[Values], Any]:
    return lambda values: getter(values)[key]


def _plain(value: Any) -> Any:
    """Return a value as PostgreSQL takes it: enums by the name that is stored."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return getattr(value, "name", value)


def evaluate(node: ValueNode | None, type_: GraphQLInputType, variables: Mapping[str, Any], default: object) -> Any:
    """Return the value of an argument (specification, 6.4.1), ``MISSING`` where there is none.

    Args:
        node: as written in the document.
        type_: of the argument.
        variables: coerced.
        default: of the argument, ``Undefined`` where it has none.
    """
    if isinstance(node, VariableNode):
        name = node.name.value
        if name in variables:
            return variables[name]
        node = None
    if node is None:
        return MISSING if default is Undefined else default
    if not variables_in(node):
        return value_from_ast(node, type_)
    inner: Any = get_nullable_type(type_)
    if isinstance(node, ListValueNode):
        return [evaluate(each, inner.of_type, variables, None) for each in node.values]
    if isinstance(node, ObjectValueNode):
        given = {each.name.value: each.value for each in node.fields}
        found = {
            key: evaluate(given.get(key), each.type, variables, each.default_value)
            for key, each in inner.fields.items()
        }
        return {key: value for key, value in found.items() if value is not MISSING}
    return [evaluate(node, inner.of_type, variables, None)]


def _is_refused(node: ValueNode, type_: GraphQLInputType, variables: Mapping[str, Any]) -> bool:
    if isinstance(node, VariableNode):
        return isinstance(type_, GraphQLNonNull) and variables.get(node.name.value, MISSING) is None
    inner: Any = get_nullable_type(type_)
    if isinstance(node, ListValueNode):
        return any(_is_refused(each, inner.of_type, variables) for each in node.values)
    if isinstance(node, ObjectValueNode):
        return any(_is_refused(each.value, inner.fields[each.name.value].type, variables) for each in node.fields)
    return False


class _Variables(AstVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.append(node.name.value)


def variables_in(node: Node) -> Sequence[str]:
    """Return the names of the variables in a value, or in any part of a document; each as often as it is there."""
    if isinstance(node, VariableNode):
        return (node.name.value,)
    if isinstance(node, ValueNode) and not isinstance(node, ListValueNode | ObjectValueNode):
        return ()
    found = _Variables()
    visit(node, found)
    return found.names
