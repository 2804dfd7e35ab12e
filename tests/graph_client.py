"""A client of the graph as a front end has one: HTTP for queries and mutations, graphql-transport-ws for streams."""

from __future__ import annotations

import json
import ssl
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx2
from websockets.asyncio.client import connect

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

_OPERATIONS = Path(__file__).parent.parent / "web" / "graphiql" / "operations"
CORE = {path.stem.split("-", 1)[1]: path.read_text() for path in sorted(_OPERATIONS.glob("*.graphql"))}
"""The core operations of the graph, word for word, by the name of their file."""


_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Loopback speaks no TLS: reading the system's certificates would cost each client 30 ms."""


SMALL_SIZE: Final = {"width": 64, "height": 64}
"""A picture of the usual size takes a second of processor time."""
_SHAPES: Final = frozenset({"size", "ratio", "source", "engine", "presetId"})


def http_client() -> httpx2.AsyncClient:
    """Return a client for plain HTTP."""
    return httpx2.AsyncClient(timeout=30, verify=_NO_TLS)


def subscribe(key: str, query: str, /, **variables: Any) -> str:  # noqa: ANN401
    """Return the message with which an operation begins on a socket."""
    return json.dumps({"type": "subscribe", "id": key, "payload": {"query": query, "variables": variables}})


class GraphClient:
    """Talks to one API process; ``token`` signs in."""

    def __init__(self, url: str, token: str | None = None, language: str = "en") -> None:
        self.url = url
        self.token = token
        self.language = language
        self.refresh_token = ""
        self.viewer_id = ""

    @property
    def headers(self) -> dict[str, str]:
        headers = {"accept-language": self.language}
        return headers | ({"authorization": f"Bearer {self.token}"} if self.token else {})

    async def post(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the whole answer."""
        async with http_client() as http:
            body = json.dumps({"query": query, "variables": variables or {}})
            headers = self.headers | {"content-type": "application/json"}
            response = await http.post(f"{self.url}/graphql", content=body, headers=headers)
        answer: dict[str, Any] = response.json()
        return answer

    async def data(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the data of an answer that has no errors."""
        answer = await self.post(query, variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def core(self, name: str, input: dict[str, Any] | None = None, **variables: Any) -> Any:  # noqa: A002, ANN401
        """Run a core operation and return the value of its only root field."""
        (value,) = (await self.data(CORE[name], variables | ({"input": input} if input else {}))).values()
        return value

    async def submit(self, prompt: str, key: str, **options: Any) -> Any:  # noqa: ANN401
        """Submit a generation, of small pictures where nothing says how large they are, and return the result."""
        small = {} if options.keys() & _SHAPES else {"size": SMALL_SIZE}
        return await self.core("submit", {"prompt": prompt, "idempotencyKey": key, **small, **options})

    async def sign_up(self, handle: str) -> None:
        """Become a new user."""
        account = {"email": f"{handle}@easel.example", "password": "correct horse", "handle": handle}
        result = await self.core("sign-up", account | {"displayName": handle.title()})
        self.token = result["session"]["accessToken"]
        self.refresh_token = result["session"]["refreshToken"]
        self.viewer_id = result["viewer"]["id"]

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[GraphSocket]:
        """Open a graphql-transport-ws connection that has been acknowledged."""
        url = self.url.replace("http", "ws", 1) + "/graphql"
        options: dict[str, Any] = {"subprotocols": ["graphql-transport-ws"], "max_size": None}
        async with connect(url, additional_headers={"accept-language": self.language}, **options) as websocket:
            payload = {"authorization": f"Bearer {self.token}"} if self.token else {}
            await websocket.send(json.dumps({"type": "connection_init", "payload": payload}))
            acknowledged = json.loads(await websocket.recv())
            assert acknowledged == {"type": "connection_ack"}, acknowledged
            yield GraphSocket(websocket)

    async def watch(self, job_id: str, after: str | None = None) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the events of a job to the end of the stream."""
        async with self.socket() as socket:
            async for data in socket.subscribe(CORE["watch"], {"jobId": job_id, "after": after}):
                yield data["generationJobEvents"]


class GraphSocket:
    """An open socket."""

    def __init__(self, websocket: Any) -> None:  # noqa: ANN401
        self.websocket = websocket

    async def subscribe(
        self, query: str, variables: dict[str, Any], key: str = "1"
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the data of each message until the server completes the stream."""
        await self.websocket.send(subscribe(key, query, **variables))
        async for data in self.messages(key):
            yield data

    async def messages(self, key: str) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the data of each message of one operation from now on, until the server completes it."""
        async for text in self.websocket:
            message = json.loads(text)
            if message.get("id") != key:
                continue
            if message["type"] == "complete":
                return
            if message["type"] == "error" or "errors" in message["payload"]:
                raise StreamError(message["payload"])
            yield message["payload"]["data"]
        raise ConnectionResetError("the socket was closed before the stream was complete")


class StreamError(Exception):
    """The stream ended with errors."""

    @property
    def code(self) -> str:
        payload = self.args[0]
        errors = payload if isinstance(payload, list) else payload["errors"]
        code: str = errors[0]["extensions"]["code"]
        return code
