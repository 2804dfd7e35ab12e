"""Which document a request means: the one that it brings, one kept under its hash, or one of those registered."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

from graphql import GraphQLError, GraphQLSchema
from redis.asyncio import Redis

from adapters.documents import RedisDocuments
from app.manifest import read_manifest
from app.settings import Settings
from domain.errors import BadUserInput, PersistedQueryNotFound, PersistedQueryNotInList, PersistedQueryNotSupported
from schema.documents import DocumentReader
from schema.remembered import Remembered

LOCAL_CHARACTERS: Final = 1024 * 1024
_SHA256: Final = re.compile("[0-9a-f]{64}")


class Documents(Protocol):
    """Tells which document is to run."""

    async def resolve(self, query: str | None, extensions: Mapping[str, Any] | None) -> str:
        """Return the text of the document that a request means, by its text or by ``extensions.persistedQuery``.

        Raises:
            RequestError: there is none; its ``code`` says why.
        """


class SentDocuments:
    """Answers what is sent, and keeps nothing."""

    async def resolve(self, query: str | None, extensions: Mapping[str, Any] | None) -> str:
        """Return the text that was sent.

        Raises:
            PersistedQueryNotSupported: only a hash was sent.
        """
        if query:
            return query
        _id_of(query, extensions)
        raise PersistedQueryNotSupported


class PersistedDocuments:
    """Apollo's automatic persisted queries: a document is sent once, then only its hash.

    Only valid documents within the limits are kept, so that nobody fills the store with anything else.
    """

    def __init__(self, reader: DocumentReader, schema: GraphQLSchema, store: RedisDocuments) -> None:
        """Keep the documents of ``schema`` in ``store``, and those used lately in this process."""
        self._reader = reader
        self._schema = schema
        self._store = store
        self._local = Remembered[str](LOCAL_CHARACTERS)

    async def resolve(self, query: str | None, extensions: Mapping[str, Any] | None) -> str:
        """Return the text that was sent, or the one with the hash that was sent.

        Waits for the store only where a hash is not known in this process.

        Raises:
            BadUserInput: there is neither, the hash is no SHA-256, or it is not that of the text.
            PersistedQueryNotFound: no document with this hash is kept.
        """
        digest = _id_of(query, extensions)
        if digest is None:
            assert query, "there is an id or a text"
            return query
        if not _SHA256.fullmatch(digest):
            raise BadUserInput("`persistedQuery.sha256Hash` must be a SHA-256 in 64 hexadecimal digits, in lower case.")
        known = self._local.get(digest)
        if not query:
            return known or await self._kept(digest)
        if known != query:
            await self._register(digest, query)
        return query

    async def _kept(self, digest: str) -> str:
        text = await self._store.get(digest)
        if text is None:
            raise PersistedQueryNotFound
        self._local.put(digest, text, len(text))
        return text

    async def _register(self, digest: str, query: str) -> None:
        if hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest() != digest:
            raise BadUserInput("`persistedQuery.sha256Hash` is not the hash of the query.")
        try:
            errors = self._reader.validate(self._schema, query)
        except GraphQLError:
            return  # told when it is executed
        if not errors:
            self._local.put(digest, query, len(query))
            await self._store.put(digest, query)


class TrustedDocuments:
    """Answers registered documents and nothing else."""

    def __init__(self, documents: Mapping[str, str]) -> None:
        """Answer ``documents``, by id or by exact text."""
        self._documents = dict(documents)
        self._texts = frozenset(documents.values())

    async def resolve(self, query: str | None, extensions: Mapping[str, Any] | None) -> str:
        """Return the registered text.

        Raises:
            PersistedQueryNotInList: it is not registered, or not under the id that was sent.
        """
        key = _id_of(query, extensions)
        text = query if key is None else self._documents.get(key)
        if text is None or text not in self._texts or (query and query != text):
            raise PersistedQueryNotInList
        return text


def _id_of(query: str | None, extensions: Mapping[str, Any] | None) -> str | None:
    """Return the hash or id that a request names its document by; None where it brings only a text.

    Raises:
        BadUserInput: there is neither, or ``persistedQuery`` is not as Apollo's protocol has it.
    """
    persisted = extensions.get("persistedQuery") if extensions else None
    if persisted is None:
        if not query:
            raise BadUserInput("There must be a `query`, or `extensions.persistedQuery`.")
        return None
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        raise BadUserInput('`persistedQuery` must be an object with "version": 1.')
    digest = persisted.get("sha256Hash")
    if not isinstance(digest, str) or not digest:
        raise BadUserInput("`persistedQuery.sha256Hash` must be a string.")
    return digest


def open_documents(settings: Settings, redis: Redis, reader: DocumentReader, schema: GraphQLSchema) -> Documents:
    """Return the documents that the settings ask for: registered ones, kept ones, or only what is sent.

    Raises:
        BadManifest: the manifest of registered documents can not be read.
    """
    if settings.trusted_documents:
        return TrustedDocuments(read_manifest(settings.trusted_documents))
    if settings.persisted_queries:
        return PersistedDocuments(reader, schema, RedisDocuments(redis))
    return SentDocuments()
