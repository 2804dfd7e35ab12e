"""The life of an archive: every move that is legal, and every one that is not."""

from __future__ import annotations

from itertools import product
from typing import Final
from uuid import uuid4

import pytest

from db.tables import Archive
from db.words import JobStatus
from domain import archives_states
from domain.jobs import IllegalMove

LEGAL: Final = {
    ("QUEUED", "RUNNING"),
    ("QUEUED", "CANCELED"),
    ("RUNNING", "QUEUED"),
    ("RUNNING", "SUCCEEDED"),
    ("RUNNING", "PARTIAL"),
    ("RUNNING", "FAILED"),
    ("RUNNING", "CANCELED"),
    ("SUCCEEDED", "EXPIRED"),
    ("PARTIAL", "EXPIRED"),
}


@pytest.mark.parametrize(("here", "there"), [*product(JobStatus, JobStatus)], ids=str)
def test_only_listed_moves_of_archives_are_legal(here: JobStatus, there: JobStatus) -> None:
    archive = Archive(user_id=uuid4(), name="a.zip", fingerprint="", image_count=1, status=here)
    if (here.value, there.value) in LEGAL:
        archives_states.move(archive, there)
        assert archive.status is there
    else:
        with pytest.raises(IllegalMove):
            archives_states.move(archive, there)
        assert archive.status is here
