"""Operations on a socket count like requests: a socket is no way around the rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conftest import install
from graph_client import StreamError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Installation

pytestmark = pytest.mark.anyio


@pytest.fixture
def sparing(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Installation]:
    installation = install(tmp_path, database_url, redis_url, REQUESTS_PER_USER="3")
    with installation.running("api"):
        yield installation


async def test_operations_on_a_socket_count_like_requests(sparing: Installation) -> None:
    client = await sparing.signed_up()

    async with client.socket() as socket:
        for number in range(3):
            (data,) = [data async for data in socket.subscribe("{ viewer { id } }", {}, key=str(number))]
            assert data["viewer"]["id"] == client.viewer_id
        with pytest.raises(StreamError) as refused:
            _ = [data async for data in socket.subscribe("{ viewer { id } }", {}, key="3")]

    assert refused.value.code == "RATE_LIMITED"
    # and over HTTP it is refused as well
    answer = await client.post("{ viewer { id } }")
    assert answer["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
