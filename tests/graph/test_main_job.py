"""The main job, as a client lives it: sign up, describe, watch, keep, publish, see it in the feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from stream_readers import beginning

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio


async def test_from_sign_up_to_the_feed(easel: Installation) -> None:
    client = await easel.signed_up("painter")

    # when a job is submitted and watched
    submitted = await client.submit("노을 지는 바다 🌊", key="first", count=2, ratio="1:1", style="watercolor")
    job_id = submitted["job"]["id"]
    events = [event async for event in client.watch(job_id, beginning(job_id))]

    # then it is told from snapshot to completion, each event once and in order
    kinds = [event["__typename"] for event in events]
    assert kinds[0] == "GenerationSnapshot"
    assert kinds[-1] == "GenerationCompleted"
    assert kinds.count("GenerationImageReady") == 2
    assert "GenerationProgress" in kinds
    sequences = [event["sequence"] for event in events[1:]]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    assert events[-1]["job"] == events[-1]["job"] | {"status": "SUCCEEDED", "succeededCount": 2, "releasedCredits": 0}

    # and the credits add up
    assert (await client.core("me"))["creditAccount"] == {"balance": 98, "held": 0}

    # and the picture can be read, published and seen
    image = next(event for event in events if event["__typename"] == "GenerationImageReady")["slot"]["image"]
    async with httpx2.AsyncClient() as http:
        picture = await http.get(image["url"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    published = await client.core(
        "publish", {"assetIds": [image["id"]], "title": "바다", "tags": ["#Sea", "바다"], "visibility": "PUBLIC"}
    )
    feed = await easel.client().core("feed", kind="LATEST", first=10)
    assert [edge["node"]["id"] for edge in feed["edges"]] == [published["artwork"]["id"]]
    assert feed["edges"][0]["node"]["tags"] == ["sea", "바다"]
    one = await easel.client().core("one", id=published["artwork"]["id"])
    assert (one["title"], one["prompt"], one["style"]) == ("바다", "노을 지는 바다 🌊", "watercolor")
