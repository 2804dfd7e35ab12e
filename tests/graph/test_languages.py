"""Refusals speak the reader's language; their codes never do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.edge.negotiation import language_of

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio

REFUSALS = """mutation {
  badName: signUpWithEmail(input: {email: "a@easel.example", password: "correct horse", handle: "", displayName: ""}) {
    ... on UserError { code message path retryable } }
  badPassword: signUpWithEmail(input: {email: "a@easel.example", password: "short", handle: "abc", displayName: "A"}) {
    ... on UserError { code message path retryable } }
  wrong: signInWithPassword(input: {email: "a@easel.example", password: "wrong"}) {
    ... on UserError { code message path retryable } }
  dead: refreshSession(input: {refreshToken: "x"}) { ... on UserError { code message path retryable } }
}"""


@pytest.mark.parametrize(
    ("header", "is_korean"),
    [
        ("ko", True),
        ("ko-KR", True),
        ("KO-kr", True),
        ("ko-KR,ko;q=0.9,en;q=0.8", True),
        ("ko,en", True),
        ("fr,ko;q=0.8", True),
        ("fr-CH, fr;q=0.9, ko;q=0.3, en;q=0.2", True),
        ("en;q=0.1, ko;q=0.5", True),
        ("", False),
        ("en", False),
        ("en-US,ko;q=0.5", False),
        ("en,ko", False),
        ("fr", False),
        ("kok", False),
        ("*", False),
        ("*,ko;q=0.5", False),
        ("ko;q=0", False),
        ("ko;q=0,en;q=0.1", False),
        ("ko;q=nonsense;", True),
        (",;q=,,", False),
    ],
)
async def test_the_preferred_language_of_ours_is_spoken(easel: Installation, header: str, *, is_korean: bool) -> None:
    assert language_of(header.encode()) == ("ko" if is_korean else "en")
    answer = await easel.client(language=header).data("{ styles { id name } }")
    assert answer["styles"][0] == {"id": "realistic", "name": "실사" if is_korean else "Realistic"}


async def test_codes_are_the_same_in_both_languages(easel: Installation) -> None:
    answers: dict[str, dict[str, Any]] = {
        language: await easel.client(language=language).data(REFUSALS) for language in ("en", "ko")
    }
    messages = {language: [refusal.pop("message") for refusal in answers[language].values()] for language in answers}
    assert answers["en"] == answers["ko"]
    assert [refusal["code"] for refusal in answers["en"].values()] == [
        *["INVALID_INPUT"] * 2,
        "INVALID_CREDENTIALS",
        "INVALID_REFRESH_TOKEN",
    ]
    assert messages["en"][1] == "This needs at least 10 characters."
    assert messages["ko"][1] == "10자 이상이어야 합니다."
    assert all(text.isascii() for text in messages["en"])
    assert not any(text.isascii() for text in messages["ko"])


async def test_failures_are_told_in_the_language_of_the_request(easel: Installation) -> None:
    client = await easel.signed_up()
    job_id = (await client.submit("a cat #block", "1", count=1, steps=1))["job"]["id"]
    _ = [event async for event in client.watch(job_id)]
    failure = "query($id: ID!) { generationJob(id: $id) { slots { failure { code message remedy advice } } } }"
    told = {}
    for language in ("en", "ko"):
        client.language = language
        (slot,) = (await client.data(failure, {"id": job_id}))["generationJob"]["slots"]
        assert (slot["failure"]["code"], slot["failure"]["remedy"]) == ("CONTENT_BLOCKED", "CHANGE_PROMPT")
        told[language] = slot["failure"]
    assert told["en"]["message"].startswith("This image was blocked")
    assert told["ko"]["message"].startswith("콘텐츠 가드가")
    assert told["en"]["advice"] == "Describe something else."
    assert told["ko"]["advice"] == "다른 내용으로 바꿔 주세요."
