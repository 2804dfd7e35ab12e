"""Styles: found by words, each with a picture that browsers may keep, and scripts of other pages read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from app.styles import FOLDER
from conftest import install
from domain.catalogue import STYLES
from graph_client import http_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

STYLES_QUERY = "query($f: StyleFilter) { styles(filter: $f) { id name exampleImage { url width height } } }"
STUDIO = "https://studio.example"


@pytest.fixture
def choosy(tmp_path: Path, spare_database_url: str, spare_redis_url: str) -> Iterator[Installation]:
    """Run an API that shares pixels with one origin alone."""
    settings = {"ALLOWED_ORIGINS": f'["{STUDIO}"]'}
    with install(tmp_path, spare_database_url, spare_redis_url, **settings).running("api") as installation:
        yield installation


async def styles_of(client: GraphClient, **filter: Any) -> list[dict[str, Any]]:  # noqa: A002, ANN401
    found: list[dict[str, Any]] = (await client.data(STYLES_QUERY, {"f": filter}))["styles"]
    return found


async def test_each_style_has_a_picture_that_may_be_kept_for_ever(easel: Installation) -> None:
    styles = await styles_of(easel.client())

    assert [style["id"] for style in styles] == [*STYLES]
    assert {path.stem for path in FOLDER.iterdir()} == {*STYLES}
    seen = set()
    async with http_client() as http:
        for style in styles:
            example = style["exampleImage"]
            assert example["url"].startswith(f"{easel.url}/styles/")
            answer = await http.get(example["url"])

            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
            assert answer.content == (FOLDER / f"{style['id']}.webp").read_bytes()
            assert len(answer.content) < 20_000
            picture = Image.open(io.BytesIO(answer.content))
            assert (picture.format, picture.size) == ("WEBP", (example["width"], example["height"]))
            seen.add(answer.content)

            again = await http.get(example["url"], headers={"if-none-match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            head = await http.head(example["url"])
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == str(len(answer.content))
    assert len(seen) == len(STYLES)


async def test_what_is_no_picture_of_now_is_not_kept(easel: Installation) -> None:
    url = (await styles_of(easel.client()))[0]["exampleImage"]["url"]
    version = url.split("/")[-2]
    async with http_client() as http:
        for other in (url.replace(version, "0" * len(version)), url.replace("realistic", "oil")):
            answer = await http.get(other)
            assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
        outside = await http.get(url.replace("realistic.webp", "..%2f..%2frequirements.lock"))
        assert outside.status_code == 404


async def test_pixels_are_shared_with_allowed_origins_alone(choosy: Installation) -> None:
    url = (await styles_of(choosy.client()))[0]["exampleImage"]["url"]
    async with http_client() as http:
        for origin, is_allowed in ((STUDIO, True), ("https://evil.example", False), ("null", False)):
            answer = await http.get(url, headers={"origin": origin})
            assert (answer.status_code, answer.headers["vary"]) == (200, "Origin")
            assert answer.headers.get("access-control-allow-origin") == (origin if is_allowed else None)
        preflight = await http.options(url, headers={"origin": STUDIO, "access-control-request-method": "GET"})
        assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, STUDIO)


async def test_styles_are_found_by_words_and_engine(easel: Installation) -> None:
    client = easel.client()
    for wanted, found in (
        ({"text": "PIXEL"}, ["pixel-art"]),
        ({"text": "수채"}, ["watercolor"]),
        ({"text": "brush strokes"}, ["painterly"]),
        ({"text": "art", "engine": "sandbox"}, ["pixel-art", "line-art"]),
        ({"text": " "}, [*STYLES]),
        ({"engine": "sandbox"}, [*STYLES]),
        ({"engine": "sd15"}, []),
        ({"text": "cubism"}, []),
    ):
        assert [style["id"] for style in await styles_of(client, **wanted)] == found, wanted
