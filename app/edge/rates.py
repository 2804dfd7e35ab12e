"""How often one user or one address may ask."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from starlette.types import Scope

from app.edge.answers import RefusedError
from domain.ports import RateLimit, Throttle

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


class RequestCounts:
    """Counts requests, sockets as they open and operations on sockets: of a signed-in user, or else of an address."""

    def __init__(self, throttle: Throttle, rates: RequestRates | None = None, what: str = "requests") -> None:
        """Count with ``throttle``; each ``what`` is counted by itself."""
        self._throttle = throttle
        self._what = what
        self._rates = rates or RequestRates()

    def refusal(self, scope: Scope, user: str | None) -> RefusedError | None:
        """Count one request of ``user``, or of the address it comes from; return its refusal where it is too many."""
        if user is None and self._rates.exempt and self._is_exempt(client_network(scope)):
            return None
        return self.operation_refusal(user, client_address(scope))

    def operation_refusal(self, user: str | None, address: str) -> RefusedError | None:
        """Count one operation like a request; return its refusal where it is one too many."""
        key, rate = ("user", self._rates.user) if user else ("address", self._rates.address)
        answer = self._throttle.hit(f"{self._what}:{key}:{user or address}", rate.limit, rate.per)
        return None if answer is None else _refusal(answer)

    def _is_exempt(self, network: Network | None) -> bool:
        return any(_holds(exempt, network) for exempt in self._rates.exempt)


def _refusal(answer: RateLimit) -> RefusedError:
    wait = math.ceil(answer.retry_after.total_seconds())
    facts = {"limit": answer.limit, "retryAfterSeconds": wait, "resetsAt": answer.resets_at.isoformat()}
    message = f"Too many requests: try again in {wait} s."
    return RefusedError(429, message, "RATE_LIMITED", headers={"retry-after": str(wait)}, extensions=facts)


def client_address(scope: Scope) -> str:
    """Return ``client_network`` in words, empty where there is none."""
    client = scope.get("client")
    return _address(client[0]) if client else ""


def client_network(scope: Scope) -> Network | None:
    """Return what counts as one address: the IPv4 address, or the /64 that one IPv6 subscriber has to itself.

    None where the peer has no address, as on a Unix socket. IPv4 in IPv6 is IPv4.
    """
    client = scope.get("client")
    return _network(client[0]) if client else None


@lru_cache(maxsize=4096)
def _address(host: str) -> str:
    return str(_network(host) or "")


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
