"""Watching a generation job: what the graph says of each event of its stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain import generation, streams
from domain.errors import Missing
from domain.streams import job_of
from domain.words import EtaConfidence, Previews, WaitingFor
from planner import ref
from resolvers.streams import Audience, Place, Watch
from schema.generation import GenerationJob, GenerationSlot
from schema.generation_events import (
    GenerationCanceling,
    GenerationCompleted,
    GenerationImageFailed,
    GenerationImageReady,
    GenerationProgress,
    GenerationQueueMoved,
    GenerationSnapshot,
    GenerationStarted,
)
from schema.scalars import URL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from domain.ports import Event
    from schema.context import Context, Services


class JobWatch(Watch):
    """The owner of a job, watching it to its end."""

    __slots__ = ("_key", "_previews", "_stream")

    def __init__(self, context: Context, after: str | None, key: UUID | None, previews: Previews) -> None:
        """Watch the job with this key; None is the key of none."""
        super().__init__(context, after)
        self._key = key
        self._stream = streams.of_job(key) if key else ""
        self._previews = previews

    @property
    def stream(self) -> str:
        """Name of the job's stream."""
        return self._stream

    @property
    def audience(self) -> Audience:
        """Its owner alone."""
        return Audience(self.context.required_viewer_id, self.context.language)

    async def check(self) -> None:
        """Refuse who is not signed in, or not the owner; both are looked at as ``has_ended`` is."""
        await self.has_ended()

    async def has_ended(self) -> bool:
        """Whether the job is final; raises where the viewer may not, or no longer, watch it."""
        await self.context.require_live_session()
        state = await self.context.services.db.find(generation.states_of, self._key) if self._key else None
        if state is None or state[0] != self.context.required_viewer_id:
            raise Missing("There is no such job, or it is not yours.")
        return state[1].is_final

    @classmethod
    async def ended(cls, services: Services, streams: Sequence[str]) -> set[str]:
        """Return the streams of jobs that are final."""
        jobs = {job_id: stream for stream in streams if (job_id := job_of(stream))}
        states = await services.db.look_up(lambda tx: generation.states_of(tx, jobs))
        return {jobs[job_id] for job_id, (_, status) in states.items() if status.is_final}

    def snapshot(self, place: Place, *, resumed: bool) -> GenerationSnapshot:
        """Return the job as it is now."""
        return GenerationSnapshot(**place, job=self._job, resumed=resumed)

    def event(self, event: Event, place: Place) -> Any:  # noqa: ANN401 - a member of GenerationJobEvent
        """Return what the graph says of an event; of one that it has no word for, the job as it is now."""
        tell = getattr(self, f"_{event.kind}", self._changed)
        return tell(event.data, place)

    def _progress(self, data: Mapping[str, Any], place: Place) -> GenerationProgress:
        preview = data["preview"] if self._previews is Previews.LOW else None
        return GenerationProgress(
            **place,
            slot_index=data["slot"],
            step=data["step"],
            total_steps=data["total"],
            preview=URL(preview) if preview else None,
        )

    def _queue_moved(self, data: Mapping[str, Any], place: Place) -> GenerationQueueMoved:
        position = data["position"]
        trust = data.get("confidence")
        return GenerationQueueMoved(
            **place,
            position=position,
            ahead=position - 1,
            eta_seconds=data["eta"],
            eta_confidence=EtaConfidence(trust) if trust else None,
            waiting_for=WaitingFor(data.get("waiting_for", WaitingFor.TURN)),
        )

    def _started(self, _data: Mapping[str, Any], place: Place) -> GenerationStarted:
        return GenerationStarted(**place, job=self._job)

    def _image_ready(self, data: Mapping[str, Any], place: Place) -> GenerationImageReady:
        return GenerationImageReady(**place, slot=self._slot(data["slot"]))

    def _image_failed(self, data: Mapping[str, Any], place: Place) -> GenerationImageFailed:
        return GenerationImageFailed(**place, slot=self._slot(data["slot"]), released_credits=data["released"])

    def _canceling(self, data: Mapping[str, Any], place: Place) -> GenerationCanceling:
        return GenerationCanceling(**place, job=self._job, released_credits=data["released"])

    def _completed(self, _data: Mapping[str, Any], place: Place) -> GenerationCompleted:
        return GenerationCompleted(**place, job=self._job)

    def _changed(self, _data: Mapping[str, Any], place: Place) -> GenerationSnapshot:
        return GenerationSnapshot(**place, job=self._job, resumed=True)

    @property
    def _job(self) -> GenerationJob:
        return ref(GenerationJob, id=self._job_id)

    @property
    def _job_id(self) -> UUID:
        assert self._key, "check has passed"
        return self._key

    def _slot(self, index: int) -> GenerationSlot:
        return ref(GenerationSlot, job_id=self._job_id, index=index)
