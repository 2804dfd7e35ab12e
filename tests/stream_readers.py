"""Readers of streams over HTTP: server-sent events, and multipart as Apollo's client and as RFC 2046 read it."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.ports import Position
from domain.streams import of_job
from domain.watching import cursor_of
from graph_client import http_client

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    import httpx2

    from graph_client import GraphClient

MULTIPART = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"
"""What Apollo's client accepts."""


def beginning(job_id: str) -> str:
    """Return the cursor of a watcher who came before anything had happened."""
    return cursor_of(of_job(UUID(job_id.partition("_")[2])), Position((0, 0), 0))


@asynccontextmanager
async def opened(
    client: GraphClient,
    query: str,
    variables: dict[str, Any],
    *,
    accept: str,
    path: str = "/graphql",
    method: str = "POST",
) -> AsyncIterator[httpx2.Response]:
    """Send an operation; the answer may be read as it comes."""
    headers = client.headers | {"accept": accept}
    async with http_client() as http:
        if method == "GET":
            parameters = {"query": query, "variables": json.dumps(variables)}
            request = http.build_request("GET", client.url + path, params=parameters, headers=headers)
        else:
            body = {"query": query, "variables": variables}
            request = http.build_request("POST", client.url + path, json=body, headers=headers)
        response = await http.send(request, stream=True)
        try:
            yield response
        finally:
            await response.aclose()


async def server_sent(response: httpx2.Response) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the results of a ``text/event-stream``, as the HTML standard and graphql-sse read it."""
    assert response.headers["content-type"].partition(";")[0] == "text/event-stream"
    event, data = "", ""
    async for line in response.aiter_lines():
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(":")
            event, data = (value.strip(), data) if name == "event" else (event, value.strip())
        elif event == "complete":
            return
        elif event:
            assert event == "next"
            yield json.loads(data)
            event, data = "", ""
    raise ConnectionResetError("the stream was cut")


async def parts(response: httpx2.Response) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the payloads of a multipart stream, each as soon as Apollo's client would have it.

    That reader cuts at each delimiter, whatever stands before the first, and takes ``{}`` for a heartbeat.
    """
    content_type = response.headers["content-type"]
    assert content_type.startswith("multipart/mixed")
    delimiter = "\r\n--" + content_type.partition("boundary=")[2].partition(";")[0].strip('"')
    buffer = whole = ""
    async for chunk in response.aiter_text():
        buffer += chunk
        whole += chunk
        while delimiter in buffer:
            message, _, buffer = buffer.partition(delimiter)
            head, _, body = message.partition("\r\n\r\n")
            assert "application/json" in head.lower()
            if (content := json.loads(body)) != {}:
                assert set(content) == {"payload"}
                yield content["payload"]
    if not buffer.startswith("--"):  # only the last delimiter says that it is the last
        raise ConnectionResetError("the stream was cut")
    check_multipart(whole, delimiter)


def check_multipart(whole: str, delimiter: str) -> None:
    """Assert that a complete stream is multipart by the letter: a preamble, whole parts, nothing after the end."""
    preamble, *bodies, end = whole.split(delimiter)
    assert "{}" in preamble, "only a heartbeat comes before the first delimiter"
    assert end == "--\r\n"
    for body in bodies:
        head, _, content = body.removeprefix("\r\n").partition("\r\n\r\n")
        assert f"content-length: {len(content.encode())}" in head.lower()
