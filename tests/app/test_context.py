"""What resolvers are told of a request: whose network it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request
from starlette.responses import Response

from app.documents import SentDocuments
from app.graphql import GraphQLView
from local_graph import local_graph

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.7", 1234), "192.0.2.7/32"),
        (("::ffff:192.0.2.7", 1234), "192.0.2.7/32"),
        (("2001:db8:1:2:3:4:5:6", 1234), "2001:db8:1:2::/64"),
        (("2001:db8:1:2::9", 1234), "2001:db8:1:2::/64"),
        (None, ""),
    ],
)
async def test_an_address_is_the_network_that_one_subscriber_has(
    database_url: str, redis_url: str, tmp_path: Path, client: tuple[str, int] | None, address: str
) -> None:
    async with local_graph(database_url, redis_url, tmp_path) as graph:
        view = GraphQLView(graph.schema, graph.services, ["*"], SentDocuments())
        request = Request({"type": "http", "method": "POST", "path": "/graphql", "headers": [], "client": client})
        context = await view.get_context(request, Response())
    assert context.address == address
