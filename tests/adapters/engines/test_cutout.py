from __future__ import annotations

import sys

import numpy as np
import pytest
from PIL import Image

from adapters.engines.cutout import cut_out
from adapters.engines.sources import Unusable
from domain.words import FailureCode
from scenery import landscape


def test_where_grabcut_tells_nothing_apart_the_middle_stays() -> None:
    noise = np.random.default_rng(0).integers(0, 2, (48, 64, 1)).repeat(3, axis=2).astype(np.uint8) * np.uint8(8)
    stripes = Image.fromarray(noise)
    cut, method = cut_out(stripes)
    alpha = np.asarray(cut.getchannel("A"))
    assert method == "centre"
    assert alpha[24, 32] == 255
    assert max(alpha[2, 2], alpha[46, 62]) == 0


def test_without_opencv_the_operation_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(Unusable, match="OpenCV is not installed") as refused:
        cut_out(landscape())
    assert refused.value.code is FailureCode.ENGINE_UNAVAILABLE


def test_the_picture_under_the_cut_is_untouched() -> None:
    picture = Image.new("RGB", (60, 40), "navy")
    picture.paste("orange", (20, 10, 40, 30))
    cut, method = cut_out(picture)
    assert method == "grabcut"
    assert cut.convert("RGB").tobytes() == picture.tobytes()
