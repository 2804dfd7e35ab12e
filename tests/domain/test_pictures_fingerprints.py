"""Placeholders, colours and hashes, held against a plain reading of their sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from domain.pictures.fingerprints import blurhash, dhash, dominant_color, reduced

if TYPE_CHECKING:
    from numpy.typing import NDArray

BASE_83 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
Colour = tuple[float, float, float]


def gradient(width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            image.putpixel((x, y), (255 * x // width, 255 * y // height, 255 - 255 * x // width))
    return image


def noise(width: int, height: int, seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def blobs(seed: int, side: int = 512) -> Image.Image:
    return noise(6, 6, seed).resize((side, side), Image.Resampling.BICUBIC)


def linear(value: float) -> float:
    value /= 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def srgb(value: float) -> int:
    value = max(0.0, min(1.0, value))
    return int((value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055) * 255 + 0.5)


def in_base_83(value: int, length: int) -> str:
    return "".join(BASE_83[value // 83 ** (length - place) % 83] for place in range(1, length + 1))


def factor(image: Image.Image, i: int, j: int) -> Colour:
    """One component: 2 (1 for the average) times the mean of cos(pi i x / w) cos(pi j y / h) linear(pixel)."""
    width, height = image.size
    sums = [0.0, 0.0, 0.0]
    for y in range(height):
        for x in range(width):
            wave = math.cos(math.pi * i * x / width) * math.cos(math.pi * j * y / height)
            pixel = image.getpixel((x, y))
            assert isinstance(pixel, tuple)
            for channel in range(3):
                sums[channel] += wave * linear(pixel[channel])
    scale = (1 if i == j == 0 else 2) / (width * height)
    return sums[0] * scale, sums[1] * scale, sums[2] * scale


def plain_blurhash(image: Image.Image) -> str:
    """Follow https://github.com/woltapp/blurhash/blob/master/Algorithm.md word by word."""
    average, *details = [factor(image, i, j) for j in range(3) for i in range(4)]
    largest = max(abs(value) for detail in details for value in detail)
    steps = max(0, min(82, math.floor(largest * 166 - 0.5)))
    maximum = (steps + 1) / 166

    def level(value: float) -> int:
        return max(0, min(18, math.floor(math.copysign(math.sqrt(abs(value / maximum)), value) * 9 + 9.5)))

    red, green, blue = (srgb(value) for value in average)
    text = in_base_83(3 + 2 * 9, 1) + in_base_83(steps, 1) + in_base_83((red << 16) + (green << 8) + blue, 4)
    for detail in details:
        r, g, b = (level(value) for value in detail)
        text += in_base_83(r * 19 * 19 + g * 19 + b, 2)
    return text


def from_base_83(text: str) -> int:
    return sum(BASE_83.index(digit) * 83**place for place, digit in enumerate(reversed(text)))


def average_of(text: str) -> tuple[int, int, int]:
    value = from_base_83(text[2:6])
    return value >> 16, value >> 8 & 255, value & 255


def decoded(text: str, width: int, height: int) -> NDArray[np.float64]:
    """Decode a BlurHash of 4 × 3 components, (height, width, 3) in sRGB."""
    maximum = (from_base_83(text[1]) + 1) / 166
    factors = [[linear(value) for value in average_of(text)]]
    for value in (from_base_83(text[at : at + 2]) for at in range(6, 28, 2)):
        levels = [value // 361, value // 19 % 19, value % 19]
        factors.append([math.copysign(((each - 9) / 9) ** 2, each - 9) * maximum for each in levels])
    image = np.zeros((height, width, 3))
    for y in range(height):
        for x in range(width):
            for at, colour in enumerate(factors):
                wave = math.cos(math.pi * x * (at % 4) / width) * math.cos(math.pi * y * (at // 4) / height)
                image[y, x] += np.array(colour) * wave
    return np.array([[[srgb(value) for value in pixel] for pixel in row] for row in image.tolist()], dtype=np.float64)


@pytest.mark.parametrize(
    "image",
    [gradient(32, 20), noise(17, 31, 5), blobs(3, 24), Image.new("RGB", (8, 8), (200, 30, 90)), gradient(1, 1)],
    ids=["gradient", "noise", "blobs", "one colour", "one pixel"],
)
def test_a_blurhash_is_what_its_description_gives(image: Image.Image) -> None:
    assert blurhash(image) == plain_blurhash(image)


def test_a_blurhash_decodes_to_a_blurred_picture() -> None:
    image = gradient(64, 64)

    shown = decoded(blurhash(image), 16, 16)

    wanted = np.asarray(image.resize((16, 16), Image.Resampling.BOX), dtype=float)
    assert np.abs(shown - wanted).mean() < 16


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (12, 200, 99)])
def test_one_colour_has_itself_as_average_and_as_dominant_colour(colour: tuple[int, int, int]) -> None:
    image = Image.new("RGB", (64, 64), colour)

    assert average_of(blurhash(image)) == colour
    assert dominant_color(image) == "#{:02x}{:02x}{:02x}".format(*colour)


def test_the_dominant_colour_is_that_of_the_largest_part() -> None:
    image = Image.new("RGB", (60, 60), (20, 40, 160))
    image.paste((250, 250, 250), (0, 0, 60, 15))
    image.paste((200, 30, 30), (0, 15, 20, 40))

    assert dominant_color(image) == "#1428a0"


@pytest.mark.parametrize(("size", "small"), [((1344, 768), (64, 37)), ((50, 40), (50, 40)), ((1, 3000), (1, 64))])
def test_fingerprints_are_taken_from_a_small_picture(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert reduced(Image.new("RGB", size)).size == small


def test_a_difference_hash_says_where_it_grows_brighter() -> None:
    rising = Image.linear_gradient("L").rotate(90)
    falling = Image.linear_gradient("L").rotate(270)

    assert {dhash(rising), dhash(falling)} == {-1, 0}


@pytest.mark.parametrize("seed", range(6))
def test_a_difference_hash_survives_resizing_and_fits_a_bigint(seed: int) -> None:
    image = blobs(seed)
    changed = ImageEnhance.Brightness(image.resize((200, 260))).enhance(0.8)

    assert -(2**63) <= dhash(image) < 2**63
    assert (dhash(image) ^ dhash(changed)).bit_count() <= 4
    assert (dhash(image) ^ dhash(blobs(seed + 100))).bit_count() >= 15
