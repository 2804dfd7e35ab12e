"""Archives: pictures to be packed, that nobody painted, and what came of them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4
from zipfile import ZipFile

from domain import archives
from domain.variants import object_key
from domain.words import ImageVariant
from stored import sql

if TYPE_CHECKING:
    from collections.abc import Sequence

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
