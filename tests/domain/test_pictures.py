"""What is made of a painted picture: variants, and metadata that survives any prompt."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from db.words import Operation
from domain.pictures import GenerationMetadata, read_metadata, render
from domain.variants import object_key
from domain.words import ImageVariant

ASSET = UUID("01980000-0000-7000-8000-0000000000aa")
METADATA = GenerationMetadata(
    prompt="a cat on the moon",
    negative_prompt="blurry",
    engine="sandbox",
    style="anime",
    seed=2**32 - 1,
    steps=12,
    guidance=5.5,
    width=320,
    height=192,
    job_id=UUID("01980000-0000-7000-8000-000000000001"),
    slot_id=UUID("01980000-0000-7000-8000-000000000002"),
    created_at=datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC),
)
PROMPTS = [
    "",
    "고양이가 달 위에 앉아 있다, 수채화",
    "家族 👨‍👩‍👧‍👦 🇰🇷 \U0001f9d1\U0001f3fd‍🎨",
    "שלום مرحبا",
    "line one\nSteps: 99, Seed: 7\nNegative prompt: none",
    'quotes " and \\ and {"json": true}',
    "가" * 10_000,
]


def picture(width: int, height: int) -> Image.Image:
    """A gradient with a bright square."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    pixels = np.stack([across, down, 255 - across], axis=-1).astype(np.uint8)
    pixels[height // 4 : height // 2, width // 4 : width // 2] = (250, 240, 20)
    return Image.fromarray(pixels)


def decoded(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def sized(width: int, height: int) -> GenerationMetadata:
    return replace(METADATA, width=width, height=height)


def test_the_original_is_the_painted_picture_and_its_facts_are_right() -> None:
    painted = picture(320, 192)

    rendition = render(painted, METADATA)

    original = decoded(rendition.original)
    assert (original.format, original.mode) == ("PNG", "RGB")
    assert original.tobytes() == painted.tobytes()
    assert (rendition.width, rendition.height) == (320, 192)
    assert rendition.sha256 == sha256(rendition.original).hexdigest()
    assert render(painted, METADATA) == rendition


@pytest.mark.parametrize(
    ("size", "card", "thumb"),
    [
        ((1344, 768), (640, 366), (256, 146)),
        ((768, 1344), (366, 640), (146, 256)),
        ((512, 512), (512, 512), (256, 256)),
        ((64, 64), (64, 64), (64, 64)),
        ((2000, 1), (640, 1), (256, 1)),
    ],
)
def test_variants_fit_their_side_and_never_grow(
    size: tuple[int, int], card: tuple[int, int], thumb: tuple[int, int]
) -> None:
    rendition = render(picture(*size), sized(*size))

    assert (decoded(rendition.full).format, decoded(rendition.full).size) == ("WEBP", decoded(rendition.original).size)
    assert (decoded(rendition.card).format, decoded(rendition.card).size) == ("WEBP", card)
    assert (decoded(rendition.thumb).format, decoded(rendition.thumb).size) == ("WEBP", thumb)


def test_variants_look_like_the_original() -> None:
    painted = picture(1024, 1024)

    card = np.asarray(decoded(render(painted, sized(1024, 1024)).card).convert("RGB"), dtype=float)

    assert np.abs(card - np.asarray(painted.resize((640, 640)), dtype=float)).mean() < 3


def test_each_variant_has_its_own_key_and_the_original_is_stored_last() -> None:
    rendition = render(picture(320, 192), METADATA)

    objects = rendition.objects(ASSET)

    assert [(each.key, each.content_type) for each in objects] == [
        (f"assets/{ASSET}/full.webp", "image/webp"),
        (f"assets/{ASSET}/card.webp", "image/webp"),
        (f"assets/{ASSET}/thumb.webp", "image/webp"),
        (f"assets/{ASSET}/original.png", "image/png"),
    ]
    assert [each.data for each in objects] == [rendition.full, rendition.card, rendition.thumb, rendition.original]
    assert {each.key for each in objects} == {object_key(ASSET, variant) for variant in ImageVariant}


@pytest.mark.parametrize("image", [Image.new("RGB", (192, 320)), Image.new("L", (320, 192))])
def test_a_picture_that_is_not_what_was_asked_for_is_refused(image: Image.Image) -> None:
    with pytest.raises(ValueError, match="not RGB"):
        render(image, METADATA)


def test_what_is_transparent_stays_so_and_has_no_colour_of_its_own() -> None:
    # given a red square whose surroundings are green but transparent
    image = Image.new("RGBA", (64, 64), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (24, 24, 40, 40))

    rendition = render(image, sized(64, 64))

    for data in (rendition.original, rendition.full, rendition.thumb):
        with Image.open(BytesIO(data)) as stored:
            assert stored.mode == "RGBA"
            assert (stored.getchannel("A").getpixel((2, 2)), stored.getchannel("A").getpixel((32, 32))) == (0, 255)
    assert rendition.dominant_color == "#ffffff"


def test_what_was_made_from_a_picture_says_so_to_other_tools() -> None:
    made = replace(sized(64, 64), operation=Operation.INPAINT, strength=0.7, source_id=ASSET)
    original = render(picture(64, 64), made).original
    with Image.open(BytesIO(original)) as image:
        assert image.info["parameters"].endswith(", Operation: INPAINT, Denoising strength: 0.7")
    assert read_metadata(original) == made


@pytest.mark.parametrize("prompt", PROMPTS)
def test_metadata_comes_back_from_the_original(prompt: str) -> None:
    metadata = replace(sized(64, 64), prompt=prompt, negative_prompt=prompt)

    assert read_metadata(render(picture(64, 64), metadata).original) == metadata


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.text(st.characters()))
def test_any_prompt_can_be_written(prompt: str, odd: str) -> None:
    metadata = replace(sized(8, 8), prompt=prompt, negative_prompt=odd)

    found = read_metadata(render(picture(8, 8), metadata).original)

    assert found is not None
    assert found.prompt == prompt


@pytest.mark.parametrize("prompt", PROMPTS)
def test_other_tools_find_the_parameters_where_they_look(prompt: str) -> None:
    original = decoded(render(picture(64, 64), replace(sized(64, 64), prompt=prompt)).original)

    assert original.info["parameters"] == (
        f"{prompt}\nNegative prompt: blurry\n"
        "Steps: 12, CFG scale: 5.5, Seed: 4294967295, Size: 64x64, Model: sandbox, Style: anime"
    )


def test_every_variant_says_that_a_model_made_it_and_only_the_original_says_how() -> None:
    rendition = render(picture(320, 192), METADATA)

    for data in (rendition.original, rendition.full, rendition.card, rendition.thumb):
        xmp = decoded(data).info["xmp"]
        assert b'DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"' in xmp
    assert METADATA.prompt.encode() in rendition.original
    assert METADATA.prompt.encode() not in rendition.full + rendition.card + rendition.thumb


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = b"\x89PNG\r\n\x1a\n"
STRANGERS = {
    "nothing": b"",
    "text": b"hello",
    "signature alone": PNG,
    "a chunk that is cut off": PNG + struct.pack(">I", 2**31) + b"iTXt" + b"easel\0\0\0\0\0{",
    "no separators": PNG + chunk(b"iTXt", b"easel"),
    "compressed": PNG + chunk(b"iTXt", b"easel\0\1\0\0\0" + zlib.compress(b"{}")),
    "not JSON": PNG + chunk(b"iTXt", b"easel\0\0\0\0\0nonsense"),
    "not UTF-8": PNG + chunk(b"iTXt", b'easel\0\0\0\0\0{"prompt": "\xff"}'),
    "other JSON": PNG + chunk(b"iTXt", b'easel\0\0\0\0\0{"prompt": 7}'),
    "deep JSON": PNG + chunk(b"iTXt", b"easel\0\0\0\0\0" + b"[" * 100_000),
    "after the pixels": PNG + chunk(b"IDAT", b"") + chunk(b"iTXt", b"easel\0\0\0\0\0{}"),
}


@pytest.mark.parametrize("data", STRANGERS.values(), ids=STRANGERS)
def test_a_stranger_has_no_metadata(data: bytes) -> None:
    assert read_metadata(data) is None


def test_a_picture_of_another_tool_has_no_metadata() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a cat\nSteps: 20")
    file = BytesIO()
    picture(64, 64).save(file, "PNG", pnginfo=text)

    assert read_metadata(file.getvalue()) is None


@given(st.binary(), st.integers(0, 3_000))
def test_damaged_bytes_are_read_without_harm(noise: bytes, at: int) -> None:
    original = render(picture(8, 8), sized(8, 8)).original

    read_metadata(original[:at] + noise + original[at + len(noise) :])
    read_metadata(original[:at])
