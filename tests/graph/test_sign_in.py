"""Signing in: the same answer and the same work whatever is wrong, and guessing made slow."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import argon2
import pytest

from graph_client import http_client
from local_graph import local_graph
from stored import row_counts, sql

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

    from conftest import Installation

pytestmark = pytest.mark.anyio

ADDRESS = "minji@easel.example"
PASSWORD = "correct horse"
SIGN_IN = """mutation SignIn($input: SignInWithPasswordInput!) {
  signInWithPassword(input: $input) {
    __typename
    ... on UserError { code message path retryable }
    ... on TooManyAttempts { resetsAt }
  }
}"""


@pytest.fixture
async def account(easel: Installation) -> str:
    return (await easel.signed_up("minji")).viewer_id


async def attempt(easel: Installation, email: str, password: str = "wrong wrong") -> dict[str, Any]:
    answer = await easel.client().data(SIGN_IN, {"input": {"email": email, "password": password}})
    result: dict[str, Any] = answer["signInWithPassword"]
    return result


@pytest.mark.parametrize("email", [ADDRESS, "  Minji@EASEL.example\n"])
async def test_the_right_password_opens_a_session(easel: Installation, account: str, email: str) -> None:
    client = easel.client()
    signed_in = await client.core("sign-in", {"email": email, "password": PASSWORD})
    client.token = signed_in["session"]["accessToken"]
    assert (await client.core("me"))["id"] == signed_in["viewer"]["id"] == account


async def test_an_address_may_be_written_in_either_form_of_its_domain(easel: Installation) -> None:
    account = {"password": PASSWORD, "handle": "minji", "displayName": "Minji"}
    await easel.client().core("sign-up", account | {"email": "minji@예시.example"})
    for form in ("minji@예시.example", "MINJI@xn--vv4b11d.example"):
        assert "session" in await easel.client().core("sign-in", {"email": form, "password": PASSWORD})


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ADDRESS, "Correct horse"),
        (ADDRESS, ""),
        (ADDRESS, PASSWORD + " "),
        (ADDRESS, "half \ud800"),
        (ADDRESS, "nul \0"),
        (ADDRESS, "x" * 100_000),
        ("nobody@easel.example", PASSWORD),
        ("no address", PASSWORD),
        ("", PASSWORD),
        ("nul\0@easel.example", PASSWORD),
        ("half\ud800@easel.example", PASSWORD),
        ("x" * 100_000, PASSWORD),
    ],
)
@pytest.mark.usefixtures("account")
async def test_whatever_is_wrong_the_answer_is_the_same(
    easel: Installation, database_url: str, email: str, password: str
) -> None:
    before = row_counts(database_url)

    async def answer(email: str, password: str) -> httpx2.Response:
        body = {"query": SIGN_IN, "variables": {"input": {"email": email, "password": password}}}
        async with http_client() as http:
            headers = {"content-type": "application/json"}
            return await http.post(f"{easel.url}/graphql", content=json.dumps(body), headers=headers)

    # given the answer to a wrong password
    wrong = await answer(ADDRESS, "wrong wrong")
    assert wrong.json()["data"]["signInWithPassword"]["code"] == "INVALID_CREDENTIALS"

    # when something else is wrong, then it is answered byte for byte alike
    other = await answer(email, password)
    assert (other.status_code, other.content) == (wrong.status_code, wrong.content)
    assert row_counts(database_url) == before


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("email", [ADDRESS, "nobody@easel.example", "no address", "half\ud800@easel.example"])
async def test_one_password_is_verified_whether_or_not_there_is_an_account(
    database_url: str,
    redis_url: str,
    tmp_path: Path,
    email: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given an account, and a count of what the password hasher is asked to verify
    verified: list[argon2.Parameters] = []
    verify = argon2.PasswordHasher.verify

    def counted(hasher: argon2.PasswordHasher, stored: str, password: str) -> bool:
        verified.append(argon2.extract_parameters(stored))
        return bool(verify(hasher, stored, password))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)

    # when somebody signs in wrongly
    async with local_graph(database_url, redis_url, tmp_path) as graph:
        data = await graph.run(SIGN_IN, {"input": {"email": email, "password": "wrong wrong"}})
    assert data["signInWithPassword"]["code"] == "INVALID_CREDENTIALS"

    # then one hash was verified, as costly as those that are stored
    ((stored,),) = sql(database_url, "SELECT password_hash FROM users")
    assert verified == [argon2.extract_parameters(stored)]


async def test_each_failure_makes_the_next_attempt_wait_longer(easel: Installation) -> None:
    # given three wrong passwords, however the address is written
    for form in (ADDRESS, ADDRESS.upper(), f"  {ADDRESS}\t"):
        assert (await attempt(easel, form))["code"] == "INVALID_CREDENTIALS"

    # when the guessing goes on, also with the right password
    refusals = [await attempt(easel, ADDRESS, PASSWORD) for _ in range(3)]

    # then it is refused, and for longer each time
    now = datetime.now(UTC)
    waits = [(datetime.fromisoformat(refusal["resetsAt"]) - now).total_seconds() for refusal in refusals]
    assert [(refusal["code"], refusal["retryable"]) for refusal in refusals] == [("TOO_MANY_ATTEMPTS", True)] * 3
    assert 0 < waits[0] <= 60
    assert waits[0] < waits[1] <= 6 * 60
    assert waits[1] < waits[2] <= 30 * 60

    # and another account is not concerned
    assert (await attempt(easel, "nobody@easel.example"))["code"] == "INVALID_CREDENTIALS"


async def test_an_unknown_address_is_limited_like_an_account(easel: Installation) -> None:
    codes = [(await attempt(easel, "nobody@easel.example"))["code"] for _ in range(4)]
    assert codes == ["INVALID_CREDENTIALS"] * 3 + ["TOO_MANY_ATTEMPTS"]


@pytest.mark.usefixtures("account")
async def test_the_right_password_begins_the_count_anew(easel: Installation) -> None:
    for _ in range(3):
        for _ in range(2):
            assert (await attempt(easel, ADDRESS))["code"] == "INVALID_CREDENTIALS"
        assert (await attempt(easel, ADDRESS, PASSWORD))["__typename"] == "SignInWithPasswordSuccess"


@pytest.mark.usefixtures("account")
async def test_one_network_address_has_25_attempts_whoever_they_are_for(easel: Installation, database_url: str) -> None:
    for number in range(25):
        assert (await attempt(easel, f"{number}@easel.example"))["code"] == "INVALID_CREDENTIALS"
    before = row_counts(database_url)
    refused = await attempt(easel, ADDRESS, PASSWORD)
    assert refused["code"] == "TOO_MANY_ATTEMPTS"
    assert datetime.fromisoformat(refused["resetsAt"]) > datetime.now(UTC)
    assert row_counts(database_url) == before


@pytest.mark.parametrize(
    "selections",
    [
        "a: signInWithPassword(input: $one) { __typename } b: signInWithPassword(input: $two) { __typename }",
        "signInWithPassword(input: $one) { __typename } b: signInWithPassword(input: $two) { __typename }",
        "...A ... on Mutation { b: signInWithPassword(input: $two) { __typename } }",
        "...A ...B",
        "...Both",
    ],
)
@pytest.mark.usefixtures("account")
async def test_a_request_can_not_carry_two_attempts(easel: Installation, database_url: str, selections: str) -> None:
    before = row_counts(database_url)
    fragments = {
        "A": "a: signInWithPassword(input: $one) { __typename }",
        "B": "b: signInWithPassword(input: $two) { __typename }",
        "Both": "... { ...A } ...B",
    }
    used = "".join(
        f" fragment {name} on Mutation {{ {text} }}"
        for name, text in fragments.items()
        if f"...{name}" in selections or "...Both" in selections
    )
    document = (
        "mutation Guess($one: SignInWithPasswordInput!, $two: SignInWithPasswordInput!) { " + selections + " }" + used
    )
    right, wrong = {"email": ADDRESS, "password": PASSWORD}, {"email": ADDRESS, "password": "wrong wrong"}

    answer = await easel.client().post(document, {"one": wrong, "two": right})

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert "only once" in answer["errors"][0]["message"]
    assert answer.get("data") is None
    assert row_counts(database_url) == before


async def test_one_attempt_may_be_written_in_several_fragments(easel: Installation, account: str) -> None:
    document = """
    mutation($input: SignInWithPasswordInput!) { ...A ...A signInWithPassword(input: $input) { __typename } }
    fragment A on Mutation { signInWithPassword(input: $input) { ... on SignInWithPasswordSuccess { viewer { id } } } }
    """
    answer = await easel.client().data(document, {"input": {"email": ADDRESS, "password": PASSWORD}})
    assert answer["signInWithPassword"] == {"__typename": "SignInWithPasswordSuccess", "viewer": {"id": account}}
