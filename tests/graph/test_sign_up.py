"""Signing up: what makes an account, what is refused, and that a refusal writes nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from stored import row_counts, sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio

GOOD = {"email": "jiwoo@easel.example", "password": "correct horse", "handle": "jiwoo", "displayName": "지우 🌊"}
ME = "{ viewer { id handle displayName email creditAccount { balance held available ledger { totalCount nodes { kind amount balanceAfter } } } } }"  # noqa: E501 - one document


async def test_an_account_has_welcome_credits_in_its_ledger(easel: Installation) -> None:
    # when somebody signs up
    client = easel.client()
    signed_up = await client.core("sign-up", GOOD | {"email": " JiWoo@Easel.Example ", "handle": "@JiWoo"})

    # then they are signed in, under normalised names
    client.token = signed_up["session"]["accessToken"]
    viewer = (await client.data(ME))["viewer"]
    assert viewer["id"] == signed_up["viewer"]["id"]
    assert (viewer["handle"], viewer["displayName"], viewer["email"]) == ("jiwoo", "지우 🌊", "jiwoo@easel.example")

    # and have the welcome credits, by an entry of the ledger
    account = viewer["creditAccount"]
    assert (account["balance"], account["held"], account["available"]) == (100, 0, 100)
    assert account["ledger"] == {
        "totalCount": 1,
        "nodes": [{"kind": "GRANT", "amount": 100, "balanceAfter": 100}],
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "nobody"),
        ("email", "a@b"),
        ("email", "two words@easel.example"),
        ("email", "nul\0@easel.example"),
        ("email", "half\ud800@easel.example"),
        ("email", "hidden\u200b@easel.example"),
        ("email", "x" * 250 + "@easel.example"),
        ("password", ""),
        ("password", "nine char"),
        ("password", "p" * 201),
        ("password", "          "),
        ("password", "correct\0horse"),
        ("password", "correct horse \ud800"),
        ("handle", ""),
        ("handle", "@"),
        ("handle", "ab"),
        ("handle", "a" * 31),
        ("handle", "지우지우"),
        ("handle", "1jiwoo"),
        ("handle", "_jiwoo"),
        ("handle", "ji-woo"),
        ("handle", "ji woo"),
        ("handle", "jiwoo\n\n.x"),
        ("handle", "ﬁona"),
        ("handle", "@@jiwoo"),
        ("handle", "jiwoo\0"),
        ("handle", "jiwoo\udfff"),
        ("displayName", ""),
        ("displayName", " \t\u3000"),
        ("displayName", "\u200b\u2060"),
        ("displayName", "ji\0woo"),
        ("displayName", "ji\ud83dwoo"),
        ("displayName", "ㅈ" * 51),
    ],
)
async def test_a_bad_value_is_named_and_nothing_is_written(
    easel: Installation, database_url: str, field: str, value: str
) -> None:
    before = row_counts(database_url)

    refused = await easel.client().core("sign-up", GOOD | {field: value})

    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", field])
    assert row_counts(database_url) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "0123456789"),
        ("password", "비" * 200),
        ("handle", "abc"),
        ("handle", "a" * 30),
        ("handle", "a_9"),
        ("displayName", "👩‍👩‍👧‍👦"),
        ("displayName", "ㅈ" * 50),
        ("displayName", "  한   칸  "),
    ],
)
async def test_the_outermost_good_values_are_taken(easel: Installation, field: str, value: str) -> None:
    signed_up = await easel.client().core("sign-up", GOOD | {field: value})
    assert "session" in signed_up, signed_up


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"handle": "another"}, "EMAIL_TAKEN", "email"),
        ({"handle": "another", "email": "JIWOO@easel.EXAMPLE"}, "EMAIL_TAKEN", "email"),
        ({"email": "another@easel.example"}, "HANDLE_TAKEN", "handle"),
        ({"email": "another@easel.example", "handle": "@JIWOO"}, "HANDLE_TAKEN", "handle"),
    ],
)
async def test_what_is_taken_is_refused(
    easel: Installation, database_url: str, change: dict[str, Any], code: str, path: str
) -> None:
    # given an account
    await easel.client().core("sign-up", GOOD)
    before = row_counts(database_url)

    # when another wants its address or its handle
    refused = await easel.client().core("sign-up", GOOD | change)

    # then nothing is written
    assert (refused["code"], refused["path"]) == (code, ["input", path])
    assert row_counts(database_url) == before


async def test_of_two_at_once_with_the_same_handle_one_wins(easel: Installation, database_url: str) -> None:
    accounts = [GOOD | {"email": f"{number}@easel.example"} for number in range(8)]

    answers = await asyncio.gather(*(easel.client().core("sign-up", account) for account in accounts))

    assert sorted(answer.get("code", "") for answer in answers) == ["", *["HANDLE_TAKEN"] * 7]
    counts = row_counts(database_url)
    assert [counts[table] for table in ("users", "sessions", "credit_accounts", "ledger_entries")] == [1, 1, 1, 1]


async def test_a_password_is_stored_only_as_argon2id(easel: Installation, database_url: str) -> None:
    await easel.client().core("sign-up", GOOD)
    ((stored,),) = sql(database_url, "SELECT password_hash FROM users")
    assert stored.startswith("$argon2id$")
    ((whole,),) = sql(database_url, "SELECT users::text FROM users")
    assert "correct horse" not in whole


async def test_an_address_may_sign_up_25_times_in_5_minutes(easel: Installation, database_url: str) -> None:
    # given 25 attempts that failed for a bad value
    for _ in range(25):
        refused = await easel.client().core("sign-up", GOOD | {"handle": ""})
        assert refused["code"] == "INVALID_INPUT"

    # when a good one follows
    refused = await easel.client().core("sign-up", GOOD)

    # then it is refused
    assert refused["code"] == "TOO_MANY_ATTEMPTS"
    assert row_counts(database_url)["users"] == 0
