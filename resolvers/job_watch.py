"""Watching a generation job: what the graph says of each event of its stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain import generation, streams
from domain.words import EtaConfidence, Previews, WaitingFor
from planner import ref
from resolvers.own_watch import Kind, OwnWatch
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
    from collections.abc import Mapping
    from uuid import UUID

    from domain.ports import Event
    from resolvers.streams import Place
    from schema.context import Context


class JobWatch(OwnWatch):
    """The owner of a job, watching it to its end."""

    __slots__ = ("_previews",)
    kind = Kind("job", streams.of_job, generation.states_of)

    def __init__(self, context: Context, after: str | None, key: UUID | None, previews: Previews) -> None:
        """Watch the job with this key; None is the key of none."""
        super().__init__(context, after, key)
        self._previews = previews

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
        return ref(GenerationJob, id=self.key)

    def _slot(self, index: int) -> GenerationSlot:
        return ref(GenerationSlot, job_id=self.key, index=index)
