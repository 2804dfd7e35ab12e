"""Pictures that were edited outside, kept as new versions: told of like their parents and right behind them."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from PIL import Image
from test_gallery_races import gallery_of, order_of

from adapters.scanning.process import ChildScanner
from audit import check_end, check_rows
from domain import trash, uploads, uploads_checking
from domain.errors import InvalidInput, NotFound, UploadNotReady
from domain.pictures import GenerationMetadata, read_metadata
from domain.ports import StorageUnavailable
from domain.variants import object_key
from domain.words import ImageVariant
from gallery_client import change, create, hang, ids, owner_of, painted
from graph_client import http_client
from stored import new_asset, row_counts, sql
from uploading import announced, brought, confirmed, drawn, put, saved
from waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Installation
    from domain.renditions import Rendition
    from domain.uploads import Parent
    from graph_client import GraphClient
    from workshop import Workshop

pytestmark = pytest.mark.anyio

PNG = saved(drawn())
DETAILS = """query($id: ID!) { node(id: $id) { ... on MediaAsset {
  engine style seed altText contentLevel recipe { rotation } url parent { id } } } }"""


async def stored(client: GraphClient, data: bytes = PNG) -> str:
    """Upload a file and return the id of the upload, which nobody has confirmed."""
    upload = await announced(client, data)
    assert (await put(upload, data)).status_code == 200
    upload_id: str = upload["upload"]["id"]
    return upload_id


def files(easel: Installation) -> set[Path]:
    return {path for path in (easel.folder / "media").rglob("*") if path.is_file()}


async def test_an_edited_picture_is_a_version_behind_its_parent(easel: Installation, database_url: str) -> None:
    # given a picture in a gallery, of which something is said, and that is not for everybody
    client = await easel.signed_up()
    owner = await create(client)
    job = await painted(client, owner, 2, prompt="a bloody sword fight", style="anime")
    parent, second = (slot["image"]["id"] for slot in job["slots"])
    await change(client, "setAltText", assetId=parent, altText="Two knights")
    before = (await client.data(DETAILS, {"id": parent}))["node"]
    assert before["contentLevel"] == "SENSITIVE"

    # when it comes back from an editor
    made = await change(client, "saveEditedVersion", parentId=parent, uploadId=await stored(client))

    # then it is told of like its parent, has the pixels of the editor, and says that a model painted it
    media = made["media"]
    assert (media["status"], media["width"], media["height"]) == ("READY", 96, 64)
    assert (media["parent"], ids(made["owner"])) == ({"id": parent}, [parent, media["id"], second])
    assert made["owner"]["galleryCount"] == 3
    after = (await client.data(DETAILS, {"id": media["id"]}))["node"]
    same = ("engine", "style", "seed", "altText", "contentLevel")
    assert [after[name] for name in same] == [before[name] for name in same]
    assert (after["altText"], after["recipe"]) == ("Two knights", None)
    async with http_client() as http:
        data = (await http.get(after["url"])).content
    assert Image.open(BytesIO(data)).convert("RGB").tobytes() == drawn().tobytes()
    metadata = read_metadata(data)
    assert isinstance(metadata, GenerationMetadata)
    assert (metadata.prompt, metadata.width, metadata.height) == ("a bloody sword fight", 96, 64)
    assert metadata.source_id
    assert f"asset_{metadata.source_id.hex}" == parent
    assert b"trainedAlgorithmicMedia" in data
    check_rows(database_url)
    check_end(database_url)


async def test_the_same_pair_again_is_the_same_picture_and_another_parent_is_refused(
    easel: Installation, database_url: str
) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    first, second = hang(database_url, client, owner, 2)
    give_original(easel, first)
    upload = await stored(client)
    made = await change(client, "saveEditedVersion", parentId=first, uploadId=upload)
    await until(lambda: not sql(database_url, "SELECT id FROM outbox LIMIT 1"))
    before, kept = row_counts(database_url), files(easel)

    assert await change(client, "saveEditedVersion", parentId=first, uploadId=upload) == made
    confirmed_alone = await confirmed(client, {"upload": {"id": upload}})
    assert confirmed_alone["asset"]["id"] == made["media"]["id"]
    refused = await change(client, "saveEditedVersion", parentId=second, uploadId=upload)

    assert (refused["__typename"], refused["code"], refused["path"], refused["retryable"]) == (
        *("InvalidInput", "INVALID_INPUT"),
        *(["input", "uploadId"], False),
    )
    assert ids(await owner_of(client, owner)) == [first, made["media"]["id"], second]

    # and what was confirmed on its own is no version of anything
    alone = await stored(client)
    assert (await confirmed(client, {"upload": {"id": alone}}))["__typename"] == "ConfirmUploadSuccess"
    refused = await change(client, "saveEditedVersion", parentId=first, uploadId=alone)
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "uploadId"])
    after = row_counts(database_url)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "media_assets": 1,
        "uploads": 1,
    }
    assert len(files(easel) - kept) == 4


def give_original(easel: Installation, asset: str) -> None:
    """Store the original of a picture that nobody painted."""
    path = easel.folder / "media" / object_key(UUID(asset.partition("_")[2]), ImageVariant.ORIGINAL)
    path.parent.mkdir(parents=True)
    path.write_bytes(PNG)


async def test_what_can_not_be_a_version_is_refused_and_nothing_is_written(
    easel: Installation, database_url: str
) -> None:
    # given a picture of one's own, a stranger's, a deleted one, one whose objects are gone; and uploads
    client, stranger = await easel.signed_up(), await easel.signed_up()
    own, foreign, deleted = (new_asset(database_url, each.viewer_id) for each in (client, stranger, client))
    give_original(easel, own)
    await change(client, "deleteMedia", assetId=deleted)
    upload, theirs, bad = await stored(client), await stored(stranger), await stored(client, PNG[:-20])
    before, kept = row_counts(database_url), files(easel)

    # then each refusal names what is wrong
    async def refused(parent: str, upload: str) -> tuple[str, list[str]]:
        refusal = await change(client, "saveEditedVersion", parentId=parent, uploadId=upload)
        return refusal["code"], refusal["path"]

    for parent in (foreign, deleted, new_asset_id(), new_asset(database_url, client.viewer_id, "HIDDEN")):
        assert await refused(parent, upload) == ("NOT_FOUND", ["input", "parentId"])
    for each in (theirs, "upload_0", own):
        assert await refused(own, each) == ("NOT_FOUND", ["input", "uploadId"])
    anonymous = await easel.client().post(SAVE, {"input": {"parentId": own, "uploadId": upload}})
    assert anonymous["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"

    # and nothing was written
    assert row_counts(database_url) == before | {"media_assets": before["media_assets"] + 1}
    assert files(easel) == kept
    assert sql(database_url, "SELECT DISTINCT checked_at, problem FROM uploads") == [(None, None)]

    # and a file that is not acceptable is deleted, and stays refused
    for _ in range(2):
        refusal = await change(client, "saveEditedVersion", parentId=own, uploadId=bad)
        assert (refusal["__typename"], refusal["problem"], refusal["path"]) == (
            *("UploadRejected", "BROKEN"),
            ["input", "uploadId"],
        )
    assert len(kept - files(easel)) == 1
    assert files(easel) < kept

    # and what was refused for its parent alone can still be kept
    assert (await change(client, "saveEditedVersion", parentId=own, uploadId=upload))["media"]["status"] == "READY"


SAVE = """mutation($input: SaveEditedVersionInput!) { saveEditedVersion(input: $input) { __typename } }"""


def new_asset_id() -> str:
    return f"asset_{uuid4().hex}"


async def test_a_parent_that_is_deleted_during_the_check_gets_no_version(shop: Workshop) -> None:
    user = await shop.user()
    owner, (parent,) = await gallery_of(shop, user, 1)
    await shop.store.put(object_key(parent, ImageVariant.ORIGINAL), PNG, "image/png")
    upload = await brought(shop, user, PNG)
    before = shop.stored()

    async def scan(data: bytes, media_type: str, parent_: Parent | None = None) -> Rendition:
        rendition = await ChildScanner()(data, media_type, parent_)
        async with shop.db.write() as tx:
            await trash.delete(tx, user, parent)
        return rendition

    with pytest.raises(NotFound) as refusal:
        await uploads_checking.confirm(shop.gate(), scan, user, upload.id, parent)
    assert refusal.value.path == ("input", "parentId")
    assert (shop.stored(), order_of(shop, owner)) == (before, [])

    # and its file can be confirmed on its own
    await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id)
    assert sql(shop.database_url, "SELECT parent_id, engine FROM media_assets WHERE status = 'READY'") == [(None, "")]


async def test_of_two_parents_at_once_one_has_the_version(shop: Workshop) -> None:
    user = await shop.user()
    owner, (first, second) = await gallery_of(shop, user, 2)
    for parent in (first, second):
        await shop.store.put(object_key(parent, ImageVariant.ORIGINAL), PNG, "image/png")
    upload = await brought(shop, user, PNG)

    # given a check that is taken for dead, and another one for another parent that ends first
    async def scan(data: bytes, media_type: str, parent_: Parent | None = None) -> Rendition:
        with pytest.raises(UploadNotReady):
            await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id, second)
        sql(shop.database_url, "UPDATE uploads SET checked_at = NULL")
        await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id, second)
        return await ChildScanner()(data, media_type, parent_)

    with pytest.raises(InvalidInput) as refusal:
        await uploads_checking.confirm(shop.gate(), scan, user, upload.id, first)

    assert refusal.value.reason == "upload.used"
    ((version, parent),) = sql(
        shop.database_url, "SELECT id, parent_id FROM media_assets WHERE parent_id IS NOT NULL AND status = 'READY'"
    )
    assert (parent, order_of(shop, owner)) == (second, [first, second, version])
    check_rows(shop.database_url)


async def test_a_store_that_is_away_refuses_for_now(shop: Workshop) -> None:
    user = await shop.user()
    owner, (parent,) = await gallery_of(shop, user, 1)
    upload = await brought(shop, user, PNG)

    class Away(type(shop.store)):  # type: ignore[misc]
        async def get(self, key: str) -> bytes:
            if key.startswith("assets/"):
                raise StorageUnavailable(key)
            data: bytes = await super().get(key)
            return data

    away = Away(shop.media, "http://easel.example", b"0123456789abcdef0123456789abcdef")
    with pytest.raises(UploadNotReady) as refusal:
        await uploads_checking.confirm(shop.gate(away), ChildScanner(), user, upload.id, parent)

    assert (refusal.value.reason, refusal.value.retryable) == ("upload.store_away", True)
    assert (shop.stored(), order_of(shop, owner)) == ({uploads.deposit_of(upload).key}, [parent])
