"""Archives: pictures to be packed, that nobody painted, and what came of them."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4
from zipfile import ZipFile

from adapters.storage.folder import FolderStore
from domain import archives
from domain.variants import object_key
from domain.words import ImageVariant
from graph_client import http_client
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    import httpx2

    from conftest import Installation
    from domain.ports import ObjectStore
    from graph_client import GraphClient
    from workshop import Workshop

SHOWN: Final = """fragment Shown on Archive {
  id status progress name imageCount packedCount skippedCount byteSize url expiresAt failure { code message }
}"""
REFUSAL: Final = "... on UserError { code path message retryable } ... on TooManyArchives { limit }"
REQUEST: Final = f"""mutation($input: RequestArchiveInput!) {{ requestArchive(input: $input) {{
  __typename ... on RequestArchiveSuccess {{ archive {{ ...Shown folder {{ id }} }} }} {REFUSAL} }} }} {SHOWN}"""
CANCEL: Final = f"""mutation($input: CancelArchiveInput!) {{ cancelArchive(input: $input) {{
  __typename ... on CancelArchiveSuccess {{ archive {{ ...Shown }} }}
  ... on UserError {{ code path message retryable }} }} }} {SHOWN}"""


async def picture(
    place: Workshop | tuple[str, ObjectStore],
    user: UUID,
    data: bytes = b"pixels",
    *,
    shows: str = "",
    folder: UUID | None = None,
    byte_size: int | None = None,
) -> UUID:
    """Store a READY picture that shows something; return its key."""
    url, store = place if isinstance(place, tuple) else (place.database_url, place.store)
    key = uuid4()
    sql(
        url,
        "INSERT INTO media_assets (id, owner_id, status, width, height, byte_size, sha256, dhash, blurhash,"
        " dominant_color, engine, style, ratio, seed, content_level, created_at, alt_text, folder_id)"
        " VALUES (%s, %s, 'READY', 64, 64, %s, '', 0, '', '#ffffff', 'sandbox', 'anime', '1:1', 7, 'GENERAL', now(),"
        " %s, %s)",
        *(key, user, len(data) if byte_size is None else byte_size, shows, folder),
    )
    await store.put(object_key(key, ImageVariant.ORIGINAL), data, "image/png")
    return key


async def requested(
    shop: Workshop, user: UUID, assets: Sequence[UUID] | None = None, folder: UUID | None = None
) -> UUID:
    """Ask for an archive; return its key."""
    async with shop.db.write() as tx:
        return await archives.request(tx, user, assets, folder)


def rows(database_url: str) -> list[tuple[Any, ...]]:
    """Return status, packed, skipped and failure of all archives, in order."""
    return sql(database_url, "SELECT status, packed_count, skipped_count, failure_code FROM archives ORDER BY id")


def unpacked(data: bytes) -> dict[str, bytes]:
    """Return the files of a zip, all of which are whole."""
    with ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


async def ask(client: GraphClient, mutation: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401
    """Run a mutation and return its result, whatever it is."""
    (result,) = (await client.data(mutation, {"input": values})).values()
    found: dict[str, Any] = result
    return found


def global_id(kind: str, key: UUID) -> str:
    """Return a global id."""
    return f"{kind}_{key.hex}"


WATCH = """subscription Archive($id: ID!, $after: Cursor) { archiveEvents(id: $id, after: $after) {
  __typename
  ... on JobEvent { cursor sequence }
  ... on ArchiveSnapshot { resumed archive { id status progress imageCount } }
  ... on ArchiveProgress { archive { id progress packedCount } }
  ... on ArchiveCompleted { archive { id status progress packedCount skippedCount url failure { code message } } }
} }"""
FOUND = """query($id: ID!) {
  node(id: $id) {
    ... on Job { status progress cost sequence queue { position } failure { code } createdAt startedAt finishedAt }
    ... on Archive { name url expiresAt }
  }
  viewer { archives(first: 10) { totalCount nodes { id name imageCount } } }
}"""
WAITING: Final = "UPDATE archives SET status = 'QUEUED', due_at = now() + interval '1 h'"
"""Lets all archives wait, and no worker take them."""
FOLDER = """mutation($input: CreateFolderInput!) {
  createFolder(input: $input) { ... on CreateFolderSuccess { folder { id } } } }"""


class Owner:
    """Somebody with pictures, as they ask for archives over the graph."""

    def __init__(self, easel: Installation, client: GraphClient) -> None:
        self.client = client
        self.key = UUID(client.viewer_id.partition("_")[2])
        self.url = easel.environment["DATABASE_URL"]
        self._store = FolderStore(easel.folder / "media", easel.url, b"x" * 32)

    async def picture(self, data: bytes = b"pixels", folder: str | None = None, **options: Any) -> str:  # noqa: ANN401
        inside = UUID(folder.partition("_")[2]) if folder else None
        key = await picture((self.url, self._store), self.key, data, folder=inside, **options)
        return global_id("asset", key)

    async def folder(self, name: str, parent: str | None = None) -> str:
        found: str = (await ask(self.client, FOLDER, name=name, parentId=parent))["folder"]["id"]
        return found

    async def request(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401
        return await ask(self.client, REQUEST, **given)

    async def archive(self, **given: Any) -> str:  # noqa: ANN401
        found: str = (await self.request(**given))["archive"]["id"]
        return found

    async def watch(self, archive: str, after: str | None = None) -> AsyncGenerator[dict[str, Any], None]:
        async with self.client.socket() as socket, asyncio.timeout(20):
            async for data in socket.subscribe(WATCH, {"id": archive, "after": after}):
                yield data["archiveEvents"]

    async def finished(self, archive: str) -> dict[str, Any]:
        """Return the archive of the last event, once all events are told that led to it."""
        told = [event async for event in self.watch(archive)]
        assert (told[0]["__typename"], told[-1]["__typename"]) == ("ArchiveSnapshot", "ArchiveCompleted")
        await until(lambda: not sql(self.url, "SELECT 1 FROM outbox"))
        found: dict[str, Any] = told[-1]["archive"]
        return found

    async def found(self, archive: str) -> dict[str, Any]:
        return await self.client.data(FOUND, {"id": archive})


async def read(url: str, **headers: str) -> httpx2.Response:
    async with http_client() as http:
        return await http.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
