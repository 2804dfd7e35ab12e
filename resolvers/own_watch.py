"""Watching a thing of one's own: its owner alone may, and a thing that ends is watched to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from domain.errors import Missing
from domain.streams import key_of
from resolvers.streams import Audience, Watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from schema.context import Context, Services


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things that people own and watch."""

    name: str
    """For people."""
    stream_of: Callable[[UUID], str]
    """The stream of one of them."""
    states_of: Callable[[AsyncSession, Collection[UUID]], Awaitable[Mapping[UUID, tuple[UUID, bool]]]]
    """The owner of each, and whether it has ended."""


class OwnWatch(Watch):
    """The owner of a thing, watching it, if need be to its end."""

    __slots__ = ("_key", "_stream")
    kind: ClassVar[Kind]

    def __init__(self, context: Context, after: str | None, key: UUID | None) -> None:
        """Watch the thing with this key; None is the key of none."""
        super().__init__(context, after)
        self._key = key
        self._stream = self.kind.stream_of(key) if key else ""

    @property
    def stream(self) -> str:
        """Name of the thing's stream."""
        return self._stream

    @property
    def key(self) -> UUID:
        """Key of the thing, known once ``check`` has passed."""
        assert self._key, "check has passed"
        return self._key

    @property
    def audience(self) -> Audience:
        """Its owner alone."""
        return Audience(self.context.required_viewer_id, self.context.language)

    async def check(self) -> None:
        """Refuse who is not signed in, or not the owner; both are looked at as ``has_ended`` is."""
        await self.has_ended()

    async def has_ended(self) -> bool:
        """Whether nothing is told any more; raises where the viewer may not, or no longer, watch it."""
        await self.context.require_live_session()
        state = await self.context.services.db.find(self.kind.states_of, self._key) if self._key else None
        if state is None or state[0] != self.context.required_viewer_id:
            raise Missing(f"There is no such {self.kind.name}, or it is not yours.")
        return state[1]

    @classmethod
    async def ended(cls, services: Services, streams: Sequence[str]) -> set[str]:
        """Return the streams of things that have ended."""
        found = {key_of(stream): stream for stream in streams}
        states = await services.db.look_up(lambda tx: cls.kind.states_of(tx, found))
        return {found[key] for key, (_, has_ended) in states.items() if has_ended}
