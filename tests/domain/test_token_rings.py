"""Access tokens of an installation with several keys, and refresh tokens."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, tzinfo
from typing import Self
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from domain.errors import Unauthenticated
from domain.tokens import AccessTokens, hash_refresh_token, new_refresh_token
from local_graph import new_key

HALF_HOUR = timedelta(minutes=30)
ISSUER = "https://easel.example"


def test_an_old_key_is_good_until_it_leaves_the_ring() -> None:
    # given a token of an old key
    old, new = new_key(), new_key()
    user, session = uuid4(), uuid4()
    token = AccessTokens([old], ISSUER, HALF_HOUR).issue(user, session)

    # when a new key comes before it, then it is still good, and new tokens are of the new key
    both = AccessTokens([new, old], ISSUER, HALF_HOUR)
    claims = both.verify(token.text)
    assert (claims.user_id, claims.session_id, claims.expires_at) == (user, session, token.expires_at)
    assert AccessTokens([new], ISSUER, HALF_HOUR).verify(both.issue(user, session).text).user_id == user

    # and when the old key leaves, it is good no more
    with pytest.raises(Unauthenticated):
        AccessTokens([new], ISSUER, HALF_HOUR).verify(token.text)


class HalfAnHourLater(datetime):
    """A clock that goes wrong."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """Return what will be now in half an hour."""
        return super().now(tz) + HALF_HOUR


def test_a_remembered_token_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a token that was good a moment ago
    tokens = AccessTokens([new_key()], ISSUER, HALF_HOUR)
    token = tokens.issue(uuid4(), uuid4())
    tokens.verify(token.text)

    # when its end has come, then it is refused although its signature is remembered
    monkeypatch.setattr("domain.tokens.datetime", HalfAnHourLater)
    with pytest.raises(Unauthenticated, match="expired"):
        tokens.verify(token.text)


def test_a_token_of_another_installation_is_refused() -> None:
    key = new_key()
    token = AccessTokens([key], "https://another.example", HALF_HOUR).issue(uuid4(), uuid4())
    with pytest.raises(Unauthenticated):
        AccessTokens([key], ISSUER, HALF_HOUR).verify(token.text)


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "\0", "\ud800", "가.나.다", "e30.e30.", "x" * 100_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        AccessTokens([new_key()], ISSUER, HALF_HOUR).verify(token)


@pytest.mark.parametrize("kid", [["a"], {"a": 1}, 7, None, True])
def test_a_key_id_of_another_type_is_refused(kid: object) -> None:
    token = jwt.encode({"sub": "x"}, new_key(), "EdDSA")
    head = jwt.utils.base64url_encode(f'{{"alg":"EdDSA","typ":"at+jwt","kid":{_json(kid)}}}'.encode()).decode()
    with pytest.raises(Unauthenticated):
        AccessTokens([new_key()], ISSUER, HALF_HOUR).verify(".".join((head, *token.split(".")[1:])))


def _json(value: object) -> str:
    return {"None": "null", "True": "true"}.get(repr(value), repr(value).replace("'", '"'))


def test_a_ring_needs_keys_of_the_right_kind() -> None:
    rsa = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for pems in ([], [rsa], [new_key(), rsa]):
        with pytest.raises(ValueError, match="Ed25519"):
            AccessTokens(pems, ISSUER, HALF_HOUR)


def test_refresh_tokens_are_long_and_each_another() -> None:
    tokens = {new_refresh_token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert {len(token) for token in tokens} == {43}
    token = tokens.pop()
    assert hash_refresh_token(token) == hashlib.sha256(token.encode()).digest()
