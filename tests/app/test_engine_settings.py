"""Which engines an installation paints with, and how their models are pinned by command."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from app.cli import main
from app.engines import engine_options
from app.settings import Settings
from tiny_pipeline import build_tiny_safety_checker

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("environment", "keys"),
    [
        ({}, ("small",)),
        ({"ENGINE": "diffusers", "MODEL": "/models/mine"}, ("diffusers",)),
        ({"ENGINES": "sdxl, sandbox,sdxl"}, ("sdxl", "sandbox")),
        ({"ENGINE": "sandbox", "ENGINES": "sd15"}, ("sd15",)),
        ({"ENGINE": "sd15", "ENGINES": ""}, ("sd15",)),
    ],
)
def test_engines_are_named_one_or_several(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], keys: tuple[str, ...]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Settings().engine_keys == keys


@pytest.mark.parametrize(("name", "value"), [("ENGINE", "oil"), ("ENGINES", "sandbox,oil"), ("ENGINES", "sandbox,")])
def test_an_engine_that_is_not_there_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match="there is no engine"):
        Settings()


def test_the_key_is_for_the_engine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    settings = Settings()
    assert engine_options(settings).openai_api_key == "sk-secret"
    assert "sk-secret" not in f"{settings!r} {settings} {settings.model_dump()}"
    assert "sk-secret" not in f"{engine_options(settings)!r}"


def test_a_folder_is_pinned_by_command(tiny_pipeline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EASEL_HOME", str(tmp_path))
    model = shutil.copytree(tiny_pipeline, tmp_path / "model")

    done = CliRunner().invoke(main, ["engines", "pin", "diffusers", str(model)])

    assert done.exit_code == 0, done.output
    (path,) = (tmp_path / "pins").iterdir()
    pins = json.loads(path.read_text())
    assert (pins["model"], pins["revision"]) == ("model", "")
    weights = "unet/diffusion_pytorch_model.safetensors"
    assert pins["files"][weights]["size"] == (model / weights).stat().st_size
    assert f"{len(pins['files'])} files of {model.name} are pinned as " in done.output


def test_the_safety_checker_is_pinned_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_tiny_safety_checker(tmp_path / "model")
    monkeypatch.setenv("EASEL_HOME", str(tmp_path))
    monkeypatch.setenv("SAFETY_CHECKER", str(model))

    done = CliRunner().invoke(main, ["engines", "pin", "safety-checker"])

    assert done.exit_code == 0, done.output
    (path,) = (tmp_path / "pins").iterdir()
    assert path.name.startswith("safety-checker-model-")
    assert sorted(json.loads(path.read_text())["files"]) == [
        "config.json",
        "model.safetensors",
        "preprocessor_config.json",
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["safety-checker"], "'safety-checker' needs a model"),
        (["oil"], "there is no engine called 'oil' that loads a model"),
        (["sandbox"], "there is no engine called 'sandbox' that loads a model"),
        (["diffusers"], "needs a model"),
        (["diffusers", "/nowhere/at/all"], "there is no model folder"),
    ],
)
def test_what_can_not_be_pinned_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], reason: str
) -> None:
    monkeypatch.setenv("EASEL_HOME", str(tmp_path))
    done = CliRunner().invoke(main, ["engines", "pin", *arguments])
    assert done.exit_code == 1
    assert reason in done.output
    assert list(tmp_path.iterdir()) == []
