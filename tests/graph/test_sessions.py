"""Sessions: refresh tokens that rotate, reuse that ends the family, signing out, the list of sign-ins."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from graph_client import http_client
from stored import row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

REFRESH = """mutation($input: RefreshSessionInput!) {
  refreshSession(input: $input) {
    ... on RefreshSessionSuccess { session { id accessToken refreshToken expiresAt } viewer { id } }
    ... on UserError { code path }
  }
}"""
SIGN_OUT = """mutation($input: SignOutInput!) {
  signOut(input: $input) {
    ... on SignOutSuccess { viewer { handle sessions { id } } }
    ... on UserError { code path }
  }
}"""
SESSIONS = "{ viewer { sessions { id userAgent isCurrent createdAt lastUsedAt expiresAt } } }"
REFUSED = {"code": "INVALID_REFRESH_TOKEN", "path": ["input", "refreshToken"]}


async def refresh(client: GraphClient, token: str) -> dict[str, Any]:
    result: dict[str, Any] = (await client.data(REFRESH, {"input": {"refreshToken": token}}))["refreshSession"]
    return result


async def sign_out(client: GraphClient, **chosen: object) -> dict[str, Any]:
    result: dict[str, Any] = (await client.data(SIGN_OUT, {"input": chosen}))["signOut"]
    return result


async def signed_in_again(easel: Installation, handle: str, user_agent: str) -> tuple[GraphClient, str]:
    """Return a client in a second session of the user, and that session's id."""
    sign_in = """mutation($input: SignInWithPasswordInput!) { signInWithPassword(input: $input) {
      ... on SignInWithPasswordSuccess { session { id accessToken refreshToken } } } }"""
    variables = {"input": {"email": f"{handle}@easel.example", "password": "correct horse"}}
    headers = {"content-type": "application/json", "user-agent": user_agent}
    async with http_client() as http:
        body = json.dumps({"query": sign_in, "variables": variables})
        answer = await http.post(f"{easel.url}/graphql", content=body, headers=headers)
    session = answer.json()["data"]["signInWithPassword"]["session"]
    client = easel.client(session["accessToken"])
    client.refresh_token = session["refreshToken"]
    return client, session["id"]


def lock_waits(database_url: str) -> int:
    """Return how many statements wait for another transaction."""
    ((count,),) = sql(database_url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    return int(count)


async def is_signed_in(client: GraphClient) -> bool:
    answer = await client.post("{ viewer { id } }")
    if "errors" in answer:
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
        return False
    return answer["data"]["viewer"] is not None


async def test_a_refresh_token_is_exchanged_for_new_tokens_of_the_same_session(easel: Installation) -> None:
    client = await easel.signed_up()
    (before,) = (await client.data(SESSIONS))["viewer"]["sessions"]

    # when the session is renewed, twice in a row, without an access token
    first = await refresh(easel.client(), client.refresh_token)
    second = await refresh(easel.client(), first["session"]["refreshToken"])

    # then tokens are new, session and user are not
    assert first["viewer"]["id"] == second["viewer"]["id"] == client.viewer_id
    assert first["session"]["id"] == second["session"]["id"] == before["id"]
    tokens = {client.refresh_token, first["session"]["refreshToken"], second["session"]["refreshToken"]}
    assert len(tokens) == 3
    (after,) = (await easel.client(second["session"]["accessToken"]).data(SESSIONS))["viewer"]["sessions"]
    assert after["lastUsedAt"] > before["lastUsedAt"]
    assert after["expiresAt"] > before["expiresAt"]


async def test_a_session_is_renewed_also_with_an_access_token_that_is_not_good(easel: Installation) -> None:
    client = await easel.signed_up()
    assert "session" in await refresh(easel.client("expired"), client.refresh_token)


async def test_an_old_refresh_token_ends_the_whole_family(easel: Installation, database_url: str) -> None:
    # given a session that was renewed, and another one of the same user
    client = await easel.signed_up("dana")
    other, _ = await signed_in_again(easel, "dana", "other")
    renewed = await refresh(client, client.refresh_token)

    # when the old token comes again
    assert await refresh(easel.client(), client.refresh_token) == REFUSED

    # then access tokens and the newest refresh token of the family are dead at once
    assert await refresh(easel.client(), renewed["session"]["refreshToken"]) == REFUSED
    assert not await is_signed_in(client)
    assert not await is_signed_in(easel.client(renewed["session"]["accessToken"]))
    reasons = sql(database_url, "SELECT end_reason FROM sessions ORDER BY end_reason NULLS LAST")
    assert reasons == [("TOKEN_REUSED",), (None,)]

    # and the other session goes on
    assert await is_signed_in(other)


async def test_of_many_refreshes_at_once_one_succeeds_and_the_family_ends(
    easel: Installation, database_url: str
) -> None:
    # given five refreshes with the same token, all of which have begun before one of them can end
    client = await easel.signed_up()
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT id FROM sessions FOR UPDATE")
        running = asyncio.gather(*(refresh(easel.client(), client.refresh_token) for _ in range(5)))
        await until(lambda: lock_waits(database_url) == 5)
    answers = await running

    # then one succeeds, and it is dead as well
    (won,) = [answer for answer in answers if "session" in answer]
    assert [answer for answer in answers if answer is not won] == [REFUSED] * 4
    assert await refresh(easel.client(), won["session"]["refreshToken"]) == REFUSED
    assert not await is_signed_in(easel.client(won["session"]["accessToken"]))
    assert row_counts(database_url)["refresh_tokens"] == 2


@pytest.mark.parametrize("token", ["", "unknown", "x" * 10_000, "nul\0", "half\ud800"])
async def test_what_is_no_refresh_token_is_refused(easel: Installation, database_url: str, token: str) -> None:
    await easel.signed_up()
    before = row_counts(database_url)
    assert await refresh(easel.client(), token) == REFUSED
    assert row_counts(database_url) == before


async def test_an_access_token_is_no_refresh_token(easel: Installation) -> None:
    client = await easel.signed_up()
    assert client.token
    assert await refresh(easel.client(), client.token) == REFUSED
    assert await is_signed_in(client)


async def test_a_session_that_was_not_used_for_a_month_is_over(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    sql(database_url, "UPDATE sessions SET expires_at = now() - interval '1 second'")
    before = row_counts(database_url)
    assert await refresh(easel.client(), client.refresh_token) == REFUSED
    assert not await is_signed_in(client)
    assert row_counts(database_url) == before


async def test_the_month_begins_when_a_session_is_renewed(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    await refresh(easel.client(), client.refresh_token)
    lives = sql(database_url, "SELECT expires_at - last_used_at BETWEEN '30 days' AND '30 days 1 s' FROM sessions")
    assert lives == [(True,)]


async def test_refresh_tokens_are_stored_only_as_hashes(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    renewed = await refresh(client, client.refresh_token)
    tokens = (client.refresh_token, renewed["session"]["refreshToken"])
    rows = sql(database_url, "SELECT encode(token_hash, 'escape') || refresh_tokens::text FROM refresh_tokens")
    assert len(rows) == 2
    assert not [token for token in tokens for (row,) in rows if token in row]
    found = sql(database_url, "SELECT count(*) FROM refresh_tokens WHERE token_hash = sha256(%s)", tokens[0].encode())
    assert found == [(1,)]


async def test_open_sessions_are_listed_the_last_used_first(easel: Installation) -> None:
    client = await easel.signed_up("eun")
    (first,) = (await client.data(SESSIONS))["viewer"]["sessions"]
    second, key = await signed_in_again(easel, "eun", "Mozilla/5.0 (Phone)")

    listed = (await second.data(SESSIONS))["viewer"]["sessions"]

    assert [(session["id"], session["isCurrent"]) for session in listed] == [(key, True), (first["id"], False)]
    assert listed[0]["userAgent"] == "Mozilla/5.0 (Phone)"
    assert [s["isCurrent"] for s in (await client.data(SESSIONS))["viewer"]["sessions"]] == [False, True]


async def test_signing_out_ends_the_present_session(easel: Installation) -> None:
    client = await easel.signed_up("eun")
    other, key = await signed_in_again(easel, "eun", "other")

    assert await sign_out(client) == {"viewer": {"handle": "eun", "sessions": [{"id": key}]}}

    assert not await is_signed_in(client)
    assert await refresh(easel.client(), client.refresh_token) == REFUSED
    assert await is_signed_in(other)


async def test_another_session_can_be_ended_by_its_id_and_again(easel: Installation) -> None:
    client = await easel.signed_up("eun")
    other, key = await signed_in_again(easel, "eun", "other")
    for _ in range(2):
        assert len((await sign_out(client, sessionId=key))["viewer"]["sessions"]) == 1
        assert not await is_signed_in(other)
    assert await is_signed_in(client)


async def test_all_sessions_can_be_ended(easel: Installation) -> None:
    client = await easel.signed_up("eun")
    other, _ = await signed_in_again(easel, "eun", "other")
    stranger = await easel.signed_up("someone")

    assert (await sign_out(client, all=True))["viewer"]["sessions"] == []

    assert [await is_signed_in(who) for who in (client, other, stranger)] == [False, False, True]


@pytest.mark.parametrize("chosen", ["", "session_", "session_" + "0" * 32, "someone else's", "user's"])
async def test_a_session_that_is_not_ones_own_is_not_found(easel: Installation, database_url: str, chosen: str) -> None:
    # given two users
    client, stranger = await easel.signed_up("eun"), await easel.signed_up("someone")
    (foreign,) = (await stranger.data(SESSIONS))["viewer"]["sessions"]
    ids = {"someone else's": foreign["id"], "user's": client.viewer_id}
    before = sql(database_url, "SELECT * FROM sessions ORDER BY id")

    # when one wants to end a session that is not theirs
    refused = await sign_out(client, sessionId=ids.get(chosen, chosen))

    # then no session ends
    assert refused == {"code": "NOT_FOUND", "path": ["input", "sessionId"]}
    assert await is_signed_in(client)
    assert await is_signed_in(stranger)
    assert sql(database_url, "SELECT * FROM sessions ORDER BY id") == before


async def test_nobody_can_sign_out_who_is_not_signed_in(easel: Installation) -> None:
    answer = await easel.client().post(SIGN_OUT, {"input": {}})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
