"""Which document a request means: what is sent, kept or registered, and every way to get it wrong."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from graphql import build_schema
from redis.asyncio import Redis

from adapters.documents import RedisDocuments
from app.documents import PersistedDocuments, SentDocuments, TrustedDocuments
from domain.errors import (
    BadUserInput,
    PersistedQueryNotFound,
    PersistedQueryNotInList,
    PersistedQueryNotSupported,
    RequestError,
)
from schema.documents import DocumentReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from app.documents import Documents

pytestmark = pytest.mark.anyio
SCHEMA = build_schema("type Query { hello: String }")
TEXT = "{ hello }"


def named(text: str, **more: object) -> dict[str, Any]:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return {"persistedQuery": {"version": 1, "sha256Hash": digest} | more}


@pytest.fixture
async def valkey(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


def persisted(valkey: Redis) -> PersistedDocuments:
    return PersistedDocuments(DocumentReader(), SCHEMA, RedisDocuments(valkey))


def at_once(coroutine: Coroutine[Any, Any, str]) -> str:
    """Return what a coroutine returns without waiting for anything."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return str(stop.value)
    coroutine.close()
    raise AssertionError("it waited")


async def test_a_document_is_sent_once_and_then_known_by_its_hash_to_all_processes(valkey: Redis) -> None:
    one, other = persisted(valkey), persisted(valkey)
    with pytest.raises(PersistedQueryNotFound, match=r"^PersistedQueryNotFound$"):
        await one.resolve(None, named(TEXT))

    assert await one.resolve(TEXT, named(TEXT)) == TEXT

    assert at_once(one.resolve(None, named(TEXT))) == TEXT
    assert at_once(one.resolve(TEXT, named(TEXT))) == TEXT
    assert await other.resolve(None, named(TEXT)) == TEXT
    assert at_once(other.resolve(None, named(TEXT))) == TEXT


async def test_an_emptied_store_is_filled_by_clients_who_are_asked_again(valkey: Redis) -> None:
    await persisted(valkey).resolve(TEXT, named(TEXT))
    await valkey.flushall()
    newcomer = persisted(valkey)

    with pytest.raises(PersistedQueryNotFound):
        await newcomer.resolve(None, named(TEXT))
    await newcomer.resolve(TEXT, named(TEXT))

    assert await persisted(valkey).resolve(None, named(TEXT)) == TEXT


async def test_a_text_without_a_hash_is_run_and_not_kept(valkey: Redis) -> None:
    documents = persisted(valkey)

    assert at_once(documents.resolve(TEXT, None)) == TEXT
    assert at_once(documents.resolve(TEXT, {"other": 1})) == TEXT
    assert await valkey.keys("document*") == []


@pytest.mark.parametrize(
    "text", ["{ hello", "{ missing }", "{" + " __typename" * 21 + "}", "{ hello }" + " " * 20_000, "\ud800"]
)
async def test_what_does_not_parse_or_validate_within_the_limits_is_run_and_not_kept(valkey: Redis, text: str) -> None:
    documents = persisted(valkey)

    assert await documents.resolve(text, named(text)) == text

    with pytest.raises(PersistedQueryNotFound):
        await documents.resolve(None, named(text))
    assert await valkey.keys("document*") == []


@pytest.mark.parametrize(
    ("query", "extensions"),
    [
        (TEXT, named("{ other }")),
        (None, named(TEXT, sha256Hash="abc")),
        (None, named(TEXT, sha256Hash=TEXT.upper() * 8)),
        (None, named(TEXT, sha256Hash=7)),
        (None, named(TEXT, version=2)),
        (TEXT, named(TEXT, version=None)),
        (TEXT, {"persistedQuery": "abc"}),
        (None, {"persistedQuery": None}),
        (None, {}),
        ("", None),
    ],
)
async def test_a_wrong_hash_or_a_malformed_name_is_refused_and_nothing_is_kept(
    valkey: Redis, query: str | None, extensions: dict[str, Any] | None
) -> None:
    with pytest.raises(BadUserInput):
        await persisted(valkey).resolve(query, extensions)

    assert await valkey.keys("document*") == []


async def test_what_is_kept_in_the_process_is_bounded(valkey: Redis) -> None:
    documents = persisted(valkey)
    await documents.resolve(TEXT, named(TEXT))
    padded = [f"{{ hello }} # {number}".ljust(19_000) for number in range(60)]

    await asyncio.gather(*(documents.resolve(text, named(text)) for text in padded))

    assert documents._local.characters <= 1024 * 1024
    assert documents._local.get(named(TEXT)["persistedQuery"]["sha256Hash"]) is None


async def test_where_nothing_is_kept_texts_run_and_hashes_are_refused() -> None:
    documents = SentDocuments()

    assert at_once(documents.resolve(TEXT, named(TEXT))) == TEXT
    with pytest.raises(PersistedQueryNotSupported, match=r"^PersistedQueryNotSupported$"):
        await documents.resolve(None, named(TEXT))


REGISTERED: Documents = TrustedDocuments(
    {named(TEXT)["persistedQuery"]["sha256Hash"]: TEXT, "by-name": "{ __typename }"}
)


@pytest.mark.parametrize(
    ("query", "extensions", "text"),
    [
        (TEXT, None, TEXT),
        (None, named(TEXT), TEXT),
        (TEXT, named(TEXT), TEXT),
        (None, named(TEXT, sha256Hash="by-name"), "{ __typename }"),
    ],
)
async def test_registered_documents_run_by_id_or_exact_text(
    query: str | None, extensions: dict[str, Any] | None, text: str
) -> None:
    assert at_once(REGISTERED.resolve(query, extensions)) == text


@pytest.mark.parametrize(
    ("query", "extensions", "refusal"),
    [
        ("{ hello }\n", None, PersistedQueryNotInList),
        (None, named("{ other }"), PersistedQueryNotInList),
        ("{ other }", named("{ other }"), PersistedQueryNotInList),
        ("{ other }", named(TEXT), PersistedQueryNotInList),
        (TEXT, named("{ other }"), PersistedQueryNotInList),
        (None, None, BadUserInput),
        (None, named(TEXT, version=3), BadUserInput),
    ],
)
async def test_nothing_else_runs_where_documents_are_registered(
    query: str | None, extensions: dict[str, Any] | None, refusal: type[RequestError]
) -> None:
    with pytest.raises(refusal):
        await REGISTERED.resolve(query, extensions)
