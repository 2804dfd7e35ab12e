"""Somebody at an application that is made with Apollo Client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from apollo import plain

if TYPE_CHECKING:
    from apollo import Apollo
    from neighbours import Neighbours

Words = dict[str, Any]


class Desk:
    """Somebody at their application: a client with the sample's policies, and one with no more than Apollo's own."""

    def __init__(self, program: Apollo, found: Neighbours, who: str) -> None:
        self.program, self.found, self.who = program, found, who
        self.used: set[str] = set()

    async def open(self, over: str = "websocket") -> Desk:
        """Open the clients."""
        client = self.found.people[self.who]
        for kind in ("sample", "stock"):
            words = {"url": client.url, "token": client.token, "kind": kind, "over": over}
            await self.program.do("client", name=f"{self.who} {kind}", **words)
        return self

    async def read(self, key: str, text: str, **variables: Any) -> Any:  # noqa: ANN401 - data
        """Run a query: both clients show what the server tells, and have it in their caches."""
        self.used.add(key)
        told = await self.found.people[self.who].data(text, variables)
        for kind in ("stock", "sample"):
            words = {"name": f"{self.who} {kind}", "query": text, "variables": variables}
            shown = await self.program.do("query", **words)
            assert plain(shown) == shown_by_apollo(told), (key, kind)
            assert await self.program.do("read", **words) == shown, (key, kind)
        return told

    async def write(self, key: str, text: str, refusal: Words | None = None, **variables: Any) -> Any:  # noqa: ANN401
        """Run a mutation that is accepted, after one that is refused."""
        self.used.add(key)
        name = f"{self.who} sample"
        if refusal:
            (refused,) = (await self.program.do("mutate", name=name, query=text, variables=refusal)).values()
            assert refused.get("code"), (key, refused)
        (result,) = (await self.program.do("mutate", name=name, query=text, variables=variables)).values()
        assert result["__typename"].endswith("Success"), (key, result)
        return result

    async def follow(self, key: str, text: str, feed: Words | None = None, **variables: Any) -> str:  # noqa: ANN401
        """Follow a stream, and wait for the snapshot that it begins with; return its name.

        What it tells of a feed is put into the list of the feed with these variables, if any.
        """
        self.used.add(key)
        stream = f"{key} {uuid4()}"
        words = {"name": f"{self.who} sample", "stream": stream, "feed": feed}
        await self.program.do("subscribe", query=text, variables=variables, **words)
        (snapshot, *_) = await self.program.do("told", stream=stream)
        (event,) = snapshot.values()
        assert event["__typename"].endswith("Snapshot"), (key, snapshot)
        return stream

    async def heard(self, stream: str, kind: str) -> Any:  # noqa: ANN401 - an event
        """Wait until a stream tells an event of a kind, and leave it."""
        while True:
            for told in await self.program.do("told", stream=stream):
                (event,) = told.values()
                if event["__typename"] == kind:
                    await self.program.do("leave", stream=stream)
                    return event


def shown_by_apollo(told: Any) -> Any:  # noqa: ANN401 - JSON
    """Return data as Apollo's policy of pages shows it: the cursors of an empty page are empty."""
    if isinstance(told, list):
        return [shown_by_apollo(each) for each in told]
    if isinstance(told, dict):
        empty = {"startCursor", "endCursor"}
        return {
            key: "" if key in empty and each is None else shown_by_apollo(each)
            for key, each in told.items()
            if key != "__typename"
        }
    return told
