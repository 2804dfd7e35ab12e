"""What the painter tells an engine is the translation of a prompt; what it keeps with the picture is the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from adapters.engines.sandbox import SandboxEngine
from db.words import JobStatus
from domain import generation
from domain.pictures import read_metadata
from domain.ports import Brief
from domain.prompts import ToldPrompt
from workshop import small

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.ports import NotPainted, Painted, PaintRequest, PaintStep
    from workshop import Workshop

pytestmark = pytest.mark.anyio


class ListeningEngine(SandboxEngine):
    """An engine that remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.briefs: list[Brief] = []

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        self.briefs += [task.brief for task in request.images]
        return super().paint(request, on_step)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (ToldPrompt("red cat", "text"), Brief("red cat", "text", "anime")),
        (ToldPrompt("빨간 고양이", ""), Brief("빨간 고양이", "", "anime")),
        (None, Brief("빨간 고양이", "", "anime")),
    ],
)
async def test_an_engine_is_told_the_translation(shop: Workshop, told: ToldPrompt | None, expected: Brief) -> None:
    # given a job
    user_id, engine = await shop.user(), ListeningEngine()
    async with shop.db.write() as tx:
        job_id = await generation.submit(tx, user_id, small("빨간 고양이", 2), uuid4().hex, told)

    # when it is painted
    await shop.painter(engine).paint_waiting()

    # then the engine was told the translation, for each image
    assert engine.briefs == [expected] * 2
    # and the picture keeps what was asked for
    assert (await shop.row(job_id)).status is JobStatus.SUCCEEDED
    (original, _) = [shop.media / key for key in sorted(shop.stored()) if key.endswith("original.png")]
    metadata = read_metadata(original.read_bytes())
    assert metadata
    assert metadata.prompt == "빨간 고양이"
