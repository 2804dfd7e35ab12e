"""The least that a read can cost: for each operation one hand-written statement that returns the finished answer.

Parameters are ``viewer`` (a UUID or NULL) and, for one artwork, ``id``. The page size stands in the text: with a bound
LIMIT, PostgreSQL plans the statement anew each time. Picture URLs carry no signature.
"""

from __future__ import annotations

from string import Template
from typing import Final

_CURSOR: Final = """replace(rtrim(encode(convert_to(
        E'1\\nfeed:LATEST\\n' || replace(a.created_at::text, ' ', 'T') || E':00\\n' || encode(uuid_send(a.id), 'hex'),
        'UTF8'), 'base64'), '='), E'\\n', '')"""
"""Base64 of this text needs neither ``+`` nor ``/``, so it is URL-safe as it comes; the session's time zone is UTC."""

_FEED: Final = Template("""
WITH page AS MATERIALIZED (
    SELECT id, title, created_at, like_count, author_id FROM artworks
    WHERE visibility = 'PUBLIC' ORDER BY created_at DESC, id DESC LIMIT $first + 1
), edges AS (
    SELECT a.created_at, a.id, $cursor AS cursor, json_build_object(
        'id', 'artwork_' || encode(uuid_send(a.id), 'hex'),
        'title', a.title,
        'createdAt', a.created_at,
        'likeCount', a.like_count,
        'viewerHasLiked', EXISTS (
            SELECT FROM reactions r WHERE r.artwork_id = a.id AND r.user_id = %(viewer)s::uuid AND r.kind = 'LIKE'),
        'image', image.object,
        'author', json_build_object(
            'id', 'user_' || encode(uuid_send(u.id), 'hex'),
            'handle', u.handle,
            'avatarUrl', '$media' || u.avatar_asset_id || '/thumb.webp',
            'viewerFollows', EXISTS (
                SELECT FROM follows f WHERE f.follower_id = %(viewer)s::uuid AND f.followee_id = u.id)),
        'tags', tags.list,
        'comments', json_build_object('nodes', comments.list)
    ) AS node
    FROM (SELECT * FROM page ORDER BY created_at DESC, id DESC LIMIT $first) a
    JOIN users u ON u.id = a.author_id
    LEFT JOIN LATERAL (
        SELECT json_build_object(
            'id', 'asset_' || encode(uuid_send(m.id), 'hex'),
            'url', '$media' || m.id || CASE WHEN m.owner_id = %(viewer)s::uuid THEN '/original.png'
                                            ELSE '/full.webp' END,
            'width', m.width,
            'height', m.height
        ) AS object
        FROM artwork_images i JOIN media_assets m ON m.id = i.asset_id
        WHERE i.artwork_id = a.id AND m.status = 'READY' ORDER BY i.position LIMIT 1
    ) image ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(t.name ORDER BY x.position), '[]') AS list
        FROM artwork_tags x JOIN tags t ON t.id = x.tag_id WHERE x.artwork_id = a.id
    ) tags
    CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(json_build_object(
            'id', 'comment_' || encode(uuid_send(c.id), 'hex'),
            'text', c.text,
            'author', json_build_object('id', 'user_' || encode(uuid_send(w.id), 'hex'), 'handle', w.handle)
        ) ORDER BY c.created_at DESC, c.id DESC), '[]') AS list
        FROM (
            SELECT id, text, author_id, created_at FROM comments
            WHERE artwork_id = a.id ORDER BY created_at DESC, id DESC LIMIT 2
        ) c JOIN users w ON w.id = c.author_id
    ) comments
)
SELECT json_build_object('data', json_build_object('feed', json_build_object(
    'edges', coalesce(json_agg(json_build_object('cursor', cursor, 'node', node)
                               ORDER BY created_at DESC, id DESC), '[]'),
    'pageInfo', json_build_object(
        'hasNextPage', (SELECT count(*) > $first FROM page),
        'endCursor', (array_agg(cursor ORDER BY created_at DESC, id DESC))[count(*)])
)))::text FROM edges
""")

_ONE: Final = Template("""
SELECT json_build_object('data', json_build_object('$field', (
    SELECT json_build_object(
        'id', 'artwork_' || encode(uuid_send(id), 'hex'),
        'title', title,
        'prompt', CASE WHEN prompt_visibility = 'PUBLIC' OR author_id = %(viewer)s::uuid THEN prompt END,
        'style', style,
        'createdAt', created_at,
        'likeCount', like_count)
    FROM artworks WHERE id = %(id)s::uuid AND (visibility <> 'PRIVATE' OR author_id = %(viewer)s::uuid)
)))::text
""")


def feed(first: int, public_url: str) -> str:
    """Return the statement of the core operation ``Feed`` with ``first`` artworks a page."""
    return _FEED.substitute(first=first, cursor=_CURSOR, media=f"{public_url}/media/assets/")


def one(field: str) -> str:
    """Return the statement of one artwork by its id, answered as root field ``field``."""
    return _ONE.substitute(field=field)
