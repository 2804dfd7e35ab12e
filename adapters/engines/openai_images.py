"""The engine of OpenAI's image API: pictures from words and from pictures, partial ones on the way.

Follows the reference of ``POST /v1/images/generations`` and ``/v1/images/edits`` with ``stream``:
https://platform.openai.com/docs/api-reference/images and ``.../images-streaming``.
"""

from __future__ import annotations

import base64
import io
import json
import math
import random
import time
from typing import TYPE_CHECKING, Any, Final

import httpx2
from PIL import Image, ImageOps

from adapters.engines.openai_errors import TemporaryRefusal, raise_for_answer, raise_for_error
from adapters.engines.without_model import thumbnail
from db.words import Operation
from domain.catalogue import STYLES
from domain.ports import EngineUnavailable, NotPainted, Painted, PaintStep
from domain.words import FailureCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from domain.ports import ImageTask, PaintRequest

TRIES: Final = 3
LONGEST_PAUSE_S: Final = 30.0
_TIMEOUT: Final = httpx2.Timeout(10.0, read=300.0, write=60.0)
_SIZES: Final = ((1024, 1024), (1024, 1536), (1536, 1024))
_LARGEST_SIDE: Final = 4096
_WHOLE: Final = 128
"""From this value on a mask means: paint anew."""


class OpenAIImages:
    """Paints over HTTP, one image a call; ``steps`` less one is how many partial images are asked for, 0 to 3."""

    key = "gpt-image"
    batch_size = 1

    def __init__(self, url: str, api_key: str, model: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        """Paint with ``model`` of the API at ``url``, which ends with its version; ``pause`` waits between tries."""
        self.revision = model
        self._url = url.rstrip("/")
        self._api_key = api_key
        self._pause = pause
        self._client: httpx2.Client | None = None

    def load(self) -> None:
        """Make the client; nothing is asked of the API yet.

        Raises:
            EngineUnavailable: there is no key.
        """
        if not self._api_key:
            raise EngineUnavailable("OPENAI_API_KEY is not set")
        if self._client is None:
            self._client = httpx2.Client(headers={"Authorization": f"Bearer {self._api_key}"}, timeout=_TIMEOUT)

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        """Paint the images of ``request`` one after the other.

        What the API refuses for good is told as that image's outcome; what may pass is tried ``TRIES`` times.

        Raises:
            EngineUnavailable: there is no key.
        """
        self.load()
        count = len(request.images)
        outcomes: list[Painted | NotPainted] = []
        for place, task in enumerate(request.images):

            def report(step: int, picture: Image.Image | None, place: int = place) -> None:
                shown = tuple(picture if each == place else None for each in range(count))
                on_step(PaintStep(place * request.steps + step, count * request.steps, shown))

            outcomes.append(self._outcome(request, task, report))
        return outcomes

    def _outcome(
        self, request: PaintRequest, task: ImageTask, report: Callable[[int, Image.Image | None], None]
    ) -> Painted | NotPainted:
        reason = ""
        for attempt in range(1, TRIES + 1):
            try:
                image = self._image(request, task, report)
            except httpx2.HTTPError as error:
                wait, reason = _pause_before(attempt), f"the API can not be reached: {type(error).__name__}"
            except TemporaryRefusal as error:
                wait, reason = error.retry_after or _pause_before(attempt), str(error)
            else:
                if isinstance(image, NotPainted):
                    return image
                return Painted(_finished(image, request, task))
            if attempt < TRIES:
                self._pause(min(wait, LONGEST_PAUSE_S))
        return NotPainted(FailureCode.ENGINE_UNAVAILABLE, reason)

    def _image(
        self, request: PaintRequest, task: ImageTask, report: Callable[[int, Image.Image | None], None]
    ) -> Image.Image | NotPainted:
        """Paint one image in one call; return it, or what the API refused for good."""
        assert self._client
        step = 0
        with self._client.stream("POST", **self._call(request, task)) as answer:
            refused = raise_for_answer(answer)
            if refused:
                return refused
            for event in _events(answer):
                kind = str(event.get("type"))
                if kind.endswith(".completed"):
                    image = _decoded(event)
                    report(request.steps, thumbnail(image))
                    return image
                if kind.endswith(".partial_image"):
                    step = min(step + 1, request.steps)
                    report(step, thumbnail(_decoded(event)))
                elif kind == "error":
                    return raise_for_error(event)
        raise TemporaryRefusal("the API ended its answer without an image")

    def _call(self, request: PaintRequest, task: ImageTask) -> dict[str, Any]:
        """Return the arguments of the request for one image."""
        prompt = STYLES[task.brief.style].recipe.replace("{prompt}", task.brief.prompt)
        asked: dict[str, Any] = {
            "model": self.revision,
            "prompt": prompt.encode("utf-8", "replace").decode(),
            "n": 1,
            "size": "{}x{}".format(*_nearest_size(request.width, request.height)),
            "stream": True,
            "partial_images": request.steps - 1,
        }
        if request.operation is Operation.TEXT_TO_IMAGE:
            return {"url": f"{self._url}/images/generations", "json": asked}
        fields = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in asked.items()}
        return {"url": f"{self._url}/images/edits", "data": fields, "files": _files(request, task)}


def _files(request: PaintRequest, task: ImageTask) -> list[tuple[str, tuple[str, bytes, str]]]:
    """Return the pictures to start from; a mask is transparent where the picture is to be painted anew.

    Source and mask are brought to the size that is painted by margins, which ``_finished`` cuts off again.
    """
    material, size = task.material, _nearest_size(request.width, request.height)
    pictures = [ImageOps.pad(material.source, size)] if material.source else []
    files = [
        ("image[]", (f"{place}.png", _png(each), "image/png"))
        for place, each in enumerate([*pictures, *material.references])
    ]
    if material.mask:
        mask = Image.new("RGBA", size)
        mask.putalpha(ImageOps.pad(material.mask, size).point(lambda value: 0 if value >= _WHOLE else 255))
        files.append(("mask", ("mask.png", _png(mask), "image/png")))
    return files


def _finished(image: Image.Image, request: PaintRequest, task: ImageTask) -> Image.Image:
    """Return the picture in the request's size; where there is a mask, all that it leaves out is still the source's."""
    size, material = (request.width, request.height), task.material
    image = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    if material.mask is None or material.source is None:
        return image
    source = material.source.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    return Image.composite(image, source, material.mask.resize(size).point(lambda value: 255 * (value >= _WHOLE)))


def _png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def _nearest_size(width: int, height: int) -> tuple[int, int]:
    """Return the size that the API paints whose shape is nearest."""
    return min(_SIZES, key=lambda size: abs(math.log(width / height) - math.log(size[0] / size[1])))


def _pause_before(attempt: int) -> float:
    """Return the seconds to wait after a failed attempt: about 1, then about 2, spread by half."""
    return 2.0 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, keeps no secret


def _events(answer: httpx2.Response) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON of each server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    Raises:
        TemporaryRefusal: one of them is no JSON object.
    """
    data: list[str] = []
    for line in answer.iter_lines():
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            text, data = "\n".join(data), []
            if text != "[DONE]":
                yield _event(text)


def _event(text: str) -> Mapping[str, Any]:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise TemporaryRefusal("the API sent an event that is no JSON object")
    return event


def _decoded(event: Mapping[str, Any]) -> Image.Image:
    """Return the picture of an event.

    Raises:
        TemporaryRefusal: there is none, or none that can be read.
    """
    try:
        image = Image.open(io.BytesIO(base64.b64decode(event["b64_json"], validate=True)))
        if max(image.size) > _LARGEST_SIDE:
            raise TemporaryRefusal("the API sent a picture that is too large")
        return image.convert("RGB")
    except (LookupError, TypeError, ValueError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise TemporaryRefusal("the API sent a picture that can not be read") from error
