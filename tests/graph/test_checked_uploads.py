"""Uploads and edits pass what painted pictures pass: the block list, and the safety checker where one is set."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageDraw

from adapters.checkers.known_pictures import KnownPictures
from adapters.checkers.renditions import RenditionGuard
from adapters.checkers.safety import SafetyChecker
from adapters.engines.factory import SAFETY_CHECKER, EngineOptions, recipe_of
from adapters.scanning.process import ChildScanner
from conftest import install
from db.session import Database
from domain import edits_making, uploads_checking
from domain.edits import Crop, Recipe
from domain.errors import MediaUnavailable, PictureBlocked, UploadNotReady, UploadRejected
from domain.picture_checks import Gate
from domain.pictures.fingerprints import dhash
from domain.words import GuardReason, UploadProblem
from gallery_client import change
from stored import row_counts, sql
from tiny_pipeline import build_tiny_safety_checker
from uploading import CONFIRM, announced, brought, put, saved, uploaded
from waiting import until

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

    from conftest import Installation
    from graph_client import GraphClient
    from workshop import Workshop

pytestmark = pytest.mark.anyio

DECISIONS = """{ viewer { guardDecisions { nodes { subject effect reason message prompt jobId assetId } } } }"""
LOADED_S = 60
"""Within which a process has imported what a model needs, and has loaded it; 10 s where nobody else wants the CPU."""
BLOCKED = "... on ContentBlocked { reason whatToChange } ... on UserError { code message path retryable }"


def drawing(width: int = 320, height: int = 240) -> Image.Image:
    """Return a picture with enough in it to be known again."""
    picture = Image.new("RGB", (320, 240), "navy")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 20, 200, 170), fill="orange")
    draw.rectangle((150, 130, 300, 230), fill="white")
    draw.polygon([(10, 230), (90, 120), (140, 220)], fill="green")
    return picture.resize((width, height))


def block(database_url: str, picture: Image.Image) -> None:
    """Put a picture on the list."""
    statement = "INSERT INTO blocked_pictures (dhash, reason, created_at) VALUES (%s, 'a forgery', now())"
    sql(database_url, statement, dhash(picture))


def files(easel: Installation) -> set[Path]:
    return {path for path in (easel.folder / "media").rglob("*") if path.is_file()}


async def refusal_of(client: GraphClient, upload: dict[str, Any]) -> dict[str, Any]:
    """Return the result of ``confirmUpload`` with all that a block tells."""
    told = CONFIRM.replace("{ problem }", "{ problem reason whatToChange }")
    answer = await client.data(told, {"input": {"uploadId": upload["upload"]["id"]}})
    result: dict[str, Any] = answer["confirmUpload"]
    return result


async def test_a_blocked_picture_is_refused_however_it_was_saved(easel: Installation, database_url: str) -> None:
    # given a picture of the list, and files that show the same
    client = await easel.signed_up()
    block(database_url, drawing())
    kept = files(easel)
    same = (
        (saved(drawing()), "image/png"),
        (saved(drawing(), "JPEG", quality=40), "image/jpeg"),
        (saved(drawing(800, 600), "WEBP", quality=60), "image/webp"),
        (saved(drawing(120, 90), "JPEG", quality=75), "image/jpeg"),
    )
    for number, (data, mime) in enumerate(same, 1):
        upload = await announced(client, data, mime)
        assert (await put(upload, data)).status_code == 200

        # when each is confirmed, then its owner is told why, and what to do instead
        refusal = await refusal_of(client, upload)
        assert refusal == {
            "__typename": "UploadRejected",
            "code": "UPLOAD_REJECTED",
            "problem": "BLOCKED",
            "reason": "KNOWN_PICTURE",
            "message": "This picture can not be uploaded: it is one that must not be shown here.",
            "whatToChange": "Use another picture. The same one in another size or format is not accepted either.",
            "path": ["input", "uploadId"],
            "retryable": False,
        }

        # and told the same again, in Korean too, with one decision for all that
        client.language = "ko"
        again = await refusal_of(client, upload)
        client.language = "en"
        assert (again["reason"], again["message"]) == (
            "KNOWN_PICTURE",
            "여기에서 보여 줄 수 없는 이미지라서 올릴 수 없습니다.",
        )
        assert again["whatToChange"].startswith("다른 이미지를 사용해 주세요.")
        assert row_counts(database_url)["guard_decisions"] == number

    # and nothing of any of them is left, nor can be seen
    assert files(easel) == kept
    assert sql(database_url, "SELECT DISTINCT status, width FROM media_assets") == [("REJECTED", 0)]
    for (asset,) in sql(database_url, "SELECT id FROM media_assets"):
        query = "query($id: ID!) { node(id: $id) { ... on MediaAsset { url } } }"
        assert (await client.data(query, {"id": f"asset_{asset.hex}"}))["node"] is None
    decision = (await client.data(DECISIONS))["viewer"]["guardDecisions"]["nodes"][0]
    ((newest,),) = sql(database_url, "SELECT asset_id FROM uploads ORDER BY id DESC LIMIT 1")
    assert decision == {
        "subject": "PICTURE",
        "effect": "BLOCK",
        "reason": "KNOWN_PICTURE",
        "message": "This picture is one that must not be shown here.",
        "prompt": "",
        "jobId": None,
        "assetId": f"asset_{newest.hex}",
    }

    # while others pass
    assert (await uploaded(client, saved(drawing().rotate(90))))["__typename"] == "ConfirmUploadSuccess"


async def test_a_blocked_picture_is_no_version_either(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    parent = (await uploaded(client, saved(drawing().rotate(90))))["asset"]["id"]
    block(database_url, drawing())
    upload = await announced(client, saved(drawing()))
    await put(upload, saved(drawing()))

    refused = await change(client, "saveEditedVersion", parentId=parent, uploadId=upload["upload"]["id"])

    assert (refused["__typename"], refused["problem"]) == ("UploadRejected", "BLOCKED")
    assert sql(database_url, "SELECT status, parent_id FROM media_assets ORDER BY id") == [
        ("READY", None),
        ("REJECTED", None),
    ]


@pytest.mark.parametrize("name", ["cropMedia", "applyEdit"])
async def test_a_part_of_a_picture_that_is_blocked_is_not_made(
    easel: Installation, database_url: str, name: str
) -> None:
    # given a picture that shows one of the list beside others
    client = await easel.signed_up()
    canvas = Image.new("RGB", (640, 480), "gray")
    canvas.paste(drawing(), (300, 200))
    source = (await uploaded(client, saved(canvas)))["asset"]["id"]
    block(database_url, drawing())
    before, kept = row_counts(database_url), files(easel)

    # when that part is cut out
    crop = {"x": 300, "y": 200, "width": 320, "height": 240}
    given: dict[str, Any] = {"crop": crop} if name == "cropMedia" else {"recipe": {"crop": crop}}
    kind = name[0].upper() + name[1:]
    query = f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename {BLOCKED} }} }}"
    refusal = (await client.data(query, {"input": {"assetId": source} | given}))[name]

    # then it is refused, and only the decision is written
    assert refusal == {
        "__typename": "ContentBlocked",
        "code": "CONTENT_BLOCKED",
        "reason": "KNOWN_PICTURE",
        "message": "This picture is one that must not be shown here.",
        "whatToChange": "Use another picture. The same one in another size or format is not accepted either.",
        "path": ["input", *given],
        "retryable": False,
    }
    assert row_counts(database_url) == before | {"guard_decisions": before["guard_decisions"] + 1}
    assert files(easel) == kept
    (decision,) = (await client.data(DECISIONS))["viewer"]["guardDecisions"]["nodes"]
    assert (decision["reason"], decision["jobId"], decision["assetId"]) == ("KNOWN_PICTURE", None, source)

    # and another part can be
    other = crop | {"x": 0, "y": 0}
    made = await change(
        client, name, assetId=source, **({"crop": other} if name == "cropMedia" else {"recipe": {"crop": other}})
    )
    assert made["media"]["width"] == 320


async def test_the_safety_checker_judges_uploads_in_a_process_that_starts_with_the_first(
    shop: Workshop, tmp_path: Path, with_torch: BaseContext
) -> None:
    # given a model that flags what is red, and people who bring red and blue pictures
    model = build_tiny_safety_checker(tmp_path / "model", Image.new("RGB", (64, 64), "red"))
    recipe = recipe_of(SAFETY_CHECKER, EngineOptions(safety_checker=str(model), home=tmp_path))
    opened: list[SafetyChecker] = []
    user = await shop.user()

    def gate(*, is_lenient: bool) -> Gate:
        def open_model() -> SafetyChecker:
            opened.append(SafetyChecker(recipe, is_lenient=is_lenient, context=with_torch))
            return opened[-1]

        return Gate(shop.db, shop.store, RenditionGuard(KnownPictures(shop.db, timedelta(seconds=4)), open_model))

    async def became(gate: Gate, color: str) -> Any:  # noqa: ANN401
        upload = await brought(shop, user, saved(Image.new("RGB", (64, 64), color)))

        async def answered() -> Any:  # noqa: ANN401
            """Return the answer, once the model is loaded."""
            try:
                asset = await uploads_checking.confirm(gate, ChildScanner(), user, upload.id)
            except UploadNotReady:
                return None
            except UploadRejected as refusal:
                return refusal.problem, refusal.block
            ((level,),) = sql(shop.database_url, "SELECT content_level FROM media_assets WHERE id = %s", asset)
            return level

        return await until(answered, LOADED_S)

    strict, lenient = gate(is_lenient=False), gate(is_lenient=True)
    assert opened == []

    # then what it flags is blocked, or is MATURE where that was chosen; one process judges all
    assert await became(strict, "blue") == "GENERAL"
    assert await became(strict, "red") == (UploadProblem.BLOCKED, GuardReason.UNSAFE)
    assert await became(lenient, "red") == "MATURE"
    assert await became(lenient, "blue") == "GENERAL"
    assert len(opened) == 2
    assert len(shop.stored()) == 12

    # and so are edits: a part of what is for everybody need not be
    half = Image.new("RGB", (128, 64), "blue")
    half.paste("red", (0, 0, 64, 64))
    upload = await brought(shop, user, saved(half))
    source = await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id)
    red, at = Recipe(crop=Crop(0, 0, 64, 64)), ("input", "crop")
    with pytest.raises(PictureBlocked):
        await edits_making.edit(strict, user, source, red, at)
    made = await edits_making.edit(lenient, user, source, red, at)
    found = sql(
        shop.database_url, "SELECT content_level FROM media_assets WHERE id IN (%s, %s) ORDER BY id", source, made
    )
    assert found == [("GENERAL",), ("MATURE",)]
    decided = sql(shop.database_url, "SELECT reason, effect, job_id FROM guard_decisions")
    assert decided == [("UNSAFE", "BLOCK", None)] * 2
    for each in (strict, lenient):
        each.guard.close()


def has_torch(pid: str) -> bool:
    """Return whether a process has PyTorch in its memory."""
    return "libtorch" in Path("/proc", pid, "maps").read_text()


def children_of(pid: str) -> list[str]:
    """Return the processes that all threads of a process have started."""
    return [child for each in Path("/proc", pid, "task").iterdir() for child in (each / "children").read_text().split()]


async def test_an_api_with_a_safety_checker_has_it_in_a_process_of_its_own(
    tmp_path: Path, spare_database_url: str, spare_redis_url: str
) -> None:
    model = build_tiny_safety_checker(tmp_path / "model")
    easel = install(tmp_path, spare_database_url, spare_redis_url, SAFETY_CHECKER=str(model))
    try:
        easel.start("api")
        await easel.answering()
        client = await easel.signed_up()
        upload = await announced(client, saved(drawing()))
        await put(upload, saved(drawing()))

        async def refused() -> Any:  # noqa: ANN401
            refusal = await refusal_of(client, upload)
            return refusal if refusal["code"] == "UPLOAD_REJECTED" else None

        refusal = await until(refused, LOADED_S)

        api = easel.processes["api"]
        assert (refusal["problem"], refusal["reason"], files(easel)) == ("BLOCKED", "UNSAFE", set())
        assert api.popen
        pid = str(api.popen.pid)
        children = children_of(pid)
        assert [has_torch(each) for each in (pid, *children)].count(True) == 1
        assert not has_torch(pid)

        # and it ends with the API
        api.stop()
        await until(lambda: not any(Path("/proc", child).exists() for child in children))
    finally:
        easel.stop()


async def test_what_can_not_be_judged_is_not_shown_and_may_be_tried_again(shop: Workshop) -> None:
    user = await shop.user()
    upload = await brought(shop, user, saved(drawing()))
    away = Database("postgresql://easel@127.0.0.1:1/easel", statement_timeout_s=0.1)
    unjudged = Gate(shop.db, shop.store, RenditionGuard(KnownPictures(away, timedelta(0))))

    with pytest.raises(UploadNotReady) as refusal:
        await uploads_checking.confirm(unjudged, ChildScanner(), user, upload.id)

    assert (refusal.value.reason, len(shop.stored())) == ("upload.check_away", 1)
    await uploads_checking.confirm(shop.gate(), ChildScanner(), user, upload.id)
    assert len(shop.stored()) == 4

    # and so are edits, of which nothing is left
    ((asset,),) = sql(shop.database_url, "SELECT id FROM media_assets")
    with pytest.raises(MediaUnavailable):
        await edits_making.edit(unjudged, user, asset, Recipe(crop=Crop(0, 0, 64, 64)), ("input", "crop"))
    assert (len(shop.stored()), row_counts(shop.database_url)["media_assets"]) == (4, 1)
    await away.close()
