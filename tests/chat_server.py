"""A server of chat completions in the documented shape, whose answers, good and bad, a test chooses."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered, byte for byte."""

    body: bytes
    status: int = 200


def completion(content: str) -> Reply:
    """Return a completion as https://platform.openai.com/docs/api-reference/chat/object shows it."""
    message = {"role": "assistant", "content": content, "refusal": None}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "test-model",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21},
    }
    return Reply(json.dumps(body).encode())


def prompting(prompt: str) -> Reply:
    """Return a completion that holds ``prompt`` as it was asked for."""
    return completion(json.dumps({"prompt": prompt}))


@dataclass
class ChatServer:
    """What it answers, and what it was asked."""

    url: str
    reply: Callable[[str], Reply]
    """Is told the prompt of a request."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of the requests, in order."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """Fields of the requests, names in lower case."""
    gate: threading.Event = field(default_factory=threading.Event)
    """Nothing is answered while it is not set."""

    @property
    def prompts(self) -> list[str]:
        """What it was asked about, in order."""
        return [json.loads(body["messages"][-1]["content"])["prompt"] for body in self.asked]


@contextmanager
def chat_server(reply: Callable[[str], Reply]) -> Iterator[ChatServer]:
    """Serve completions on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            assert self.path == "/v1/chat/completions", self.path
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            server.headers.append({name.lower(): value for name, value in self.headers.items()})
            server.asked.append(body)
            assert server.gate.wait(30)
            answer = server.reply(server.prompts[-1])
            try:
                self.send_response(answer.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
            except ConnectionError:
                self.close_connection = True  # who asked did not wait

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = ChatServer(f"http://127.0.0.1:{listener.server_port}/v1", reply)
    server.gate.set()
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        listener.shutdown()
        thread.join()
        listener.server_close()
