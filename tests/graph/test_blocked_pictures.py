"""Pictures that the content guard blocks once they are painted, as their owner sees it; and how it is set up."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from audit import check_end
from conftest import ROOT, install
from stored import sql
from tiny_pipeline import build_tiny_safety_checker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

QUICK = {"ratio": "1:1", "steps": 2, "seed": 7, "count": 1}
JOB = """query($id: ID!) { generationJob(id: $id) { status blockedCount failedCount releasedCredits
    slots { status failure { code message } image { id url } } } }"""


@pytest.fixture
def guarded(tmp_path: Path, spare_database_url: str, spare_redis_url: str) -> Iterator[Installation]:
    """Run an Easel with a block list that says nothing yet."""
    (tmp_path / "blocked.txt").write_text("# nothing yet\n")
    installation = install(
        tmp_path, spare_database_url, spare_redis_url, BLOCKED_PICTURES=str(tmp_path / "blocked.txt")
    )
    with installation.running("api", "worker", "relay"):
        yield installation


async def painted(client: GraphClient, key: str) -> dict[str, Any]:
    """Return a job that has ended; all of them paint the same picture."""
    job_id = (await client.submit("a cat", key=key, **QUICK))["job"]["id"]
    _ = [event async for event in client.watch(job_id)]
    job: dict[str, Any] = (await client.data(JOB, {"id": job_id}))["generationJob"]
    return job


def stored(easel: Installation) -> set[Path]:
    return {path for path in (easel.folder / "media").rglob("*") if path.is_file()}


async def test_a_known_picture_is_blocked_when_it_comes_back(guarded: Installation) -> None:
    # given a picture whose hash was put on the list
    client, database_url = await guarded.signed_up(), guarded.environment["DATABASE_URL"]
    listed = guarded.folder / "blocked.txt"
    assert (await painted(client, "first"))["status"] == "SUCCEEDED"
    ((known,),) = sql(database_url, "SELECT lpad(to_hex(dhash), 16, '0') FROM media_assets")
    listed.write_text(f"{known} the first of its kind\n")
    before = stored(guarded)

    # when it is painted again
    job = await painted(client, "again")

    # then its owner is told, has the credits back, and nothing was stored
    (slot,) = job.pop("slots")
    assert job == {"status": "BLOCKED", "blockedCount": 1, "failedCount": 0, "releasedCredits": 1}
    assert (slot["status"], slot["failure"]["code"], slot["image"]) == ("BLOCKED", "CONTENT_BLOCKED", None)
    assert (await client.core("me"))["creditAccount"] == {"balance": 99, "held": 0}
    assert stored(guarded) == before
    assert len(before) == 4
    log = (guarded.folder / "worker.log").read_text()
    assert "KNOWN_PICTURE" in log
    assert "the first of its kind" in log

    # and where it can not be judged, nobody sees it either
    listed.write_text("broken\n")
    told = []
    for language in ("en", "ko"):
        client.language = language
        (slot,) = (await painted(client, language))["slots"]
        assert (slot["status"], slot["failure"]["code"], slot["image"]) == ("FAILED", "CHECK_UNAVAILABLE", None)
        told.append(slot["failure"]["message"])
    assert told[0].startswith("The content guard could not check this image.")
    assert told[1].startswith("콘텐츠 가드가 이 이미지를 확인하지 못했습니다.")
    assert stored(guarded) == before
    check_end(database_url)


async def test_what_the_safety_checker_flags_is_blocked(guarded: Installation) -> None:
    client = await guarded.signed_up()
    guarded.processes["worker"].stop()
    guarded.start("worker", SAFETY_CHECKER=str(build_tiny_safety_checker(guarded.folder / "strict")))

    (slot,) = (await painted(client, "k"))["slots"]

    assert (slot["status"], slot["failure"]["code"], slot["image"]) == ("BLOCKED", "CONTENT_BLOCKED", None)
    assert (await client.core("me"))["creditAccount"] == {"balance": 100, "held": 0}
    assert stored(guarded) == set()
    assert guarded.processes["worker"].stop() == 0


def test_a_worker_with_a_broken_list_does_not_start(tmp_path: Path) -> None:
    easel = install(tmp_path, "", "")
    (tmp_path / "blocked.txt").write_text("broken\n")
    environment = easel.environment | {"BLOCKED_PICTURES": str(tmp_path / "blocked.txt")}

    done = subprocess.run(
        [sys.executable, "-m", "app", "worker"],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("line 1 of the block list ")
    assert len(done.stderr.splitlines()) == 1
