"""The Apollo Client sample: the whole way over both protocols, streams that go on, one cache that shows it all."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING

import pytest

from apollo import SAMPLE
from conftest import install
from cutting import flaky
from node_programs import installed, needs_npm, printed_by, run, side_by_side
from stream_readers import beginning

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Installation
    from graph_client import GraphClient

MAIN = ("node", "dist/main.js")
WAYS = ("websocket", "multipart")

pytestmark = [pytest.mark.anyio, needs_npm]


@pytest.fixture(scope="module")
async def sample() -> Path:
    """Return the folder of the sample, built."""
    folder = installed(SAMPLE)
    await printed_by(folder, "npm", "run", "build")
    return folder


async def published(client: GraphClient, titles: list[str]) -> None:
    """Publish as many artworks, one after the other."""
    job = (await client.submit("a cat", key="k", count=len(titles), ratio="1:1", steps=1))["job"]["id"]
    images = [event["slot"]["image"]["id"] async for event in client.watch(job, beginning(job)) if event.get("slot")]
    for image, title in zip(images, titles, strict=True):
        await client.core("publish", {"assetIds": [image], "title": title})


async def test_the_sample_starts_as_its_readme_says(easel: Installation) -> None:
    printed = await printed_by(installed(SAMPLE), "npm", "--silent", "start", "--", easel.url, "--sign-up")
    assert "The job has ended: SUCCEEDED." in printed


@pytest.mark.parametrize("way", WAYS)
async def test_from_sign_up_to_the_feed(easel: Installation, sample: Path, way: str) -> None:
    await published(await easel.signed_up("painter"), ["one", "two", "three"])

    printed = await printed_by(
        sample, *MAIN, easel.url, "--sign-up", "--over", way, "--prompt", "a cat", "--count", "1"
    )

    # then events changed job and credits in the cache, and nothing asked for them
    credits = re.findall(r"In the cache: (.+) credits, (.) of them held\.", printed)
    assert (credits[0], credits[-1]) == (("100", "0"), ("99", "0"))
    assert "In the cache, nothing having been asked for again: SUCCEEDED, 100 %, pictures 1 of 1." in printed
    # and pages of two became one list, into which a stream brought the new one
    (handle,) = re.findall(r"Signed in as (@\w+)", printed)
    assert printed.splitlines()[-5:] == [
        "The newest of all, nothing having been asked for again:",
        f"  “a cat” by {handle}, 0 likes",
        *(f"  “{title}” by @painter, 0 likes" for title in ("three", "two", "one")),
    ]


async def test_a_stream_goes_on_where_its_connection_broke(easel: Installation, sample: Path) -> None:
    client = await easel.signed_up()
    assert client.token
    job = (await client.submit("a cat #slow #fail:1", key="k", count=2, ratio="1:1", steps=4))["job"]["id"]
    words = ("--token", client.token, "--job", job)

    async def watched(way: str) -> str:
        # given a connection that breaks while an event is under way
        async with flaky(easel.url) as (url, event):
            printed = await printed_by(sample, *MAIN, url, *words, "--over", way)
        assert event.broken == 1
        return printed

    async def told() -> list[int]:
        return [event["sequence"] async for event in client.watch(job, beginning(job))]

    (_, *sequences), outputs = await asyncio.gather(told(), side_by_side(*map(watched, WAYS)))

    for way, printed in zip(WAYS, outputs, strict=True):
        assert len(re.findall(r"^The connection was lost; going on after \S+\.$", printed, re.MULTILINE)) == 1, way
        events = [(int(number), text) for number, text in re.findall(r"^(\d+)\. (.+)$", printed, re.MULTILINE)]
        snapshots = [number for number, text in events if text.startswith("The job is ")]
        assert len(snapshots) == 2, way
        # then each event was told once and in order, the swallowed one too
        numbers = [number for number, text in events if not text.startswith("The job is ")]
        assert numbers == [number for number in sequences if number > snapshots[0]], way
        # and the cache followed
        views = re.findall(r"In the cache.*: (.+)\.$", printed, re.MULTILINE)
        assert "RUNNING, 50 %, pictures 0 of 2" in views, way
        assert views[-1] == "PARTIAL, 100 %, pictures 1 of 2", way


@pytest.mark.parametrize("way", WAYS)
async def test_a_job_of_somebody_else_and_a_bad_token_are_errors(easel: Installation, sample: Path, way: str) -> None:
    owner, stranger = await easel.signed_up(), await easel.signed_up()
    job = (await owner.submit("a cat", key="k", count=1, ratio="1:1", steps=1))["job"]["id"]
    assert stranger.token

    async def complaints(token: str) -> str:
        status, printed, complaints = await run(sample, *MAIN, easel.url, "--token", token, "--job", job, "--over", way)
        assert (status, printed) == (1, "")
        return complaints

    foreign, bad = await side_by_side(complaints(stranger.token), complaints("no token"))

    assert foreign == "NOT_FOUND: There is no such job, or it is not yours.\n"
    assert (
        bad
        == {
            "websocket": "Socket closed with event 4403 Forbidden\n",
            "multipart": "UNAUTHENTICATED: The access token is not valid.\n",
        }[way]
    )


LISTS = """
    import { gql, InMemoryCache } from "@apollo/client";
    import { applyFeedEvent } from "./dist/feedCache.js";
    import { possibleTypes } from "./dist/generated.js";
    import { typePolicies } from "./dist/typePolicies.js";

    const cache = new InMemoryCache({ typePolicies, possibleTypes });
    const query = gql`query Titles($kind: FeedKind!, $first: Int, $after: Cursor) {
      feed(kind: $kind, first: $first, after: $after) {
        edges { cursor node { id title } }
        nodes { id }
        pageInfo { hasNextPage endCursor }
      }
    }`;
    const comments = gql`query Comments($first: Int) {
      artwork(id: "c") { id comments(first: $first) { nodes { id } } }
    }`;
    const artwork = (id) => ({ __typename: "Artwork", id, title: id });
    const edge = (id) => ({ __typename: "FeedEdge", cursor: `at ${id}`, node: artwork(id) });
    const page = (...ids) => ({
      __typename: "FeedConnection",
      edges: ids.map(edge),
      nodes: ids.map(artwork),
      pageInfo: { __typename: "PageInfo", hasNextPage: true, endCursor: `at ${ids.at(-1)}` },
    });
    const latest = { kind: "LATEST", first: 2 };
    const write = (variables, ...ids) => cache.writeQuery({ query, variables, data: { feed: page(...ids) } });
    const comment = (id) => ({ __typename: "Comment", id });
    const writeComments = (first, ...ids) => cache.writeQuery({
      query: comments,
      variables: { first },
      data: { artwork: { __typename: "Artwork", id: "c", comments: { nodes: ids.map(comment) } } },
    });
    const told = [];
    const tell = (variables = latest) => {
      const { feed } = cache.readQuery({ query, variables });
      told.push([feed.edges.map(({ node }) => node.title).join(""), feed.nodes.map(({ id }) => id).join("")]);
    };

    write(latest, "c", "d");
    write({ ...latest, after: "at d" }, "e", "f");
    tell();
    write({ ...latest, after: "at d" }, "e", "g");
    tell();
    cache.writeQuery({ query, variables: { kind: "POPULAR", first: 2 }, data: { feed: page("c", "b") } });
    applyFeedEvent(cache, latest, { __typename: "FeedEdgeAdded", edge: edge("b") });
    applyFeedEvent(cache, latest, { __typename: "FeedEdgeAdded", edge: edge("b") });
    applyFeedEvent(cache, latest, { __typename: "FeedEdgeAdded", edge: null });
    applyFeedEvent(cache, latest, { __typename: "FeedEdgeRemoved", nodeId: "c" });
    applyFeedEvent(cache, latest, { __typename: "FeedSnapshot", resumed: true, feed: page("z") });
    tell();
    tell({ kind: "POPULAR", first: 2 });
    write(latest, "a", "b");
    tell();

    writeComments(2, "1", "2");
    writeComments(20, "1", "2", "3");
    for (const first of [2, 20]) {
      const { artwork } = cache.readQuery({ query: comments, variables: { first } });
      told.push(artwork.comments.nodes.map(({ id }) => id).join(""));
    }
    console.log(JSON.stringify(told));
"""


async def test_pages_and_events_become_lists(sample: Path) -> None:
    printed = await printed_by(sample, "node", "--input-type=module", "--eval", LISTS)

    assert json.loads(printed) == [
        ["cdef", "cdef"],  # two pages
        ["cdeg", "cdeg"],  # the second one read again
        ["bdeg", "bdeg"],  # one came, once, and one left
        ["cb", "cb"],  # another feed
        ["ab", "ab"],  # begun anew
        "12",  # a preview
        "123",  # beside the long list
    ]


async def test_a_stream_outlives_its_token(easel: Installation, sample: Path, tmp_path: Path) -> None:
    # given access tokens that are good for three seconds, and a line in which the job waits longer
    await (await easel.signed_up()).submit("a cat #slow", key="k", count=1, ratio="1:1", steps=10)
    servers = easel.environment["DATABASE_URL"], easel.environment["REDIS_URL"]
    brief = install(tmp_path, *servers, TOKEN_LIFE_S="3")
    options = ("--sign-up", "--prompt", "a cat #slow", "--count", "1", "--over", "multipart")
    try:
        brief.start("api")
        await brief.answering()
        printed = await printed_by(sample, *MAIN, brief.url, *options)
    finally:
        brief.stop()

    # then the sample went on with newer ones, and was told each event once and in order
    assert printed.count("The connection was lost; going on after ") >= 1
    assert "The job has ended: SUCCEEDED." in printed
    events = re.findall(r"^(\d+)\. (?!The job is )", printed, re.MULTILINE)
    assert [int(number) for number in events] == [*range(int(events[0]), int(events[-1]) + 1)]
