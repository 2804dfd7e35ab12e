"""What every engine owes for each operation."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from adapters.engines.sandbox import SandboxEngine
from db.words import Operation
from domain.ports import Material, NotPainted, Painted, PaintStep
from domain.words import FailureCode
from orders import changing
from scenery import landscape, middle_mask

if TYPE_CHECKING:
    from domain.ports import Engine, PaintRequest

SIZE = (64, 48)
LANDSCAPE = landscape()
OTHER = landscape().rotate(180)
MATERIALS = {
    Operation.IMAGE_TO_IMAGE: Material(source=LANDSCAPE, strength=0.6),
    Operation.REFERENCES: Material(references=(LANDSCAPE, OTHER), strength=0.6),
    Operation.INPAINT: Material(source=LANDSCAPE, mask=middle_mask()),
    Operation.OUTPAINT: Material(source=landscape(40, 30), margins=(12, 9, 12, 9)),
    Operation.UPSCALE: Material(source=landscape(32, 24)),
    Operation.RESTYLE: Material(source=LANDSCAPE, strength=0.6),
    Operation.REMOVE_BACKGROUND: Material(source=LANDSCAPE),
}
PAINTED = [Operation.IMAGE_TO_IMAGE, Operation.REFERENCES, Operation.INPAINT, Operation.OUTPAINT, Operation.RESTYLE]
WITH_SOURCE = [operation for operation in MATERIALS if operation is not Operation.REFERENCES]


def ignore(_: PaintStep) -> None:
    """Take a step without a word."""


def only(engine: Engine, request: PaintRequest) -> Painted:
    (outcome,) = engine.paint(request, ignore)
    assert isinstance(outcome, Painted), outcome
    return outcome


def pixels(outcome: Painted) -> np.ndarray[Any, np.dtype[np.int16]]:
    return np.asarray(outcome.image, np.int16)


def refusal(engine: Engine, operation: Operation, material: Material) -> FailureCode:
    (outcome,) = engine.paint(changing(operation, material, SIZE, (1,)), ignore)
    assert isinstance(outcome, NotPainted)
    assert outcome.detail
    return outcome.code


@pytest.fixture(params=["sandbox", "diffusers_engine", "deep_engine", "flux_engine"])
def engine(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = SandboxEngine() if request.param == "sandbox" else request.getfixturevalue(request.param)
    return engine


@pytest.mark.parametrize("operation", MATERIALS)
def test_pictures_have_the_size_and_mode_asked_for_and_follow_from_the_seed(
    engine: Engine, operation: Operation
) -> None:
    request = changing(operation, MATERIALS[operation], SIZE, (7,))
    first, again = only(engine, request), only(engine, request)
    assert first.image.size == SIZE
    assert first.image.mode == ("RGBA" if operation is Operation.REMOVE_BACKGROUND else "RGB")
    assert np.array_equal(pixels(first), pixels(again))
    assert first.method == {"UPSCALE": "lanczos", "REMOVE_BACKGROUND": "grabcut"}.get(operation, "")


@pytest.mark.parametrize("operation", PAINTED)
def test_another_prompt_or_seed_gives_another_picture(engine: Engine, operation: Operation) -> None:
    request = changing(operation, replace(MATERIALS[operation], strength=0.9), SIZE, (7,))
    brief = replace(request.images[0].brief, prompt="a red house", style="line-art")
    others = (
        replace(request, images=(replace(request.images[0], seed=8, brief=replace(brief, style="painterly")),)),
        replace(request, images=(replace(request.images[0], brief=brief),)),
    )
    assert len({only(engine, each).image.tobytes() for each in (request, *others)}) == 3


@pytest.mark.parametrize("operation", [Operation.IMAGE_TO_IMAGE, Operation.REFERENCES, Operation.RESTYLE])
def test_strength_says_how_far_the_start_is_left(engine: Engine, operation: Operation) -> None:
    material = replace(MATERIALS[operation], references=(LANDSCAPE,))

    def distance(strength: float) -> float:
        request = changing(operation, replace(material, strength=strength), (256, 192), (7,))
        start = np.asarray(LANDSCAPE.resize((256, 192), Image.Resampling.LANCZOS), np.int16)
        return float(np.abs(pixels(only(engine, request)) - start)[:160].mean())  # above the sandbox's mark

    assert distance(0.25) < distance(1.0)


@pytest.mark.parametrize("size", [SIZE, (57, 41)])
def test_inpainting_touches_no_pixel_outside_of_the_mask(engine: Engine, size: tuple[int, int]) -> None:
    source, mask = landscape(*size), middle_mask(*size)
    request = changing(Operation.INPAINT, Material(source=source, mask=mask), size, (7,))
    changed = np.abs(pixels(only(engine, request)) - np.asarray(source, np.int16)).max(axis=2)
    inside = np.asarray(mask) >= 128
    assert not changed[~inside].any()
    assert (changed[inside] > 0).mean() > 0.9


def test_outpainting_keeps_the_source_and_paints_the_margins(engine: Engine) -> None:
    material = MATERIALS[Operation.OUTPAINT]
    painted = pixels(only(engine, changing(Operation.OUTPAINT, material, SIZE, (7,))))
    assert np.array_equal(painted[9:39, 12:52], np.asarray(material.source, np.int16))
    other = pixels(only(engine, changing(Operation.OUTPAINT, material, SIZE, (8,))))
    assert np.abs(painted - other)[:, :12].mean() > 1


def test_references_take_turns(engine: Engine) -> None:
    material = Material(references=(LANDSCAPE, OTHER), strength=0.3)
    outcomes = engine.paint(changing(Operation.REFERENCES, material, SIZE, (7, 7, 7)), ignore)
    first, second, third = (pixels(outcome) for outcome in outcomes if isinstance(outcome, Painted))
    assert np.abs(first - second).mean() > 1
    assert np.abs(first - third).max() <= 1


def test_the_background_goes_and_the_subject_stays(engine: Engine) -> None:
    alpha = pixels(only(engine, changing(Operation.REMOVE_BACKGROUND, Material(source=LANDSCAPE), SIZE, (7,))))[..., 3]
    assert alpha[24, 32] == 255
    assert max(alpha[0, 0], alpha[47, 0], alpha[0, 63], alpha[24, 2]) == 0
    assert ((alpha > 0) & (alpha < 255)).any()


@pytest.mark.parametrize("operation", MATERIALS)
def test_every_step_is_told_with_previews(engine: Engine, operation: Operation) -> None:
    seen: list[PaintStep] = []
    engine.paint(changing(operation, MATERIALS[operation], SIZE, (7, 8)), seen.append)
    assert [step.step for step in seen] == list(range(1, len(seen) + 1))
    assert {step.total_steps for step in seen} == {len(seen)}
    previews = [picture for step in seen for picture in step.previews if picture]
    assert all(len(step.previews) == 2 for step in seen)
    assert {picture.mode for picture in previews} == {"RGB"}
    assert max(max(picture.size) for picture in previews) <= 96


@pytest.mark.parametrize("operation", MATERIALS)
def test_what_on_step_raises_propagates_and_the_engine_stays_usable(engine: Engine, operation: Operation) -> None:
    class CancelledError(Exception):
        pass

    def cancel(_: PaintStep) -> None:
        raise CancelledError

    request = changing(operation, MATERIALS[operation], SIZE, (7,))
    before = only(engine, request)
    with pytest.raises(CancelledError):
        engine.paint(request, cancel)
    assert np.array_equal(pixels(only(engine, request)), pixels(before))


STRANGE = {
    "RGBA": landscape().convert("RGBA"),
    "seen through": Image.merge("RGBA", (*landscape().split(), middle_mask())),
    "L": landscape().convert("L"),
    "LA": landscape().convert("LA"),
    "1": landscape().convert("1"),
    "P": landscape().quantize(16),
    "CMYK": landscape().convert("CMYK"),
    "16 bit": Image.fromarray(np.asarray(landscape().convert("L")).astype(np.uint16) * 257),
    "32 bit": Image.fromarray(np.asarray(landscape().convert("L")).astype(np.int32) * 257),
    "float": landscape().convert("F"),
    "long": landscape(20_000, 10),
    "tall": landscape(3, 900),
}


@pytest.mark.parametrize("operation", WITH_SOURCE)
@pytest.mark.parametrize("source", STRANGE.values(), ids=STRANGE.keys())
def test_sources_of_any_mode_and_shape_are_painted_from(
    engine: Engine, operation: Operation, source: Image.Image
) -> None:
    request = changing(operation, replace(MATERIALS[operation], source=source), SIZE, (7,))
    assert only(engine, replace(request, steps=1)).image.size == SIZE


def test_what_was_transparent_stays_so_and_16_bits_keep_their_tones(engine: Engine) -> None:
    cut = changing(Operation.REMOVE_BACKGROUND, Material(source=STRANGE["seen through"]), SIZE, (1,))
    alpha = pixels(only(engine, cut))[..., 3]
    assert not alpha[np.asarray(middle_mask()) == 0].any()
    deep = changing(Operation.UPSCALE, Material(source=STRANGE["16 bit"]), SIZE, (1,))
    assert np.array_equal(pixels(only(engine, deep))[..., 0], np.asarray(landscape().convert("L"), np.int16))


@pytest.mark.parametrize("operation", [each for each in WITH_SOURCE if each is not Operation.REMOVE_BACKGROUND])
def test_a_single_pixel_is_painted_from(engine: Engine, operation: Operation) -> None:
    dot = replace(MATERIALS[operation], source=Image.new("RGB", (1, 1), "red"))
    assert only(engine, changing(operation, dot, SIZE, (7,))).image.size == SIZE


@pytest.mark.parametrize("mask", [middle_mask(32, 24), middle_mask(20, 200), middle_mask().convert("RGB")])
def test_a_mask_of_another_size_or_mode_is_stretched_over_the_source(engine: Engine, mask: Image.Image) -> None:
    painted = only(engine, changing(Operation.INPAINT, Material(source=LANDSCAPE, mask=mask), SIZE, (7,)))
    changed = np.abs(pixels(painted) - np.asarray(LANDSCAPE, np.int16)).max(axis=2)
    assert changed[24, 32] > 0
    assert not changed[:8].any()


def broken() -> Image.Image:
    """Return a picture whose data end in mid-line."""
    stored = io.BytesIO()
    landscape(200, 200).save(stored, "PNG")
    return Image.open(io.BytesIO(stored.getvalue()[:30_000]))


@pytest.mark.parametrize("operation", MATERIALS)
def test_missing_or_broken_pictures_are_invalid_sources(engine: Engine, operation: Operation) -> None:
    bad = replace(MATERIALS[operation], source=broken(), references=(broken(),))
    assert refusal(engine, operation, bad) is FailureCode.INVALID_SOURCE
    assert refusal(engine, operation, replace(bad, source=None, references=())) is FailureCode.INVALID_SOURCE


@pytest.mark.parametrize(
    ("operation", "material"),
    [
        (Operation.INPAINT, Material(source=LANDSCAPE)),
        (Operation.INPAINT, Material(source=LANDSCAPE, mask=Image.new("L", SIZE, 127))),
        (Operation.OUTPAINT, Material(source=LANDSCAPE)),
        (Operation.OUTPAINT, Material(source=LANDSCAPE, margins=(-5, 0, 0, -9))),
    ],
)
def test_where_nothing_is_to_be_painted_nothing_is(engine: Engine, operation: Operation, material: Material) -> None:
    assert refusal(engine, operation, material) is FailureCode.NOTHING_TO_PAINT


def test_one_colour_has_no_subject(engine: Engine) -> None:
    flat = Material(source=Image.new("RGB", SIZE, (40, 90, 120)))
    assert refusal(engine, Operation.REMOVE_BACKGROUND, flat) is FailureCode.NO_SUBJECT
    dot = Material(source=Image.new("RGB", (1, 1)))
    assert refusal(engine, Operation.REMOVE_BACKGROUND, dot) is FailureCode.NO_SUBJECT


def test_one_bad_material_does_not_spoil_the_others(engine: Engine) -> None:
    request = changing(Operation.IMAGE_TO_IMAGE, MATERIALS[Operation.IMAGE_TO_IMAGE], SIZE, (7, 8, 9))
    tasks = (request.images[0], replace(request.images[1], material=Material()), request.images[2])
    seen: list[PaintStep] = []
    outcomes = engine.paint(replace(request, images=tasks), seen.append)
    assert [isinstance(outcome, Painted) for outcome in outcomes] == [True, False, True]
    assert [picture is not None for picture in seen[-1].previews] == [True, False, True]
