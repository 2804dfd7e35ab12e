"""What goes wrong: a declaration that can not be right, a fast path that has to be left, an object that is gone."""

from __future__ import annotations

from typing import Never


class DeclarationError(TypeError):
    """A type or field is declared in a way that can not work; raised while the schema is built, naming both."""

    def __init__(self, type_name: str, field_name: str | None, problem: str) -> None:
        """Say that ``problem`` is the matter with a field, or with a whole type where ``field_name`` is None."""
        place = f"{type_name}.{field_name}" if field_name else type_name
        super().__init__(f"{place}: {problem}")


class Abandoned(Exception):
    """The fast path can not answer this request; graphql-core shall, with the errors of the specification."""


class Vanished(LookupError):
    """What a resolver refers to, and its field promises, is not there for who asks, or not any more."""


def abandon(*_what: object) -> Never:
    """Leave the fast path; called by generated code where a value can not be what its field promises."""
    raise Abandoned
