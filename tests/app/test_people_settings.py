"""Settings that name people."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.settings import Settings


@pytest.mark.parametrize("name", ["admins", "moderators"])
def test_whoever_is_no_user_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    user = f"user_{'0' * 32}"
    monkeypatch.setenv(name.upper(), f'["{user}"]')
    assert getattr(Settings(), name) == [user]
    for wrong in ("mina", "", user.upper(), user.removeprefix("user_"), user.replace("user", "artwork")):
        monkeypatch.setenv(name.upper(), f'["{user}", "{wrong}"]')
        with pytest.raises(ValidationError, match=name):
            Settings()
