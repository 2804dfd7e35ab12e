"""Galleries as their owners use them: pictures join in order, one stands for all, and every change is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from audit import check_rows
from gallery_client import change, create, hang, ids, owner_of, painted
from stored import new_asset, row_counts, sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio

KINDS = ("Character", "Story", "OrigChat")


@pytest.mark.parametrize("count", [1, 8])
async def test_pictures_join_the_gallery_in_order_and_the_first_stands_for_all(
    easel: Installation, database_url: str, count: int
) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    assert ids(await owner_of(client, owner)) == []

    job = await painted(client, owner, count)

    found = await owner_of(client, owner)
    assert job["owner"] == {"id": owner}
    assert ids(found) == [slot["image"]["id"] for slot in job["slots"]]
    assert (found["galleryCount"], found["gallery"]["totalCount"], found["mediaVersion"]) == (count, count, count)
    assert found["primaryMedia"]["id"] in ids(found)
    assert [node["isPrimary"] for node in found["gallery"]["nodes"]].count(True) == 1
    assert found["avatarUrl"].startswith(easel.url)
    check_rows(database_url)


async def test_what_fails_leaves_no_gap_and_no_picture(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owner = await create(client, "Story")

    job = await painted(client, owner, 8, "a cat #fail")

    found = await owner_of(client, owner)
    ready = [slot["image"]["id"] for slot in job["slots"] if slot["image"]]
    assert job["status"] in {"PARTIAL", "FAILED"}
    assert (ids(found), found["galleryCount"]) == (ready, len(ready))
    assert job["releasedCredits"] == 8 - len(ready)
    check_rows(database_url)


async def test_the_primary_that_was_chosen_stays_and_is_told_everywhere(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    first, second, third = hang(database_url, client, owner, 3)

    result = await change(client, "setPrimaryMedia", ownerId=owner, assetId=third)
    again = await change(client, "setPrimaryMedia", ownerId=owner, assetId=third)

    assert (result["owner"]["primaryMedia"]["id"], result["media"]) == (third, {"id": third, "isPrimary": True})
    assert third.removeprefix("asset_") in result["owner"]["avatarUrl"].replace("-", "")
    assert ids(result["owner"]) == [first, second, third]
    assert (result["owner"]["mediaVersion"], again["owner"]["mediaVersion"]) == (1, 1)
    assert await owner_of(client, owner) == result["owner"]
    check_rows(database_url)


async def test_deleting_the_primary_lets_the_next_stand_and_restoring_brings_it_back_to_its_place(
    easel: Installation, database_url: str
) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    first, second, third = hang(database_url, client, owner, 3)

    deleted = await change(client, "deleteMedia", assetId=first)
    again = await change(client, "deleteMedia", assetId=first)
    trash = await client.data("{ viewer { trash { nodes { id status } } assets { nodes { id } } } }")
    restored = await change(client, "restoreMedia", assetId=first)
    twice = await change(client, "restoreMedia", assetId=first)

    assert (deleted["deletedId"], ids(deleted["owner"])) == (first, [second, third])
    assert (deleted["owner"]["primaryMedia"]["id"], deleted["owner"]["galleryCount"]) == (second, 2)
    assert again == deleted
    assert trash["viewer"]["trash"]["nodes"] == [{"id": first, "status": "TRASHED"}]
    assert first not in str(trash["viewer"]["assets"])
    assert (restored["media"], ids(restored["owner"])) == ({"id": first, "status": "READY"}, [first, second, third])
    assert (restored["owner"]["primaryMedia"]["id"], restored["owner"]["mediaVersion"]) == (second, 2)
    assert twice == restored
    check_rows(database_url)


async def test_the_last_picture_leaves_nothing_that_stands_and_comes_back_as_primary(
    easel: Installation, database_url: str
) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    (only,) = hang(database_url, client, owner, 1)

    deleted = (await change(client, "deleteMedia", assetId=only))["owner"]
    restored = (await change(client, "restoreMedia", assetId=only))["owner"]

    assert (deleted["primaryMedia"], deleted["avatarUrl"], deleted["galleryCount"]) == (None, None, 0)
    assert restored["primaryMedia"] == {"id": only}
    check_rows(database_url)


async def test_an_order_names_pictures_and_the_others_follow(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    first, second, third, fourth = hang(database_url, client, owner, 4)

    whole = await change(client, "reorderMedia", ownerId=owner, ids=[fourth, second, first, third], expectedVersion=0)
    some = await change(client, "reorderMedia", ownerId=owner, ids=[third], expectedVersion=1)
    same = await change(client, "reorderMedia", ownerId=owner, ids=[third, fourth], expectedVersion=2)

    assert ids(whole["owner"]) == [fourth, second, first, third]
    assert ids(some["owner"]) == [third, fourth, second, first]
    assert ids(await owner_of(client, owner)) == ids(same["owner"]) == ids(some["owner"])
    assert [each["owner"]["mediaVersion"] for each in (whole, some, same)] == [1, 2, 2]
    assert whole["owner"]["primaryMedia"] == {"id": first}


async def test_a_gallery_of_any_number_of_pictures_is_put_in_order(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    first, *_, last = hang(database_url, client, owner, 3)
    many = (
        "INSERT INTO media_assets (id, owner_id, status, width, height, byte_size, sha256, dhash, blurhash,"
        " dominant_color, engine, style, ratio, seed, content_level, created_at, gallery_id, position)"
        " SELECT gen_random_uuid(), owner_id, CASE WHEN n = 1 THEN 'TRASHED' ELSE 'READY' END, 1, 1, 1, '', 0, '', '',"
        " '', '', '', 0, 'GENERAL', now(), gallery_id, 2 FROM media_assets, generate_series(1, 25000) AS n"
        " WHERE id = %s"
    )
    sql(database_url, many, UUID(last.partition("_")[2]))

    result = await change(client, "reorderMedia", ownerId=owner, ids=[last, first], expectedVersion=0)

    assert ids(result["owner"])[:2] == [last, first]
    places = "SELECT count(*), count(DISTINCT position), min(position), max(position) FROM media_assets"
    assert sql(database_url, f"{places} WHERE status = 'READY'") == [(25_002, 25_002, 0, 25_001)]
    assert sql(database_url, f"{places} WHERE status = 'TRASHED'") == [(1, 1, 25_004, 25_004)]


async def test_a_stale_order_is_refused_with_the_one_that_is(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    first, second, third = hang(database_url, client, owner, 3)
    await change(client, "reorderMedia", ownerId=owner, ids=[third], expectedVersion=0)
    before = await owner_of(client, owner), row_counts(database_url)

    refused = await change(client, "reorderMedia", ownerId=owner, ids=[second], expectedVersion=0)

    assert refused.pop("message")
    assert refused == {
        "__typename": "VersionConflict",
        "code": "VERSION_CONFLICT",
        "path": ["input", "expectedVersion"],
        "retryable": True,
        "version": 1,
        "order": [third, first, second],
    }
    assert (await owner_of(client, owner), row_counts(database_url)) == before
    # and from what it carries, it can be done
    merged = await change(client, "reorderMedia", ownerId=owner, ids=[second], expectedVersion=refused["version"])
    assert ids(merged["owner"]) == [second, third, first]


async def test_orders_that_can_not_be_change_nothing(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    owner, other = await create(client), await create(client)
    mine = hang(database_url, client, owner, 3)
    elsewhere = hang(database_url, client, other, 1)[0]
    foreign = new_asset(database_url, stranger.viewer_id)
    deleted = mine.pop()
    await change(client, "deleteMedia", assetId=deleted)
    before = await owner_of(client, owner), row_counts(database_url)

    for wrong, code, path in (
        ([], "INVALID_INPUT", []),
        ([mine[0], mine[0]], "INVALID_INPUT", []),
        ([mine[1], elsewhere], "NOT_FOUND", ["1"]),
        ([foreign], "NOT_FOUND", ["0"]),
        ([deleted], "NOT_FOUND", ["0"]),
        ([owner], "NOT_FOUND", ["0"]),
        (["", mine[0]], "NOT_FOUND", ["0"]),
    ):
        refused = await change(client, "reorderMedia", ownerId=owner, ids=wrong, expectedVersion=1)
        assert (refused["code"], refused["path"]) == (code, ["input", "ids", *path]), wrong
    assert (await owner_of(client, owner), row_counts(database_url)) == before


async def test_only_the_owner_may(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    owner = await create(client)
    first, second, gone = hang(database_url, client, owner, 3)
    await change(client, "deleteMedia", assetId=gone)
    seen, before = await owner_of(client, owner), row_counts(database_url)

    # given everybody may see it, and is told that they may do nothing
    for other in (stranger, easel.client()):
        theirs = await owner_of(other, owner)
        assert (theirs["viewerCanGenerate"], theirs["viewerCanEdit"]) == (False, False)
        assert ids(theirs) == [first, second]
    assert (seen["viewerCanGenerate"], seen["viewerCanEdit"]) == (True, True)

    attempts: list[tuple[str, dict[str, Any], str]] = [
        ("setPrimaryMedia", {"ownerId": owner, "assetId": second}, "ownerId"),
        ("reorderMedia", {"ownerId": owner, "ids": [second], "expectedVersion": 1}, "ownerId"),
        ("deleteMedia", {"assetId": first}, "assetId"),
        ("restoreMedia", {"assetId": gone}, "assetId"),
        ("setAltText", {"assetId": first, "altText": "mine"}, "assetId"),
        ("cropMedia", {"assetId": first, "crop": {"x": 0, "y": 0, "width": 8, "height": 8}}, "assetId"),
        ("applyEdit", {"assetId": first, "recipe": {"rotate": "LEFT"}}, "assetId"),
    ]
    for mutation, given, named in attempts:
        refused = await change(stranger, mutation, **given)
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", named]), mutation
    refused = await stranger.submit("a cat", key="k", count=1, ownerId=owner)
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "ownerId"])
    after = row_counts(database_url)
    assert (await owner_of(client, owner), after) == (seen, before)


async def test_ids_of_other_things_lead_to_no_gallery(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    (only,) = hang(database_url, client, owner, 1)
    key = owner.partition("_")[2]
    before = row_counts(database_url)

    for wrong in (f"story_{key}", f"origchat_{key}", f"user_{key}", f"character_{'0' * 32}", only, "", "character_"):
        refused = await change(client, "setPrimaryMedia", ownerId=wrong, assetId=only)
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "ownerId"]), wrong
        refused = await client.submit("a cat", key="k", count=1, ownerId=wrong)
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "ownerId"]), wrong
    assert row_counts(database_url) == before


async def test_pictures_that_are_not_ready_do_not_stand(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    first, second = hang(database_url, client, owner, 2)
    loose = new_asset(database_url, client.viewer_id)
    sql(database_url, "UPDATE media_assets SET status = 'HIDDEN' WHERE id = %s", second.removeprefix("asset_"))
    before = row_counts(database_url)

    hidden = await change(client, "setPrimaryMedia", ownerId=owner, assetId=second)
    elsewhere = await change(client, "setPrimaryMedia", ownerId=owner, assetId=loose)
    moderated = await change(client, "deleteMedia", assetId=second)
    unharmed = await change(client, "restoreMedia", assetId=second)

    assert (hidden["code"], hidden["path"]) == ("INVALID_INPUT", ["input", "assetId"])
    assert (elsewhere["code"], elsewhere["path"]) == ("NOT_FOUND", ["input", "assetId"])
    assert (moderated["code"], unharmed["code"]) == ("INVALID_INPUT", "INVALID_INPUT")
    assert (await owner_of(client, owner))["primaryMedia"] == {"id": first}
    assert row_counts(database_url) == before


async def test_what_a_picture_shows_is_said_for_those_who_can_not_see_it(
    easel: Installation, database_url: str
) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    (only,) = hang(database_url, client, owner, 1)

    said = await change(client, "setAltText", assetId=only, altText=" 창가의 고양이 🐈 ")
    again = await change(client, "setAltText", assetId=only, altText="창가의 고양이 🐈")
    refused = await change(client, "setAltText", assetId=only, altText="x" * 501)

    assert said["media"] == {"id": only, "altText": "창가의 고양이 🐈", "ownerId": owner}
    assert said["owner"]["gallery"]["nodes"][0]["altText"] == "창가의 고양이 🐈"
    assert (said["owner"]["mediaVersion"], again) == (1, said)
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "altText"])
    assert (await owner_of(client, owner)) == said["owner"]


async def test_a_users_avatar_is_the_primary_picture_of_their_gallery(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    loose = new_asset(database_url, client.viewer_id)
    update = """mutation($id: ID) { updateProfile(input: {avatarAssetId: $id}) {
      ... on UpdateProfileSuccess { viewer { user { id avatarUrl primaryMedia { id } galleryCount } } }
      ... on UserError { code path } } }"""

    # given pictures painted for the user: the first stands for them
    job = await painted(client, client.viewer_id, 2)
    mine = await owner_of(client, client.viewer_id)
    pictures = [slot["image"]["id"] for slot in job["slots"]]
    assert (ids(mine), mine["galleryCount"], mine["viewerCanGenerate"]) == (pictures, 2, True)
    assert mine["primaryMedia"]["id"] in pictures

    # when the profile names another, it joins and stands
    user = (await client.data(update, {"id": loose}))["updateProfile"]["viewer"]["user"]
    assert (user["primaryMedia"], user["galleryCount"]) == ({"id": loose}, 3)
    assert loose.removeprefix("asset_") in user["avatarUrl"].replace("-", "")
    assert (await owner_of(easel.client(), client.viewer_id))["primaryMedia"] == {"id": loose}

    # and when it is deleted, the next one does
    deleted = (await change(client, "deleteMedia", assetId=loose))["owner"]
    assert deleted["primaryMedia"] == {"id": pictures[0]}
    none = (await client.data(update, {"id": None}))["updateProfile"]["viewer"]["user"]
    assert (none["primaryMedia"], none["avatarUrl"], none["galleryCount"]) == (None, None, 2)
    owner = await create(client)
    (elsewhere,) = hang(database_url, client, owner, 1)
    refused = (await client.data(update, {"id": elsewhere}))["updateProfile"]
    assert refused == {"code": "INVALID_INPUT", "path": ["input", "avatarAssetId"]}
    check_rows(database_url)
