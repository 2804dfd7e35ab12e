"""Who is asking: whose token a request carries, found out once and without I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.edge.exchange import exchange_of
from app.edge.negotiation import language_of
from app.edge.rates import client_address
from domain.errors import Unauthenticated
from schema.context import Context

if TYPE_CHECKING:
    from starlette.types import Scope

    from domain.tokens import AccessTokens, Claims
    from schema.context import Services


class Identity:
    """Reads the token of a request into its ``Exchange``; whether its session still lives is looked up later."""

    def __init__(self, tokens: AccessTokens) -> None:
        """Verify with ``tokens``."""
        self._tokens = tokens

    def __call__(self, scope: Scope) -> str | None:
        """Return the id of the user that the token names, None where there is none or it is not good."""
        exchange = exchange_of(scope)
        if exchange.claims is None and exchange.refusal is None:
            authorization = exchange.fields.get(b"authorization")
            if authorization is None:
                return None
            try:
                exchange.claims = self.claims(authorization.decode("latin-1"))
            except Unauthenticated as refusal:
                exchange.refusal = refusal
        return exchange.claims.user_key if exchange.claims else None

    def claims(self, authorization: str) -> Claims:
        """Return what the token of an ``Authorization`` header says.

        Raises:
            Unauthenticated: there is none, or it is not good.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("Send the token as “Bearer …”.")
        return self._tokens.verify(token.strip())


def new_context(services: Services, scope: Scope) -> Context:
    """Return who is asking, as the edge has found out: a token that is not good is told where it matters."""
    exchange = exchange_of(scope)
    return Context(
        services=services,
        language=language_of(exchange.field(b"accept-language")),
        address=client_address(scope),
        user_agent=exchange.field(b"user-agent").decode("latin-1"),
        claims=exchange.claims,
        refusal=exchange.refusal,
    )
