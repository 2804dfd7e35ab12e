"""Uploads as a client makes them: announced, put, confirmed; and every file that is refused."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from db.words import AssetStatus
from graph_client import http_client
from stored import row_counts, sql
from uploading import CONFIRM, announced, chunk, confirmed, drawn, put, saved, uploaded, vast_png

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio

PNG = saved(drawn())


def objects(easel: Installation) -> list[str]:
    media = easel.folder / "media"
    return sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file())


@pytest.fixture(autouse=True)
def _no_objects(easel: Installation) -> None:
    for name in objects(easel):
        (easel.folder / "media" / name).unlink()


async def test_a_picture_becomes_an_image_like_any_other(easel: Installation, database_url: str) -> None:
    # given a photo that lies on its side and tells where it was taken
    client = await easel.signed_up()
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010E] = "a secret place"
    photo = saved(drawn(), "JPEG", exif=exif, quality=95)
    upload = await announced(client, photo, "image/jpeg")
    assert upload["upload"] | {"id": ""} == {
        "id": "",
        "kind": "IMAGE",
        "mime": "image/jpeg",
        "bytes": len(photo),
        "sha256": hashlib.sha256(photo).hexdigest(),
        "problem": None,
        "asset": None,
    }

    # when it is put and confirmed
    assert (await put(upload, photo)).status_code == 200
    result = await confirmed(client, upload)

    # then it is upright, and nothing but pixels is kept
    asset = result["asset"]
    assert (result["__typename"], asset["status"], asset["width"], asset["height"]) == (
        *("ConfirmUploadSuccess", "READY", 64, 96),
    )
    assert (len(asset["blurhash"]), asset["engine"]) == (28, "")
    folder = easel.folder / "media"
    files = objects(easel)
    assert [name.rpartition("/")[2] for name in files] == ["card.webp", "full.webp", "original.png", "thumb.webp"]
    for name in files:
        data = (folder / name).read_bytes()
        assert b"secret" not in data
        assert not Image.open(BytesIO(data)).getexif()
        assert b"trainedAlgorithmicMedia" not in data
    async with http_client() as http:
        original = await http.get(asset["url"])
    painted = Image.open(BytesIO(original.content)).convert("RGB")
    red, green, _ = painted.getpixel((32, 10))  # type: ignore[misc]  # the left half was turned to the top
    assert (red > 200, green < 60, len(original.content)) == (True, True, asset["byteSize"])

    # and confirmed again, the answer is the same
    assert await confirmed(client, upload) == result
    assert row_counts(database_url)["media_assets"] == 1
    (hashed,) = sql(database_url, "SELECT dhash, length(dominant_color) FROM media_assets")
    assert hashed == (hashed[0], 7)


async def test_an_upload_can_be_painted_from(easel: Installation) -> None:
    client = await easel.signed_up()
    asset = (await uploaded(client, saved(drawn(512, 512))))["asset"]

    job = (await client.submit("a cat", "k", count=1, steps=1, source={"assetId": asset["id"], "strength": 0.5}))["job"]

    events = [event async for event in client.watch(job["id"])]
    assert events[-1]["job"]["status"] == "SUCCEEDED"


async def test_transparency_stays_and_grey_becomes_colour(easel: Installation) -> None:
    client = await easel.signed_up()
    clear = drawn(mode="RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    for image, kind, mime, mode in (
        (clear, "WEBP", "image/webp", "RGBA"),
        (drawn().convert("L"), "PNG", "image/png", "RGB"),
        (drawn().convert("P"), "PNG", "image/png", "RGB"),
        (drawn().convert("CMYK"), "JPEG", "image/jpeg", "RGB"),
        (drawn(mode="RGBA"), "PNG", "image/png", "RGB"),
    ):
        asset = (await uploaded(client, saved(image, kind), mime))["asset"]
        async with http_client() as http:
            original = await http.get(asset["url"])
        assert Image.open(BytesIO(original.content)).mode == mode


APNG = saved(drawn(), "PNG", save_all=True, append_images=[drawn().rotate(90)])
ANIMATED = saved(drawn(), "WEBP", save_all=True, append_images=[drawn().rotate(90)])
HTML = b"<html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
JPEG = saved(drawn(), "JPEG")
TEXT_BOMB = PNG[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**25), 9)) + PNG[33:]


@pytest.mark.parametrize(
    ("data", "mime", "problem"),
    [
        (vast_png(30_000, 30_000), "image/png", "TOO_MANY_PIXELS"),
        (vast_png(20_000, 1), "image/png", "TOO_MANY_PIXELS"),
        (SVG, "image/png", "NOT_A_PICTURE"),
        (HTML, "image/png", "NOT_A_PICTURE"),
        (b"GIF89a" + bytes(100), "image/png", "NOT_A_PICTURE"),
        (JPEG, "image/png", "WRONG_TYPE"),
        (PNG, "image/webp", "WRONG_TYPE"),
        (PNG + b"PK\x03\x04" + bytes(100), "image/png", "HIDDEN_DATA"),
        (JPEG + HTML, "image/jpeg", "HIDDEN_DATA"),
        (saved(drawn(), "WEBP") + HTML, "image/webp", "HIDDEN_DATA"),
        (APNG, "image/png", "SEVERAL_FRAMES"),
        (ANIMATED, "image/webp", "SEVERAL_FRAMES"),
        (PNG[:-20], "image/png", "BROKEN"),
        (JPEG[: len(JPEG) // 2], "image/jpeg", "BROKEN"),
        (saved(drawn(), "WEBP")[:-10], "image/webp", "BROKEN"),
        (PNG[:60] + b"\xff" + PNG[61:], "image/png", "BROKEN"),
        (TEXT_BOMB, "image/png", "BROKEN"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_a_bad_file_is_refused_and_nothing_of_it_is_kept(
    easel: Installation, database_url: str, data: bytes, mime: str, problem: str
) -> None:
    client = await easel.signed_up()
    upload = await announced(client, data, mime)
    assert (await put(upload, data)).status_code == 200

    refusal = await confirmed(client, upload)

    assert refusal["message"]
    assert {name: refusal[name] for name in ("__typename", "code", "problem", "path", "retryable")} == {
        "__typename": "UploadRejected",
        "code": "UPLOAD_REJECTED",
        "problem": problem,
        "path": ["input", "uploadId"],
        "retryable": False,
    }
    assert objects(easel) == []
    assert sql(database_url, "SELECT status, width FROM media_assets") == [(AssetStatus.REJECTED, 0)]
    assert (await confirmed(client, upload))["problem"] == problem


async def test_what_hides_beside_the_pixels_is_gone(easel: Installation) -> None:
    client = await easel.signed_up()
    polyglot = PNG[:33] + chunk(b"tEXt", b"a\0" + HTML) + PNG[33:]

    await uploaded(client, polyglot)

    assert len(objects(easel)) == 4
    assert all(b"script" not in (easel.folder / "media" / name).read_bytes() for name in objects(easel))


async def test_only_what_was_announced_can_be_put(easel: Installation) -> None:
    client = await easel.signed_up()
    upload = await announced(client, PNG)

    for wrong in (PNG + b"x", PNG[:-1], PNG[:-1] + b"x"):
        assert (await put(upload, wrong)).status_code == 400
    for changed in (("size=", "size=1"), ("sha256=", "sha256=0"), ("expires=", "expires=1"), (".png", "0.png")):
        link = {**upload, "uploadUrl": upload["uploadUrl"].replace(*changed)}
        assert (await put(link, PNG)).status_code == 403
    assert objects(easel) == []

    # and it is not there until it is
    refusal = await confirmed(client, upload)
    assert (refusal["__typename"], refusal["retryable"]) == ("UploadNotReady", True)
    assert (await put(upload, PNG)).status_code == 200
    assert (await confirmed(client, upload))["__typename"] == "ConfirmUploadSuccess"


async def test_an_upload_is_nobody_elses(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    upload = await announced(client, PNG)
    await put(upload, PNG)

    assert (await confirmed(stranger, upload))["code"] == "NOT_FOUND"
    look = "query($id: ID!) { node(id: $id) { id } }"
    assert (await stranger.data(look, {"id": upload["upload"]["id"]})) == {"node": None}
    answer = await easel.client().post(CONFIRM, {"input": {"uploadId": upload["upload"]["id"]}})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert sql(database_url, "SELECT status FROM media_assets") == [(AssetStatus.UPLOADING,)]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"mime": "image/svg+xml"}, "mime"),
        ({"mime": "text/html"}, "mime"),
        ({"bytes": 0}, "bytes"),
        ({"bytes": 10_000_001}, "bytes"),
        ({"sha256": "0" * 63}, "sha256"),
        ({"sha256": "g" * 64}, "sha256"),
    ],
)
async def test_what_can_not_be_announced(
    easel: Installation, database_url: str, changed: dict[str, Any], field: str
) -> None:
    client = await easel.signed_up()
    before = row_counts(database_url)

    refusal = await announced(client, PNG, **changed)

    assert (refusal["code"], refusal["path"]) == ("INVALID_INPUT", ["input", field])
    assert row_counts(database_url) == before


async def test_confirmed_twice_at_once_it_is_one_image(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    upload = await announced(client, PNG)
    await put(upload, PNG)

    results = await asyncio.gather(*(confirmed(client, upload) for _ in range(5)))

    names = {result["__typename"] for result in results}
    assert "ConfirmUploadSuccess" in names <= {"ConfirmUploadSuccess", "UploadNotReady"}
    assert sql(database_url, "SELECT status FROM media_assets") == [(AssetStatus.READY,)]
    assert len(objects(easel)) == 4


async def test_what_was_deleted_meanwhile_is_not_found(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    upload = await announced(client, PNG)
    await put(upload, PNG)
    assert (await confirmed(client, upload))["__typename"] == "ConfirmUploadSuccess"
    sql(database_url, "UPDATE media_assets SET status = 'TRASHED'")

    assert (await confirmed(client, upload))["code"] == "NOT_FOUND"


async def test_who_announces_too_much_waits(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    for _ in range(60):
        assert (await announced(client, PNG))["__typename"] == "CreateUploadSuccess"
    before = row_counts(database_url)

    refusal = await announced(client, PNG)

    assert (refusal["__typename"], refusal["code"], refusal["retryable"]) == (
        "TooManyAttempts",
        "TOO_MANY_ATTEMPTS",
        True,
    )
    assert row_counts(database_url) == before
