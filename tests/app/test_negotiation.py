"""What clients accept, and what they get for it."""

from __future__ import annotations

import pytest

from app.edge.negotiation import Medium, encoding_of, medium_for, medium_of


@pytest.mark.parametrize(
    ("accept", "medium"),
    [
        ("", Medium.JSON),
        ("*/*", Medium.JSON),
        ("application/*", Medium.JSON),
        ("application/json", Medium.JSON),
        ("Application/JSON; charset=utf-8", Medium.JSON),
        ("application/graphql-response+json", Medium.GRAPHQL_RESPONSE),
        ("application/graphql-response+json, application/json;q=0.9", Medium.GRAPHQL_RESPONSE),
        ("application/graphql-response+json;q=0.8, application/json", Medium.JSON),
        ("application/json, application/graphql-response+json", Medium.JSON),
        ("application/json;q=0, */*", Medium.GRAPHQL_RESPONSE),
        ("text/html, application/xhtml+xml, */*;q=0.8", Medium.JSON),
        ("text/html, text/event-stream;q=0.9", Medium.EVENTS),
        ("multipart/mixed;deferSpec=20220824, application/json;q=0.5", Medium.JSON),
        ('multipart/mixed; boundary="-"; subscriptionSpec="1.0", application/json', Medium.MULTIPART),
        ("text/html", None),
        ("application/json;q=0", None),
        ("image/*, text/*", None),
        (",;q=,,", Medium.JSON),
    ],
)
def test_the_best_medium_that_is_accepted_is_sent(accept: str, medium: Medium | None) -> None:
    assert medium_of(accept.encode()) is medium


def test_the_path_of_streams_streams_whatever_is_accepted() -> None:
    assert medium_for("/graphql/stream", b"text/html") is Medium.EVENTS
    assert medium_for("/graphql", b"text/html") is None


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("zstd;q=0, gzip;q=0", "identity"),
        ("*", "zstd"),
        ("*;q=0.5, zstd;q=0", "gzip"),
        ("identity, gzip;q=0.5", "identity"),
        ("br", "identity"),
        ("GZIP;Q=0.1", "gzip"),
    ],
)
def test_the_best_encoding_that_is_accepted_is_sent(accept: str, encoding: str) -> None:
    assert encoding_of(accept.encode()) == encoding
