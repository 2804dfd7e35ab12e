"""How often one user or one address may ask."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from app.edge.answers import RefusedError
from app.edge.exchange import exchange_of
from domain.ports import Throttle

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Identify = Callable[[Scope], str | None]
"""Tells the id of the signed-in user, from the request's token alone: it runs for every request, before any I/O."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in any such time."""

    limit: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class RequestRates:
    """What is allowed to whom; the numbers are Mastodon's."""

    user: Rate = Rate(1_500, timedelta(minutes=5))
    address: Rate = Rate(300, timedelta(minutes=5))
    """For those who are not signed in. Loopback is an address like any other."""
    exempt: tuple[Network, ...] = ()
    """Networks whose anonymous requests are not counted."""


class RequestRateLimit:
    """Answers 429 with ``Retry-After`` to those who ask ``paths`` too often; a socket counts once, as it opens."""

    def __init__(
        self,
        app: ASGIApp,
        throttle: Throttle,
        identify: Identify,
        paths: Collection[str],
        rates: RequestRates | None = None,
    ) -> None:
        """Stand in front of ``app``."""
        self.app = app
        self.throttle = throttle
        self.identify = identify
        self.paths = frozenset(paths)
        self.rates = rates or RequestRates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        refusal = self._refusal(scope) if scope["type"] in {"http", "websocket"} else None
        if refusal:
            await refusal.answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> RefusedError | None:
        if scope["path"] not in self.paths:
            return None
        exchange = exchange_of(scope)
        exchange.user = self.identify(scope)
        network = client_network(scope)
        if exchange.user is None and any(_holds(exempt, network) for exempt in self.rates.exempt):
            return None
        return rate_refusal(self.throttle, self.rates, exchange.user, str(network))


def rate_refusal(throttle: Throttle, rates: RequestRates, user: str | None, address: str) -> RefusedError | None:
    """Count one request of a signed-in user, or else of an address; return its refusal where it is one too many."""
    key, rate = ("user", rates.user) if user else ("address", rates.address)
    answer = throttle.hit(f"requests:{key}:{user or address}", rate.limit, rate.per)
    if answer is None:
        return None
    wait = math.ceil(answer.retry_after.total_seconds())
    facts = {"limit": answer.limit, "retryAfterSeconds": wait, "resetsAt": answer.resets_at.isoformat()}
    message = f"Too many requests: try again in {wait} s."
    return RefusedError(429, message, "RATE_LIMITED", headers={"retry-after": str(wait)}, extensions=facts)


def client_network(scope: Scope) -> Network | None:
    """Return what counts as one address: the IPv4 address, or the /64 that one IPv6 subscriber has to itself.

    None where the peer has no address, as on a Unix socket. IPv4 in IPv6 is IPv4.
    """
    client = scope.get("client")
    return _network(client[0]) if client else None


@lru_cache(maxsize=4096)
def _network(host: str) -> Network | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return ipaddress.IPv6Network((int(address), 64), strict=False)
        address = address.ipv4_mapped
    return ipaddress.IPv4Network(address)


def _holds(exempt: Network, network: Network | None) -> bool:
    # overlaps, because ::1/128 is narrower than the /64 that an address is counted by
    return network is not None and exempt.version == network.version and exempt.overlaps(network)
