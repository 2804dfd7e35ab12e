from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from adapters.engines.factory import EngineOptions, build_engine, recipe_of
from domain.catalogue import ENGINES
from domain.ports import EngineUnavailable
from domain.words import Precision

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("key", ENGINES)
def test_every_engine_of_the_catalogue_can_be_built(key: str) -> None:
    engine = build_engine(key, EngineOptions(model="some/model"))
    assert engine.key == key
    assert engine.batch_size == 1


def test_an_unknown_engine_or_a_missing_model_is_unavailable() -> None:
    with pytest.raises(EngineUnavailable, match="'oil'"):
        build_engine("oil", EngineOptions())
    with pytest.raises(EngineUnavailable, match="'gpt-image' that loads a model"):
        recipe_of("gpt-image", EngineOptions())
    with pytest.raises(EngineUnavailable, match="needs a model"):
        build_engine("diffusers", EngineOptions()).load()
    with pytest.raises(EngineUnavailable, match="OPENAI_API_KEY is not set"):
        build_engine("gpt-image", EngineOptions()).load()


def test_each_model_has_its_own_pins(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    models = ["owner/name", "owner/name@main", "other/name", f"{tmp_path}/model", f"{tmp_path}/model/../model/"]
    recipes = [recipe_of("diffusers", EngineOptions(model=model, home=tmp_path)) for model in models]
    paths = [recipe.pins.path for recipe in recipes if recipe.pins]
    assert all(path.parent == tmp_path / "pins" for path in paths)
    assert paths[0].name.startswith("diffusers-name-")
    assert paths[0] == paths[1] != paths[2] != paths[3]
    assert len({*paths[:4]}) == 3
    assert paths[3] == paths[4]


def test_the_small_model_ships_with_its_pins() -> None:
    recipe = recipe_of("small", EngineOptions())
    assert recipe.model == str(ROOT / "models/easel-small")
    assert recipe.pins
    assert (recipe.pins.path, recipe.pins.may_begin) == (ROOT / "models/easel-small.pins.json", False)


def test_four_bits_are_for_the_large_parts_and_need_their_package(tiny_flux: Path) -> None:
    import torch  # noqa: PLC0415 - only where engines need it too

    from adapters.engines.pipeline_loading import four_bits, load_pipeline  # noqa: PLC0415

    recipe = recipe_of("flux-dev-nf4", EngineOptions(), str(tiny_flux))
    assert (recipe.precision, recipe.needs_cuda, recipe.pipeline) == (Precision.NF4, True, "FluxPipeline")
    settings = four_bits(torch.bfloat16)
    assert settings.components_to_quantize == ["transformer", "text_encoder_2"]
    assert settings.quant_kwargs["bnb_4bit_quant_type"] == "nf4"
    assert settings.quant_kwargs["bnb_4bit_compute_dtype"] is torch.bfloat16
    if find_spec("bitsandbytes") is None:
        with pytest.raises(EngineUnavailable, match="need the package bitsandbytes"):
            load_pipeline(replace(recipe, needs_cuda=False), "cpu", None)


def test_nothing_heavy_is_imported_before_load() -> None:
    script = (
        "import sys; from adapters.engines.factory import TREATMENTS, EngineOptions, build_engine; "
        "from domain.catalogue import ENGINES; keys = [*ENGINES, *TREATMENTS]; "
        "[build_engine(key, EngineOptions()) for key in keys]; "
        "print(sorted({'torch', 'diffusers', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_an_engine_whose_packages_are_missing_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "diffusers.py").write_text("raise ImportError('No module named diffusers')")
    script = (
        "from adapters.engines.factory import EngineOptions, build_engine\n"
        "try: build_engine('small', EngineOptions()).load()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{tmp_path}"},
    )
    assert done.stdout.startswith("EngineUnavailable the packages of requirements/ml.in are not installed")
