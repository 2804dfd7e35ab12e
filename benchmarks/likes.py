"""Many who like one artwork, or follow one user, at once: how fast, how exactly, and whether others wait for them.

Clients with a session and a connection each talk to the API over HTTP: each sends ``setReaction`` (``setFollow``), on
and off in turns, and the next when the last is answered. Meanwhile the author publishes, five times a second at most:
artworks are counted in the row that followers are counted in. Servers write to disk as safely as those of ``make run``.
All the while one statement asks whether the counts, with what waits for them, are what they count; in the end the
counts themselves must be so within the sweeper's two seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self

import orjson

from benchmarks import machine
from benchmarks.installation import installation
from benchmarks.report import report, spread
from db.session import Database
from db.tables import Session, User
from domain import counters
from domain.tokens import AccessTokens
from people import later, new_artwork, new_picture

if TYPE_CHECKING:
    from uuid import UUID

    from benchmarks.report import Row
    from conftest import Installation

LIKE: Final = """mutation($on: Boolean!, $subject: ID!) { setReaction(input: {subjectId: $subject, on: $on}) {
  ... on SetReactionSuccess { artwork { id likeCount viewerHasLiked } } ... on UserError { code } } }"""
FOLLOW: Final = """mutation($on: Boolean!, $subject: ID!) { setFollow(input: {target: $subject, on: $on}) {
  ... on SetFollowSuccess { target { ... on User { id followerCount viewerFollows } } } ... on UserError { code } } }"""
PUBLISH: Final = """mutation($subject: ID!) { publishArtwork(input: {assetIds: [$subject], title: "x", tags: ["cat"]}) {
  ... on PublishArtworkSuccess { artwork { id } } ... on UserError { code } } }"""
UNLIMITED: Final = dict.fromkeys(
    ("REQUESTS_PER_USER", "REQUESTS_PER_ADDRESS", "OPERATION_COST", "COST_BUCKET", "COST_REFILL"), "1000000000"
)
BAR: Final = "2000/s, exact"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200, help="how many at once (200)")
    parser.add_argument("--seconds", type=float, default=20, help="how long each storm is (20)")
    parser.add_argument("--apis", type=int, default=1, help="how many API processes (1)")
    options = parser.parse_args()
    described = machine.describe()
    with installation("sweeper", **UNLIMITED) as place:
        rows = asyncio.run(_measure(place, options))
    report("likes", rows, described)
    raise SystemExit(any(row["wrong"] or row["refused"] for row in rows))


@dataclass(slots=True)
class Storm:
    """What was seen of one."""

    waits: list[float] = field(default_factory=list)
    """Milliseconds that each answer took."""
    publishing: list[float] = field(default_factory=list)
    """Milliseconds that each publication took meanwhile."""
    refused: int = 0
    wrong: int = 0
    """Counts that were not, at any moment, what they count."""


async def _measure(place: Installation, options: argparse.Namespace) -> list[Row]:
    db = Database(place.environment["DATABASE_URL"])
    urls = [await _api(place, number) for number in range(options.apis)]
    author, *people = await _people(db, place, options.clients + 1)
    artwork = await new_artwork(db, f"user_{author.user_id.hex}")
    rows = []
    for clients in (1, options.clients):
        for name, mutation, subject in (
            ("likes of one artwork", LIKE, artwork),
            ("follows of one user", FOLLOW, f"user_{author.user_id.hex}"),
        ):
            rows.append(await _storm(db, urls, (author, people[:clients]), (name, mutation, subject), options.seconds))
    await db.close()
    return rows


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    user_id: UUID
    token: str


async def _people(db: Database, place: Installation, count: int) -> list[Person]:
    users = [
        User(email=f"p{number}@easel.example", password_hash="", handle=f"p{number}", display_name="p")
        for number in range(count)
    ]
    sessions = [Session(user_id=user.id, expires_at=later()) for user in users]
    async with db.write() as tx:
        tx.add_all(users)
        await tx.flush()
        tx.add_all(sessions)
    key = (place.folder / "keys" / "token.pem").read_bytes()
    tokens = AccessTokens([key], place.url, timedelta(hours=1))
    return [Person(each.user_id, tokens.issue(each.user_id, each.id).text) for each in sessions]


async def _api(place: Installation, number: int) -> str:
    """Start an API process; return its host and port."""
    port = int(place.url.rpartition(":")[2]) + number
    place.start("api", PORT=str(port))
    place.processes[f"api {number}"] = place.processes.pop("api")
    async with asyncio.timeout(60):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return f"127.0.0.1:{port}"
            await asyncio.sleep(0.05)


async def _storm(
    db: Database, urls: list[str], people: tuple[Person, list[Person]], what: tuple[str, str, str], seconds: float
) -> Row:
    author, crowd = people
    name, mutation, subject = what
    seen, until = Storm(), time.perf_counter() + seconds
    began = time.perf_counter()
    await asyncio.gather(
        *(_client(urls[i % len(urls)], each, mutation, subject, seen, until) for i, each in enumerate(crowd)),
        _publishing(db, urls[0], author, seen, until),
        _watch(db, seen, until),
    )
    took = time.perf_counter() - began
    settled = await _settled(db, seen)
    return {
        "what": name,
        "clients": len(crowd),
        "per second": round(len(seen.waits) / took),
        **{key: value for key, value in spread(seen.waits).items() if key != "n"},
        "author publishes p99 ms": spread(seen.publishing)["p99 ms"] if len(seen.publishing) > 1 else "-",
        "refused": seen.refused,
        "wrong": seen.wrong,
        "settled after s": round(settled, 2),
        "bar": BAR if "likes" in name and len(crowd) > 1 else "-",
    }


class _Connection:
    """A connection to the API that is kept."""

    def __init__(self, url: str, person: Person) -> None:
        self._host, _, port = url.partition(":")
        self._port = int(port)
        self._head = (
            f"POST /graphql HTTP/1.1\r\nhost: {url}\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {person.token}\r\ncontent-length: "
        ).encode()

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(self, query: str, **variables: object) -> Any:  # noqa: ANN401 - a result
        body = orjson.dumps({"query": query, "variables": variables})
        self._writer.write(b"%s%d\r\n\r\n%s" % (self._head, len(body), body))
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        answer = orjson.loads(await self._reader.readexactly(length))
        (value,) = (answer.get("data") or {"": {"code": answer}}).values()
        return value


async def _client(url: str, person: Person, mutation: str, subject: str, seen: Storm, until: float) -> None:
    on = True
    async with _Connection(url, person) as connection:
        while (began := time.perf_counter()) < until:
            answer = await connection.ask(mutation, on=on, subject=subject)
            seen.waits.append((time.perf_counter() - began) * 1e3)
            seen.refused += "code" in answer
            on = not on


async def _publishing(db: Database, url: str, author: Person, seen: Storm, until: float) -> None:
    """Publish again and again, five times a second at most."""
    async with _Connection(url, author) as connection:
        while time.perf_counter() < until:
            asset = await new_picture(db, f"user_{author.user_id.hex}")
            began = time.perf_counter()
            answer = await connection.ask(PUBLISH, subject=asset)
            seen.publishing.append((time.perf_counter() - began) * 1e3)
            seen.refused += "code" in answer
            await asyncio.sleep(0.2)


async def _wrong(db: Database) -> int:
    async with db.read() as tx:
        return sum([len(await counters.differences(tx, counter)) for counter in counters.COUNTERS.values()])


async def _watch(db: Database, seen: Storm, until: float) -> None:
    while time.perf_counter() < until:
        seen.wrong += await _wrong(db)
        await asyncio.sleep(0.5)


async def _settled(db: Database, seen: Storm) -> float:
    """Return after how many seconds no change waited any more; the counts alone are what they count then."""
    began = time.perf_counter()
    async with asyncio.timeout(30):
        while True:
            async with db.read() as tx:
                if not await counters.waiting(tx):
                    break
            await asyncio.sleep(0.02)
    took = time.perf_counter() - began
    seen.wrong += await _wrong(db)
    return took


if __name__ == "__main__":
    main()
