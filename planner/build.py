"""What one compilation shares: the document, the names in the statement, and the module of code that it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from planner.levels import Names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.catalog import Catalog, PlannedField
    from planner.rows import Ask, Values
    from planner.selections import Document


class Cursors(Protocol):
    """How places in lists are written down, for clients to give back."""

    def encode(self, place: str, *parts: object) -> str:
        """Return the cursor of the list named ``place`` at the key ``parts``."""
        ...

    def decode(self, place: str, cursor: str, kinds: Sequence[type]) -> list[Any]:
        """Return the parts of a cursor, each of its kind; raises ``refusal`` where it is none of this list."""
        ...

    def refusal(self) -> Exception:
        """Return what a cursor is refused with."""
        ...


@dataclass(frozen=True, slots=True)
class Late:
    """A batch function at one place of a document."""

    field: PlannedField
    key: str
    function: Callable[..., Any]
    arguments: Callable[[Values], dict[str, Any]]
    write: Callable[[Any], Any]
    """Makes a returned value what orjson writes."""


@dataclass(slots=True)
class Build:
    """One compilation of one root field, or of one reference."""

    catalog: Catalog
    document: Document
    ask: Ask
    cursors: Cursors
    strict: bool
    """Whether for the fast path, which abandons what is not as it should be; else graphql-core judges each value."""
    names: Names = field(default_factory=Names)
    globals: dict[str, Any] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    arguments: list[Callable[[Values], Any]] = field(default_factory=list)

    def name(self, value: object, hint: str) -> str:
        """Return the name under which generated code finds a value."""
        for known, existing in self.globals.items():
            if existing is value:
                return known
        name = f"{hint}{len(self.globals)}"
        self.globals[name] = value
        return name
