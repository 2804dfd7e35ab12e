from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageChops
from typer.testing import CliRunner

from adapters.engines import regression
from adapters.engines.regression import Sample
from adapters.engines.sandbox import SandboxEngine
from app.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def painted() -> list[Sample]:
    return regression.samples(SandboxEngine())


def test_every_style_is_painted_with_every_seed(painted: list[Sample]) -> None:
    assert len({sample.name for sample in painted}) == len(painted) == 12
    assert len({sample.image.tobytes() for sample in painted}) == 12


def test_the_same_pictures_do_not_differ(painted: list[Sample], tmp_path: Path) -> None:
    regression.keep(tmp_path, "1", painted)
    before = regression.kept(tmp_path)
    assert before
    revision, old = before
    assert revision == "1"
    assert [(each.pixels, each.dhash) for each in regression.differences(old, painted)] == [(0.0, 0)] * 12


def test_what_changed_is_told_by_how_much() -> None:
    grey, white = Image.new("RGB", (64, 64), (51, 51, 51)), Image.new("RGB", (64, 64), (255, 255, 255))
    slope = Image.linear_gradient("L").resize((64, 64)).rotate(90).convert("RGB")
    before = [Sample("same", grey), Sample("lighter", grey), Sample("turned", slope), Sample("larger", grey)]
    after = [
        Sample("same", grey),
        Sample("lighter", white),
        Sample("turned", ImageChops.invert(slope)),
        Sample("larger", grey.resize((65, 64))),
    ]
    same, lighter, turned, larger = regression.differences(before, after)
    assert (same.pixels, same.dhash) == (0.0, 0)
    assert (lighter.pixels, lighter.dhash) == (0.8, 0)
    assert turned.pixels == pytest.approx(0.5, abs=0.01)
    assert turned.dhash == 64
    assert (larger.pixels, larger.dhash) == (1.0, 64)


def test_a_change_is_found_by_command(painted: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EASEL_HOME", str(tmp_path))
    folder = tmp_path / "engines" / "sandbox"

    first = CliRunner().invoke(main, ["engines", "compare", "sandbox"])
    assert first.exit_code == 0, first.output
    assert "12 pictures of 1 are kept" in first.output

    # when one picture was another before
    (file, *_) = sorted(folder.glob("*.png"))
    Image.open(file).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(file)
    changed = CliRunner().invoke(main, ["engines", "compare", "sandbox"])

    # then that is told, and shown
    assert changed.exit_code == 1
    told = [line for line in changed.output.splitlines() if "pixels" in line and "pixels 0.0000" not in line]
    assert [line.split()[0] for line in told] == [file.stem]
    with Image.open(folder / "1-1.webp") as sheet:
        assert sheet.height == 260

    # and it is no change any more once that is asked for
    renewed = CliRunner().invoke(main, ["engines", "compare", "sandbox", "--renew"])
    assert renewed.exit_code == 0
    before = regression.kept(folder)
    assert before
    assert {each.pixels for each in regression.differences(before[1], painted)} == {0.0}


def test_an_engine_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EASEL_HOME", str(tmp_path))
    assert CliRunner().invoke(main, ["engines", "compare", "nobody"]).exit_code == 1
    assert not list(tmp_path.iterdir())
