"""Documents in Redis: kept while they are asked for, bounded in number, never in the way while Redis is away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from adapters.documents import RedisDocuments
from spare_servers import running_valkey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture
async def valkey(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


async def test_a_document_is_found_by_its_hash_and_lives_on_while_it_is_asked_for(valkey: Redis) -> None:
    documents = RedisDocuments(valkey, life=timedelta(hours=1))
    await documents.put("a1", "{ 한국어 }")
    assert 3_590 < await valkey.ttl("document:a1") <= 3_600
    await valkey.expire("document:a1", 10)

    assert await documents.get("a1") == "{ 한국어 }"
    assert 3_590 < await valkey.ttl("document:a1") <= 3_600
    assert await documents.get("b2") is None
    assert sorted(await valkey.keys()) == [b"document:a1", b"documents"]


async def test_of_too_many_documents_those_asked_for_least_lately_go(valkey: Redis) -> None:
    documents = RedisDocuments(valkey, most=2)
    for digest in ("a1", "b2"):
        await documents.put(digest, "{ __typename }")
    await valkey.zadd("documents", {"document:a1": 1, "document:b2": 2})
    assert await documents.get("a1")

    await documents.put("c3", "{ __typename }")

    assert {digest for digest in ("a1", "b2", "c3") if await documents.get(digest)} == {"a1", "c3"}
    assert len(await valkey.keys("document*")) == 3


async def test_while_redis_is_away_nothing_is_found_and_nothing_raised(tmp_path: Path) -> None:
    with running_valkey(tmp_path) as socket:
        client = Redis(unix_socket_path=str(socket), retry=Retry(NoBackoff(), 0))
    documents = RedisDocuments(client, patience=timedelta(seconds=10))

    with structlog.testing.capture_logs() as logs:
        await documents.put("a1", "{ __typename }")
        found = await documents.get("a1")
    await client.aclose()

    assert found is None
    assert [entry["event"] for entry in logs] == ["document_not_kept", "document_not_looked_up"]
