"""Passwords: how they are hashed, compared and bounded."""

from __future__ import annotations

import argon2
import pytest

from domain import passwords
from domain.errors import InvalidInput

pytestmark = pytest.mark.anyio


async def test_a_password_matches_its_own_hash_alone() -> None:
    stored = await passwords.hash_password("correct horse")
    assert await passwords.matches("correct horse", stored)
    for other in ("Correct horse", "correct horse ", "", "\ud800", "correct\0horse"):
        assert not await passwords.matches(other, stored)


async def test_hashes_are_argon2id_as_owasp_advises_and_each_another() -> None:
    hashes = [await passwords.hash_password("correct horse") for _ in range(2)]
    assert hashes[0] != hashes[1]
    parameters = argon2.extract_parameters(hashes[0])
    assert (parameters.type, parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (
        argon2.low_level.Type.ID,
        2,
        19 * 1024,
        1,
    )


async def test_a_password_matches_however_its_letters_are_composed() -> None:
    decomposed = "\u1107\u1175\u1106\u1175\u11af\u1107\u1165\u11ab\u1112\u1169 12345"
    stored = await passwords.hash_password(passwords.checked(decomposed, ()))
    assert await passwords.matches("비밀번호 12345", stored)
    assert await passwords.matches(decomposed, stored)


async def test_nobodys_password_is_nobodys() -> None:
    assert not await passwords.matches("nobody has this password", None)


@pytest.mark.parametrize("stored", ["", "plain", "no password 1234", "$argon2id$v=19$m=19456,t=2,p=1$broken"])
async def test_what_is_no_hash_matches_nothing(stored: str) -> None:
    assert not await passwords.matches("", stored)
    assert not await passwords.matches(stored, stored)


@pytest.mark.parametrize("password", ["x" * 10, "x" * 200, "  spaces stay  ", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦"])
def test_good_passwords_are_taken_as_they_are(password: str) -> None:
    assert passwords.checked(password, ()) == password


@pytest.mark.parametrize("password", ["", "x" * 9, "x" * 201, " " * 20, "nul\0nul\0nul\0", "half \ud800 half"])
def test_bad_passwords_are_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        passwords.checked(password, ("input", "password"))
    assert refused.value.path == ("input", "password")
