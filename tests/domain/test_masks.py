"""Masks as they may arrive: what each form of PNG covers, and files that were made to do harm."""

from __future__ import annotations

import base64
import random
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from domain import masks
from domain.errors import InvalidInput
from domain.masks import Area, Mask

SIZE = (40, 20)
COVERED = (10, 5, 30, 15)
"""Left, top, right, bottom of what the masks of these tests cover."""


def sent(image: Image.Image, **options: int | bytes) -> str:
    """Return a picture as a client sends it."""
    file = BytesIO()
    image.save(file, "PNG", **options)
    return base64.b64encode(file.getvalue()).decode()


def drawn(mode: str, ground: object, brush: object) -> Image.Image:
    image = Image.new(mode, SIZE, ground)  # type: ignore[arg-type]  # as the mode has it
    image.paste(brush, COVERED)  # type: ignore[arg-type]
    return image


def bits(mask: Mask) -> Image.Image:
    with Image.open(BytesIO(mask.png)) as image:
        assert image.mode == "1"
        return image.copy()


PALETTED = drawn("P", 0, 1)
PALETTED.putpalette([0, 0, 0, 255, 255, 255])
FORMS = {
    "grey": sent(drawn("L", 0, 255)),
    "bits": sent(drawn("1", 0, 1)),
    "just half": sent(drawn("L", 127, 128)),
    "palette": sent(PALETTED),
    "palette, transparent": sent(PALETTED, transparency=0),
    "colours": sent(drawn("RGB", "black", "white")),
    "a canvas without transparency": sent(drawn("RGBA", (0, 0, 0, 255), (255, 255, 255, 255))),
    "strokes of any colour on a transparent canvas": sent(drawn("RGBA", (255, 255, 255, 0), (0, 0, 0, 255))),
    "grey with alpha": sent(drawn("LA", (255, 0), (0, 255))),
    "data URL": "data:image/png;base64," + sent(drawn("L", 0, 255)),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_png_covers_what_is_white_or_opaque(form: str) -> None:
    mask = masks.of_png(FORMS[form])

    assert bits(mask).size == SIZE
    assert bits(mask).getbbox() == COVERED
    assert mask.aspect == 2


def test_areas_cover_their_shares_of_the_picture() -> None:
    mask = masks.of_areas([Area(0, 0, 0.25, 0.5), Area(0.5, 0.5, 0.75, 1)])

    covered = bits(mask)
    width, height = covered.size
    inside = [(0.01, 0.01), (0.24, 0.49), (0.51, 0.51), (0.99, 0.99)]
    outside = [(0.26, 0.1), (0.1, 0.51), (0.49, 0.9), (0.9, 0.49)]
    at = [bool(covered.getpixel((int(x * width), int(y * height)))) for x, y in inside + outside]
    assert at == [True] * 4 + [False] * 4
    assert mask.aspect is None
    assert len(mask.png) < 10_000


NUMBERS = [float("nan"), float("inf"), -0.001, 1.001]


@pytest.mark.parametrize(
    ("area", "reason", "path"),
    [
        *((Area(number, 0, 1, 1), "number.out_of_range", "x") for number in NUMBERS),
        *((Area(0, number, 1, 1), "number.out_of_range", "y") for number in NUMBERS),
        *((Area(0, 0, number, 1), "number.out_of_range", "x") for number in NUMBERS),
        *((Area(0, 0, 1, number), "number.out_of_range", "y") for number in NUMBERS),
        *((area, "mask.empty", "1") for area in (Area(0, 0, 0, 1), Area(1, 0, 1, 1), Area(0.5, 0.5, 1e-9, 1))),
    ],
)
def test_an_area_that_is_none_is_named(area: Area, reason: str, path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        masks.of_areas([Area(0, 0, 1, 1), area])
    assert (refused.value.reason, refused.value.path[:4]) == (reason, ("input", "mask", "areas", "1"))
    assert refused.value.path[-1] == path


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 0) -> bytes:
    """Return a PNG of our own making."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


WHOLE = base64.b64decode(FORMS["grey"])
ROWS = chunk(b"IDAT", zlib.compress(b"\0\xff" * 8))
HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "mask.unreadable"),
    "text": (b"not a picture at all, but long enough to be one", "mask.unreadable"),
    "a JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 40, "mask.unreadable"),
    "cut off": (WHOLE[:-30], "mask.unreadable"),
    "the head alone": (WHOLE[:33], "mask.unreadable"),
    "a flipped bit": (WHOLE[:45] + bytes([WHOLE[45] ^ 1]) + WHOLE[46:], "mask.unreadable"),
    "no pixels": (png(0, 8, ROWS), "mask.unreadable"),
    "a bomb of 100,000 × 100,000": (
        png(100_000, 100_000, chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))),
        "mask.unreadable",
    ),
    "just too large": (png(2049, 2048, ROWS), "mask.unreadable"),
    "sides of 2**32 - 1": (png(2**32 - 1, 2**32 - 1, ROWS), "mask.unreadable"),
    "a text that unpacks to 60 MB": (
        png(1, 8, chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 60_000_000)), ROWS),
        "mask.unreadable",
    ),
    "pixels that are missing": (png(64, 64, ROWS), "mask.unreadable"),
    "16 bits": (png(1, 4, chunk(b"IDAT", zlib.compress(b"\0\xff\xff" * 4)), depth=16), "mask.form"),
    "black": (base64.b64decode(sent(drawn("L", 0, 127))), "mask.empty"),
    "all transparent": (base64.b64decode(sent(drawn("RGBA", (255, 255, 255, 0), (255, 255, 255, 0)))), "mask.empty"),
    "more than 128 KB": (WHOLE + b"\0" * 128 * 1024, "mask.too_large"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_png_that_is_none_is_refused(kind: str) -> None:
    data, reason = HOSTILE[kind]
    with pytest.raises(InvalidInput) as refused:
        masks.of_png(base64.b64encode(data).decode())
    assert (refused.value.reason, refused.value.path) == (reason, ("input", "mask", "png"))


def test_whatever_is_wrong_with_a_file_it_is_refused_or_read() -> None:
    # given a mask in which some bytes are others
    chance = random.Random(5)  # noqa: S311 - chance that can be repeated
    reasons = set()
    for _ in range(500):
        data = bytearray(WHOLE)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(8, len(data))] = chance.randrange(256)

        # then it is a mask, or it is refused in so many words
        try:
            assert bits(masks.of_png(base64.b64encode(data).decode())).getbbox()
        except InvalidInput as refused:
            reasons.add(refused.reason)
    assert "mask.unreadable" in reasons
    assert all(reason.startswith("mask.") for reason in reasons)


def test_the_noisiest_mask_is_kept_within_bounds() -> None:
    noise = Image.frombytes("1", (1_000, 1_000), random.Random(5).randbytes(125_000))  # noqa: S311
    mask = masks.of_png(sent(noise))
    assert len(mask.png) < 2**20
