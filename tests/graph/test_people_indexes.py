"""Lists of people are carried by indexes from page to page: nothing is sorted, and no table is read through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, LiteralString

import psycopg
import pytest

from domain.tokens import Claims
from local_graph import local_graph
from people import key_in, later
from planner import noting
from schema.context import Context
from stored import sql

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

STAR: Final = f"user_{1:032x}"
ARTWORK: Final = f"artwork_{1:032x}"
FILLED: Final[tuple[LiteralString, ...]] = (
    """INSERT INTO users (id, email, password_hash, handle, display_name, bio, follower_count, following_count,
                          artwork_count, created_at)
       SELECT lpad(to_hex(i), 32, '0')::uuid, i || '@easel.example', '', 'user' || i, '', '', 0, 0, 0, now()
       FROM generate_series(1, 5000) i""",
    """INSERT INTO artworks (id, author_id, title, description, visibility, prompt, prompt_visibility, style,
                             like_count, comment_count, created_at)
       SELECT lpad(to_hex(i), 32, '0')::uuid, lpad(to_hex(1 + i %% 50), 32, '0')::uuid, '', '', 'PUBLIC', '', 'PUBLIC',
              'anime', 0, 0, now() FROM generate_series(1, 5000) i""",
    """INSERT INTO follows (follower_id, followee_id, created_at)
       SELECT one.id, other.id, now() - random() * interval '1 day' FROM users one, users other
       WHERE one.id <> other.id AND (one.handle IN ('user1', 'user2') OR other.handle IN ('user1', 'user2'))""",
    """INSERT INTO reactions (artwork_id, user_id, kind, created_at)
       SELECT a.id, u.id, 'LIKE', now() - random() * interval '1 day' FROM artworks a, users u
       WHERE a.id IN (SELECT id FROM artworks ORDER BY id LIMIT 2) OR u.handle IN ('user1', 'user2')""",
    "INSERT INTO tags (id, name, artwork_count, follower_count) VALUES (gen_random_uuid(), 'sea', 5000, 0)",
    """INSERT INTO artwork_tags (artwork_id, tag_id, position, listed_at)
       SELECT a.id, t.id, 0, now() - random() * interval '1 day' FROM artworks a, tags t""",
    "ANALYZE",
)
LISTS: Final = {
    "ix_follows_followee_id_created_at": 'user(handle: "user1") { page: followers(first: 20, after: $after)',
    "ix_follows_follower_id_created_at": 'user(handle: "user1") { page: following(first: 20, after: $after)',
    "ix_reactions_artwork_id_created_at": f'artwork(id: "{ARTWORK}") {{ page: likers(first: 20, after: $after)',
    "ix_artwork_tags_latest": 'tag(name: "sea") { page: artworks(first: 20, after: $after)',
    "ix_reactions_user_id_created_at": "viewer { page: likedArtworks(first: 20, after: $after)",
}
"""By the index that carries it."""


async def test_each_list_goes_on_where_its_index_does(spare_database_url: str, redis_url: str, tmp_path: Path) -> None:
    for statement in FILLED:
        sql(spare_database_url, statement)
    async with local_graph(spare_database_url, redis_url, tmp_path) as graph:
        claims = Claims(key_in(STAR), key_in(STAR), later())
        for index, asked in LISTS.items():
            document = f"query($after: Cursor) {{ {asked} {{ nodes {{ id }} pageInfo {{ endCursor }} }} }} }}"
            after = None
            for _ in range(3):
                with noting() as noted:
                    result = await graph.schema.execute(
                        document, {"after": after}, context_value=Context(graph.services, claims=claims)
                    )
                assert result.data, result.errors
                (found,) = result.data.values()
                assert len(found["page"]["nodes"]) == 20
                after = found["page"]["pageInfo"]["endCursor"]
            ((text, values),) = noted
            with psycopg.connect(spare_database_url) as connection:
                plan = psycopg.RawCursor(connection).execute(f"EXPLAIN {text}".encode(), values).fetchall()
            lines = "\n".join(line for (line,) in plan)
            assert f"using {index}" in lines, lines
            assert "Sort" not in lines, lines
            assert "Seq Scan on follows" not in lines, lines
            assert "Seq Scan on reactions" not in lines, lines
