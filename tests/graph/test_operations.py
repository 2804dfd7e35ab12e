"""Pictures made out of pictures: each operation a job with the same life, and what none of them may be made from."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from audit import check_end, check_rows
from domain.messages import message
from pictures_from_pictures import (
    ALL,
    NOBODYS,
    OPERATIONS,
    SIDE,
    SMALL,
    a_picture,
    asked,
    ended,
    images_of,
    mask_png,
    of,
)
from stored import leave, new_asset, row_counts, sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio

FEW = {"count": 1}
LIVES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a variation": (
        "submitGeneration",
        {"prompt": "a dog", "steps": 1, "count": 1},
        {"operation": "IMAGE_TO_IMAGE", "prompt": "a dog", "width": SIDE, "height": SIDE, "strength": 0.6},
    ),
    "a part anew": (
        "inpaint",
        FEW | {"mask": {"png": mask_png()}, "strength": 0.7},
        {"operation": "INPAINT", "prompt": "a hat", "width": SIDE, "height": SIDE, "strength": 0.7},
    ),
    "beyond the edges": (
        "outpaint",
        FEW | {"margins": {"left": 8, "bottom": 64}},
        {
            "operation": "OUTPAINT",
            "prompt": "a cat",
            "width": SIDE + 8,
            "height": 2 * SIDE,
            "ratio": "9:16",
            "strength": None,
            "margins": {"left": 8, "top": 0, "right": 0, "bottom": 64},
        },
    ),
    "larger": (
        "upscale",
        {"factor": 4},
        {"operation": "UPSCALE", "prompt": "a cat", "width": 4 * SIDE, "height": 4 * SIDE, "factor": 4},
    ),
    "another style": (
        "restyle",
        FEW | {"style": "pixel-art"},
        {"operation": "RESTYLE", "prompt": "a cat", "style": "pixel-art", "width": SIDE, "strength": 0.5},
    ),
    "cut out": ("removeBackground", {}, {"operation": "REMOVE_BACKGROUND", "width": SIDE, "count": 1}),
}


@pytest.mark.parametrize("what", LIVES)
async def test_a_picture_is_made_from_another(easel: Installation, what: str) -> None:
    # given a picture
    client = await easel.signed_up()
    source = await a_picture(client, style="watercolor")
    name, given, expected = LIVES[what]

    # when something is made of it
    job = (await asked(client, name, **of(source, name, **given)))["job"]

    # then the job says from what, and keeps the words and the style that were not said
    told = job | {"strength": job["strengthOf"]["strength"]}
    assert told == told | {"style": "watercolor", "references": [], "cost": 1} | expected
    assert job["strengthOf"]["image"] == {"id": source}

    # and it lives as any job: watched to its end, with an image of the size that was told, and paid
    end = await ended(client, job["id"])
    assert (end["status"], end["succeededCount"]) == ("SUCCEEDED", 1)
    (image,) = await images_of(client, job["id"])
    query = "query($id: ID!) { mediaAsset: node(id: $id) { ... on MediaAsset { width height parent { id } } } }"
    made = (await client.data(query, {"id": image}))["mediaAsset"]
    assert made == {"width": job["width"], "height": job["height"], "parent": {"id": source}}
    assert (await client.core("me"))["creditAccount"] == {"balance": 98, "held": 0}
    check_end(easel.environment["DATABASE_URL"])


async def test_several_pictures_are_references_in_their_order(easel: Installation) -> None:
    client = await easel.signed_up()
    pictures = [await a_picture(client, seed=seed) for seed in (1, 2)]

    given = {"prompt": "alike", "references": pictures[::-1], "strength": 0.3, **SMALL}
    job = (await asked(client, "submitGeneration", **given))["job"]

    assert (job["operation"], job["strengthOf"]) == ("REFERENCES", None)
    assert [image["id"] for image in job["references"]] == pictures[::-1]
    assert (await ended(client, job["id"]))["status"] == "SUCCEEDED"

    # and their strength is what was said, or the operation's own
    usual = (await asked(client, "submitGeneration", **given | {"strength": None}))["job"]
    query = "query($id: ID!) { node(id: $id) { ... on MediaAsset { generation { strength } } } }"
    for job_id, strength in ((job["id"], 0.3), (usual["id"], 0.8)):
        (image,) = await images_of(client, job_id)
        assert (await client.data(query, {"id": image}))["node"]["generation"] == {"strength": strength}


async def test_a_size_can_be_said_in_pixels(easel: Installation) -> None:
    client = await easel.signed_up()
    for width, height, ratio in ((888, 1184, "3:4"), (208, 304, "13:19")):
        size = {"width": width, "height": height}
        job = (await asked(client, "submitGeneration", prompt="a cat", **SMALL | {"size": size}))["job"]
        assert (job["width"], job["height"], job["ratio"]) == (width, height, ratio)
        assert (await ended(client, job["id"]))["status"] == "SUCCEEDED"


async def test_nothing_is_made_from_what_is_not_ones_own_and_there(easel: Installation, database_url: str) -> None:
    # given pictures of somebody else's, one of them published, and some of one's own that are not there
    owner, client = await easel.signed_up(), await easel.signed_up()
    private, shown = await a_picture(owner), await a_picture(owner)
    await owner.core("publish", {"assetIds": [shown], "title": "Cat", "tags": [], "visibility": "PUBLIC"})
    gone = [new_asset(database_url, client.viewer_id, status) for status in ("TRASHED", "PENDING", "HIDDEN")]
    before, accounts = row_counts(database_url), sql(database_url, "SELECT * FROM credit_accounts ORDER BY id")

    refusals = set()
    for asset_id in (private, shown, *gone, NOBODYS, client.viewer_id, "", "x" * 1_000, "asset_\0"):
        for name in ALL:
            path = {"submitGeneration": ("source", "assetId"), "rerunGeneration": ("fromAssetId",)}
            refused = await asked(client, name, **of(asset_id, name))
            assert (refused["code"], refused["path"]) == (
                "NOT_FOUND",
                ["input", *path.get(name, ("assetId",))],
            ), (asset_id, name)
            refusals.add(refused["message"])
        refused = await asked(client, "submitGeneration", prompt="a cat", references=[asset_id])
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "references", "0"])

    # then nothing tells them apart, and nothing was written
    assert len(refusals) == 1
    assert row_counts(database_url) == before
    assert sql(database_url, "SELECT * FROM credit_accounts ORDER BY id") == accounts


AREA = {"x": 0.0, "y": 0.0, "width": 0.5, "height": 0.5}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("submitGeneration", {"prompt": ""}, "prompt"),
    ("submitGeneration", {"size": {"width": 60, "height": 64}}, "size.width"),
    ("submitGeneration", {"size": {"width": 64, "height": 2_056}}, "size.height"),
    ("submitGeneration", {"size": {"width": 64, "height": 64}, "ratio": "1:1"}, "size"),
    ("submitGeneration", {"references": [NOBODYS]}, "references"),
    ("submitGeneration", {"source": None, "references": []}, "references"),
    ("submitGeneration", {"source": None, "references": [f"asset_{n:032x}" for n in range(5)]}, "references"),
    ("submitGeneration", {"source": None, "references": [NOBODYS] * 2}, "references"),
    ("submitGeneration", {"source": None, "references": [NOBODYS], "strength": 0.04}, "strength"),
    ("submitGeneration", {"source": None, "references": [NOBODYS], "strength": 1.01}, "strength"),
    ("submitGeneration", {"strength": 0.5}, "strength"),
    ("submitGeneration", {"source": None, "strength": 0.5}, "strength"),
    ("inpaint", {"prompt": " "}, "prompt"),
    ("inpaint", {"strength": 0.04}, "strength"),
    ("inpaint", {"strength": 1.01}, "strength"),
    ("inpaint", {"engine": "diffusers"}, "engine"),
    ("inpaint", {"mask": {"png": ""}}, "mask.png"),
    ("inpaint", {"mask": {"png": "%%%"}}, "mask.png"),
    ("inpaint", {"mask": {"png": mask_png(covered=(0, 0, 0, 0))}}, "mask.png"),
    ("inpaint", {"mask": {"png": mask_png(size=(64, 48))}}, "mask.png"),
    ("inpaint", {"mask": {"png": "A" * 180_000}}, "mask.png"),
    ("inpaint", {"mask": {"areas": []}}, "mask.areas"),
    ("inpaint", {"mask": {"areas": [AREA, AREA | {"width": 0.0}]}}, "mask.areas.1"),
    ("inpaint", {"mask": {"areas": [AREA | {"y": -0.1}]}}, "mask.areas.0.y"),
    ("inpaint", {"mask": {"areas": [AREA] * 21}}, "mask.areas"),
    ("outpaint", {"margins": {}}, "margins"),
    ("outpaint", {"margins": {"left": -8, "right": 8}}, "margins.left"),
    ("outpaint", {"margins": {"top": 7}}, "margins.top"),
    ("outpaint", {"margins": {"right": 1_992}}, "margins"),
    ("outpaint", {"margins": {"right": 2**31 - 8}}, "margins"),
    ("upscale", {"factor": 3}, "factor"),
    ("upscale", {"factor": 0}, "factor"),
    ("upscale", {"factor": -2}, "factor"),
    ("restyle", {"style": "oil"}, "style"),
    ("restyle", {"strength": 0.0}, "strength"),
    ("restyle", {"count": 9}, "count"),
    ("removeBackground", {"engine": "\0"}, "engine"),
    ("removeBackground", {"idempotencyKey": ""}, "idempotencyKey"),
    ("rerunGeneration", {"overrides": {"steps": 51}}, "overrides.steps"),
    ("rerunGeneration", {"overrides": {"prompt": ""}}, "overrides.prompt"),
    ("rerunGeneration", {"overrides": {"engine": "diffusers"}}, "overrides.engine"),
    ("rerunGeneration", {"overrides": {"count": 0}}, "overrides.count"),
]


async def test_a_bad_value_is_named_and_nothing_is_written_or_held(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    picture = await a_picture(client)
    before, accounts = row_counts(database_url), sql(database_url, "SELECT * FROM credit_accounts")

    for name, change, path in REFUSED:
        refused = await asked(client, name, **of(picture, name, **change))
        told = (refused.get("code"), ".".join(refused.get("path") or ()))
        assert told == ("INVALID_INPUT", f"input.{path}"), (name, change)

    source = {"assetId": picture}
    for strength in (0.0, 0.049, 1.1, -1.0):
        refused = await asked(client, "submitGeneration", prompt="a cat", source=source | {"strength": strength})
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "source", "strength"])
    assert row_counts(database_url) == before
    assert sql(database_url, "SELECT * FROM credit_accounts") == accounts


async def test_a_picture_is_enlarged_only_within_bounds(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    large = new_asset(database_url, client.viewer_id)
    sql(database_url, "UPDATE media_assets SET width = 2056, height = 64")
    before = row_counts(database_url)

    for name, given in (("upscale", {"factor": 4}), ("outpaint", {}), ("inpaint", {})):
        refused = await asked(client, name, **of(large, name, **given))
        assert refused["code"] == "INVALID_INPUT"
        assert row_counts(database_url) == before

    # then it may be made a little larger, and what is painted anew as a whole is fitted to the engine
    upscaled = (await asked(client, "upscale", **of(large, "upscale")))["job"]
    assert (upscaled["width"], upscaled["height"]) == (4_112, 128)
    restyled = (await asked(client, "restyle", **of(large, "restyle", count=1)))["job"]
    assert (restyled["width"], restyled["height"]) == (2_048, 64)

    # and as nothing is stored of it, both jobs fail, and their credits come back
    for job in (upscaled, restyled):
        assert (await ended(client, job["id"]))["status"] == "FAILED"
        query = "query($id: ID!) { generationJob(id: $id) { failure { code } slots { failure { code message } } } }"
        failed = (await client.data(query, {"id": job["id"]}))["generationJob"]
        told = {"code": "SOURCE_GONE", "message": message("failure.SOURCE_GONE", "en")}
        assert failed == {"failure": {"code": "SOURCE_GONE"}, "slots": [{"failure": told}]}
    assert (await client.core("me"))["creditAccount"] == {"balance": 100, "held": 0}


async def test_a_mask_is_either_a_png_or_areas(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    before = row_counts(database_url)
    for mask in ({}, {"png": mask_png(), "areas": [AREA]}, {"png": None}, {"areas": None}):
        answer = await client.post(OPERATIONS["inpaint"], {"input": ALL["inpaint"] | {"mask": mask}})
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT", mask
    assert row_counts(database_url) == before


async def test_the_same_key_makes_one_job_even_when_its_source_is_gone(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    picture = await a_picture(client)
    for name in ALL:
        # given a mutation that was sent five times at once
        given = of(picture, name, idempotencyKey=name)
        results = await asyncio.gather(*(asked(client, name, **given) for _ in range(5)))
        assert len({result["job"]["id"] for result in results}) == 1

        # then the key belongs to it alone
        refused = await asked(client, name, **given | _other(name))
        assert (refused["code"], refused["path"]) == ("IDEMPOTENCY_CONFLICT", ["input", "idempotencyKey"])
        await ended(client, results[0]["job"]["id"])

        # and it is answered as before when the source has been deleted since
        sql(database_url, "UPDATE media_assets SET status = 'TRASHED' WHERE id = %s", picture.removeprefix("asset_"))
        assert (await asked(client, name, **given))["job"]["id"] == results[0]["job"]["id"]
        sql(database_url, "UPDATE media_assets SET status = 'READY' WHERE id = %s", picture.removeprefix("asset_"))
    assert sql(database_url, "SELECT count(*) FROM generation_jobs") == [(1 + len(ALL),)]
    check_rows(database_url)


def _other(name: str) -> dict[str, Any]:
    """Return what makes another request of a mutation's input."""
    others: dict[str, dict[str, Any]] = {
        "submitGeneration": {"prompt": "a dog"},
        "inpaint": {"mask": {"areas": [AREA]}},
        "outpaint": {"margins": {"left": 16}},
        "upscale": {"factor": 4},
        "restyle": {"style": "line-art"},
        "removeBackground": {"assetId": NOBODYS},
        "rerunGeneration": {"overrides": {"seed": 9}},
    }
    return others[name]


async def test_a_job_that_makes_a_picture_from_another_can_be_canceled(easel: Installation) -> None:
    client = await easel.signed_up()
    picture = await a_picture(client)
    job = (await asked(client, "inpaint", **of(picture, "inpaint", prompt="a hat #slow", count=2)))["job"]["id"]
    released = None
    async with aclosing(client.watch(job)) as events:
        async for event in events:
            if event["__typename"] == "GenerationProgress" and released is None:
                released = (await client.core("cancel", {"jobId": job}))["releasedCredits"]
    assert event["job"] == event["job"] | {"status": "CANCELED", "releasedCredits": 2}
    assert released == 2
    assert (await client.core("me"))["creditAccount"] == {"balance": 99, "held": 0}
    check_end(easel.environment["DATABASE_URL"])


async def test_without_enough_credits_nothing_is_made(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    picture = await a_picture(client)
    leave(database_url, 0)
    before = row_counts(database_url)
    for name in ALL:
        refused = await asked(client, name, **of(picture, name))
        assert (refused["code"], refused["available"]) == ("INSUFFICIENT_CREDITS", 0), name
    assert row_counts(database_url) == before


async def test_strangers_make_nothing(easel: Installation, database_url: str) -> None:
    before = row_counts(database_url)
    for name, given in ALL.items():
        for change in ({}, {"mask": {"png": "no mask"}} if name == "inpaint" else {}):
            variables = {"input": given | change | {"idempotencyKey": ""}}
            answer = await easel.client().post(OPERATIONS[name], variables)
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"], name
    assert row_counts(database_url) == before
