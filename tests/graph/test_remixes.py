"""Remixes: named by their authors or told by their images, as far as licences allow, shown to whom may see both."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from db.words import ArtworkLicense
from domain.lineage import MAXIMUM_GENERATIONS
from people import key_in
from publishing_client import Author, new_author
from stored import row_counts, sql

if TYPE_CHECKING:
    from local_graph import LocalGraph
    from workshop import Workshop

pytestmark = pytest.mark.anyio


@pytest.fixture
async def other(graph: LocalGraph, shop: Workshop) -> Author:
    return await new_author(graph, shop)


def block(shop: Workshop, one: Author, two: Author) -> None:
    for pair in ((one.key, two.key), (two.key, one.key)):
        sql(
            shop.database_url,
            "INSERT INTO blocks (user_id, other_id, is_own, created_at) VALUES (%s, %s, true, now())",
            *pair,
        )


def edited(shop: Workshop, image: str, author: Author) -> str:
    """Return an image of the author's that was made out of another."""
    made = author.image()
    sql(shop.database_url, "UPDATE media_assets SET parent_id = %s WHERE id = %s", key_in(image), key_in(made))
    return made


LICENSES = [each.value for each in ArtworkLicense]
ALLOWED = {
    "CC0_1_0": LICENSES,
    "CC_BY_4_0": [each for each in LICENSES if each != "CC0_1_0"],
    "CC_BY_SA_4_0": ["CC_BY_SA_4_0"],
    "CC_BY_NC_4_0": ["ALL_RIGHTS_RESERVED", "CC_BY_NC_4_0", "CC_BY_NC_SA_4_0", "CC_BY_NC_ND_4_0"],
    "CC_BY_NC_SA_4_0": ["CC_BY_NC_SA_4_0"],
}


@pytest.mark.parametrize("granted", LICENSES)
async def test_a_licence_says_what_a_remix_may_be_licensed_as(
    author: Author, other: Author, shop: Workshop, granted: str
) -> None:
    original = await author.publish(license=granted)
    image, before = other.image(), None
    for license in LICENSES:  # noqa: A001 - the input's name
        given = {"assetIds": [image], "title": license, "license": license, "remixOf": original["id"]}
        before = row_counts(shop.database_url)
        answer = await other.ask("publish", **given)
        if license in ALLOWED.get(granted, []):
            assert answer["artwork"]["remixOf"]["id"] == original["id"]
        else:
            path = ["input", "license"] if granted in ALLOWED else ["input", "remixOf"]
            assert (answer["code"], answer["path"]) == ("INVALID_INPUT", path)
            assert row_counts(shop.database_url) == before


async def test_what_was_granted_once_stays_granted(author: Author, other: Author) -> None:
    original = await author.publish(license="CC_BY_SA_4_0")
    remix = await other.publish(remixOf=original["id"], license="CC_BY_SA_4_0")
    await author.update(original["id"], license="ALL_RIGHTS_RESERVED")

    # then the remix goes on under what it was made under, and under nothing else
    assert (await other.update(remix["id"], title="y", license="CC_BY_SA_4_0"))["title"] == "y"
    refused = await other.ask("update", artworkId=remix["id"], title="z", license="CC_BY_4_0")
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "license"])
    assert "CC_BY_SA_4_0" in refused["message"]
    assert (await other.read(remix["id"]) or {})["title"] == "y"

    # and there is no new one
    refused = await other.ask("publish", assetIds=[other.image()], title="x", remixOf=original["id"])
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "remixOf"])


async def test_ones_own_may_always_be_remixed(author: Author) -> None:
    original = await author.publish(visibility="PRIVATE")
    remix = await author.publish(remixOf=original["id"], license="CC0_1_0")
    assert remix["remixOf"] == {"id": original["id"], "title": "x"}
    assert (await author.update(remix["id"], license="CC_BY_4_0"))["license"] == "CC_BY_4_0"


async def test_what_can_not_be_seen_can_not_be_remixed(author: Author, other: Author, shop: Workshop) -> None:
    hidden = await author.publish(license="CC0_1_0", visibility="PRIVATE")
    mature = await author.publish(license="CC0_1_0")
    sql(shop.database_url, "UPDATE artworks SET content_level = 'MATURE' WHERE id = %s", key_in(mature["id"]))
    deleted = await author.publish(license="CC0_1_0")
    await author.ask("delete", artworkId=deleted["id"])
    blocker = await new_author(author.graph, shop)
    blocked = await blocker.publish(license="CC0_1_0")
    block(shop, blocker, other)
    image, before = other.image(), row_counts(shop.database_url)

    keys = [each["id"] for each in (hidden, mature, deleted, blocked)]
    for key in (*keys, "artwork_" + "0" * 32, image, author.id, "", "\ud800"):
        refused = await other.ask("publish", assetIds=[image], title="x", remixOf=key)
        assert (refused.get("code"), refused.get("path")) == ("NOT_FOUND", ["input", "remixOf"]), key

    assert row_counts(shop.database_url) == before


async def test_original_and_remix_are_each_shown_to_whom_may_see_them(
    author: Author, other: Author, shop: Workshop
) -> None:
    reader = await new_author(author.graph, shop)
    original = await author.publish(license="CC_BY_4_0")
    first, second = [await other.publish(remixOf=original["id"]) for _ in range(2)]

    async def seen(by: Author) -> tuple[list[str], list[str | None]]:
        shown, remixes = await by.read(original["id"]), [await by.read(each["id"]) for each in (first, second)]
        origins = [(each["remixOf"] or {}).get("id") if each else None for each in remixes]
        return [node["id"] for node in shown["remixes"]["nodes"]] if shown else [], origins

    assert await seen(reader) == ([second["id"], first["id"]], [original["id"]] * 2)
    await other.update(first["id"], visibility="UNLISTED")
    assert await seen(reader) == ([second["id"]], [original["id"]] * 2)
    await author.update(original["id"], visibility="PRIVATE")
    assert await seen(reader) == await seen(other) == ([], [None] * 2)
    assert await seen(author) == ([second["id"]], [original["id"]] * 2)
    block(shop, author, other)
    assert await seen(author) == ([], [None] * 2)


async def test_images_tell_of_which_artwork_they_are_a_remix(author: Author, shop: Workshop) -> None:
    # given an artwork, an edit of its second image, a picture painted from that, and one after a reference
    first, second = author.image(), author.image()
    original = await author.publish(assetIds=[first, second])
    edit = edited(shop, second, author)
    variation, after = author.image(), author.image()
    jobs = [await shop.job(author.key) for _ in range(2)]
    for image, job in zip((variation, after), jobs, strict=True):
        sql(shop.database_url, "UPDATE media_assets SET job_id = %s WHERE id = %s", job, key_in(image))
    source = "UPDATE generation_jobs SET source_asset_id = %s WHERE id = %s"
    sql(shop.database_url, source, key_in(edit), jobs[0])
    reference = "INSERT INTO generation_references (job_id, position, asset_id) VALUES (%s, 0, %s)"
    sql(shop.database_url, reference, jobs[1], key_in(first))

    # then each is a remix of it, and what has no such ancestor is none
    for images in ([edit], [variation], [after], [author.image(), variation]):
        remix = await author.publish(assetIds=images)
        assert remix["remixOf"]["id"] == original["id"]
        await author.ask("delete", artworkId=remix["id"])
    assert (await author.publish(assetIds=[first]))["remixOf"] is None
    assert (await author.publish(assetIds=[author.image()]))["remixOf"] is None

    # and what its author says goes before
    named = await author.publish()
    assert (await author.publish(assetIds=[edit], remixOf=named["id"]))["remixOf"]["id"] == named["id"]


async def test_the_nearest_ancestor_counts_and_none_too_far_away(author: Author, shop: Workshop) -> None:
    line = [author.image()]
    for _ in range(MAXIMUM_GENERATIONS + 1):
        line.append(edited(shop, line[-1], author))
    oldest = await author.publish(assetIds=[line[0]])
    assert (await author.publish(assetIds=[line[-1]], visibility="PRIVATE"))["remixOf"] is None
    assert (await author.publish(assetIds=[line[-2]]))["remixOf"]["id"] == oldest["id"]
    middle = await author.publish(assetIds=[line[1]])
    await author.publish(assetIds=[line[1]])
    assert (await author.publish(assetIds=[line[2]]))["remixOf"]["id"] == middle["id"]

    # and none that is deleted
    await author.ask("delete", artworkId=middle["id"])
    assert (await author.publish(assetIds=[edited(shop, line[0], author)]))["remixOf"]["id"] == oldest["id"]


async def test_the_same_publication_with_a_key_is_published_once(author: Author, shop: Workshop) -> None:
    image, key = author.image(), uuid4().hex
    given = {"assetIds": [image], "title": "x", "tags": ["a"], "idempotencyKey": key}
    first = (await author.ask("publish", **given))["artwork"]
    changed = await author.update(first["id"], title="y")
    before = row_counts(shop.database_url)

    # then again it is the first, as it is by now
    assert (await author.ask("publish", **given))["artwork"] == changed
    refused = await author.ask("publish", **given | {"title": "z"})
    assert refused["code"] == "IDEMPOTENCY_CONFLICT"
    for bad in ("", " ", "x" * 256, "\0"):
        refused = await author.ask("publish", **given | {"idempotencyKey": bad})
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "idempotencyKey"])
    assert row_counts(shop.database_url) == before

    # and where it was deleted, it does not come back
    await author.ask("delete", artworkId=first["id"])
    for _ in range(2):
        refused = await author.ask("publish", **given)
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "idempotencyKey"])
        await shop.sweeper().remove_artworks()

    # and a key whose publication was refused is as new
    given = given | {"idempotencyKey": uuid4().hex}
    assert (await author.ask("publish", **given | {"tags": ["a b"]}))["code"] == "INVALID_INPUT"
    assert "artwork" in await author.ask("publish", **given)
