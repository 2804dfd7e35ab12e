"""Presigned links of AWS Signature Version 4, made at a time of our choosing.

botocore signs with the present second, which makes each link a new one; a browser could never cache by it.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_LIFE = 604_800
"""Seconds: S3 refuses links that live longer than a week."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An access key and the region that it signs for."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str = "us-east-1"


def presigned_query(signer: SigningKey, host: str, path: str, window: tuple[int, int], disposition: str | None) -> str:
    """Return the query that opens ``GET https://{host}{path}``.

    Args:
        signer: whose permission the link carries.
        host: the Host header that the browser will send.
        path: absolute and percent-encoded.
        window: Unix time from which the link works, and for how many seconds, at most ``LONGEST_LIFE``.
        disposition: the Content-Disposition that the store shall answer with, if any.
    """
    extra = "" if disposition is None else f"&response-content-disposition={quote(disposition, safe='-_.~')}"
    return _presigned(signer, "GET", path, window, {"host": host}, extra)


def presigned_put(signer: SigningKey, host: str, path: str, window: tuple[int, int], headers: Mapping[str, str]) -> str:
    """Return the query that opens ``PUT https://{host}{path}`` to a request that has exactly these ``headers``.

    Their names are in lower case. With ``content-length`` among them, the store takes nothing shorter or longer; all
    else is as for ``presigned_query``.
    """
    return _presigned(signer, "PUT", path, window, {"host": host, **headers})


def _presigned(
    signer: SigningKey,
    method: str,
    path: str,
    window: tuple[int, int],
    headers: Mapping[str, str],
    extra: str = "",
) -> str:
    begin, seconds = window
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(begin))
    scope = f"{stamp[:8]}/{signer.region}/s3/aws4_request"
    credential = quote(f"{signer.access_key_id}/{scope}", safe="-_.~")
    signed = ";".join(sorted(headers))
    query = (
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}"
        f"&X-Amz-Date={stamp}&X-Amz-Expires={seconds}&X-Amz-SignedHeaders={quote(signed, safe='-')}{extra}"
    )
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"{method}\n{path}\n{query}\n{lines}\n{signed}\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(_day_key(signer, stamp[:8]), text.encode(), "sha256").hex()
    return f"{query}&X-Amz-Signature={signature}"


@lru_cache(maxsize=16)
def _day_key(signer: SigningKey, day: str) -> bytes:
    key = f"AWS4{signer.secret_access_key}".encode()
    for part in (day, signer.region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
