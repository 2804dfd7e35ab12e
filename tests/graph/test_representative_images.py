"""Representative images as the plan for them asks, over the graph: what a front end shows is what is there.

The sentences of its definition of done and of its list for testers are the names of these tests.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize
from uuid import uuid4

import pytest

from audit import check_end, check_rows
from gallery_client import OWNER, change, create, hang, ids, owner_of, painted
from graph_client import http_client
from stored import row_counts, sql

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

KINDS: Final = ("Character", "Story", "OrigChat")
SMALL: Final = {"size": {"width": 64, "height": 64}, "steps": 1}
JOB: Final = """query($id: ID!) { generationJob(id: $id) {
  status progress succeededCount failedCount blockedCount skippedCount releasedCredits owner { id }
  slots { index status image { id url ownerId isPrimary } failure { code message advice } } } }"""
CARDS: Final = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on MediaOwner {
  id avatarUrl galleryCount mediaVersion primaryMedia { id url } } } }"""
FOLLOW: Final = f"""subscription($ownerId: ID!) {{ entityMediaChanged(ownerId: $ownerId) {{
  change media {{ id }} owner {{ ...Owner }} }} }} {OWNER}"""
RETRY: Final = """mutation($input: RetryFailedImagesInput!) { retryFailedImages(input: $input) {
  ... on RetryFailedImagesSuccess { job { id count owner { id } parent { id } } } ... on UserError { code path } } }"""


async def submitted(client: GraphClient, owner: str, count: int, prompt: str = "a cat") -> str:
    """Submit a small job for an owner and return its id."""
    result = await client.submit(prompt, uuid4().hex, count=count, ownerId=owner, **SMALL)
    job: str = result["job"]["id"]
    return job


async def polled(client: GraphClient, job: str) -> dict[str, Any]:
    """Return a job as who polls reads it."""
    found: dict[str, Any] = (await client.data(JOB, {"id": job}))["generationJob"]
    return found


async def followed(client: GraphClient, owner: str) -> AsyncGenerator[dict[str, Any], None]:
    """Yield what a gallery tells, without an end."""
    async with client.socket() as socket, asyncio.timeout(30):
        async for data in socket.subscribe(FOLLOW, {"ownerId": owner}):
            yield data["entityMediaChanged"]


def grid_of(events: list[dict[str, Any]], count: int) -> list[str]:
    """Return the grid of thumbnails that a front end has filled by the events of a job: a state for each image."""
    grid = ["PENDING"] * count
    for event in events:
        if event["__typename"] == "GenerationSnapshot":
            grid = [slot["status"] for slot in event["job"]["slots"]]
        elif event["__typename"] == "GenerationImageReady":
            grid[event["slot"]["index"]] = "READY"
        elif event["__typename"] == "GenerationImageFailed":
            failure = event["slot"]["failure"]["code"]
            grid[event["slot"]["index"]] = "BLOCKED" if failure == "CONTENT_BLOCKED" else "FAILED"
    return grid


@pytest.mark.parametrize(
    ("count", "words", "status", "grid"),
    [
        (1, "", "SUCCEEDED", ["READY"]),
        (8, "", "SUCCEEDED", ["READY"] * 8),
        (8, " #fail:2 #block:4", "PARTIAL", ["FAILED"] * 2 + ["BLOCKED"] * 2 + ["READY"] * 4),
        (1, " #fail", "FAILED", ["FAILED"]),
    ],
)
async def test_with_one_or_eight_images_or_mixed_failures_all_that_is_shown_agrees(
    easel: Installation, database_url: str, count: int, words: str, status: str, grid: list[str]
) -> None:
    client = await easel.signed_up()
    owner = await create(client, "Character")
    async with aclosing(followed(client, owner)) as changes:
        assert ids((await anext(changes))["owner"]) == []

        job = await submitted(client, owner, count, f"a cat{words}")
        events = [event async for event in client.watch(job)]
        told = [await anext(changes) for _ in range(grid.count("READY"))]

    # then the grid that was filled by events, what is polled, the counts of the toast and the gallery are the same
    found = await polled(client, job)
    assert grid_of(events, count) == [slot["status"] for slot in found["slots"]] == grid
    counts = {state: grid.count(state) for state in ("READY", "FAILED", "BLOCKED")}
    assert (found["status"], found["progress"], found["owner"]) == (status, 1, {"id": owner})
    assert (found["succeededCount"], found["failedCount"], found["blockedCount"]) == tuple(counts.values())
    assert (found["skippedCount"], found["releasedCredits"]) == (0, count - counts["READY"])
    last = events[-1]["job"]
    assert (last["status"], last["succeededCount"], last["failedCount"]) == (status, counts["READY"], counts["FAILED"])

    # and the gallery has exactly what is ready, in order, with the first that came as the one that stands for all
    gallery = await owner_of(client, owner)
    ready = [slot["image"]["id"] for slot in found["slots"] if slot["image"]]
    assert (ids(gallery), gallery["galleryCount"]) == (ready, counts["READY"])
    assert [event["change"] for event in told] == ["ADDED"] * counts["READY"]
    if ready:
        assert told[-1]["owner"] == gallery
        assert gallery["primaryMedia"] == {"id": told[0]["media"]["id"]}
    assert all(slot["image"] is None and slot["failure"] for slot in found["slots"] if slot["status"] != "READY")
    assert (await client.core("me"))["creditAccount"] == {"balance": 100 - counts["READY"], "held": 0}
    check_end(database_url)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_chosen_picture_stays_after_going_back_and_after_a_reload(
    easel: Installation, database_url: str, kind: str
) -> None:
    client = await easel.signed_up()
    owner = await create(client, kind)
    first, second, third = hang(database_url, client, owner, 3)

    chosen = (await change(client, "setPrimaryMedia", ownerId=owner, assetId=third))["owner"]

    # then a client that knows nothing of it, as after a reload, is told the same; and so is anybody else's card
    reloaded = easel.client(client.token)
    assert await owner_of(reloaded, owner) == chosen
    assert chosen["primaryMedia"] == {"id": third}
    for reader in (reloaded, easel.client(), await easel.signed_up()):
        (card,) = (await reader.data(CARDS, {"ids": [owner]}))["nodes"]
        assert (card["primaryMedia"]["id"], card["mediaVersion"]) == (third, chosen["mediaVersion"])
        assert third.removeprefix("asset_") in card["avatarUrl"].replace("-", "")

    # and it outlives what happens to the others, until it is deleted itself
    await change(client, "reorderMedia", ownerId=owner, ids=[second, first], expectedVersion=1)
    await change(client, "deleteMedia", assetId=first)
    assert (await owner_of(reloaded, owner))["primaryMedia"] == {"id": third}
    await change(client, "deleteMedia", assetId=third)
    assert (await owner_of(reloaded, owner))["primaryMedia"] == {"id": second}
    check_rows(database_url)


async def test_a_deletion_that_is_undone_and_an_order_that_is_given_up_leave_what_the_server_has(
    easel: Installation, database_url: str
) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    pictures = hang(database_url, client, owner, 4)
    async with aclosing(followed(easel.client(client.token), owner)) as elsewhere:
        await anext(elsewhere)

        # given a picture that is deleted and, on second thoughts, restored
        deleted = await change(client, "deleteMedia", assetId=pictures[1])
        restored = await change(client, "restoreMedia", assetId=pictures[1])
        assert ids(deleted["owner"]) == [pictures[0], *pictures[2:]]
        assert ids(restored["owner"]) == pictures

        # and an order that is dragged in one tab while the other had sorted
        sorted_first = await change(
            client, "reorderMedia", ownerId=owner, ids=pictures[::-1], expectedVersion=restored["owner"]["mediaVersion"]
        )
        stale = await change(
            client, "reorderMedia", ownerId=owner, ids=pictures, expectedVersion=restored["owner"]["mediaVersion"]
        )
        events = [await anext(elsewhere) for _ in range(3)]

    # then each tab ends with what the server has: by the result, by the refusal, by the stream, by a reload
    here = await owner_of(client, owner)
    assert sorted_first["owner"] == events[-1]["owner"] == here
    assert (stale["order"], stale["version"]) == (ids(here), here["mediaVersion"]) == (pictures[::-1], 3)
    assert [event["change"] for event in events] == ["REMOVED", "RESTORED", "REORDERED"]
    check_rows(database_url)


LONG: Final = "창가에 앉은 은발의 소녀, " * 133
TEXTS: Final = (
    "가" * 2_000,
    LONG[:2_000].strip(),
    "👩‍👩‍👧‍👦🏳️‍🌈 가족과 무지개 🌈",
    "e\u0301 é 한 ㅎㅏㄴ",
    'a "cat" \\ {x} %s $1 <b>&amp;</b> \'; DROP TABLE users; --',
    "첫 줄\n둘째 줄\t끝",
    "שלום עולם \u202etxet",
)


async def test_long_prompts_korean_and_emoji_are_kept_as_they_are(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owner = await create(client, "Story", name="여름 🌊", description="바다 이야기 👩‍👩‍👧‍👦")
    query = "query($id: ID!) { generationJob(id: $id) { prompt status slots { image { id generation { prompt } } } } }"
    for text in TEXTS:
        job = await submitted(client, owner, 1, text)
        last = [event async for event in client.watch(job)][-1]["job"]
        assert last["status"] == "SUCCEEDED", text
        found = (await client.data(query, {"id": job}))["generationJob"]
        kept = normalize("NFC", text)  # what looks alike is alike
        assert (found["prompt"], found["slots"][0]["image"]["generation"]["prompt"]) == (kept, kept)
    assert (await owner_of(client, owner))["galleryCount"] == len(TEXTS)

    # and what begins a prompt is the owner's own words, also where these are long
    await client.data(
        "mutation($input: UpdateStoryInput!) { updateStory(input: $input) { __typename } }",
        {"input": {"id": owner, "summary": LONG[:2_000]}},
    )
    draft = await client.data("query($id: ID!) { promptDraft(owner: $id) { prompt count ratio } }", {"id": owner})
    prompt = draft["promptDraft"]["prompt"]
    assert "여름 🌊" in prompt
    assert len(prompt) <= 2_000
    assert "job" in await client.submit(prompt, "drafted", count=1, ownerId=owner, **SMALL)

    # and one that is too long is refused, with nothing written
    before = row_counts(database_url)
    refused = await client.submit("가" * 2_001, "too long", count=1, ownerId=owner, **SMALL)
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "prompt"])
    assert sql(database_url, "SELECT 1 FROM idempotency_keys WHERE key = 'too long'") == []
    assert row_counts(database_url)["generation_jobs"] == before["generation_jobs"]


@pytest.mark.parametrize(
    ("language", "refusal", "failure"), [("en", "Explicit sexual", "credit"), ("ko", "노골적인 성적", "크레딧")]
)
async def test_what_the_content_guard_blocks_is_said_and_paid_back(
    easel: Installation, database_url: str, language: str, refusal: str, failure: str
) -> None:
    client = await easel.signed_up(language=language)
    owner = await create(client)
    before = row_counts(database_url)

    # given a prompt that is blocked before anything is begun
    refused = await client.submit("two people having s3x", "k", count=4, ownerId=owner, **SMALL)
    assert (refused["code"], refused["path"], refused["retryable"]) == ("CONTENT_BLOCKED", ["input", "prompt"], False)
    assert refused["message"].startswith(refusal)
    after = row_counts(database_url)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {"guard_decisions": 1}
    assert (await client.core("me"))["creditAccount"] == {"balance": 100, "held": 0}

    # and pictures that are blocked once they are painted
    job = await submitted(client, owner, 3, "a cat #block:2")
    events = [event async for event in client.watch(job)]
    found = await polled(client, job)
    blocked = [event for event in events if event["__typename"] == "GenerationImageFailed"]
    assert [(event["slot"]["failure"]["code"], event["releasedCredits"]) for event in blocked] == [
        ("CONTENT_BLOCKED", 1)
    ] * 2
    assert all(failure in event["slot"]["failure"]["message"] for event in blocked)
    assert all(slot["failure"]["advice"] for slot in found["slots"][:2])
    assert (found["status"], found["blockedCount"], found["releasedCredits"]) == ("PARTIAL", 2, 2)
    assert (await client.core("me"))["creditAccount"] == {"balance": 99, "held": 0}
    gallery = await owner_of(client, owner)
    assert ids(gallery) == [found["slots"][2]["image"]["id"]]
    check_end(database_url)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_owner_generates_and_watches_thumbnails_come_one_by_one_then_chooses_deletes_and_sorts(
    easel: Installation, database_url: str, kind: str
) -> None:
    client = await easel.signed_up()
    owner = await create(client, kind)
    async with aclosing(followed(client, owner)) as changes:
        await anext(changes)
        job = await submitted(client, owner, 4)
        grown = [(await anext(changes))["owner"] for _ in range(4)]
    # each change is told, with the gallery as it is by then
    counts = [each["galleryCount"] for each in grown]
    assert (counts, counts[-1]) == (sorted(counts), 4)
    assert [each["mediaVersion"] for each in grown] == counts
    assert [event async for event in client.watch(job)][-1]["job"]["status"] == "SUCCEEDED"
    pictures = ids(grown[-1])
    async with http_client() as http:
        for slot in (await polled(client, job))["slots"]:
            assert (await http.get(slot["image"]["url"])).status_code == 200

    await change(client, "setPrimaryMedia", ownerId=owner, assetId=pictures[3])
    await change(client, "deleteMedia", assetId=pictures[0])
    version = (await owner_of(client, owner))["mediaVersion"]
    order = [pictures[2], pictures[3], pictures[1]]
    last = await change(client, "reorderMedia", ownerId=owner, ids=order, expectedVersion=version)
    assert (ids(last["owner"]), last["owner"]["primaryMedia"]) == (order, {"id": pictures[3]})
    check_end(database_url)


async def test_cards_show_another_representative_picture_at_once(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owners = [await create(client, kind) for kind in KINDS]
    hung = [hang(database_url, client, owner, 2) for owner in owners]

    async def cards(reader: GraphClient) -> list[str]:
        found = (await reader.data(CARDS, {"ids": owners}))["nodes"]
        return [card["primaryMedia"]["id"] for card in found]

    # given somebody who looks at all cards before each change, and right after it
    stranger = easel.client()
    expected = [pictures[0] for pictures in hung]
    assert await cards(stranger) == expected
    for place, (owner, (first, second)) in enumerate(zip(owners, hung, strict=True)):
        await change(client, "setPrimaryMedia", ownerId=owner, assetId=second)
        expected[place] = second
        assert await cards(stranger) == await cards(client) == expected
        await change(client, "deleteMedia", assetId=second)
        expected[place] = first
        assert await cards(stranger) == await cards(client) == expected


async def test_what_failed_is_counted_and_painted_again_into_the_same_gallery(
    easel: Installation, database_url: str
) -> None:
    client = await easel.signed_up()
    owner = await create(client, "OrigChat")
    job = await painted(client, owner, 4, "a cat #fail:3")
    assert (job["status"], len(ids(await owner_of(client, owner)))) == ("PARTIAL", 1)
    sql(database_url, "UPDATE generation_jobs SET prompt = 'a cat'")  # the engine is well again
    (whole,) = (await client.data("{ generationJobs { nodes { id } } }"))["generationJobs"]["nodes"]

    given = {"jobId": whole["id"], "idempotencyKey": "again"}
    child = (await client.data(RETRY, {"input": given}))["retryFailedImages"]["job"]

    assert (child["count"], child["owner"], child["parent"]) == (3, {"id": owner}, whole)
    assert [event async for event in client.watch(child["id"])][-1]["job"]["status"] == "SUCCEEDED"
    gallery = await owner_of(client, owner)
    assert (gallery["galleryCount"], gallery["mediaVersion"]) == (4, 4)
    assert gallery["primaryMedia"] == {"id": ids(gallery)[0]}
    check_end(database_url)
