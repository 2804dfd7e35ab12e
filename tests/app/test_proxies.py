"""Whose word is taken for who the client is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.edge.exchange import exchange_of
from app.edge.proxies import TrustedProxies

if TYPE_CHECKING:
    from starlette.types import Scope


def restored(trusted: list[str], peer: str | None, kind: str = "http", **headers: str) -> Scope:
    fields = [(f"x-forwarded-{name}".encode(), value.encode()) for name, value in headers.items()]
    client = (peer, 1234) if peer else None
    scope: Scope = {"type": kind, "scheme": "before", "client": client, "headers": fields}
    for _ in range(2):
        TrustedProxies(trusted).restore(scope, exchange_of(scope))
    return scope


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        (["10.0.0.1"], "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (["10.0.0.0/8"], "10.1.2.3", "198.51.100.7, 10.9.9.9", "198.51.100.7"),
        (["10.0.0.0/8"], "10.1.2.3", "192.0.2.1, 198.51.100.7", "198.51.100.7"),
        (["10.0.0.0/8"], "10.1.2.3", "10.0.0.5, 10.0.0.6", "10.0.0.5"),
        (["10.0.0.1"], "10.0.0.2", "198.51.100.7", "10.0.0.2"),
        (["10.0.0.1"], "10.0.0.1", "", "10.0.0.1"),
        (["10.0.0.1"], "10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        (["10.0.0.1"], "10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        (["10.0.0.1"], "10.0.0.1", "2001:db8::7", "2001:db8::7"),
        (["10.0.0.1"], "10.0.0.1", "nonsense", "nonsense"),
        (["::1/128"], "::1", "198.51.100.7", "198.51.100.7"),
        (["*"], None, "198.51.100.7, 10.0.0.1", "198.51.100.7"),
    ],
)
def test_the_client_is_the_last_whom_no_trusted_proxy_names(
    trusted: list[str], peer: str | None, forwarded: str, client: str
) -> None:
    assert restored(trusted, peer, **{"for": forwarded})["client"][0] == client


def test_the_scheme_is_that_of_the_client() -> None:
    assert restored(["10.0.0.1"], "10.0.0.1", proto="https")["scheme"] == "https"
    assert restored(["10.0.0.1"], "10.0.0.1", "websocket", proto="https")["scheme"] == "wss"
    assert restored(["10.0.0.1"], "10.0.0.1", proto="gopher")["scheme"] == "before"
    assert restored(["10.0.0.1"], "10.0.0.2", proto="https")["scheme"] == "before"


def test_what_is_no_address_is_not_trusted_by_mistake() -> None:
    with pytest.raises(ValueError, match="proxy"):
        TrustedProxies(["proxy.example"])
