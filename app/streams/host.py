"""What all sockets and streams of a server share, and the one task that looks after them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import structlog

from app.identity import new_context
from db.session import AWAY
from db.tables.columns import now as wall_time
from domain import accounts
from domain.errors import RequestError, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from uuid import UUID

    from app.edge.rates import RequestCounts
    from app.edge.stack import Edge
    from app.identity import Identity
    from app.streams.cohorts import Cohort
    from app.streams.operations import Operations
    from domain.ports import EventLog
    from resolvers.streams import Watch
    from schema.context import Context, Services

EVERY_S: Final = 2.0
"""Between two looks at sessions, rows and clients: who signs out is cut off within five seconds."""
AT_ONCE: Final = 400
"""Guests, or streams, that are looked after in one turn of the loop: nobody waits for long."""
SOCKETS_PER_USER: Final = 10

logger = structlog.get_logger()
Tended = TypeVar("Tended")


class Guest(Protocol):
    """Somebody who listens: a socket, or a stream over HTTP."""

    @property
    def context(self) -> Context:
        """Who it is."""

    def expire(self, refusal: RequestError) -> None:
        """Say that the viewer may see no more, and close."""

    def tend(self, now: float) -> None:
        """Look whether the client is there and takes what it is sent; ``now`` is ``loop.time()``."""

    def shutdown(self) -> None:
        """Ask the client to come back: this server stops."""


class Sockets:
    """Counts the open sockets of each signed-in user."""

    def __init__(self, limit: int) -> None:
        """Let each user have ``limit`` of them."""
        self._limit = limit
        self._owners: dict[int, UUID] = {}
        self._counts: Counter[UUID] = Counter()

    def enter(self, context: Context) -> bool:
        """Count the socket of ``context``, once; False where its viewer has too many. Strangers are not counted."""
        if context.claims is None:
            return True
        user = context.claims.user_id
        if self._counts[user] >= self._limit:
            return False
        self._counts[user] += 1
        self._owners[id(context)] = user
        return True

    def leave(self, context: Context) -> None:
        """Count the socket of ``context`` no more."""
        user = self._owners.pop(id(context), None)
        if user:
            self._counts[user] -= 1
            if not self._counts[user]:
                del self._counts[user]


class Host:
    """Lets sockets and streams in, and looks after those who are there."""

    edge: Edge
    """In front of them; it is made last."""

    def __init__(self, operations: Operations, services: Services, identity: Identity, counts: RequestCounts) -> None:
        """Serve nobody yet."""
        self.operations = operations
        self.counts = counts
        self.sockets = Sockets(SOCKETS_PER_USER)
        self.logger = logging.getLogger("websockets.server")
        self._services = services
        self._identity = identity
        self._guests: dict[Guest, None] = {}

    @property
    def log(self) -> EventLog:
        """Where what was missed is read."""
        return self._services.events

    def entered(self, guest: Guest) -> None:
        """Look after a guest from now on."""
        self._guests[guest] = None

    def left(self, guest: Guest) -> None:
        """Look after a guest no more."""
        self._guests.pop(guest, None)

    def context(self, scope: Any) -> Context:  # noqa: ANN401 - as ASGI has it
        """Return who asks, as far as the head tells; whether the session lives is looked up with ``sign_in``."""
        self._identity(scope)
        return new_context(self._services, scope)

    async def sign_in(self, context: Context, authorization: object = None) -> None:
        """Take another token than that of the head, if there is one, and look up whether its session lives.

        Raises:
            AWAY: that can not be found out now.
        """
        if authorization is not None:
            try:
                context.claims, context.refusal = self._identity.claims(str(authorization)), None
            except Unauthenticated as refusal:
                context.refuse(refusal)
        await context.confirm_session()

    def shutdown(self) -> None:
        """Ask all to come back, each once: every connection that ends calls this."""
        guests, self._guests = self._guests, {}
        for guest in guests:
            guest.shutdown()

    async def tend_for_ever(self) -> None:
        """Look after all guests and streams every few seconds, a few at a time, until cancelled."""
        while True:
            turns: list[Callable[[], Awaitable[None]]]
            turns = [partial(self._tend_guests, some) for some in _slices(list(self._guests))]
            turns += [partial(self._tend_streams, some) for some in _slices(list(self.operations.followed()))]
            for turn in turns or [_rest]:
                await asyncio.sleep(EVERY_S / max(len(turns), 1))
                try:
                    await turn()
                except AWAY as error:
                    logger.warning("streams not looked after", error=type(error).__name__)
                except Exception:
                    logger.exception("streams not looked after")

    async def _tend_guests(self, some: Sequence[Guest]) -> None:
        guests = [guest for guest in some if guest in self._guests]
        now = asyncio.get_running_loop().time()
        for guest in guests:
            guest.tend(now)
        await self._check_sessions(guests)

    async def _check_sessions(self, guests: Sequence[Guest]) -> None:
        for guest in guests:
            if refusal := guest.context.refusal:
                guest.expire(refusal)
        signed_in = [(guest, claims) for guest in guests if (claims := guest.context.claims)]
        sessions = {claims.session_id for _, claims in signed_in}
        live = await self._services.db.look_up(lambda tx: accounts.owners_of(tx, sessions)) if sessions else {}
        at = wall_time()
        for guest, claims in signed_in:
            if claims.expires_at <= at:
                guest.expire(Unauthenticated("The token has expired."))
            elif claims.session_id not in live:
                guest.expire(Unauthenticated("The session has ended."))

    async def _tend_streams(self, followed: Sequence[tuple[Cohort, Watch]]) -> None:
        """Read what could not be read, and tell the end of streams whose rows are final.

        That is done where they were final at a look before, and no event has said so since.
        """
        by_kind: dict[type[Watch], list[Watch]] = {}
        for _, watch in followed:
            by_kind.setdefault(type(watch), []).append(watch)
        ended: set[str] = set()
        for kind, watches in by_kind.items():
            ended |= await kind.ended(self._services, [*{watch.stream for watch in watches}])
            await kind.tend(self._services, watches)
        for cohort, _ in followed:
            topic = cohort.topic
            if topic.is_final and not topic.is_over and cohort in topic.audiences:
                topic.end()
            else:
                topic.look()
            for member in tuple(cohort.members):
                if not member.outlet.is_paused:
                    member.catch_up(self.log)
        for cohort, watch in followed:
            cohort.topic.is_final = watch.stream in ended


async def _rest() -> None:
    """Do nothing: there is nobody."""


def _slices(all_of_them: Sequence[Tended]) -> Iterator[Sequence[Tended]]:
    return (all_of_them[start : start + AT_ONCE] for start in range(0, len(all_of_them), AT_ONCE))
