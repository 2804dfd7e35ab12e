"""The models that enlarge and cut out for all engines: what they make, and which of them are refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from adapters.engines.factory import EngineOptions, build_engine, build_engines
from adapters.engines.hosting import HostedEngine
from adapters.engines.upscaler import Upscaler
from app.cli import main
from app.engines import engine_options
from app.settings import Settings
from db.words import Operation
from domain.ports import EngineUnavailable, Material, NotPainted, Painted, PaintStep
from domain.words import FailureCode
from orders import changing
from scenery import landscape, middle_mask
from tiny_pipeline import build_tiny_latent_upscaler
from tiny_segmenter import build_tiny_classifier, build_tiny_segmenter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.context import BaseContext
    from pathlib import Path

    from domain.ports import Engine, Engines, PaintRequest

SIZE = (64, 48)
TWICE = changing(Operation.UPSCALE, Material(source=landscape(64, 64)), (128, 128), (1,))
CUT = changing(Operation.REMOVE_BACKGROUND, Material(source=landscape()), SIZE, (1,))
WEIGHTS = "model.safetensors"


def ignore(_: PaintStep) -> None:
    """Take a step without a word."""


def only(engine: Engine, request: PaintRequest) -> Painted:
    (outcome,) = engine.paint(request, ignore)
    assert isinstance(outcome, Painted), outcome
    return outcome


def refused(engine: Engine, request: PaintRequest) -> FailureCode:
    (outcome,) = engine.paint(request, ignore)
    assert isinstance(outcome, NotPainted)
    assert outcome.detail
    return outcome.code


def of_sources(request: PaintRequest, *sources: Image.Image | None) -> PaintRequest:
    (task,) = request.images
    tasks = tuple(replace(task, material=Material(source=source)) for source in sources)
    return replace(request, images=tasks)


@pytest.fixture(scope="module")
def upscaler(tiny_upscaler: Path) -> Upscaler:
    engine = build_engine("upscaler", EngineOptions(upscaler=str(tiny_upscaler), home=tiny_upscaler.parent))
    assert isinstance(engine, Upscaler)
    return engine


@pytest.fixture(scope="module")
def segmenter(tiny_segmenter: Path) -> Engine:
    return build_engine("segmenter", EngineOptions(segmenter=str(tiny_segmenter), home=tiny_segmenter.parent))


@pytest.fixture
def engines(
    tiny_upscaler: Path,
    tiny_segmenter: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    with_torch: BaseContext,
) -> Iterator[Engines]:
    """Return what an installation paints with that is told both models."""
    monkeypatch.setenv("EASEL_HOME", str(tmp_path))
    monkeypatch.setenv("UPSCALER", str(tiny_upscaler))
    monkeypatch.setenv("SEGMENTER", str(tiny_segmenter))
    built = build_engines(["sandbox"], engine_options(Settings()), with_torch)
    yield built
    for engine in built.by_operation.values():
        assert isinstance(engine, HostedEngine)
        engine.close()


def test_models_that_are_set_do_their_operation_for_all_engines(engines: Engines, tmp_path: Path) -> None:
    # given what enlarges and what cuts out, in the place of the sandbox
    sandbox = engines.by_key["sandbox"]
    enlarging, cutting = (engines.of("sandbox", each) for each in (Operation.UPSCALE, Operation.REMOVE_BACKGROUND))
    assert engines.of("sandbox", Operation.RESTYLE) is sandbox
    assert isinstance(enlarging, HostedEngine)

    # when both are asked, each in a process of its own, of which one is in memory
    first = only(enlarging, TWICE)
    in_memory = [bool(enlarging.pid)]
    cut = only(cutting, CUT)
    in_memory.append(bool(enlarging.pid))
    assert in_memory == [True, False]

    # then they say what they are, and are pinned as every model is
    assert (first.method, cut.method) == ("tiny-upscaler", "tiny-segmenter")
    pins = {path.name.partition("-")[0]: json.loads(path.read_text()) for path in (tmp_path / "pins").iterdir()}
    assert {key: each["model"] for key, each in pins.items()} == {
        "upscaler": "tiny-upscaler",
        "segmenter": "tiny-segmenter",
    }
    assert len({enlarging.revision, cutting.revision, sandbox.revision, ""}) == 4

    # and the same again is the same picture
    assert only(enlarging, TWICE).image.tobytes() == first.image.tobytes()


def test_without_models_each_engine_does_it_itself() -> None:
    engines = build_engines(["sandbox"], EngineOptions())
    assert engines.by_operation == {}
    assert only(engines.of("sandbox", Operation.UPSCALE), TWICE).method == "lanczos"


def test_what_is_too_large_for_the_upscaler_is_enlarged_without_it(upscaler: Upscaler) -> None:
    seen: list[PaintStep] = []
    small, large = upscaler.paint(of_sources(TWICE, landscape(60, 64), landscape(769, 769)), seen.append)
    assert isinstance(small, Painted)
    assert isinstance(large, Painted)
    assert (small.method, large.method) == ("tiny-upscaler", "lanczos")
    assert small.image.size == large.image.size == (128, 128)
    assert [step.step for step in seen] == list(range(1, 27))
    assert {max(picture.size) for step in seen for picture in step.previews if picture} <= {*range(97)}


def test_an_upscaler_is_led_by_words_and_style_and_seed(upscaler: Upscaler) -> None:
    (task,) = TWICE.images
    others = [
        replace(task, seed=2),
        replace(task, brief=replace(task.brief, prompt="a \ud800 dog")),
        replace(task, brief=replace(task.brief, style="pixel-art")),
    ]
    pictures = {only(upscaler, replace(TWICE, images=(each,))).image.tobytes() for each in (task, *others)}
    assert len(pictures) == 4


def test_an_upscaler_of_latents_enlarges_too(tmp_path: Path) -> None:
    model = build_tiny_latent_upscaler(tmp_path / "tiny-latent-upscaler")
    engine = build_engine("upscaler", EngineOptions(upscaler=str(model), home=tmp_path))
    seen: list[PaintStep] = []
    (outcome,) = engine.paint(TWICE, seen.append)
    assert isinstance(outcome, Painted)
    assert (outcome.method, outcome.image.size, len(seen)) == ("tiny-latent-upscaler", (128, 128), 25)
    assert np.ptp(np.asarray(outcome.image)) > 0
    assert only(engine, TWICE).image.tobytes() == outcome.image.tobytes()


def test_an_upscaler_can_be_cancelled_and_refuses_what_can_not_be_used(upscaler: Upscaler) -> None:
    class CancelledError(Exception):
        pass

    def cancel(_: PaintStep) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        upscaler.paint(TWICE, cancel)
    assert refused(upscaler, of_sources(TWICE, None)) is FailureCode.INVALID_SOURCE
    assert only(upscaler, TWICE).method == "tiny-upscaler"


def test_an_upscaler_that_runs_out_of_memory_takes_less_and_then_gives_up(tiny_upscaler: Path) -> None:
    # given an upscaler whose first call does not fit into memory
    engine = build_engine("upscaler", EngineOptions(upscaler=str(tiny_upscaler), home=tiny_upscaler.parent))
    assert isinstance(engine, Upscaler)
    loaded = engine.pipeline()
    shortages = [1]

    def refuse(*_: object) -> None:
        if shortages:
            shortages.pop()
            raise loaded.torch.OutOfMemoryError("no room")

    loaded.call.unet.register_forward_pre_hook(refuse)

    # when it is tried again with less, then it is enlarged
    assert only(engine, TWICE).method == "tiny-upscaler"

    # and where nothing more can be done, that image alone is given up
    shortages.append(1)
    first, second = engine.paint(of_sources(TWICE, landscape(), landscape()), ignore)
    assert isinstance(first, NotPainted)
    assert (first.code, first.detail) == (FailureCode.OUT_OF_MEMORY, "no room")
    assert isinstance(second, Painted)


def test_the_segmenter_keeps_what_is_no_background_with_a_soft_edge(segmenter: Engine) -> None:
    seen: list[PaintStep] = []
    request = of_sources(CUT, landscape(), landscape(300, 120).convert("RGBA"))
    outcomes = segmenter.paint(request, seen.append)
    assert [(step.step, step.total_steps) for step in seen] == [(1, 2), (2, 2)]
    for outcome in outcomes:
        assert isinstance(outcome, Painted)
        assert (outcome.image.mode, outcome.image.size) == ("RGBA", SIZE)
        alpha = np.asarray(outcome.image)[..., 3]
        assert alpha[24, 32] == 255
        assert not alpha[:4].any()
        assert not alpha[:, :4].any()
        assert ((alpha > 0) & (alpha < 255)).any()
    first = outcomes[0]
    assert isinstance(first, Painted)
    assert np.array_equal(np.asarray(first.image)[..., :3], np.asarray(landscape()))


def test_the_segmenter_keeps_cut_out_what_was_so_before(segmenter: Engine) -> None:
    seen_through = Image.merge("RGBA", (*landscape().split(), middle_mask()))
    alpha = np.asarray(only(segmenter, of_sources(CUT, seen_through)).image)[..., 3]
    assert not alpha[np.asarray(middle_mask()) == 0].any()
    assert alpha[24, 32] == 255


def test_nothing_but_background_has_no_subject(segmenter: Engine) -> None:
    assert refused(segmenter, of_sources(CUT, Image.new("RGB", SIZE, (90, 160, 220)))) is FailureCode.NO_SUBJECT
    assert refused(segmenter, of_sources(CUT, None)) is FailureCode.INVALID_SOURCE


def truncated(model: Path) -> None:
    (model / WEIGHTS).write_bytes((model / WEIGHTS).read_bytes()[:-1])


def pickled(model: Path) -> None:
    (model / WEIGHTS).rename(model / "pytorch_model.bin")


def without_weights(model: Path) -> None:
    (model / WEIGHTS).unlink()


def without_settings(model: Path) -> None:
    (model / "config.json").unlink()


def with_code(model: Path) -> None:
    (model / "modeling.py").write_text("raise SystemExit")


def with_settings(model: Path, name: str, **entries: Any) -> None:  # noqa: ANN401 - JSON
    path = model / name
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def with_a_model_of_its_own(model: Path) -> None:
    with_settings(model, "config.json", auto_map={"AutoModel": "code.Model"})


def with_a_processor_of_its_own(model: Path) -> None:
    with_settings(model, "preprocessor_config.json", auto_map={"AutoImageProcessor": "code.Processor"})


def of_no_such_type(model: Path) -> None:
    (model / "config.json").write_text('{"model_type": "clip_text_model"}')


def without_a_processor(model: Path) -> None:
    (model / "preprocessor_config.json").unlink()


def a_classifier(model: Path) -> None:
    shutil.rmtree(model)
    build_tiny_classifier(model)


def without_background(model: Path) -> None:
    shutil.rmtree(model)
    build_tiny_segmenter(model, ["sky", "ball"], lessons=0)


BROKEN: list[tuple[Callable[[Path], None], str]] = [
    (truncated, "model.safetensors are truncated"),
    (pickled, "the weights model/pytorch_model.bin are no safetensors, and can hold code"),
    (without_weights, "has no weights"),
    (without_settings, "there is no 'config.json'"),
    (with_code, "the model comes with code, which is never run: modeling.py"),
    (with_a_model_of_its_own, "wants code that comes with it (auto_map)"),
    (with_a_processor_of_its_own, "wants code that comes with it (auto_map)"),
    (of_no_such_type, "can not be loaded: ValueError"),
    (without_a_processor, "can not be loaded: OSError"),
    (a_classifier, "is not made for semantic segmentation"),
    (without_background, "has no class 'background'"),
    (shutil.rmtree, "there is no model folder"),
]


@pytest.mark.parametrize(("broken", "reason"), BROKEN)
def test_a_segmenter_that_is_none_or_unsafe_is_refused(
    tiny_segmenter: Path, tmp_path: Path, broken: Callable[[Path], None], reason: str
) -> None:
    model = shutil.copytree(tiny_segmenter, tmp_path / "model")
    broken(model)
    engine = build_engine("segmenter", EngineOptions(segmenter=str(model), home=tmp_path))
    with pytest.raises(EngineUnavailable) as told:
        engine.load()
    assert reason in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("key", "weights"), [("upscaler", f"unet/diffusion_pytorch_{WEIGHTS}"), ("segmenter", WEIGHTS)]
)
def test_a_model_is_pinned_by_command_and_no_other_is_loaded(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, weights: str
) -> None:
    # given a model that was pinned by command
    model = shutil.copytree(request.getfixturevalue(f"tiny_{key}"), tmp_path / "model")
    monkeypatch.setenv("EASEL_HOME", str(tmp_path))
    monkeypatch.setenv(key.upper(), str(model))
    done = CliRunner().invoke(main, ["engines", "pin", key])
    assert done.exit_code == 0, done.output
    (path,) = (tmp_path / "pins").iterdir()
    assert path.name.startswith(f"{key}-model-")

    # when one bit of its weights is another
    content = bytearray((model / weights).read_bytes())
    content[-1] ^= 1
    (model / weights).write_bytes(content)

    # then it is not loaded
    with pytest.raises(EngineUnavailable, match=f"another sha256 .* run: easel engines pin {key} "):
        build_engine(key, engine_options(Settings())).load()


def test_a_pipeline_that_paints_is_no_upscaler(tiny_pipeline: Path, tmp_path: Path) -> None:
    engine = build_engine("upscaler", EngineOptions(upscaler=str(tiny_pipeline), home=tmp_path))
    with pytest.raises(EngineUnavailable, match="is a StableDiffusionPipeline, which is none of "):
        engine.load()


def test_a_treatment_without_a_model_can_not_be_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EASEL_HOME", str(tmp_path))
    done = CliRunner().invoke(main, ["engines", "pin", "segmenter"])
    assert done.exit_code == 1
    assert "the engine 'segmenter' needs a model" in done.output
    assert list(tmp_path.iterdir()) == []
