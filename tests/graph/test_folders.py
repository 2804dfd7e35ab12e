"""Order among one's own images: folders, tags, stars, filters, orders and look-alikes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from db.session import Database
from domain import folders
from domain.errors import InvalidInput
from people import key_in
from stored import new_asset, row_counts, sql
from uploading import announced, confirmed, drawn, put, saved

if TYPE_CHECKING:
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

ERROR = "... on UserError { code message path }"
CREATE = f"""mutation($input: CreateFolderInput!) {{ createFolder(input: $input) {{
  ... on CreateFolderSuccess {{ folder {{ id name parent {{ id }} }} }} {ERROR} }} }}"""
UPDATE = f"""mutation($input: UpdateFolderInput!) {{ updateFolder(input: $input) {{
  ... on UpdateFolderSuccess {{ folder {{ id name parent {{ id }} }} }} {ERROR} }} }}"""
DELETE = f"""mutation($input: DeleteFolderInput!) {{ deleteFolder(input: $input) {{
  ... on DeleteFolderSuccess {{ folderId parent {{ id }} }} {ERROR} }} }}"""
MOVE = f"""mutation($input: MoveToFolderInput!) {{ moveToFolder(input: $input) {{
  ... on MoveToFolderSuccess {{ assets {{ id folder {{ id }} }} folder {{ id assets {{ totalCount }} }} }}
  {ERROR} }} }}"""
TAG = f"""mutation($input: SetMediaTagsInput!) {{ setMediaTags(input: $input) {{
  ... on SetMediaTagsSuccess {{ asset {{ id tags }} }} {ERROR} }} }}"""
STAR = f"""mutation($input: SetStarredInput!) {{ setStarred(input: $input) {{
  ... on SetStarredSuccess {{ asset {{ id isStarred }} }} {ERROR} }} }}"""
ASSETS = """query($filter: AssetFilter, $orderBy: AssetOrder! = NEWEST, $first: Int, $after: Cursor) {
  assets(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount nodes { id } pageInfo { hasNextPage endCursor } } }"""
TREE = """query { folders(first: 2) { nodes { name folders(first: 2) { nodes { name
  folders(first: 2) { nodes { name } } } } } } }"""
SIMILAR = """query($id: ID!, $first: Int, $after: Cursor) { similarAssets(assetId: $id, first: $first, after: $after) {
  nodes { distance asset { id } } pageInfo { hasNextPage endCursor } } }"""


async def ask(client: GraphClient, mutation: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401
    (result,) = (await client.data(mutation, {"input": values})).values()
    found: dict[str, Any] = result
    return found


async def made(client: GraphClient, name: str, parent: str | None = None) -> str:
    folder: str = (await ask(client, CREATE, name=name, parentId=parent))["folder"]["id"]
    return folder


async def listed(client: GraphClient, **arguments: Any) -> list[str]:  # noqa: ANN401
    return [node["id"] for node in (await client.data(ASSETS, arguments))["assets"]["nodes"]]


async def test_folders_are_nested_renamed_and_moved(easel: Installation) -> None:
    client = await easel.signed_up()
    trips = await made(client, "여행")
    sea = await made(client, "sea", trips)
    cats = await made(client, "cats")

    moved = await ask(client, UPDATE, folderId=cats, parentId=sea, name="고양이")
    assert moved["folder"] == {"id": cats, "name": "고양이", "parent": {"id": sea}}
    assert (await client.data(TREE))["folders"]["nodes"] == [
        {"name": "여행", "folders": {"nodes": [{"name": "sea", "folders": {"nodes": [{"name": "고양이"}]}}]}}
    ]
    lifted = await ask(client, UPDATE, folderId=cats, parentId=None)
    assert lifted["folder"] == {"id": cats, "name": "고양이", "parent": None}


async def test_a_deleted_folder_leaves_its_images_one_level_up(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    top = await made(client, "top")
    middle = await made(client, "middle", top)
    bottom = await made(client, "bottom", middle)
    images = [new_asset(database_url, client.viewer_id) for _ in range(2)]
    await ask(client, MOVE, assetIds=[images[0]], folderId=middle)
    await ask(client, MOVE, assetIds=[images[1]], folderId=bottom)

    result = await ask(client, DELETE, folderId=middle)

    assert result == {"folderId": middle, "parent": {"id": top}}
    assert sorted(await listed(client, filter={"folderId": top})) == sorted(images)
    assert sql(database_url, "SELECT name FROM folders") == [("top",)]
    await ask(client, DELETE, folderId=top)
    assert sorted(await listed(client, filter={"isUnfiled": True})) == sorted(images)


async def test_what_is_refused_of_folders_writes_nothing(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    path = [await made(client, "0")]
    for depth in range(1, folders.MAXIMUM_DEPTH):
        path.append(await made(client, str(depth), path[-1]))
    beside = await made(client, "beside")
    below = await made(client, "below", beside)
    foreign = await made(stranger, "foreign")
    before = sql(database_url, "SELECT id, name, parent_id FROM folders ORDER BY id")

    refusals: list[tuple[str, dict[str, Any], str, str]] = [
        (CREATE, {"name": "8", "parentId": path[-1]}, "INVALID_INPUT", "parentId"),
        (CREATE, {"name": "beside"}, "INVALID_INPUT", "name"),
        (CREATE, {"name": " "}, "INVALID_INPUT", "name"),
        (CREATE, {"name": "x" * 101}, "INVALID_INPUT", "name"),
        (CREATE, {"name": "x", "parentId": foreign}, "NOT_FOUND", "parentId"),
        (UPDATE, {"folderId": path[0], "parentId": path[0]}, "INVALID_INPUT", "parentId"),
        (UPDATE, {"folderId": path[0], "parentId": path[-1]}, "INVALID_INPUT", "parentId"),
        (UPDATE, {"folderId": beside, "parentId": path[-2]}, "INVALID_INPUT", "parentId"),
        (UPDATE, {"folderId": beside, "parentId": foreign}, "NOT_FOUND", "parentId"),
        (UPDATE, {"folderId": below, "parentId": None, "name": "beside"}, "INVALID_INPUT", "name"),
        (CREATE, {"name": "x", "parentId": ""}, "NOT_FOUND", "parentId"),
        (UPDATE, {"folderId": below, "parentId": ""}, "NOT_FOUND", "parentId"),
        (UPDATE, {"folderId": foreign, "name": "mine"}, "NOT_FOUND", "folderId"),
        (UPDATE, {"folderId": "asset_1", "name": "mine"}, "NOT_FOUND", "folderId"),
        (DELETE, {"folderId": foreign}, "NOT_FOUND", "folderId"),
    ]
    for mutation, values, code, field in refusals:
        refusal = await ask(client, mutation, **values)
        assert (refusal["code"], refusal["path"]) == (code, ["input", field]), values
    assert sql(database_url, "SELECT id, name, parent_id FROM folders ORDER BY id") == before
    look = "query($id: ID!) { node(id: $id) { id } }"
    assert await client.data(look, {"id": foreign}) == {"node": None}


async def test_two_moves_at_once_make_no_cycle(easel: Installation, database_url: str) -> None:
    # given a move that has been made but not committed
    client = await easel.signed_up()
    one, two = await made(client, "one"), await made(client, "two")
    user = key_in(client.viewer_id)
    db = Database(database_url)
    try:
        async with db.write() as tx:
            await folders.move(tx, user, key_in(one), key_in(two))
            await tx.flush()
            # when the opposite one begins
            other = asyncio.create_task(ask(client, UPDATE, folderId=two, parentId=one))
            done, _ = await asyncio.wait({other}, timeout=0.3)
            assert not done, "it waits for the first"
        # then it sees what the first did
        refusal = await other
        assert (refusal["code"], refusal["path"]) == ("INVALID_INPUT", ["input", "parentId"])
        with pytest.raises(InvalidInput):
            async with db.write() as tx:
                await folders.move(tx, user, key_in(two), key_in(one))
    finally:
        await db.close()
    assert sql(database_url, "SELECT name FROM folders WHERE parent_id IS NOT NULL") == [("one",)]


async def test_images_are_moved_all_or_none(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    folder, foreign_folder = await made(client, "cats"), await made(stranger, "dogs")
    images = [new_asset(database_url, client.viewer_id) for _ in range(3)]
    foreign, pending = new_asset(database_url, stranger.viewer_id), new_asset(database_url, client.viewer_id, "PENDING")

    refusals: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"assetIds": [images[0], foreign], "folderId": folder}, "NOT_FOUND", ["assetIds", "1"]),
        ({"assetIds": [images[0], pending], "folderId": folder}, "NOT_FOUND", ["assetIds", "1"]),
        ({"assetIds": images, "folderId": foreign_folder}, "NOT_FOUND", ["folderId"]),
        ({"assetIds": images, "folderId": ""}, "NOT_FOUND", ["folderId"]),
        ({"assetIds": [images[0]] * 2, "folderId": folder}, "INVALID_INPUT", ["assetIds"]),
        ({"assetIds": [], "folderId": folder}, "INVALID_INPUT", ["assetIds"]),
    ]
    for values, code, path in refusals:
        refusal = await ask(client, MOVE, **values)
        assert (refusal["code"], refusal["path"]) == (code, ["input", *path])
    assert sql(database_url, "SELECT id FROM media_assets WHERE folder_id IS NOT NULL") == []

    result = await ask(client, MOVE, assetIds=images, folderId=folder)
    assert result == {
        "assets": [{"id": image, "folder": {"id": folder}} for image in images],
        "folder": {"id": folder, "assets": {"totalCount": 3}},
    }
    await ask(client, MOVE, assetIds=images[:1], folderId=None)
    assert len(await listed(client, filter={"folderId": folder})) == 2


async def test_tags_and_stars_are_their_owners_alone(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    image = new_asset(database_url, client.viewer_id)
    assert await ask(client, TAG, assetId=image, tags=["#달", "Cat", "cat"]) == {
        "asset": {"id": image, "tags": ["달", "cat"]}
    }
    for _ in range(2):
        assert (await ask(client, STAR, assetId=image, on=True))["asset"]["isStarred"]
    assert await listed(client, filter={"tag": "#CAT"}) == await listed(client, filter={"isStarred": True}) == [image]
    assert await listed(client, filter={"isStarred": False}) == await listed(client, filter={"tag": "dog"}) == []

    # the public sees neither
    publish = {"assetIds": [image], "title": "A cat", "visibility": "PUBLIC"}
    await client.core("publish", publish)
    look = "query($id: ID!) { node(id: $id) { ... on MediaAsset { id tags isStarred folder { id } } } }"
    for who in (stranger, easel.client()):
        seen = {"id": image, "tags": [], "isStarred": False, "folder": None}
        assert (await who.data(look, {"id": image}))["node"] == seen
    before = row_counts(database_url)
    refused: list[tuple[str, dict[str, Any]]] = [(TAG, {"tags": ["x"]}), (STAR, {"on": False})]
    for mutation, values in refused:
        assert (await ask(stranger, mutation, assetId=image, **values))["code"] == "NOT_FOUND"
    for tags in (["two words"], [f"t{number}" for number in range(21)]):
        assert (await ask(client, TAG, assetId=image, tags=tags))["code"] == "INVALID_INPUT"
    assert row_counts(database_url) == before
    assert (await ask(client, TAG, assetId=image, tags=[]))["asset"]["tags"] == []
    assert not (await ask(client, STAR, assetId=image, on=False))["asset"]["isStarred"]


async def test_images_are_filtered_ordered_and_paged(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    for number, (prompt, style) in enumerate(
        (("a cat 100%", "anime"), ("고양이 달밤", "watercolor"), ("A Dog", "anime"))
    ):
        job = (await client.submit(prompt, str(number), count=1, steps=1, style=style))["job"]["id"]
        _ = [event async for event in client.watch(job)]
    uploaded = new_asset(database_url, client.viewer_id)
    new_asset(database_url, stranger.viewer_id)
    sql(database_url, "UPDATE media_assets SET engine = '', style = '', ratio = '' WHERE job_id IS NULL")
    found = sql(
        database_url,
        "SELECT a.id, j.prompt FROM media_assets a JOIN generation_jobs j ON j.id = a.job_id WHERE a.owner_id = %s",
        key_in(client.viewer_id),
    )
    names = {f"asset_{key.hex}": prompt for key, prompt in found} | {uploaded: "uploaded"}

    async def chosen(**filter: Any) -> set[str]:  # noqa: A002, ANN401
        return {names[each] for each in await listed(client, filter=filter)}

    everything = {"a cat 100%", "고양이 달밤", "A Dog", "uploaded"}
    assert await chosen() == everything
    assert await chosen(text="CAT") == await chosen(text="100%") == {"a cat 100%"}
    assert await chosen(text="달") == await chosen(style="watercolor") == {"고양이 달밤"}
    assert await chosen(text="_") == await chosen(text="0_%") == await chosen(engine="nowhere") == set()
    assert await chosen(isUploaded=True) == {"uploaded"}
    assert await chosen(isUploaded=False, style="anime") == {"a cat 100%", "A Dog"}
    assert await chosen(operation="TEXT_TO_IMAGE") == everything - {"uploaded"}
    assert await chosen(operation="UPSCALE") == await chosen(createdAfter="2100-01-01T00:00:00Z") == set()
    assert await chosen(createdBefore="2100-01-01T00:00:00+09:00", ratio="1:1") == everything - {"uploaded"}
    assert await chosen(folderId="folder_1") == set()
    for name in ("text", "tag", "engine", "style", "ratio", "folderId"):
        for never in ("\0", "a\0cat", "\ud800"):
            assert await chosen(**{name: never}) == set()
    sql(database_url, "UPDATE media_assets SET content_level = 'MATURE' WHERE style = 'watercolor'")
    assert await chosen(contentLevel="MATURE") == {"고양이 달밤"}
    assert await chosen(contentLevel="GENERAL", isUploaded=False) == {"a cat 100%", "A Dog"}
    assert await chosen(contentLevel="SENSITIVE") == set()

    for order, column in (("NEWEST", "id DESC"), ("OLDEST", "id"), ("LARGEST", "byte_size DESC, id DESC")):
        owned = f"SELECT id FROM media_assets WHERE owner_id = %s ORDER BY {column}"
        wanted = [f"asset_{key.hex}" for (key,) in sql(database_url, owned, key_in(client.viewer_id))]
        after: str | None = None
        read: list[str] = []
        while len(read) < 4:
            page = (await client.data(ASSETS, {"orderBy": order, "first": 1, "after": after}))["assets"]
            after = page["pageInfo"]["endCursor"]
            read += [node["id"] for node in page["nodes"]]
        assert read == wanted, order
    answer = await client.post(ASSETS, {"orderBy": "NEWEST", "after": after})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_CURSOR"
    answer = await easel.client().post(ASSETS)
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_images_that_look_alike_are_found_the_most_alike_first(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()

    def hashed(owner: GraphClient, flipped: int) -> str:
        image = new_asset(database_url, owner.viewer_id)
        code = 0x0123_4567_89AB_CDEF ^ flipped
        sql(database_url, "UPDATE media_assets SET dhash = %s WHERE id = %s", code - (code >> 63 << 64), key_in(image))
        return image

    # given bits that differ in all bands, the sign among them
    image = hashed(client, 0)
    near = {
        each.bit_count(): hashed(client, each) for each in (0, 1 << 63, 0x0003_0001_0001_0003, 0x8001_0101_0003_0001)
    }
    hashed(client, 0x0003_0003_0003_0003)
    hidden, shown, linked = (hashed(stranger, 1) for _ in range(3))
    for each, visibility in ((shown, "PUBLIC"), (linked, "UNLISTED")):
        await stranger.core("publish", {"assetIds": [each], "title": "x", "visibility": visibility})

    async def alike(who: GraphClient, **arguments: Any) -> list[tuple[int, str]]:  # noqa: ANN401
        found = (await who.data(SIMILAR, {"id": image, **arguments}))["similarAssets"]
        return [(node["distance"], node["asset"]["id"]) for node in found["nodes"]]

    found = await alike(client)
    assert sorted(found) == sorted([*near.items(), (1, shown)])
    assert [distance for distance, _ in found] == [0, 1, 1, 6, 7]
    assert await alike(stranger) == [], "who may not see an image learns nothing by it"
    page = (await client.data(SIMILAR, {"id": image, "first": 2}))["similarAssets"]["pageInfo"]
    assert page["hasNextPage"]
    assert await alike(client, after=page["endCursor"]) == found[2:]
    assert hidden not in {each for _, each in found}


LIKE = """query($asset: ID, $upload: ID) { similarAssets(assetId: $asset, uploadId: $upload) {
  nodes { distance asset { id } } } }"""


async def test_images_that_look_like_an_upload_are_found(easel: Installation) -> None:
    # given two uploads of the same picture, one of which is an image
    client, stranger = await easel.signed_up(), await easel.signed_up()
    first, second = await announced(client, saved(drawn())), await announced(client, saved(drawn()))
    for each in (first, second):
        await put(each, saved(drawn()))
    image = (await confirmed(client, first))["asset"]["id"]
    asked = {"upload": second["upload"]["id"]}

    async def alike(who: GraphClient, **asked: str | None) -> list[tuple[int, str]]:
        found = (await who.data(LIKE, asked))["similarAssets"]
        return [(node["distance"], node["asset"]["id"]) for node in found["nodes"]]

    # then the other one leads to it as soon as it is an image too, for its owner alone
    assert await alike(client, **asked) == []
    again = (await confirmed(client, second))["asset"]["id"]
    assert await alike(client, **asked) == await alike(client, asset=again) == [(0, image)]
    for each in ({"upload": image}, {"upload": "upload_1"}, {"asset": asked["upload"]}):
        assert await alike(client, **each) == []
    assert await alike(stranger, **asked) == []

    # and exactly one of both is to be given
    both: dict[str, str | None] = {"asset": image, "upload": asked["upload"]}
    for wrong in (both, {}, dict.fromkeys(both)):
        answer = await client.post(LIKE, wrong)
        (error,) = answer["errors"]
        assert (error["extensions"]["code"], error["message"]) == (
            "BAD_USER_INPUT",
            "Give `assetId` or `uploadId`: one of them.",
        )
