"""The shipped example pictures of styles are what the shipped model paints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image
from typer.testing import CliRunner

from adapters.engines.regression import Sample, differences
from app.cli import main
from app.styles import FOLDER
from domain.catalogue import STYLES

if TYPE_CHECKING:
    from pathlib import Path


def test_the_pictures_are_painted_again_as_they_are(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["styles", "render", "--out", str(tmp_path), "--sheet", str(tmp_path / "all.webp")]
    )

    assert result.exit_code == 0, result.output
    shipped, painted = (
        [Sample(key, Image.open(folder / f"{key}.webp").convert("RGB")) for key in STYLES]
        for folder in (FOLDER, tmp_path)
    )
    for difference in differences(shipped, painted):
        assert (difference.pixels < 0.02, difference.dhash <= 4) == (True, True), difference
    with Image.open(tmp_path / "all.webp") as sheet:
        assert sheet.size == (6 * 164 - 4, 160)
