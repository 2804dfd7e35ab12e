"""Lists of the community with something in them, what changes them, and readers who page through them meanwhile."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from stored import new_asset

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    Ask = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]
    """Runs an operation for somebody, by their handle, and returns its data."""

FANS: Final = ("fan_a", "fan_b", "fan_c", "fan_d", "fan_e", "fan_f")
PEOPLE: Final = ("ann", "ben", "mina", *FANS)
_PAGE: Final = "first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }"
LISTS: Final = {
    "LATEST": ("mina", f"feed(kind: LATEST, {_PAGE}"),
    "LATEST of a user": ("mina", f"feed(kind: LATEST, filter: {{ authorId: <ann> }}, {_PAGE}"),
    "POPULAR": ("mina", f"feed(kind: POPULAR, {_PAGE}"),
    "POPULAR of ALL": ("ben", f"feed(kind: POPULAR, window: ALL, {_PAGE}"),
    "FOLLOWING": ("mina", f"feed(kind: FOLLOWING, {_PAGE}"),
    "TAG": ("mina", f'feed(kind: TAG, filter: {{ tag: "sea" }}, {_PAGE}'),
    "RECOMMENDED": ("mina", f"feed(kind: RECOMMENDED, {_PAGE}"),
    "artworks": ("mina", f'user(handle: "ann") {{ artworks({_PAGE} }}'),
    "followers": ("mina", f'user(handle: "ann") {{ followers({_PAGE} }}'),
    "followed": ("mina", f'user(handle: "fan_a") {{ following({_PAGE} }}'),
    "likers": ("mina", f"artwork(id: <anchor>) {{ likers({_PAGE} }}"),
    "liked": ("fan_a", f"viewer {{ likedArtworks({_PAGE} }}"),
    "remixes": ("mina", f"artwork(id: <anchor>) {{ remixes({_PAGE} }}"),
    "comments": ("mina", f"artwork(id: <anchor>) {{ comments({_PAGE} }}"),
    "replies": ("mina", f"node(id: <root>) {{ ... on Comment {{ replies({_PAGE} }} }}"),
    "collections": ("mina", f'user(handle: "ann") {{ collections({_PAGE} }}'),
    "items": ("mina", f"node(id: <kept>) {{ ... on Collection {{ items({_PAGE} }} }}"),
    "search, newest first": ("mina", f'search(query: "sea") {{ artworks(orderBy: NEWEST, {_PAGE} }}'),
    "search for people": ("mina", f'search(query: "fan") {{ users({_PAGE} }}'),
    "notifications": ("ann", f"notifications({_PAGE}"),
    "saved searches": ("ann", f"savedSearches({_PAGE}"),
}
"""By name: who reads it, and how. A search by relevance follows likes, and so may shift (docs/search.md)."""


@dataclass
class Board:
    """People who publish, like, comment, follow and keep; ids by name."""

    ask: Ask
    database_url: str
    ids: dict[str, str]
    leaving: list[str] = field(default_factory=list)
    """Artworks that somebody may take away."""
    on: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    """Who likes, follows or keeps what."""
    said: list[tuple[str, str]] = field(default_factory=list)
    """Comments, and whose they are, that may be deleted."""
    gone: set[str] = field(default_factory=set)
    """What was taken away from some list, for a while or for good."""

    def fill(self, path: str) -> str:
        """Return a path with ids for what is in angle brackets."""
        return re.sub(r"<(\w+)>", lambda match: json.dumps(self.ids[match[1]]), path)

    async def act(self, who: str, mutation: str, answer: str = "", **given: Any) -> Any:  # noqa: ANN401
        """Run a mutation that is not refused."""
        kind = mutation[0].upper() + mutation[1:]
        success = f"... on {kind}Success {{ {answer} }}" if answer else ""
        document = f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ __typename {success} }} }}"
        result = (await self.ask(who, document, {"input": given}))[mutation]
        assert result["__typename"] == f"{kind}Success", result
        return result

    async def begin(self) -> None:
        """Fill all lists."""
        self.ids["anchor"] = await self._publish("ann")
        for number in range(11):
            await self.publish(number)
        for fan in FANS:
            await self.follow(FANS.index(fan))
            await self.like(FANS.index(fan))
        self.ids["root"] = await self._say("mina")
        for number in range(10):
            await self.say(number)
        for number in range(4):
            made = await self.act(
                "ann", "upsertCollection", "collection { id }", title=f"{number}", visibility="PUBLIC"
            )
            self.ids["kept"] = made["collection"]["id"]
            await self.act("ann", "saveSearch", name=f"{number}", query="sea")
        for number in range(7):
            await self.keep(number)
            await self.like(6 * number)
        for who, whom in (("mina", "ann"), ("mina", "ben"), ("fan_a", "ben"), ("fan_a", "mina")):
            await self.act(who, "setFollow", target=self.ids[whom], on=True)

    async def _publish(self, author: str, **given: Any) -> str:  # noqa: ANN401 - of the input
        asset = new_asset(self.database_url, self.ids[author])
        asked = {"assetIds": [asset], "title": "sea", "tags": ["sea"], "license": "CC0_1_0", **given}
        made = await self.act(author, "publishArtwork", "artwork { id }", **asked)
        artwork: str = made["artwork"]["id"]
        return artwork

    async def publish(self, number: int) -> None:
        """Publish a remix."""
        self.leaving.append(await self._publish(("ann", "ben")[number % 2], remixOf=self.ids["anchor"]))
        self.ids[self.leaving[-1]] = ("ann", "ben")[number % 2]

    async def take_away(self, number: int) -> None:
        """Unpublish or delete an artwork, where there are many."""
        if len(self.leaving) < 6:
            return
        artwork = self.leaving.pop(number % len(self.leaving))
        self.gone.add(artwork)
        await self.act(self.ids[artwork], ("unpublishArtwork", "deleteArtwork")[number % 2], artworkId=artwork)

    async def like(self, number: int) -> None:
        """Let a fan like an artwork, or no more."""
        artwork = [self.ids["anchor"], *self.leaving][number // len(FANS) % (len(self.leaving) + 1)]
        await self._turn(FANS[number % len(FANS)], "setReaction", artwork, subjectId=artwork)

    async def lift(self, artwork: str) -> None:
        """Let all fans like an artwork who do not yet."""
        for fan in FANS:
            if not self.on.get((fan, "setReaction", artwork)):
                await self._turn(fan, "setReaction", artwork, subjectId=artwork)

    async def follow(self, number: int) -> None:
        """Let a fan follow Ann, or no more."""
        await self._turn(FANS[number % len(FANS)], "setFollow", self.ids["ann"], target=self.ids["ann"])

    async def keep(self, number: int) -> None:
        """Let Ann keep an artwork in her collection, or no more."""
        artwork = self.leaving[number % len(self.leaving)]
        await self._turn("ann", "setCollected", artwork, artworkId=artwork, collectionId=self.ids["kept"])

    async def _turn(self, who: str, mutation: str, what: str, **given: str) -> None:
        key = (who, mutation, what)
        self.on[key] = not self.on.get(key, False)
        self.gone |= {self.ids[who], what} if not self.on[key] else set()
        await self.act(who, mutation, on=self.on[key], **given)

    async def say(self, number: int) -> None:
        """Comment, or answer."""
        who = FANS[number % len(FANS)]
        self.said.append((await self._say(who, self.ids["root"] if number % 2 else None), who))

    async def _say(self, who: str, reply_to: str | None = None) -> str:
        given = {"artworkId": self.ids["anchor"], "text": "hi", "replyTo": reply_to, "idempotencyKey": uuid4().hex}
        comment: str = (await self.act(who, "addComment", "comment { id }", **given))["comment"]["id"]
        return comment

    async def unsay(self, number: int) -> None:
        """Delete a comment, where there are many."""
        if len(self.said) > 6:
            comment, who = self.said.pop(number % len(self.said))
            self.gone.add(comment)
            await self.act(who, "deleteComment", commentId=comment)


CHANGES: Final = (Board.publish, Board.take_away, Board.like, Board.follow, Board.keep, Board.say, Board.unsay)


@dataclass
class Reading:
    """Somebody who pages through a list."""

    board: Board
    name: str
    first: int
    met: list[str] = field(default_factory=list)
    after: str | None = None
    is_done: bool = False

    async def turn(self) -> None:
        """Read a page, where there is one more."""
        if self.is_done:
            return
        who, path = LISTS[self.name]
        document = f"query($first: Int, $after: Cursor) {{ {self.board.fill(path)} }}"
        page = _page_in(await self.board.ask(who, document, {"first": self.first, "after": self.after}))
        self.met += [node["id"] for node in page["nodes"]]
        self.after, self.is_done = page["pageInfo"]["endCursor"], not page["pageInfo"]["hasNextPage"]

    async def whole(self) -> list[str]:
        """Read to the end; return what was met."""
        while not self.is_done:
            await self.turn()
        return self.met


async def read_until(board: Board, names: list[str], is_over: asyncio.Event) -> list[Reading]:
    """Read each list to its end, again and again until it is over, and once more."""
    readings = []
    while True:
        is_last = is_over.is_set()
        for name in names:
            readings.append(Reading(board, name, 2))
            await readings[-1].whole()
        if is_last:
            return readings


def _page_in(data: Any) -> Any:  # noqa: ANN401 - an answer
    """Return the only page of an answer."""
    while "pageInfo" not in data:
        (data,) = data.values()
    return data


async def all_of(board: Board) -> dict[str, list[str]]:
    """Return what each list has now, while nobody changes it."""
    return {name: await Reading(board, name, 100).whole() for name in LISTS}


def assert_read_well(reading: Reading, before: list[str], after: list[str], gone: set[str]) -> None:
    """See to it that nothing was met twice, and that all that was there the whole time was met."""
    assert len(reading.met) == len({*reading.met}), (reading.name, "repeat")
    missed = ({*before} & {*after}) - gone - {*reading.met}
    assert not missed, (reading.name, "gap", missed)
