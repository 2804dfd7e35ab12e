"""Files taken apart before they are decoded: where each kind ends, how large it says it is, and what is no file."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from domain.pictures.containers import MAXIMUM_PIXELS, Unacceptable, check, media_type_of
from domain.pictures.uploaded import picture_of
from domain.words import UploadProblem
from uploading import drawn, saved

KINDS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
OPTIONS: list[tuple[str, dict[str, object]]] = [
    ("image/png", {}),
    ("image/jpeg", {"progressive": True}),
    ("image/jpeg", {"restart_marker_blocks": 1}),
    ("image/webp", {"lossless": True}),
    ("image/webp", {"exif": b"Exif"}),
]


def problem_of(data: bytes, media_type: str) -> UploadProblem | None:
    try:
        check(data, media_type)
    except Unacceptable as refusal:
        return refusal.problem
    return None


@pytest.mark.parametrize(("media_type", "options"), OPTIONS)
def test_every_way_of_saving_is_whole_and_any_byte_less_or_more_is_told(
    media_type: str, options: dict[str, object]
) -> None:
    data = saved(drawn(), KINDS[media_type], **options)

    assert media_type_of(data) == media_type
    assert problem_of(data, media_type) is None
    assert problem_of(data + b"PK", media_type) is UploadProblem.HIDDEN_DATA
    for length in (len(data) - 1, len(data) // 2, 30, 12):
        assert problem_of(data[:length], media_type) is UploadProblem.BROKEN
    assert problem_of(data[:3], media_type) is UploadProblem.NOT_A_PICTURE or media_type == "image/jpeg"


def test_a_telephones_second_jpeg_is_left_out_and_what_is_no_jpeg_is_told() -> None:
    photo = saved(drawn(), "JPEG")
    with_map = photo + bytes(4) + saved(drawn(9, 9), "JPEG")

    assert problem_of(with_map, "image/jpeg") is None
    assert picture_of(with_map, "image/jpeg").size == (96, 64)
    assert problem_of(photo + bytes(16), "image/jpeg") is None, "padding hides nothing"
    assert problem_of(with_map + b"PK", "image/jpeg") is UploadProblem.HIDDEN_DATA
    assert problem_of(with_map[:-2], "image/jpeg") is UploadProblem.BROKEN


@pytest.mark.parametrize(("media_type", "at", "form"), [("image/jpeg", -1, ">HH"), ("image/webp", 26, "<HH")])
def test_sizes_are_read_from_headers(media_type: str, at: int, form: str) -> None:
    data = saved(drawn(), KINDS[media_type])
    at = data.index(b"\xff\xc0") + 5 if at < 0 else at
    assert sorted(struct.unpack_from(form, data, at)) == [64, 96]

    vast = data[:at] + struct.pack(form, 16_000, 16_000) + data[at + 4 :]

    assert problem_of(vast, media_type) is UploadProblem.TOO_MANY_PIXELS


def test_a_picture_of_just_as_many_pixels_as_are_allowed_is_taken() -> None:
    side = int(MAXIMUM_PIXELS**0.5)
    assert problem_of(saved(Image.new("1", (side, side))), "image/png") is None
    assert problem_of(saved(Image.new("1", (side, side + 1))), "image/png") is UploadProblem.TOO_MANY_PIXELS


def test_grey_of_sixteen_bits_keeps_its_brightness() -> None:
    image = Image.new("I;16", (8, 8), 0x8080)
    assert picture_of(saved(image), "image/png").getpixel((0, 0)) == (128, 128, 128)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(KINDS)),
    st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), max_size=8),
    st.integers(0, 2_000),
)
def test_whatever_the_bytes_are_the_answer_is_a_picture_or_a_refusal(
    media_type: str, changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(saved(drawn(), KINDS[media_type]))
    for at, value in changes:
        data[at % len(data)] = value

    try:
        picture = picture_of(bytes(data[: max(1, len(data) - length)] if length % 2 else data), media_type)
    except Unacceptable:
        return
    assert picture.mode in {"RGB", "RGBA"}
