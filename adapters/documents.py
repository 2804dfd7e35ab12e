"""Documents by their hash, kept in Redis for all processes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from redis.asyncio import Redis

PUT: Final = """
local now = redis.call('TIME')
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('ZADD', KEYS[2], now[1], KEYS[1])
redis.call('EXPIRE', KEYS[2], ARGV[2])
local excess = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[3])
if excess > 0 then
  local oldest = redis.call('ZPOPMIN', KEYS[2], excess)
  for place = 1, #oldest, 2 do redis.call('DEL', oldest[place]) end
end
"""
GET: Final = """
local text = redis.call('GETEX', KEYS[1], 'EX', ARGV[1])
if text then redis.call('ZADD', KEYS[2], 'XX', redis.call('TIME')[1], KEYS[1]) end
return text
"""

logger = structlog.stdlib.get_logger(__name__)


class RedisDocuments:
    """Keeps a bounded number of documents while they are asked for; those asked for least lately go first.

    Nothing here raises because Redis is away: a client whose document is not found sends it again.
    """

    def __init__(
        self,
        redis: Redis,
        life: timedelta = timedelta(days=1),
        most: int = 2_000,
        patience: timedelta = timedelta(milliseconds=250),
    ) -> None:
        """Keep ``most`` documents for ``life`` after their last use, waiting ``patience`` for Redis."""
        self._put = redis.register_script(PUT)
        self._get = redis.register_script(GET)
        self.life = int(life.total_seconds())
        self.most = most
        self.patience = patience.total_seconds()

    async def put(self, digest: str, text: str) -> None:
        """Keep a document."""
        try:
            async with asyncio.timeout(self.patience):
                await self._put(keys=self._keys(digest), args=[text, self.life, self.most])
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("document_not_kept", reason=type(error).__name__)

    async def get(self, digest: str) -> str | None:
        """Return the document with this hash, None where it is not kept."""
        try:
            async with asyncio.timeout(self.patience):
                text: bytes | None = await self._get(keys=self._keys(digest), args=[self.life])
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("document_not_looked_up", reason=type(error).__name__)
            return None
        return None if text is None else text.decode()

    def _keys(self, digest: str) -> list[str]:
        return [f"document:{digest}", "documents"]
