"""What docs/streaming.md says to copy, copied and run: each client resumes, and is told of errors."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from graphql import build_schema, parse, validate

from cutting import flaky
from graph_client import CORE
from node_programs import installed, needs_npm, printed_by, side_by_side
from stream_readers import beginning

if TYPE_CHECKING:
    from conftest import Installation

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "streaming.md").read_text()
FOLDER = Path(__file__).parent / "snippets"
BLOCKS: list[tuple[str, str]] = re.findall(r"^```ts\n// (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
CLIENTS = ("graphql-ws", "graphql-sse", "urql")

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def snippets() -> Path:
    """Return the folder of the documented clients, built."""
    folder = installed(FOLDER)
    shutil.rmtree(folder / "build", ignore_errors=True)
    sources = Path(shutil.copytree(folder / "src", folder / "build" / "src"))
    shutil.copy(ROOT / "examples" / "apollo" / "src" / "resume.ts", sources)
    for name, code in BLOCKS:
        if "/" not in name:
            (sources / name).write_text(code)
    await printed_by(folder, "node_modules/.bin/tsc")
    return folder


async def told(snippets: Path, client: str, url: str, token: str, job: str) -> list[Any]:
    """Return the events that a client is told, and how the stream ended."""
    environment = {"EASEL_URL": url, "TOKEN": token, "WATCH": CORE["watch"]}
    printed = await printed_by(snippets, "node", "build/js/drive.js", client, job, **environment)
    return [json.loads(line) for line in printed.splitlines()]


@needs_npm
async def test_each_client_goes_on_where_its_connection_broke(easel: Installation, snippets: Path) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat #slow #fail:1", key="k", count=2, ratio="1:1", steps=4))["job"]["id"]

    async def over_a_bad_line(name: str) -> list[Any]:
        # given a connection that breaks while an event is under way
        async with flaky(easel.url) as (url, event):
            lines = await told(snippets, name, url, client.token or "", job)
        assert event.broken == 1, name
        return lines

    async def undisturbed() -> list[Any]:
        return [event async for event in client.watch(job, beginning(job))]

    (_, *events), lines = await asyncio.gather(undisturbed(), side_by_side(*map(over_a_bad_line, CLIENTS)))

    for name, (snapshot, *others, end) in zip(CLIENTS, lines, strict=True):
        assert (snapshot["__typename"], end) == ("GenerationSnapshot", "complete"), name
        # then it began again behind the last event that it had seen
        (again,) = [index for index, event in enumerate(others) if event["__typename"] == "GenerationSnapshot"]
        assert others[again]["cursor"] == [snapshot, *others][again]["cursor"], name
        # and was told each event once and in order, the swallowed one too
        del others[again]
        assert others == [event for event in events if event["sequence"] > snapshot["sequence"]], name


@needs_npm
async def test_each_client_is_told_of_errors(easel: Installation, snippets: Path) -> None:
    owner, stranger = await easel.signed_up(), await easel.signed_up()
    job = (await owner.submit("a cat", key="k", count=1, ratio="1:1", steps=1))["job"]["id"]

    async def endings(token: str | None) -> list[list[Any]]:
        return await side_by_side(*(told(snippets, name, easel.url, token or "", job) for name in CLIENTS))

    assert await endings(stranger.token) == [["NOT_FOUND"]] * len(CLIENTS)
    assert dict(zip(CLIENTS, await endings("no token"), strict=True)) == {
        "graphql-ws": [4403],
        "graphql-sse": ["UNAUTHENTICATED"],
        "urql": [4403],
    }


async def test_the_documented_operations_are_valid() -> None:
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text())
    documents = re.findall(r"^```graphql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    watched = {field for document in documents for field in re.findall(r"^  (\w+)\(", document, re.MULTILINE)}
    assert schema.subscription_type
    assert watched == set(schema.subscription_type.fields)
    for document in documents:
        assert validate(schema, parse(document)) == []


async def test_the_documented_links_are_those_of_the_sample() -> None:
    excerpts = [(ROOT / name, code) for name, code in BLOCKS if "/" in name]
    assert {path.name for path, _ in excerpts} == {"links.ts", "main.ts"}
    for path, code in excerpts:
        assert code in path.read_text()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not on the PATH")
async def test_curl_watches_to_the_end(easel: Installation) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat", key="k", count=1, ratio="1:1", steps=1))["job"]["id"]
    commands = [code for code in re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) if "curl" in code]

    outputs = [
        await printed_by(
            ROOT, "bash", "-c", command.replace("localhost:8000", easel.url), TOKEN=client.token or "", JOB=job
        )
        for command in commands
    ]

    events, parts = outputs
    assert [line for line in events.splitlines() if line.startswith("event: ")][-2:] == [
        "event: next",
        "event: complete",
    ]
    assert parts.endswith("\r\n--graphql--\r\n")
    for output in outputs:
        (first, *_, last) = re.findall('"__typename":"(.+?)"', output)
        assert (first, last) == ("GenerationSnapshot", "GenerationCompleted")
