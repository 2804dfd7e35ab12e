"""The graph inside the test's own process, for what can only be seen from within: statements, hashes."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import event
from sqlalchemy.engine import Engine

from adapters.checkers.known_pictures import KnownPictures
from adapters.checkers.renditions import RenditionGuard
from adapters.event_log import RedisEventLog, event_of
from adapters.guard.rules import RuleGuard
from adapters.hub import Hub, redis_client
from adapters.language.phrase_table import PhraseTable
from adapters.rate_limits import RedisRateLimiter
from adapters.scanning.process import ChildScanner
from adapters.storage.folder import FolderStore
from adapters.throttle import LocalThrottle
from app.styles import style_images
from db.session import Database
from db.words import BucketKind
from domain.credits import Grant, Welcome
from domain.places import Places
from domain.ports import Bucket
from domain.tokens import AccessTokens, Claims
from planner import Planner, Reader, noting
from resolvers.graph import build_planner, build_schema
from schema.context import Context, Services
from schema.documents import DocumentReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from strawberry import Schema

    from domain.messages import Language as ReaderLanguage

ISSUER = "http://easel.example"


class _MovingReader(Reader):
    """A reader that goes on to another database when it holds no connection."""

    def move(self, url: str) -> bool:
        """Read from ``url`` from now on; False where a connection to the last one is still in use."""
        self._url = url
        return self._opened == 0


class _Read(NamedTuple):
    """What the graph is whatever it stands on: compiling a schema, and its plans, takes longer than most tests."""

    schema: Schema
    reader: _MovingReader
    planner: Planner

    @classmethod
    def by(cls, documents: DocumentReader) -> _Read:
        """Build it as the API does."""
        schema, reader = build_schema(documents), _MovingReader("")
        return cls(schema, reader, build_planner(schema, reader, documents))


_idle: Final[list[_Read]] = []
"""Those that no test uses at this moment."""


def new_key() -> bytes:
    """Return a signing key as PEM."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True)
class LocalGraph:
    """Executes operations with the services of this process."""

    schema: Schema
    services: Services
    planner: Planner

    async def run(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        viewer_id: str | None = None,
        language: ReaderLanguage = "en",
    ) -> Any:  # noqa: ANN401
        """Return the data of an operation, executed for the viewer with this global id."""
        result = await self.answer(query, variables, viewer_id, language)
        assert not result.errors, result.errors
        return result.data

    async def answer(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        viewer_id: str | None = None,
        language: ReaderLanguage = "en",
    ) -> Any:  # noqa: ANN401
        """Return the result of an operation with its errors, executed for the viewer with this global id."""
        hour = datetime.now(UTC) + timedelta(hours=1)
        claims = Claims(UUID(viewer_id.partition("_")[2]), uuid4(), hour) if viewer_id else None
        context = Context(self.services, language, claims=claims)
        return await self.schema.execute(query, variables, context_value=context)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Collect every SQL statement of this process."""
        seen: list[str] = []

        def note(*call: Any) -> None:  # noqa: ANN401 - SQLAlchemy's signature
            seen.append(call[2])

        event.listen(Engine, "before_cursor_execute", note)
        try:
            with noting() as planned:
                yield seen
                seen.extend(statement for statement, _values in planned)
        finally:
            event.remove(Engine, "before_cursor_execute", note)


@asynccontextmanager
async def local_graph(
    database_url: str, redis_url: str, folder: Path, documents: DocumentReader | None = None
) -> AsyncIterator[LocalGraph]:
    """Open the graph over servers, reading documents by ``documents``, and close what it opened."""
    redis, database = redis_client(redis_url), Database(database_url)
    services = Services(
        db=database,
        tokens=AccessTokens([new_key()], ISSUER, timedelta(minutes=30)),
        store=FolderStore(folder, ISSUER, b"0123456789abcdef0123456789abcdef"),
        events=RedisEventLog(redis, Hub(redis_url, event_of)),
        limiter=RedisRateLimiter(redis),
        throttle=LocalThrottle(),
        cost_bucket=Bucket(10_000, 100),
        language=PhraseTable(),
        guard=RuleGuard(),
        scan=ChildScanner(),
        picture_guard=RenditionGuard(KnownPictures(database, timedelta(seconds=4))),
        engines=("sandbox",),
        style_images=style_images(ISSUER),
        welcome=Welcome(Grant(BucketKind.PROMOTIONAL, 100), low_mark=10),
        admins=frozenset(),
        daily_images=1_000_000,
        places=Places(ISSUER),
    )
    graph = _Read.by(documents) if documents else _idle.pop() if _idle else _Read.by(DocumentReader())
    assert graph.reader.move(database_url)
    try:
        yield LocalGraph(graph.schema, services, graph.planner)
    finally:
        await graph.reader.close()
        await redis.aclose()
        await database.close()
        if documents is None and graph.reader.move(""):
            _idle.append(graph)
