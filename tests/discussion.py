"""Artworks that people talk about: publishing one, and the mutations about comments as a front end sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from stored import new_asset, sql

if TYPE_CHECKING:
    from graph_client import GraphClient

REFUSAL = "... on UserError { code message path retryable }"
_BLOCKED = "... on ContentBlocked { reason whatToChange }"
COMMENT = """fragment Said on Comment {
  id text isDeleted isPinned editedAt viewerCanEdit viewerCanDelete replyCount
  author { handle } root { id } replyTo { id } mentions { user { handle } offset length }
}"""
_RESULTS = {
    "addComment": "comment { ...Said } artwork { id commentCount }",
    "editComment": "comment { ...Said }",
    "deleteComment": "deletedId comment { ...Said } artwork { id commentCount }",
    "pinComment": "comment { ...Said } artwork { id pinnedComments { ...Said } }",
    "setCommentsLocked": "artwork { id areCommentsLocked viewerCanComment }",
}
THREADS = f"""query($id: ID!) {{ artwork(id: $id) {{
  commentCount areCommentsLocked viewerCanComment pinnedComments {{ id }}
  comments(first: 10) {{ totalCount nodes {{ ...Said replies(first: 10) {{ totalCount nodes {{ ...Said }} }} }} }}
}} }} {COMMENT}"""


async def published(client: GraphClient, database_url: str, **given: Any) -> str:  # noqa: ANN401
    """Publish an artwork of one picture and return its id."""
    asset = new_asset(database_url, client.viewer_id)
    artwork: str = (await client.core("publish", {"assetIds": [asset], "title": "x"} | given))["artwork"]["id"]
    return artwork


async def act(client: GraphClient, mutation: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    """Run a mutation about comments and return its result, whatever it is."""
    kind = mutation[0].upper() + mutation[1:]
    result = _RESULTS[mutation]
    said = COMMENT if "Said" in result else ""
    blocked = _BLOCKED if mutation in {"addComment", "editComment"} else ""
    query = f"""mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{
      ... on {kind}Success {{ {result} }} {REFUSAL} {blocked} }} }} {said}"""
    found: dict[str, Any] = (await client.data(query, {"input": given}))[mutation]
    return found


async def say(client: GraphClient, artwork: str, text: str, reply_to: str | None = None) -> str:
    """Write a comment and return its id."""
    key = uuid4().hex
    result = await act(client, "addComment", artworkId=artwork, text=text, replyTo=reply_to, idempotencyKey=key)
    comment: str = result["comment"]["id"]
    return comment


async def threads(client: GraphClient, artwork: str) -> dict[str, Any]:
    """Return an artwork with all that is said of it, as the client sees it."""
    found: dict[str, Any] = (await client.data(THREADS, {"id": artwork}))["artwork"]
    return found


def block(database_url: str, one: str, other: str) -> None:
    """Let two users, by their global ids, be out of each other's sight."""
    row = "INSERT INTO blocks (user_id, other_id, is_own, created_at) VALUES (%s, %s, %s, now())"
    sql(database_url, row, key_in(one), key_in(other), "true")
    sql(database_url, row, key_in(other), key_in(one), "false")


def key_in(global_id: str) -> UUID:
    """Return the row's key in a global id."""
    return UUID(global_id.partition("_")[2])
