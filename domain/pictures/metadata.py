"""Generation metadata inside a PNG: how a picture came to be, readable by us, by other tools and by label checkers."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003

from PIL.PngImagePlugin import PngInfo
from pydantic import TypeAdapter, ValidationError

from db.words import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNK = struct.Struct(">I4s")
_CRC_BYTES = 4
_KEYWORD = b"easel"

XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)
"""XMP packet that labels a picture as made by a model.

Source: https://iptc.org/std/photometadata/documentation/userguide/ (Digital Source Type).
"""


@dataclass(frozen=True, slots=True)
class GenerationMetadata:
    """What is needed to paint a picture again; mask, margins and references are kept with its job alone."""

    prompt: str
    negative_prompt: str
    engine: str
    style: str
    seed: int
    steps: int
    guidance: float
    width: int
    """Pixels."""
    height: int
    job_id: UUID
    slot_id: UUID
    created_at: datetime
    """With its time zone."""
    operation: Operation = Operation.TEXT_TO_IMAGE
    strength: float | None = None
    source_id: UUID | None = None
    """Id of the asset that it was made from."""


_METADATA = TypeAdapter(GenerationMetadata)


def png_text(metadata: GenerationMetadata) -> PngInfo:
    """Return the text chunks of an original: ``parameters``, ``easel`` and XMP.

    ``parameters`` is the text block of AUTOMATIC1111's stable-diffusion-webui, which most tools for generated pictures
    read; ``easel`` is the same as JSON and exact, for ``read_metadata``.
    """
    written = replace(metadata, prompt=_writable(metadata.prompt), negative_prompt=_writable(metadata.negative_prompt))
    chunks = PngInfo()
    chunks.add_text("parameters", _parameters(written))
    chunks.add_itxt(_KEYWORD, _METADATA.dump_json(written))
    chunks.add_itxt("XML:com.adobe.xmp", XMP)
    return chunks


def read_metadata(png: bytes) -> GenerationMetadata | None:
    """Return the metadata that ``png_text`` wrote, or None where ``png`` holds none that can be read.

    Only chunk headers and texts are read, no pixel is decoded: any bytes may be given.
    """
    for keyword, text in _international_texts(png):
        if keyword == _KEYWORD:
            with suppress(ValidationError):
                return _METADATA.validate_json(text)
    return None


def _parameters(metadata: GenerationMetadata) -> str:
    lines = [metadata.prompt]
    if metadata.negative_prompt:
        lines.append(f"Negative prompt: {metadata.negative_prompt}")
    lines.append(
        f"Steps: {metadata.steps}, CFG scale: {metadata.guidance:g}, Seed: {metadata.seed}, "
        f"Size: {metadata.width}x{metadata.height}, Model: {metadata.engine}, Style: {metadata.style}"
    )
    if metadata.operation is not Operation.TEXT_TO_IMAGE:
        lines[-1] += f", Operation: {metadata.operation}"
    if metadata.strength is not None:
        lines[-1] += f", Denoising strength: {metadata.strength:g}"
    return "\n".join(lines)


def _writable(text: str) -> str:
    """Replace what a PNG text chunk cannot hold: NUL and lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _international_texts(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield keyword and UTF-8 text of each uncompressed iTXt chunk before the pixels.

    Source: https://www.w3.org/TR/png-3/#11iTXt.
    """
    at = len(_PNG_SIGNATURE)
    if png[:at] != _PNG_SIGNATURE:
        return
    while at + _CHUNK.size <= len(png):
        length, kind = _CHUNK.unpack_from(png, at)
        at += _CHUNK.size
        if kind == b"IDAT":
            return
        if kind == b"iTXt":
            keyword, _, rest = png[at : at + length].partition(b"\0")
            if rest[:1] == b"\0":
                yield keyword, rest[2:].split(b"\0", 2)[-1]
        at += length + _CRC_BYTES
