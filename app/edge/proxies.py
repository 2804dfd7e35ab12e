"""The client behind trusted proxies, by the headers that they add."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from starlette.types import Scope

from app.edge.exchange import Exchange

_SCHEMES = {"http": ("http", "ws"), "https": ("https", "wss"), "ws": ("http", "ws"), "wss": ("https", "wss")}


class TrustedProxies:
    """Believes ``X-Forwarded-For`` and ``X-Forwarded-Proto`` of some peers."""

    def __init__(self, addresses: Sequence[str]) -> None:
        """Believe peers of these addresses and networks; "*" stands for all.

        Raises:
            ValueError: one of them is no address.
        """
        self._networks = [ipaddress.ip_network(address, strict=False) for address in addresses if address != "*"]
        self._trusts_all = "*" in addresses
        self._is_trusted = lru_cache(4_096)(self._look)

    def restore(self, scope: Scope, exchange: Exchange) -> None:
        """Put into the scope what the proxies say of their client; once more changes nothing.

        The client is the last address that no trusted proxy has: those before it are the client's own words.
        """
        peer = scope.get("client")
        if not self._is_trusted(peer[0] if peer else ""):
            return
        if schemes := _SCHEMES.get(exchange.field(b"x-forwarded-proto").decode("latin-1").strip()):
            scope["scheme"] = schemes[scope["type"] == "websocket"]
        named = exchange.field(b"x-forwarded-for").decode("latin-1").split(",")
        hosts = [host for entry in named if (host := _host(entry.strip()))]
        if hosts:
            client = next((host for host in reversed(hosts) if not self._is_trusted(host)), hosts[0])
            scope["client"] = (client, 0)

    def _look(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return self._trusts_all
        return self._trusts_all or any(address in network for network in self._networks)


def _host(entry: str) -> str:
    """Return an address without its port and brackets."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry
