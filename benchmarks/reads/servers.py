"""The servers that answer reads, and the headers by which each knows who asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import servers

if TYPE_CHECKING:
    from benchmarks.reads.requests import Asker
    from benchmarks.servers import Program


SignIn = Callable[["Asker"], Mapping[str, str]]
"""Returns the headers by which a server knows who asks."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    program: Program
    sign_in: SignIn

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.program.port

    @property
    def pid(self) -> int:
        """Its process."""
        return self.program.pid


class Place(servers.Place):
    """What all servers stand on, and how each is started."""

    def easel(self) -> Server:
        """Start Easel's API as ``make run`` does."""
        return self._signed_in("easel", "app", "api")

    def batched(self) -> Server:
        """Start Easel's API with two fields as batch functions."""
        return self._signed_in("batched", "benchmarks.reads.batched")

    def plain(self) -> Server:
        """Start Easel's schema behind Strawberry's own view."""
        return self._signed_in("plain", "benchmarks.reads.plain")

    def floor(self) -> Server:
        """Start the floor."""
        return Server(self.start_module("floor", "benchmarks.reads.floor"), _by_header)

    def peer(self, name: str) -> Server:
        """Start another GraphQL server."""
        return Server(self.start_peer(name), _by_header)

    def _signed_in(self, name: str, *module: str) -> Server:
        tokens = self.tokens()

        def bearer(asker: Asker) -> Mapping[str, str]:
            return {"authorization": f"Bearer {tokens.issue(asker.user_id, asker.session_id).text}"}

        return Server(self.start_module(name, *module), bearer)


def _by_header(asker: Asker) -> Mapping[str, str]:
    """Return the header by which servers that check nothing know who asks."""
    return {"x-viewer": str(asker.user_id)}
