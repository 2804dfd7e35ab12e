"""How a picture came to be: told to its owner, written into lists of jobs, and repeated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from db.words import OwnerKind, Visibility
from domain import generation, owners, reruns
from domain.galleries import Owner
from domain.owners import Texts
from domain.prompts import ToldPrompt
from domain.reruns import Overrides, Rerun
from gallery_client import create, ids, owner_of, painted
from graph_client import CORE, http_client
from pictures_from_pictures import SIDE, SMALL, a_picture, asked, ended, images_of, of
from stored import new_asset, row_counts, sql
from waiting import until
from workshop import small

if TYPE_CHECKING:
    from conftest import Installation
    from workshop import Workshop

pytestmark = pytest.mark.anyio

SETTINGS = """query($id: ID!) { node(id: $id) { ... on MediaAsset {
  id parent { id } generation {
    operation prompt negativePrompt engine engineRevision style seed steps guidance strength width height method
  } } } }"""


async def test_all_settings_are_kept_and_only_their_owner_sees_them(easel: Installation) -> None:
    # given a published picture that was made from another
    client = await easel.signed_up()
    source = await a_picture(client)
    variation = {"source": {"assetId": source, "strength": 0.3}, "negativePrompt": "blur", "seed": 5, "steps": 2}
    submitted = await asked(client, "submitGeneration", prompt="a secret dog", count=1, guidance=3.5, **variation)
    (image,) = await images_of(client, submitted["job"]["id"])
    published = {"assetIds": [image], "title": "Dog", "tags": [], "visibility": "PUBLIC", "promptVisibility": "PRIVATE"}
    assert "artwork" in await client.core("publish", published)

    # then its owner sees how it was made, and from what
    assert (await client.data(SETTINGS, {"id": image}))["node"] == {
        "id": image,
        "parent": {"id": source},
        "generation": {
            "operation": "IMAGE_TO_IMAGE",
            "prompt": "a secret dog",
            "negativePrompt": "blur",
            "engine": "sandbox",
            "engineRevision": "1",
            "style": "realistic",
            "seed": 5,
            "steps": 2,
            "guidance": 3.5,
            "strength": 0.3,
            "width": SIDE,
            "height": SIDE,
            "method": "",
        },
    }

    # and others see the picture alone
    for other in (await easel.signed_up(), easel.client()):
        seen = (await other.data(SETTINGS, {"id": image}))["node"]
        assert seen == {"id": image, "parent": None, "generation": None}


PIXELS = "query($id: ID!) { node(id: $id) { ... on MediaAsset { url(variant: FULL) parent { id } } } }"


async def pixels_of(easel: Installation, image: str, token: str | None) -> bytes:
    """Return the picture without what is written into its original."""
    url = (await easel.client(token).data(PIXELS, {"id": image}))["node"]["url"]
    async with http_client() as http:
        return (await http.get(url)).content


async def test_a_rerun_paints_the_same_picture_and_an_override_another(easel: Installation) -> None:
    # given the second of two pictures, made with settings of its own
    client = await easel.signed_up()
    options = {"size": {"width": 96, "height": 64}, "count": 2, "steps": 2, "guidance": 3.0, "style": "anime"}
    submitted = await asked(client, "submitGeneration", prompt="노을 바다", negativePrompt="배", **options)
    _, second = await images_of(client, submitted["job"]["id"])

    # when it is painted again
    again = (await asked(client, "rerunGeneration", fromAssetId=second))["job"]
    other = (await asked(client, "rerunGeneration", fromAssetId=second, overrides={"seed": 1, "count": 2}))["job"]

    # then it is one picture, and the same
    assert (again["count"], again["seed"]) == (1, submitted["job"]["seed"] + 1)
    assert (again["width"], again["height"], again["style"]) == (96, 64, "anime")
    (repeated,) = await images_of(client, again["id"])
    assert await pixels_of(easel, repeated, client.token) == await pixels_of(easel, second, client.token)

    # and with another seed it is another
    changed, _ = await images_of(client, other["id"])
    assert (other["count"], other["seed"]) == (2, 1)
    assert await pixels_of(easel, changed, client.token) != await pixels_of(easel, second, client.token)


async def test_a_rerun_takes_the_same_source_mask_and_margins(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    source = await a_picture(client)
    inpainted = (await asked(client, "inpaint", **of(source, "inpaint", count=1, strength=0.4)))["job"]
    outpainted = (await asked(client, "outpaint", **of(source, "outpaint", count=1)))["job"]
    upscaled = (await asked(client, "upscale", **of(source, "upscale")))["job"]
    alike = (await asked(client, "submitGeneration", prompt="alike", references=[source], **SMALL))["job"]

    for job in (inpainted, outpainted, upscaled, alike):
        (image,) = await images_of(client, job["id"])
        again = (await asked(client, "rerunGeneration", fromAssetId=image))["job"]
        ours = {"id", "status"}
        assert {key: again[key] for key in again.keys() - ours} == {key: job[key] for key in job.keys() - ours}
        await ended(client, again["id"])
    assert sql(database_url, "SELECT count(*), count(DISTINCT png) FROM generation_masks") == [(2, 1)]

    # and where the source is gone, there is nothing to paint it from
    sql(database_url, "UPDATE media_assets SET status = 'TRASHED' WHERE id = %s", source.removeprefix("asset_"))
    before = row_counts(database_url)
    (image,) = await images_of(client, inpainted["id"])
    refused = await asked(client, "rerunGeneration", fromAssetId=image)
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "fromAssetId"])
    assert row_counts(database_url) == before


async def test_a_rerun_joins_the_gallery_of_its_job_unless_that_is_gone(easel: Installation, database_url: str) -> None:
    # given a picture of a character
    client = await easel.signed_up()
    owner = await create(client)
    job = await painted(client, owner, 1)
    picture = job["slots"][0]["image"]["id"]
    query = "query($id: ID!) { generationJob(id: $id) { owner { id } } }"

    # when it is painted again, then it is the character's; while that is painted, no other is
    again = (await asked(client, "rerunGeneration", fromAssetId=picture))["job"]["id"]
    assert (await client.data(query, {"id": again}))["generationJob"]["owner"] == {"id": owner}
    (repeated,) = await images_of(client, again)
    assert ids(await owner_of(client, owner)) == [picture, repeated]
    sql(database_url, "UPDATE generation_jobs SET finished_at = NULL WHERE id = %s", again.removeprefix("job_"))
    before = row_counts(database_url)
    refused = await asked(client, "rerunGeneration", fromAssetId=picture)
    assert (refused["code"], refused["path"]) == ("OWNER_BUSY", ["input", "fromAssetId"])
    assert row_counts(database_url) == before
    sql(database_url, "UPDATE generation_jobs SET finished_at = now() WHERE id = %s", again.removeprefix("job_"))

    # and once the character is deleted, it is in no gallery, also where it was specified before
    delete = """mutation($id: ID!) { deleteCharacter(input: {id: $id}) { __typename } }"""
    await client.data(delete, {"id": owner})
    alone = (await asked(client, "rerunGeneration", fromAssetId=picture))["job"]["id"]
    assert (await client.data(query, {"id": alone}))["generationJob"]["owner"] is None
    await ended(client, alone)


async def test_a_rerun_that_is_asked_for_again_is_the_first_job_though_its_picture_is_gone(
    easel: Installation, database_url: str
) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    picture = (await painted(client, owner, 1))["slots"][0]["image"]["id"]
    given = {"fromAssetId": picture, "idempotencyKey": "once", "overrides": {"seed": 5}}
    first = (await asked(client, "rerunGeneration", **given))["job"]
    await ended(client, first["id"])
    await until(lambda: not sql(database_url, "SELECT id FROM outbox LIMIT 1"))
    before = row_counts(database_url)

    # whether the picture is there, or neither it nor its character
    for query, gone in (("{ rateLimit { __typename } }", {}), (DELETE, {"asset": picture, "owner": owner})):
        await client.data(query, gone)
        assert (await asked(client, "rerunGeneration", **given))["job"]["id"] == first["id"]
    for changed in ({"overrides": {"seed": 6}}, {"overrides": None}):
        refused = await asked(client, "rerunGeneration", **given | changed)
        assert (refused["code"], refused["path"]) == ("IDEMPOTENCY_CONFLICT", ["input", "idempotencyKey"])
    refused = await asked(client, "rerunGeneration", **given | {"idempotencyKey": "another"})
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "fromAssetId"])
    await until(lambda: not sql(database_url, "SELECT id FROM outbox LIMIT 1"))
    assert row_counts(database_url) == before | {"owner_entities": 0}


DELETE = """mutation($asset: ID!, $owner: ID!) {
  deleteMedia(input: {assetId: $asset}) { __typename } deleteCharacter(input: {id: $owner}) { __typename } }"""


async def test_an_owner_that_goes_while_a_rerun_is_submitted_does_not_keep_it(shop: Workshop) -> None:
    # given a rerun for a character that was specified before the character was deleted
    user = await shop.user()
    async with shop.db.write() as tx:
        key = await owners.create(tx, user, OwnerKind.CHARACTER, Texts("Haru"), Visibility.PUBLIC)
        spec = replace(small(), owner=Owner(OwnerKind.CHARACTER, key))
        job = await generation.submit(tx, user, spec, "first")
    await shop.painter().paint_waiting()
    ((picture,),) = sql(shop.database_url, "SELECT id FROM media_assets")
    async with shop.db.read() as tx:
        spec, _ = await reruns.specified(tx, user, Rerun(picture, Overrides()), ["sandbox"])
    assert spec.owner
    async with shop.db.write() as tx:
        await owners.delete(tx, user, Owner(OwnerKind.CHARACTER, key))

    async with shop.db.write() as tx:
        again = await reruns.submit(tx, user, spec, "again", ToldPrompt(spec.prompt, spec.negative_prompt))

    found = sql(shop.database_url, "SELECT id, gallery_id FROM generation_jobs ORDER BY id")
    assert found == [(job, key), (again, None)]


async def test_a_picture_that_no_job_painted_can_not_be_painted_again(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    image = new_asset(database_url, client.viewer_id)
    before = row_counts(database_url)
    assert (await asked(client, "rerunGeneration", fromAssetId=image))["code"] == "NOT_FOUND"
    assert (await client.data(SETTINGS, {"id": image}))["node"]["generation"] is None
    assert row_counts(database_url) == before


async def test_an_artwork_of_what_was_made_from_a_picture_shows_its_prompt(easel: Installation) -> None:
    client = await easel.signed_up()
    source = await a_picture(client, "a cat by the sea")
    upscaled = (await asked(client, "upscale", **of(source, "upscale")))["job"]["id"]
    (image,) = await images_of(client, upscaled)
    published = await client.core("publish", {"assetIds": [image], "title": "Cat", "tags": [], "visibility": "PUBLIC"})
    one = (await easel.client().data(CORE["one"], {"id": published["artwork"]["id"]}))["node"]
    assert one["prompt"] == "a cat by the sea"


JOBS = """{ generationJobs(first: 5) { nodes {
  id operation source { strength image { id parent { id } } } references { id generation { seed } }
  margins { left top right bottom } factor slots { image { parent { id generation { prompt operation } } } }
} } }"""


async def test_a_list_of_jobs_tells_what_each_is_made_from(easel: Installation, database_url: str) -> None:
    # given a picture, one that was made from it, and jobs that are made from both, one from what is gone since
    client = await easel.signed_up()
    first = await a_picture(client, seed=3)
    (second,) = await images_of(client, (await asked(client, "upscale", **of(first, "upscale")))["job"]["id"])
    outpainted = (await asked(client, "outpaint", **of(second, "outpaint", count=1)))["job"]["id"]
    alike = (await asked(client, "submitGeneration", prompt="alike", references=[second, first], **SMALL))["job"]["id"]
    gone = await a_picture(client)
    cut = (await asked(client, "removeBackground", **of(gone, "removeBackground")))["job"]["id"]
    for job in (outpainted, alike, cut):
        await ended(client, job)
    sql(database_url, "UPDATE media_assets SET status = 'TRASHED' WHERE id = %s", gone.removeprefix("asset_"))

    jobs = {job["id"]: job for job in (await client.data(JOBS))["generationJobs"]["nodes"]}

    nothing: dict[str, Any] = {"source": None, "references": [], "margins": None, "factor": None}
    of_second = {"parent": {"id": second, "generation": {"prompt": "a cat", "operation": "UPSCALE"}}}
    assert jobs[outpainted] == nothing | {
        "id": outpainted,
        "operation": "OUTPAINT",
        "source": {"strength": None, "image": {"id": second, "parent": {"id": first}}},
        "margins": {"left": 8, "top": 0, "right": 0, "bottom": 0},
        "slots": [{"image": of_second}],
    }
    assert jobs[alike] == nothing | {
        "id": alike,
        "operation": "REFERENCES",
        "references": [
            {"id": second, "generation": {"seed": seed_of(database_url, second)}},
            {"id": first, "generation": {"seed": 3}},
        ],
        "slots": [{"image": {"parent": None}}],
    }
    assert jobs[cut] == nothing | {
        "id": cut,
        "operation": "REMOVE_BACKGROUND",
        "source": {"strength": None, "image": None},
        "slots": [{"image": {"parent": None}}],
    }


def seed_of(database_url: str, asset_id: str) -> int:
    """Return the seed of a picture."""
    ((seed,),) = sql(database_url, "SELECT seed FROM media_assets WHERE id = %s", asset_id.removeprefix("asset_"))
    return int(seed)
