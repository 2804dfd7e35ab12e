"""The life of a stored image: every move that is legal, and every one that is not."""

from __future__ import annotations

from itertools import product
from typing import Final
from uuid import uuid4

import pytest

from db.tables import MediaAsset
from db.words import AssetStatus
from domain import media
from domain.media import IllegalMove

LEGAL: Final = {
    ("UPLOADING", "SCANNING"),
    ("UPLOADING", "FAILED"),
    ("PENDING", "SCANNING"),
    ("PENDING", "FAILED"),
    ("SCANNING", "READY"),
    ("SCANNING", "REJECTED"),
    ("SCANNING", "FAILED"),
    ("READY", "HIDDEN"),
    ("HIDDEN", "READY"),
    ("READY", "TRASHED"),
    ("TRASHED", "READY"),
    ("TRASHED", "PURGED"),
}


@pytest.mark.parametrize(("here", "there"), [*product(AssetStatus, AssetStatus)], ids=str)
def test_only_listed_moves_are_legal(here: AssetStatus, there: AssetStatus) -> None:
    asset = MediaAsset(owner_id=uuid4(), status=here)
    if (here.value, there.value) in LEGAL:
        media.move(asset, there)
        assert asset.status is there
    else:
        with pytest.raises(IllegalMove):
            media.move(asset, there)
        assert asset.status is here
