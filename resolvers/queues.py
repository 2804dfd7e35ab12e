"""Watching the line before an engine."""

from collections.abc import AsyncIterable
from typing import Annotated

import strawberry

from domain import streams
from domain.errors import Missing
from domain.ports import Event
from planner import ref
from resolvers.streams import After, Audience, Place, Watch
from schema.context import Context, Info
from schema.queue_events import EngineQueue, QueueStatus


@strawberry.type
class QueueSubscriptions:
    """Streams about lines."""

    @strawberry.subscription(
        description="Follow the line before an engine: how it is now, then again when it has changed, about once a "
        "second at most."
    )
    def queue_status(
        self,
        info: Info,
        engine: Annotated[
            str | None, strawberry.argument(description="Id of an engine; the first of `engines` by default.")
        ] = None,
        after: After = None,
    ) -> AsyncIterable[QueueStatus]:
        """Follow a line."""
        return QueueWatch(info.context, after, engine)


class QueueWatch(Watch):
    """Anybody watching a line."""

    def __init__(self, context: Context, after: str | None, engine: str | None) -> None:
        """Watch the line before ``engine``, by default before the first."""
        super().__init__(context, after)
        self._engine = context.services.engines[0] if engine is None else engine

    @property
    def stream(self) -> str:
        """Name of the engine's stream."""
        return streams.of_queue(self._engine)

    @property
    def audience(self) -> Audience:
        """Everybody: a line is the same for all."""
        return Audience(None, self.context.language)

    async def check(self) -> None:
        """Refuse a viewer who is not signed in any more, and engines that are not there."""
        await self.context.require_nobody_or_live_session()
        if self._engine not in self.context.services.engines:
            raise Missing("There is no such engine.")

    def snapshot(self, place: Place, *, resumed: bool) -> QueueStatus:  # noqa: ARG002 - each message says all
        """Return the line as it is now."""
        return self._status(place)

    def event(self, event: Event, place: Place) -> QueueStatus:  # noqa: ARG002 - each message says all
        """Return the line as it is now."""
        return self._status(place)

    def _status(self, place: Place) -> QueueStatus:
        return QueueStatus(**place, queue=ref(EngineQueue, engine=self._engine))
