"""Places in streams."""

from __future__ import annotations

from uuid import uuid4

import pytest

from domain.errors import BadCursor
from domain.ports import Position
from domain.streams import of_job
from domain.watching import cursor_of, position_of


def test_a_cursor_names_its_stream_its_place_and_its_end() -> None:
    stream, position = of_job(uuid4()), Position((1_700_000_000_000, 3), 17)

    assert position_of(stream, cursor_of(stream, position)) == (position, False)
    assert position_of(stream, cursor_of(stream, position, is_last=True)) == (position, True)
    with pytest.raises(BadCursor):
        position_of(of_job(uuid4()), cursor_of(stream, position))
    with pytest.raises(BadCursor):
        position_of(stream, "no cursor")
