"""Pictures that the content guard blocks once they are painted, as their owner sees it; and how it is set up."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from audit import check_end
from conftest import ROOT, install
from stored import sql
from tiny_pipeline import build_tiny_safety_checker

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

QUICK = {"size": {"width": 64, "height": 64}, "steps": 2, "seed": 7, "count": 1}
JOB = """query($id: ID!) { generationJob(id: $id) { id status blockedCount failedCount releasedCredits
    slots { status failure { code message } image { id url } } } }"""


async def painted(client: GraphClient, key: str) -> dict[str, Any]:
    """Return a job that has ended; all of them paint the same picture."""
    job_id = (await client.submit("a cat", key=key, **QUICK))["job"]["id"]
    _ = [event async for event in client.watch(job_id)]
    job: dict[str, Any] = (await client.data(JOB, {"id": job_id}))["generationJob"]
    return job


def command(easel: Installation, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``easel pictures``."""
    argv = (sys.executable, "-m", "app", "pictures", *words)
    return subprocess.run(
        argv, cwd=ROOT, env=easel.environment, check=False, capture_output=True, text=True, timeout=60
    )


def stored(easel: Installation) -> set[Path]:
    return {path for path in (easel.folder / "media").rglob("*") if path.is_file()}


async def test_a_known_picture_is_blocked_when_it_comes_back(fragile: Installation) -> None:
    # given a picture whose hash was put on the list
    client, database_url = await fragile.signed_up(), fragile.environment["DATABASE_URL"]
    listed = fragile.folder / "blocked.txt"
    assert (await painted(client, "first"))["status"] == "SUCCEEDED"
    ((known,),) = sql(database_url, "SELECT lpad(to_hex(dhash), 16, '0') FROM media_assets")
    listed.write_text(f"# of today\n{known} the first of its kind\n")
    assert (await asyncio.to_thread(command, fragile, "block", str(listed))).stdout == "1 pictures are on the list.\n"
    before = stored(fragile)

    # when it is painted again
    job = await painted(client, "again")

    # then its owner is told, has the credits back, and nothing was stored
    (slot,) = job.pop("slots")
    assert job | {"id": ""} == {
        "id": "",
        "status": "BLOCKED",
        "blockedCount": 1,
        "failedCount": 0,
        "releasedCredits": 1,
    }
    assert (slot["status"], slot["failure"]["code"], slot["image"]) == ("BLOCKED", "CONTENT_BLOCKED", None)
    assert (await client.core("me"))["creditAccount"] == {"balance": 99, "held": 0}
    assert stored(fragile) == before
    assert len(before) == 4
    log = (fragile.folder / "worker.log").read_text()
    assert "KNOWN_PICTURE" in log
    assert "the first of its kind" in log

    # and the decision is theirs to read
    query = "{ viewer { guardDecisions { nodes { subject effect reason message prompt jobId } } } }"
    for language, told in (("en", "must not be shown again"), ("ko", "다시 보여 줄 수 없는")):
        client.language = language
        (decision,) = (await client.data(query))["viewer"]["guardDecisions"]["nodes"]
        assert told in decision.pop("message")
        assert decision == {
            "subject": "PICTURE",
            "effect": "BLOCK",
            "reason": "KNOWN_PICTURE",
            "prompt": "",
            "jobId": job["id"],
        }

    # until it is taken from the list
    done = await asyncio.to_thread(command, fragile, "unblock", known)
    assert done.stdout == "1 pictures left the list.\n"
    assert (await painted(client, "once more"))["status"] == "SUCCEEDED"
    check_end(database_url)


async def test_what_the_safety_checker_flags_is_blocked(fragile: Installation) -> None:
    client = await fragile.signed_up()
    fragile.processes["worker"].stop()
    fragile.start("worker", SAFETY_CHECKER=str(build_tiny_safety_checker(fragile.folder / "strict")))

    (slot,) = (await painted(client, "k"))["slots"]

    assert (slot["status"], slot["failure"]["code"], slot["image"]) == ("BLOCKED", "CONTENT_BLOCKED", None)
    assert (await client.core("me"))["creditAccount"] == {"balance": 100, "held": 0}
    assert stored(fragile) == set()
    assert fragile.processes["worker"].stop() == 0


def test_a_list_that_can_not_be_understood_blocks_nothing(tmp_path: Path, database_url: str) -> None:
    easel = install(tmp_path, database_url, "")
    good, broken = tmp_path / "good.txt", tmp_path / "broken.txt"
    good.write_text("0123456789abcdef\n")
    broken.write_text("broken\n")

    done = command(easel, "block", str(good), str(broken))

    assert done.returncode == 1
    assert done.stderr.startswith("line 1 of the block list ")
    assert len(done.stderr.splitlines()) == 1
    assert sql(database_url, "SELECT dhash FROM blocked_pictures") == []
