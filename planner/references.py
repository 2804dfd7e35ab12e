"""What a resolver returns in the place of what the planner is to fetch: an object, an edge or a page of the root."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

Object = TypeVar("Object")
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Ref:
    """An object by columns that tell which it is: ``ref(Book, id=…)``. The planner puts the object in its place."""

    __slots__ = ("keys", "type")

    def __init__(self, type_: type, /, **keys: object) -> None:
        """Refer to the object of a planned type whose columns have the values ``keys``."""
        self.type = type_
        self.keys = keys


OWNER: Final = "owner of the list"
"""Of the keys of an edge: the key of the object whose list it is of."""


class EdgeRef:
    """An edge of a connection of the query root, or of an object, by columns that tell which item it is."""

    __slots__ = ("asked", "is_own", "keys", "owner", "root")

    def __init__(
        self, root: str, asked: Mapping[str, Any], keys: Mapping[str, Any], *, is_own: bool, owner: type | None = None
    ) -> None:
        """Refer to the edge whose item's columns have the values ``keys``, where ``root`` is ``asked`` so.

        It is the viewer's ``is_own``, or else the one that all are told of (see ``told`` of ``connection``). Where the
        list is of an ``owner``, an object of this type, ``keys`` tell it as ``OWNER``.
        """
        self.is_own = is_own
        self.owner = owner
        self.root = root
        self.asked = asked
        self.keys = keys


class PageRef:
    """A page of a connection of the query root, as a field of another object asks for it."""

    __slots__ = ("asked", "root")
    keys: Mapping[str, Any] = NOTHING
    """It needs none to be found."""

    def __init__(self, root: str, asked: Mapping[str, Any]) -> None:
        """Refer to a page of the connection ``root``, which is ``asked`` so beside what the document says."""
        self.root = root
        self.asked = asked


REFERENCES: Final = (Ref, EdgeRef, PageRef)


def ref(type_: type[Object], /, **keys: object) -> Object:
    """Return a reference in the place of an object of a planned type; its columns ``keys`` tell which it is."""
    return cast("Object", Ref(type_, **keys))


def edge_ref(type_: type[Object], root: str, asked: Mapping[str, Any] = NOTHING, /, **keys: object) -> Object | None:
    """Return a reference in the place of an edge; None is in its place where the list has no such item.

    Args:
        type_: of the edge.
        root: GraphQL name of the connection of the query root; the edge's cursor is one of this list.
        asked: its arguments, by their GraphQL names.
        keys: columns of the item that tell which it is.
    """
    assert type_, "it is for the reader, and for type checkers"
    return cast("Object | None", EdgeRef(root, asked, keys, is_own=False))


def own_edge_ref(
    type_: type[Object], root: str, asked: Mapping[str, Any] = NOTHING, /, **keys: object
) -> Object | None:
    """Return a reference as ``edge_ref`` does, to the edge that the viewer finds: where all are told of fewer."""
    assert type_, "it is for the reader, and for type checkers"
    return cast("Object | None", EdgeRef(root, asked, keys, is_own=True))


def edge_of(type_: type[Object], owner: type, name: str, key: object, /, **keys: object) -> Object | None:
    """Return a reference as ``edge_ref`` does, to an edge of the connection that an object has by ``name``.

    Args:
        type_: of the edge.
        owner: type of the object.
        name: GraphQL name of the connection.
        key: the object's.
        keys: columns of the item that tell which it is.
    """
    assert type_, "it is for the reader, and for type checkers"
    return cast("Object | None", EdgeRef(name, NOTHING, {OWNER: key, **keys}, is_own=True, owner=owner))
