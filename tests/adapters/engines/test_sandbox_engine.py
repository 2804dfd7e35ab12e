from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adapters.engines.sandbox import SLOW_STEP_SECONDS, SandboxEngine
from adapters.engines.sandbox.composer import compose
from adapters.engines.sandbox.magic import read_magic
from adapters.engines.sandbox.reading import read_prompt
from domain.catalogue import RATIOS, STYLES, size_of
from domain.ports import Brief, ImageTask, NotPainted, Painted, PaintRequest, PaintStep
from domain.words import FailureCode
from orders import painting, rephrased

BRIEF = Brief("노을 지는 바다의 고양이", "", "anime")
SUNSET = painting(BRIEF, (160, 128), 6, 5.0, (7,))


def no_pause(_: float) -> None:
    """Wait for nothing."""


def ignore(_: PaintStep) -> None:
    """Take a step without a word."""


def paint_bytes(request: PaintRequest) -> bytes:
    (outcome,) = SandboxEngine(no_pause).paint(request, ignore)
    assert isinstance(outcome, Painted)
    return outcome.image.tobytes()


def outcomes_of(prompt: str, count: int = 4) -> list[FailureCode | None]:
    request = painting(replace(BRIEF, prompt=prompt), (160, 128), 6, 5.0, range(count))
    outcomes = SandboxEngine(no_pause).paint(request, ignore)
    return [outcome.code if isinstance(outcome, NotPainted) else None for outcome in outcomes]


@pytest.mark.parametrize("style", STYLES)
def test_the_same_request_gives_the_same_bytes(style: str) -> None:
    request = rephrased(SUNSET, style=style)
    assert paint_bytes(request) == paint_bytes(request)


def test_another_seed_prompt_style_or_guidance_gives_another_picture() -> None:
    others = (
        painting(BRIEF, (160, 128), 6, 5.0, (8,)),
        rephrased(SUNSET, prompt="노을 지는 바다의 고양이들"),
        rephrased(SUNSET, style="painterly"),
        replace(SUNSET, guidance=12.0),
    )
    assert len({paint_bytes(request) for request in (SUNSET, *others)}) == 5


def test_the_steps_magic_words_and_company_of_an_image_do_not_change_it() -> None:
    alone = paint_bytes(SUNSET)
    assert paint_bytes(replace(SUNSET, steps=3)) == alone
    assert paint_bytes(rephrased(SUNSET, prompt=f"#slow {BRIEF.prompt}")) == alone
    _, second = SandboxEngine(no_pause).paint(
        replace(SUNSET, images=(ImageTask(3, 1, BRIEF), ImageTask(0, 7, BRIEF))), ignore
    )
    assert isinstance(second, Painted)
    assert second.image.tobytes() == alone


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [(64, 64), (64, 1536), (1536, 64), (67, 101)])
def test_every_style_paints_every_size_and_marks_it(style: str, size: tuple[int, int]) -> None:
    request = rephrased(replace(SUNSET, width=size[0], height=size[1], steps=2), style=style)
    (outcome,) = SandboxEngine().paint(request, ignore)
    assert isinstance(outcome, Painted)
    assert (outcome.image.mode, outcome.image.size) == ("RGB", size)
    corner = np.asarray(outcome.image.crop((size[0] - 40, size[1] - 13, *size)).convert("L"))
    assert corner.max() - corner.min() > 100


@pytest.mark.parametrize("ratio", RATIOS)
def test_previews_are_small_and_come_nearer_to_the_picture_with_each_step(ratio: str) -> None:
    width, height = size_of(ratio, 256)
    seen: list[PaintStep] = []
    request = rephrased(replace(SUNSET, width=width, height=height, steps=8), style="realistic")
    SandboxEngine(no_pause).paint(request, seen.append)

    assert [(step.step, step.total_steps) for step in seen] == [(number, 8) for number in range(1, 9)]
    pictures = [picture for step in seen for picture in step.previews if picture is not None]
    assert {max(picture.size) for picture in pictures} == {96}
    final = np.asarray(pictures[-1], np.float32)
    distances = [float(np.abs(np.asarray(picture, np.float32) - final).mean()) for picture in pictures]
    assert distances == sorted(distances, reverse=True)
    assert len(set(distances)) == 8


def test_one_step_without_guidance_suffices() -> None:
    assert paint_bytes(replace(SUNSET, steps=1, guidance=0.0))


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat", [None] * 4),
        ("a cat #fail:2", [FailureCode.ENGINE_ERROR] * 2 + [None] * 2),
        ("고양이#FAIL:1를 그려줘 🐈", [FailureCode.ENGINE_ERROR] + [None] * 3),
        ("고양이 ＃ｆａｉｌ：３", [FailureCode.ENGINE_ERROR] * 3 + [None]),
        ("#block", [FailureCode.CONTENT_BLOCKED] * 4),
        ("🔥#block:1🔥", [FailureCode.CONTENT_BLOCKED] + [None] * 3),
        ("#fail:999999999999", [FailureCode.ENGINE_ERROR] * 4),
        ("#oom", [FailureCode.OUT_OF_MEMORY] * 4),
        ("#oom:3", [FailureCode.OUT_OF_MEMORY] * 3 + [None]),
        ("#oom:2 #fail:1", [FailureCode.ENGINE_ERROR, FailureCode.OUT_OF_MEMORY, None, None]),
        ("#fail:0 #blocked #slowly #failure fail:2", [None] * 4),
    ],
)
def test_magic_words_decide_outcomes(prompt: str, expected: list[FailureCode | None]) -> None:
    assert outcomes_of(prompt) == expected


def test_magic_counts_by_the_images_place_in_its_job() -> None:
    brief = replace(BRIEF, prompt="#fail:2")
    request = replace(SUNSET, images=(ImageTask(1, 0, brief), ImageTask(2, 0, brief)))
    first, second = SandboxEngine().paint(request, ignore)
    assert isinstance(first, NotPainted)
    assert isinstance(second, Painted)


def test_a_doomed_image_fails_halfway() -> None:
    seen: list[PaintStep] = []
    SandboxEngine().paint(rephrased(SUNSET, prompt="#fail:1"), seen.append)
    assert [step.step for step in seen] == [1, 2, 3]
    assert all(step.previews[0] is not None for step in seen)


def test_the_others_go_on_when_one_fails() -> None:
    seen: list[PaintStep] = []
    SandboxEngine().paint(painting(replace(BRIEF, prompt="#fail:1"), (160, 128), 6, 5.0, (0, 0)), seen.append)
    assert [tuple(picture is not None for picture in step.previews) for step in seen] == [
        *[(True, True)] * 3,
        *[(False, True)] * 3,
    ]


def test_crash_raises_halfway() -> None:
    seen: list[PaintStep] = []
    with pytest.raises(RuntimeError, match="asked for a crash"):
        SandboxEngine().paint(rephrased(SUNSET, prompt="#crash 고양이"), seen.append)
    assert [step.step for step in seen] == [1, 2, 3]


def test_slow_pauses_before_each_step() -> None:
    pauses: list[float] = []
    SandboxEngine(pauses.append).paint(rephrased(SUNSET, prompt="느린 그림 #slow"), ignore)
    assert pauses == [SLOW_STEP_SECONDS] * 6
    SandboxEngine(pauses.append).paint(SUNSET, ignore)
    assert len(pauses) == 6


def test_what_on_step_raises_propagates_at_once_and_the_engine_stays_usable() -> None:
    class CancelledError(Exception):
        pass

    seen: list[int] = []

    def cancel(step: PaintStep) -> None:
        seen.append(step.step)
        if step.step == 2:
            raise CancelledError

    engine = SandboxEngine()
    with pytest.raises(CancelledError):
        engine.paint(SUNSET, cancel)
    assert seen == [1, 2]
    (outcome,) = engine.paint(SUNSET, ignore)
    assert isinstance(outcome, Painted)
    assert outcome.image.tobytes() == paint_bytes(SUNSET)


@pytest.mark.parametrize("prompt", ["", "   ", "\ud800\0", "🎨" * 2_000, "가" * 2_000, "{prompt} %s #"])
def test_any_prompt_is_painted(prompt: str) -> None:
    assert paint_bytes(rephrased(SUNSET, prompt=prompt))


def test_magic_words_are_taken_out_of_the_prompt() -> None:
    magic, subject = read_magic("달빛 #slow 아래 #fail:2 고양이")
    assert subject == "달빛 아래 고양이"
    assert magic.slow
    assert not magic.crash


@pytest.mark.parametrize(
    ("prompt", "features"),
    [
        ("sunset over the sea", {"sunset", "sea"}),
        ("눈 내리는 밤의 산", {"snow", "night", "mountain"}),
        ("달빛 아래 숲속 고양이", {"moon", "forest", "cat"}),
        ("a city of flowers", {"city", "flower"}),
        ("우주를 나는 새", {"space", "bird"}),
        ("새로운 눈동자, catalogue", set()),
    ],
)
def test_prompts_are_read_in_english_and_korean(prompt: str, features: set[str]) -> None:
    assert read_prompt(prompt, "").features == features


def test_the_negative_prompt_and_colours_are_read() -> None:
    assert read_prompt("cat in the snow", "snow, 눈").features == {"cat"}
    pink, blue = read_prompt("분홍 꽃과 파란 하늘", "").tint, read_prompt("blue flower, pink sky", "").tint
    assert pink is not None
    assert blue is not None
    assert pink[0] > pink[2]
    assert blue[2] > blue[0]


@pytest.mark.parametrize("place", ["mountain", "sea", "forest", "city", "flower", "space", "abstract"])
def test_every_place_with_everyone_in_it_is_composed(place: str) -> None:
    everything = "cat girl house boat balloon bird moon star snow autumn aurora lake"
    scene = compose(read_prompt(f"{place} {everything}", ""), 3, (300, 200), 5.0)
    points = np.concatenate([outline for layer in scene.layers for outline in getattr(layer, "outlines", ())])
    assert np.isfinite(points).all()
