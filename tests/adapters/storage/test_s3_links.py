"""Presigned links: the published example, botocore's own signer, and where the bucket is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import botocore.auth
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from adapters.storage.s3 import S3Bucket, S3Store
from adapters.storage.sigv4 import LONGEST_LIFE, SigningKey, presigned_put, presigned_query

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = SigningKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
MAY_24 = datetime(2013, 5, 24, tzinfo=UTC)


def test_a_deposit_is_what_botocore_signs_at_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: MAY_24.replace(tzinfo=None))
    headers = {"content-length": "6", "content-type": "image/png", "x-amz-checksum-sha256": "uU0nuZNNPgilLlLX2n2r+s="}
    request = AWSRequest("PUT", "https://media.example:9000/pictures/uploads/a.png", headers=headers)
    credentials = Credentials(EXAMPLE.access_key_id, EXAMPLE.secret_access_key)
    S3SigV4QueryAuth(credentials, "s3", "us-east-1", 600).add_auth(request)

    window = int(MAY_24.timestamp()), 600
    query = presigned_put(EXAMPLE, "media.example:9000", "/pictures/uploads/a.png", window, headers)

    assert sorted(query.split("&")) == sorted(urlsplit(str(request.url)).query.split("&"))


@pytest.fixture
def links() -> Iterator[list[S3Store]]:
    made: list[S3Store] = []
    yield made
    for store in made:
        store.close()


def test_the_published_example_has_the_published_signature() -> None:
    """Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html."""
    window = int(MAY_24.timestamp()), 86_400

    query = presigned_query(EXAMPLE, "examplebucket.s3.amazonaws.com", "/test.txt", window, None)

    assert query == (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


@pytest.mark.parametrize("disposition", [None, "attachment; filename=\"_.png\"; filename*=UTF-8''%EA%B3%A0~.png"])
def test_a_link_is_what_botocore_signs_at_that_time(disposition: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: MAY_24.replace(tzinfo=None))
    url = "https://media.example:9000/pictures/assets/a-b_c/card.webp"
    request = AWSRequest("GET", url, params={"response-content-disposition": disposition} if disposition else None)
    credentials = Credentials(EXAMPLE.access_key_id, EXAMPLE.secret_access_key)
    S3SigV4QueryAuth(credentials, "s3", "us-east-1", 600).add_auth(request)

    window = int(MAY_24.timestamp()), 600
    query = presigned_query(EXAMPLE, "media.example:9000", urlsplit(url).path, window, disposition)

    assert sorted(query.split("&")) == sorted(urlsplit(str(request.url)).query.split("&"))


@pytest.mark.parametrize(
    ("bucket", "start"),
    [
        (S3Bucket("art", "a", "s"), "https://art.s3.us-east-1.amazonaws.com/assets/a.png?"),
        (S3Bucket("art", "a", "s", "ap-northeast-2"), "https://art.s3.ap-northeast-2.amazonaws.com/assets/a.png?"),
        (S3Bucket("a.b", "a", "s", path_style=True), "https://s3.us-east-1.amazonaws.com/a.b/assets/a.png?"),
        (S3Bucket("art", "a", "s", endpoint_url="http://minio:9000/"), "http://minio:9000/art/assets/a.png?"),
        (
            S3Bucket("art", "a", "s", endpoint_url="http://minio:9000", public_url="https://m.example:443/s3"),
            "https://m.example/s3/art/assets/a.png?",
        ),
        (
            S3Bucket("art", "a", "s", endpoint_url="https://r2.example", path_style=False),
            "https://art.r2.example/assets/a.png?",
        ),
    ],
)
def test_links_point_to_the_bucket_as_browsers_reach_it(links: list[S3Store], bucket: S3Bucket, start: str) -> None:
    links.append(S3Store(bucket))

    assert links[0].url("assets/a.png", timedelta(hours=1)).startswith(start)


def test_no_link_lives_longer_than_s3_allows(links: list[S3Store]) -> None:
    links.append(S3Store(S3Bucket("art", "a", "s")))

    assert f"&X-Amz-Expires={LONGEST_LIFE}&" in links[0].url("assets/a.png", timedelta(days=7))


def test_no_secret_is_printed() -> None:
    assert "very secret" not in f"{S3Bucket('art', 'a', 'very secret')!r} {SigningKey('a', 'very secret')!r}"
