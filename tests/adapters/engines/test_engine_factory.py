from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.engines.factory import build_engine
from domain.catalogue import ENGINES
from domain.ports import EngineUnavailable

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("key", ENGINES)
def test_every_engine_of_the_catalogue_can_be_built(key: str) -> None:
    engine = build_engine(key, "some/model")
    assert engine.key == key
    assert engine.batch_size == 1


def test_an_unknown_engine_or_a_missing_model_is_unavailable() -> None:
    with pytest.raises(EngineUnavailable, match="'oil'"):
        build_engine("oil")
    with pytest.raises(EngineUnavailable, match="needs a model"):
        build_engine("diffusers")


def test_nothing_heavy_is_imported_before_load() -> None:
    script = (
        "import sys; from adapters.engines.factory import build_engine; import adapters.engines.diffusion; "
        "build_engine('sandbox'); build_engine('diffusers', 'some/model'); "
        "print(sorted({'torch', 'diffusers', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_an_engine_whose_packages_are_missing_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "diffusers.py").write_text("raise ImportError('No module named diffusers')")
    script = (
        "from adapters.engines.factory import build_engine\n"
        "try: build_engine('diffusers', 'some/model').load()\n"
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
