"""What may be loaded: whole safetensors that are what was pinned, and nothing that could hold code."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from adapters.engines.diffusion import DiffusersEngine
from adapters.engines.pins import PinsFile
from adapters.engines.recipes import PipelineRecipe
from adapters.engines.weights import files_to_load
from domain.ports import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNET = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture
def model(tiny_pipeline: Path, tmp_path: Path) -> Path:
    """Return a pipeline's folder to break."""
    return shutil.copytree(tiny_pipeline, tmp_path / "model")


def recipe(model: Path, **options: Any) -> PipelineRecipe:  # noqa: ANN401 - fields of the recipe
    return PipelineRecipe(model=str(model), pins=PinsFile(model.parent / "pins.json"), **options)


def unavailable(model: Path, **options: Any) -> str:  # noqa: ANN401
    """Return why an engine can not load the model."""
    with pytest.raises(EngineUnavailable) as refused:
        DiffusersEngine(recipe(model, **options), device="cpu").load()
    assert "\n" not in str(refused.value)
    return str(refused.value)


def index_with(model: Path, **entries: object) -> None:
    path = model / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def truncated(model: Path) -> None:
    content = (model / UNET).read_bytes()
    (model / UNET).write_bytes(content[:-1])


def cut_in_the_header(model: Path) -> None:
    content = (model / UNET).read_bytes()
    (model / UNET).write_bytes(content[:100])


def emptied(model: Path) -> None:
    (model / UNET).write_bytes(b"")


def pickled(model: Path) -> None:
    (model / UNET).rename(model / "unet/diffusion_pytorch_model.bin")


def without_weights(model: Path) -> None:
    (model / UNET).unlink()


def without_a_part(model: Path) -> None:
    shutil.rmtree(model / "vae")


def without_a_shard(model: Path) -> None:
    first = "diffusion_pytorch_model-00001-of-00002.safetensors"
    (model / UNET).rename(model / "unet" / first)
    shards = {"a": first, "b": "diffusion_pytorch_model-00002-of-00002.safetensors"}
    (model / "unet/diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))


def with_code(model: Path) -> None:
    (model / "unet" / "my_unet.py").write_text("raise SystemExit")


def with_a_pipeline_of_its_own(model: Path) -> None:
    index_with(model, _class_name=["pipeline", "MyPipeline"])


def with_a_class_of_its_own(model: Path) -> None:
    index_with(model, unet=["my_unet", "MyUNet"])


def with_a_part_elsewhere(model: Path) -> None:
    index_with(model, **{"../vae": ["diffusers", "AutoencoderKL"]})


def with_an_auto_map(model: Path) -> None:
    path = model / "text_encoder/config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"auto_map": {"AutoModel": "code.Model"}}))


def without_an_index(model: Path) -> None:
    (model / "model_index.json").unlink()


def with_a_broken_index(model: Path) -> None:
    (model / "model_index.json").write_text("[1")


BROKEN: list[tuple[Callable[[Path], None], str]] = [
    (truncated, "truncated: 290007 bytes of 290008"),
    (cut_in_the_header, "truncated, or no safetensors"),
    (emptied, "truncated, or no safetensors"),
    (pickled, "unet/diffusion_pytorch_model.bin are no safetensors, and can hold code"),
    (without_weights, "the part 'unet' of the model has no weights"),
    (without_a_part, "the part 'vae' of the model is missing"),
    (without_a_shard, "unet/diffusion_pytorch_model-00002-of-00002.safetensors are missing"),
    (with_code, "the model comes with code, which is never run: unet/my_unet.py"),
    (with_a_pipeline_of_its_own, "names code of its own"),
    (with_a_class_of_its_own, "names code of its own for 'unet'"),
    (with_a_part_elsewhere, "names code of its own for '../vae'"),
    (with_an_auto_map, "the part 'text_encoder' of the model wants code that comes with it"),
    (without_an_index, "there is no 'model_index.json'"),
    (with_a_broken_index, "does not describe a pipeline"),
]


@pytest.mark.parametrize(("broken", "reason"), BROKEN)
def test_a_broken_or_unsafe_model_is_refused_and_not_pinned(
    model: Path, broken: Callable[[Path], None], reason: str
) -> None:
    broken(model)
    assert reason in unavailable(model)
    assert not (model.parent / "pins.json").exists()


def test_pickles_and_other_variants_beside_safetensors_are_not_read(model: Path) -> None:
    files = files_to_load(model)
    for name in ("diffusion_pytorch_model.bin", "diffusion_pytorch_model.fp16.safetensors"):
        (model / "unet" / name).write_bytes(b"anything")
    assert files_to_load(model) == files
    assert UNET in files
    assert "model_index.json" in files


def test_a_model_is_pinned_at_its_first_use_and_compared_at_every_later_one(model: Path) -> None:
    # given a model that was used once
    engine = DiffusersEngine(recipe(model), device="cpu")
    engine.load()
    again = DiffusersEngine(recipe(model), device="cpu")
    again.load()
    assert engine.revision == again.revision
    assert re.fullmatch("[0-9a-f]{16}", engine.revision)

    # when one bit of its weights is another
    content = bytearray((model / UNET).read_bytes())
    content[-1] ^= 1
    (model / UNET).write_bytes(content)

    # then it is not loaded
    reason = unavailable(model)
    assert f"'{UNET}' of the model '{model}' has another sha256" in reason
    assert reason.endswith(f"if that is meant, run: easel engines pin diffusers {model}")

    # until it is pinned anew
    pins = recipe(model).pin()
    changed = DiffusersEngine(recipe(model), device="cpu")
    changed.load()
    assert changed.revision == pins.digest != engine.revision


def test_files_that_come_go_or_grow_after_pinning_are_told(model: Path) -> None:
    recipe(model).pin()
    settings = model / "scheduler/scheduler_config.json"
    settings.write_text(settings.read_text() + " ")
    assert "'scheduler/scheduler_config.json' of the model" in unavailable(model)
    settings.unlink()
    assert "'scheduler/scheduler_config.json' of the model" in unavailable(model)
    recipe(model).pin()
    settings.write_text("{}")
    assert "was not there when the model was pinned" in unavailable(model)


def test_a_model_that_ships_is_not_trusted_at_first_use(model: Path) -> None:
    pins = PinsFile(model.parent / "pins.json", may_begin=False)
    shipped = PipelineRecipe(key="small", model=str(model), pins=pins)
    with pytest.raises(EngineUnavailable, match="is not pinned; run: easel engines pin small"):
        shipped.prepare()
    assert not pins.path.exists()
    shipped.pin()
    assert shipped.prepare()[0] == model


def test_pins_that_can_not_be_read_are_told(model: Path) -> None:
    (model.parent / "pins.json").write_text("{}")
    assert "can not be read" in unavailable(model)


def test_a_pipeline_of_another_class_is_refused(model: Path) -> None:
    assert "describes a StableDiffusionPipeline, not a FluxPipeline" in unavailable(model, pipeline="FluxPipeline")


def test_an_engine_that_needs_cuda_is_unavailable_without(model: Path) -> None:
    assert unavailable(model, key="flux-dev", needs_cuda=True) == (
        "the engine 'flux-dev' needs a CUDA device, and there is none"
    )


@pytest.mark.parametrize("name", ["owner/name", "owner/name@main"])
def test_a_hub_id_without_a_commit_is_refused(tmp_path: Path, name: str) -> None:
    pins = PinsFile(tmp_path / "pins.json")
    with pytest.raises(EngineUnavailable, match="pinned to no commit; run: easel engines pin diffusers owner/name"):
        PipelineRecipe(model=name, pins=pins).prepare()
