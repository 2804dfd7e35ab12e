"""The media route as browsers, players, proxies and canvas editors use it."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from adapters.storage.folder import FolderStore
from app.media import media_routes

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response

KEY = "assets/a/original.png"
DATA = bytes(range(256)) * 1_000
NOW = 1_800_000_000.0
STUDIO = "https://studio.example"
HOUR = timedelta(hours=1)


class Browser:
    """Reads the links of a store that holds one object; the clock can be set."""

    def __init__(self, root: Path, *allowed_origins: str) -> None:
        self.now = NOW
        self.root = root
        self.store = FolderStore(root, "http://testserver", b"secret", lambda: self.now)
        path = root / KEY
        path.parent.mkdir(parents=True)
        path.write_bytes(DATA)
        self.client = TestClient(Starlette(routes=media_routes(self.store, allowed_origins)))
        self.link = self.store.url(KEY, HOUR)

    def get(self, link: str | None = None, method: str = "GET", **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, link or self.link, headers=named)


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(tmp_path, "*")


@pytest.fixture
def choosy(tmp_path: Path) -> Browser:
    """A route that shares with one origin alone."""
    return Browser(tmp_path, STUDIO, "null")


def test_a_link_gives_the_file_and_says_how_long_it_may_be_kept(browser: Browser) -> None:
    response = browser.get()

    expires = int(browser.link.split("expires=")[1].split("&")[0])
    assert (response.status_code, response.content) == (200, DATA)
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-length"] == str(len(DATA))
    assert response.headers["cache-control"] == f"public, max-age={int(expires - NOW)}, immutable"
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["etag"].startswith('"')
    assert "content-disposition" not in response.headers


def test_head_has_the_headers_of_get_and_no_body(browser: Browser) -> None:
    whole, head = browser.get(), browser.get(method="HEAD")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers
    assert browser.get(method="HEAD", range="bytes=0-9").headers == whole.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(browser: Browser, method: str) -> None:
    assert browser.get(method=method).status_code == 405
    assert (browser.root / KEY).read_bytes() == DATA


def test_a_link_that_does_not_hold_gives_nothing_away(browser: Browser) -> None:
    name, signature = browser.link.split("signature=")
    wrong = [
        browser.link.split("?")[0],
        f"{name}signature={signature[::-1]}",
        browser.link.replace(KEY, "assets/b/original.png"),
        browser.link.replace(KEY, "../../etc/passwd"),
        browser.link.replace(KEY, "%2e%2e/%2e%2e/etc/passwd"),
        browser.link.replace(KEY, "%00"),
        browser.link.replace(KEY, ""),
        f"{browser.link}&signature=AAAA",
    ]

    for link in wrong:
        response = browser.get(link, origin=STUDIO)
        assert response.status_code == (404 if "/media/" not in str(response.request.url) else 403), link
        assert b"passwd" not in response.content
        if response.status_code == 403:
            assert response.text == "This link is not valid or has expired.\n"
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["access-control-allow-origin"] == "*"


def test_an_expired_link_gives_nothing_even_to_who_has_the_file_already(browser: Browser) -> None:
    etag = browser.get().headers["etag"]
    browser.now += 3 * 3_600

    response = browser.get(if_none_match=etag)

    assert (response.status_code, response.headers["cache-control"]) == (403, "no-store")
    assert "etag" not in response.headers


def test_a_valid_link_to_a_file_that_is_gone_is_not_found(browser: Browser) -> None:
    (browser.root / KEY).unlink()

    response = browser.get()

    assert (response.status_code, response.headers["cache-control"]) == (404, "no-store")


@pytest.mark.parametrize("asked", ["{}", "W/{}", '"other", {}', "*", ' W/"x" ,{} '])
def test_a_file_that_the_browser_has_is_not_sent_again(browser: Browser, asked: str) -> None:
    whole = browser.get()

    response = browser.get(if_none_match=asked.format(whole.headers["etag"]))

    assert (response.status_code, response.content) == (304, b"")
    for name in ("etag", "cache-control", "vary", "access-control-allow-origin", "cross-origin-resource-policy"):
        assert response.headers[name] == whole.headers[name]


def test_another_version_is_sent(browser: Browser) -> None:
    etag = browser.get().headers["etag"]
    os.utime(browser.root / KEY, (1, 1))

    assert browser.get(if_none_match=etag).status_code == 200
    assert browser.get(if_none_match='"other"').status_code == 200
    assert browser.get(if_none_match="nonsense").status_code == 200


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, len(DATA)),
        ("bytes=-7", len(DATA) - 7, len(DATA)),
        ("bytes=-999999999", 0, len(DATA)),
        ("bytes=255990-999999", 255_990, len(DATA)),
        ("Bytes=5-5", 5, 6),
        ("bytes= 5 - 5", 5, 6),
    ],
)
def test_one_range_is_sent_alone(browser: Browser, asked: str, first: int, end: int) -> None:
    response = browser.get(range=asked)

    assert (response.status_code, response.content) == (206, DATA[first:end])
    assert response.headers["content-range"] == f"bytes {first}-{end - 1}/{len(DATA)}"
    assert response.headers["content-length"] == str(end - first)
    assert response.headers["etag"] == browser.get().headers["etag"]
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,4-5", "bytes=9-3", "bytes=", "bytes=-", "bytes=a-b", "lines=1-2", "0-9", "", "bytes=--5", "bytes=٣-٥"],
)
def test_several_ranges_and_those_that_cannot_be_read_get_the_whole_file(browser: Browser, asked: str) -> None:
    response = browser.client.get(browser.link, headers={b"range": asked.encode()})

    assert (response.status_code, response.content) == (200, DATA)


@pytest.mark.parametrize("asked", ["bytes=256000-", "bytes=999999-9999999", "bytes=-0"])
def test_a_range_past_the_end_cannot_be_satisfied(browser: Browser, asked: str) -> None:
    response = browser.get(range=asked, origin=STUDIO)

    assert (response.status_code, response.content) == (416, b"")
    assert response.headers["content-range"] == f"bytes */{len(DATA)}"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["access-control-allow-origin"] == "*"


def test_a_range_of_another_version_gets_the_whole_file(browser: Browser) -> None:
    etag = browser.get().headers["etag"]

    assert browser.get(range="bytes=0-9", if_range=etag).status_code == 206
    assert browser.get(range="bytes=0-9", if_range='"other"').content == DATA
    assert browser.get(range="bytes=0-9", if_range=f"W/{etag}").content == DATA
    assert browser.get(range="bytes=999999-", if_range='"other"').content == DATA


def test_an_empty_file_is_whole(browser: Browser) -> None:
    (browser.root / KEY).write_bytes(b"")

    assert (browser.get().status_code, browser.get().content) == (200, b"")
    assert browser.get(range="bytes=0-").status_code == 416


def test_a_download_has_its_name(browser: Browser) -> None:
    response = browser.get(browser.store.url(KEY, HOUR, "달 고양이.png"))
    plain = browser.get(browser.store.url(KEY, HOUR, "cat.png"))
    broken = browser.get(browser.store.url(KEY, HOUR, 'a"\r\nSet-Cookie: b=c\\../d.png'))

    assert response.headers["content-disposition"] == (
        "attachment; filename=\"_ ___.png\"; filename*=UTF-8''%EB%8B%AC%20%EA%B3%A0%EC%96%91%EC%9D%B4.png"
    )
    assert plain.headers["content-disposition"] == 'attachment; filename="cat.png"'
    assert broken.headers["content-disposition"].startswith('attachment; filename="a___Set-Cookie: b=c_.._d.png"')
    assert "set-cookie" not in broken.headers


@pytest.mark.parametrize("origin", [None, STUDIO, "https://else.example", "null"])
def test_all_may_read_the_pixels_where_all_are_allowed(browser: Browser, origin: str | None) -> None:
    response = browser.get(**({} if origin is None else {"origin": origin}))

    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["timing-allow-origin"] == "*"
    assert response.headers["vary"] == "Origin"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "Content-Range" in response.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in response.headers


def test_an_allowed_origin_may_read_the_pixels(choosy: Browser) -> None:
    response = choosy.get(origin=STUDIO)

    assert response.headers["access-control-allow-origin"] == STUDIO
    assert response.headers["timing-allow-origin"] == STUDIO
    assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin", [None, "https://else.example", "null", "https://studio.example.evil.example", "*", ""]
)
def test_others_may_show_the_picture_and_a_cache_never_mixes_them_up(choosy: Browser, origin: str | None) -> None:
    response = choosy.get(**({} if origin is None else {"origin": origin}))

    assert (response.status_code, response.content) == (200, DATA)
    assert "access-control-allow-origin" not in response.headers
    assert response.headers["vary"] == "Origin"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


def preflight(browser: Browser, origin: str) -> Response:
    return browser.get(
        method="OPTIONS",
        origin=origin,
        access_control_request_method="GET",
        access_control_request_headers="range,if-none-match",
    )


def test_an_allowed_origin_may_ask_for_ranges(choosy: Browser) -> None:
    response = preflight(choosy, STUDIO)

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == STUDIO
    assert response.headers["access-control-allow-methods"] == "GET, HEAD"
    allowed = response.headers["access-control-allow-headers"].lower().split(", ")
    assert {"range", "if-none-match", "if-range"} <= set(allowed)
    assert response.headers["access-control-max-age"] == "86400"
    assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://else.example", "null"])
def test_a_preflight_of_others_allows_nothing(choosy: Browser, origin: str) -> None:
    assert "access-control-allow-origin" not in preflight(choosy, origin).headers
