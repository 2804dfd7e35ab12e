"""The engine of OpenAI's image API, against a local server that answers as the reference says."""

from __future__ import annotations

import base64
import io
import json
import struct
import threading
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from adapters.engines.openai_images import OpenAIImages
from db.words import Operation
from domain.ports import Brief, EngineUnavailable, ImageTask, Material, NotPainted, Painted, PaintStep
from domain.words import FailureCode
from orders import painting, rephrased

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-local-0123456789"
REQUEST = painting(Brief("a cat", "dog", "anime"), (96, 128), 3, 5.0, (7,))


@dataclass
class Answer:
    """What the server says to one request."""

    status: int
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """A request that the server was sent."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class ImageServer:
    """A server that gives prepared answers, one after the other."""

    url: str
    answers: list[Answer]
    asked: list[Asked]


def picture(colour: str, size: tuple[int, int] = (1024, 1536)) -> str:
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()


def header_of(side: int) -> str:
    """Return what is left of a square PNG when it is cut off where its pixels begin."""
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return base64.b64encode(png + struct.pack(">I", 99) + b"IDAT").decode()


def event(kind: str, **values: object) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, 'created_at': 1_620_000_000, **values})}\n\n"


def stream(*events: str) -> Answer:
    return Answer(200, "".join(events).encode(), {"content-type": "text/event-stream; charset=utf-8"})


def painted(prefix: str = "image_generation") -> Answer:
    return stream(
        event(f"{prefix}.partial_image", b64_json=picture("red"), partial_image_index=0, size="1024x1536"),
        event(f"{prefix}.partial_image", b64_json=picture("green"), partial_image_index=1, size="1024x1536"),
        event(f"{prefix}.completed", b64_json=picture("blue"), usage={"total_tokens": 100}),
    )


def refusal(status: int, code: str | None, kind: str = "invalid_request_error", **headers: str) -> Answer:
    error = {"message": f"No. Your key is {KEY}.", "type": kind, "param": None, "code": code}
    return Answer(status, json.dumps({"error": error}).encode(), {"content-type": "application/json", **headers})


@contextmanager
def serving() -> Iterator[ImageServer]:
    answers: list[Answer] = []
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            answer = answers.pop(0)
            if not answer.status:  # hang up
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield ImageServer(f"http://127.0.0.1:{server.server_port}/v1", answers, asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def running() -> Iterator[ImageServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server(running: ImageServer) -> ImageServer:
    running.answers.clear()
    running.asked.clear()
    return running


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def engine(server: ImageServer, pauses: list[float]) -> Iterator[OpenAIImages]:
    engine = OpenAIImages(server.url + "/", KEY, "gpt-image-1", pause=pauses.append)
    engine.load()
    yield engine
    assert engine._client
    engine._client.close()


def ignore(_: PaintStep) -> None:
    """Take a step without a word."""


def code_of(outcome: Painted | NotPainted) -> FailureCode | None:
    return outcome.code if isinstance(outcome, NotPainted) else None


def test_a_picture_is_painted_with_partial_ones_as_previews(engine: OpenAIImages, server: ImageServer) -> None:
    server.answers.append(painted())
    steps: list[PaintStep] = []

    (outcome,) = engine.paint(REQUEST, steps.append)

    # then it is asked for as the reference says
    (asked,) = server.asked
    assert asked.path == "/v1/images/generations"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(asked.body) == {
        "model": "gpt-image-1",
        "prompt": "anime illustration of a cat, clean lines, vivid",
        "n": 1,
        "size": "1024x1536",
        "stream": True,
        "partial_images": 2,
    }
    # and what comes is shown, and brought to the size that was asked for
    assert [(step.step, step.total_steps) for step in steps] == [(1, 3), (2, 3), (3, 3)]
    colours = [step.previews[0].getpixel((0, 0)) for step in steps if step.previews[0]]
    assert colours == [(255, 0, 0), (0, 128, 0), (0, 0, 255)]
    assert all(max(step.previews[0].size) <= 96 for step in steps if step.previews[0])
    assert isinstance(outcome, Painted)
    assert (outcome.image.mode, outcome.image.size) == ("RGB", (96, 128))
    assert engine.revision == "gpt-image-1"


def test_several_images_are_painted_one_after_the_other(engine: OpenAIImages, server: ImageServer) -> None:
    server.answers += [painted(), refusal(400, "moderation_blocked", "image_generation_user_error"), painted()]
    steps: list[PaintStep] = []
    request = painting(Brief("a cat", "", "anime"), (128, 96), 3, 5.0, (1, 2, 3))
    outcomes = engine.paint(request, steps.append)
    assert [code_of(outcome) for outcome in outcomes] == [None, FailureCode.CONTENT_BLOCKED, None]
    assert [(step.step, step.total_steps) for step in steps] == [(n, 9) for n in (1, 2, 3, 7, 8, 9)]
    assert [picture is not None for picture in steps[-1].previews] == [False, False, True]
    assert {json.loads(asked.body)["size"] for asked in server.asked} == {"1536x1024"}


def parts_of(asked: Asked) -> dict[str, bytes]:
    """Return the parts of a multipart body by name, numbered where a name comes again."""
    boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
    parts: dict[str, bytes] = {}
    for part in asked.body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = head.decode().partition('name="')[2].partition('"')[0]
        parts[name if name not in parts else f"{name} again"] = content.removesuffix(b"\r\n")
    return parts


def test_a_part_of_a_picture_is_painted_anew_where_the_mask_is_white(engine: OpenAIImages, server: ImageServer) -> None:
    # given a picture, and a mask that covers its left half
    source, mask = Image.new("RGB", (192, 256), "white"), Image.new("L", (192, 256))
    mask.paste(255, (0, 0, 96, 256))
    task = ImageTask(0, 7, Brief("a cat", "", "anime"), Material(source=source, mask=mask))
    server.answers.append(painted("image_edit"))

    (outcome,) = engine.paint(replace(REQUEST, operation=Operation.INPAINT, images=(task,)), ignore)

    # then both are sent in the size that is painted, the mask transparent where the picture may change
    (asked,) = server.asked
    assert asked.path == "/v1/images/edits"
    parts = parts_of(asked)
    assert {*parts} == {"model", "prompt", "n", "size", "stream", "partial_images", "image[]", "mask"}
    assert (parts["stream"], parts["partial_images"], parts["n"]) == (b"true", b"2", b"1")
    sent, alpha = Image.open(io.BytesIO(parts["image[]"])), Image.open(io.BytesIO(parts["mask"])).getchannel("A")
    assert sent.size == alpha.size == (1024, 1536)
    assert [alpha.getpixel((x, 768)) for x in (0, 500, 524, 1023)] == [0, 0, 255, 255]
    assert alpha.getpixel((0, 0)) == 255

    # and of what comes back only that part is taken
    assert isinstance(outcome, Painted)
    assert outcome.image.size == (96, 128)
    assert [outcome.image.getpixel((x, 64)) for x in (0, 47, 48, 95)] == [(0, 0, 255)] * 2 + [(255, 255, 255)] * 2


def test_references_are_sent_together(engine: OpenAIImages, server: ImageServer) -> None:
    references = (Image.new("RGB", (8, 8), "red"), Image.new("RGB", (9, 9), "blue"))
    task = ImageTask(0, 7, Brief("a cat", "", "anime"), Material(references=references))
    server.answers.append(painted("image_edit"))
    engine.paint(replace(REQUEST, operation=Operation.REFERENCES, images=(task,)), ignore)
    parts = parts_of(server.asked[0])
    assert [Image.open(io.BytesIO(parts[name])).size for name in ("image[]", "image[] again")] == [(8, 8), (9, 9)]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal(400, "moderation_blocked", "image_generation_user_error"), FailureCode.CONTENT_BLOCKED),
        (refusal(400, "content_policy_violation"), FailureCode.CONTENT_BLOCKED),
        (refusal(400, "invalid_value"), FailureCode.ENGINE_ERROR),
        (refusal(401, "invalid_api_key"), FailureCode.ENGINE_UNAVAILABLE),
        (refusal(403, None), FailureCode.ENGINE_UNAVAILABLE),
        (refusal(404, "model_not_found"), FailureCode.ENGINE_UNAVAILABLE),
        (refusal(429, "insufficient_quota"), FailureCode.ENGINE_UNAVAILABLE),
        (Answer(422, b"<html>" * 20_000), FailureCode.ENGINE_ERROR),
        (
            stream(event("error", error={"code": "moderation_blocked", "type": "image_generation_user_error"})),
            FailureCode.CONTENT_BLOCKED,
        ),
    ],
)
def test_what_is_refused_for_good_is_not_tried_again(
    engine: OpenAIImages, server: ImageServer, pauses: list[float], answer: Answer, code: FailureCode
) -> None:
    server.answers += [answer, painted()]
    (outcome,) = engine.paint(REQUEST, ignore)
    assert isinstance(outcome, NotPainted)
    assert outcome.code is code
    assert KEY not in outcome.detail
    assert (len(server.asked), pauses) == (1, [])


PASSING = [
    refusal(429, "rate_limit_exceeded", "requests"),
    refusal(500, None, "server_error"),
    Answer(503, b"busy"),
    Answer(0, b""),
    stream(event("error", error={"code": None, "type": "server_error"})),
    stream(event("image_generation.partial_image", b64_json=picture("red"))),
    stream(event("image_generation.completed", b64_json="AAAA")),
    stream(event("image_generation.completed")),
    stream("data: [1\n\n"),
    stream("data: " + "[" * 100_000 + "\n\n"),
    stream(event("image_generation.completed", b64_json="그림")),
    stream(event("image_generation.completed", b64_json=header_of(16_384))),
    stream(event("image_generation.completed", b64_json=header_of(8_192))),
    stream(event("error", error={"code": ["moderation_blocked"], "type": {}})),
    Answer(429, b'{"error": {"code": {"a": 1}, "type": []}}'),
    Answer(500, b"[" * 60_000),
]


@pytest.mark.parametrize("answer", PASSING)
def test_what_may_pass_is_tried_again(
    engine: OpenAIImages, server: ImageServer, pauses: list[float], answer: Answer
) -> None:
    server.answers += [answer, painted()]
    (outcome,) = engine.paint(REQUEST, ignore)
    assert isinstance(outcome, Painted)
    assert len(server.asked) == 2
    assert [0.75 <= pause <= 1.25 for pause in pauses] == [True]


@pytest.mark.parametrize("answer", PASSING)
def test_after_three_tries_the_engine_is_unavailable(
    engine: OpenAIImages, server: ImageServer, pauses: list[float], answer: Answer
) -> None:
    server.answers += [answer] * 3
    (outcome,) = engine.paint(REQUEST, ignore)
    assert isinstance(outcome, NotPainted)
    assert outcome.code is FailureCode.ENGINE_UNAVAILABLE
    assert KEY not in outcome.detail
    assert (len(server.asked), len(pauses)) == (3, 2)
    assert 1.5 <= pauses[1] <= 2.5


@pytest.mark.parametrize(("asked", "waited"), [("7", 7.0), ("3600", 30.0)])
def test_the_pause_that_the_api_asks_for_is_kept_within_reason(
    engine: OpenAIImages, server: ImageServer, pauses: list[float], asked: str, waited: float
) -> None:
    server.answers += [refusal(429, "rate_limit_exceeded", retry_after=asked), painted()]
    engine.paint(REQUEST, ignore)
    assert pauses == [waited]


def test_what_on_step_raises_ends_the_call_and_the_engine_stays_usable(
    engine: OpenAIImages, server: ImageServer
) -> None:
    class CancelledError(Exception):
        pass

    def cancel(_: PaintStep) -> None:
        raise CancelledError

    server.answers += [painted(), painted()]
    with pytest.raises(CancelledError):
        engine.paint(REQUEST, cancel)
    assert len(server.asked) == 1
    assert code_of(engine.paint(REQUEST, ignore)[0]) is None


@pytest.mark.parametrize("prompt", ["", "고양이와 달 " * 300, "\ud800\0{prompt}%s", '"}\n'])
def test_any_prompt_is_sent(engine: OpenAIImages, server: ImageServer, prompt: str) -> None:
    server.answers.append(painted())
    assert code_of(engine.paint(rephrased(REQUEST, prompt=prompt), ignore)[0]) is None
    assert prompt.encode("utf-8", "replace").decode() in json.loads(server.asked[0].body)["prompt"]


def test_without_a_key_it_is_unavailable(server: ImageServer) -> None:
    engine = OpenAIImages(server.url, "", "gpt-image-1")
    for use in (engine.load, lambda: engine.paint(REQUEST, ignore)):
        with pytest.raises(EngineUnavailable, match="OPENAI_API_KEY is not set"):
            use()
    assert server.asked == []


def test_a_server_that_is_not_there_is_unavailable(pauses: list[float]) -> None:
    with serving() as gone:
        url = gone.url
    engine = OpenAIImages(url, KEY, "gpt-image-1", pause=pauses.append)
    (outcome,) = engine.paint(REQUEST, ignore)
    assert isinstance(outcome, NotPainted)
    assert (outcome.code, outcome.detail) == (
        FailureCode.ENGINE_UNAVAILABLE,
        "the API can not be reached: ConnectError",
    )
    assert len(pauses) == 2


def test_the_key_is_not_shown(engine: OpenAIImages) -> None:
    shown: Any = repr(engine._client) + repr(engine) + str(engine)
    assert KEY not in shown
