"""Pictures that somebody uploaded, decoded to bare pixels. Only a child process with bounds does this."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Final

from PIL import Image, ImageCms, ImageOps

from domain.pictures.containers import Unacceptable, check, check_size
from domain.words import UploadProblem

_FORMATS: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
_BROKEN: Final = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, zlib.error)
_OPAQUE: Final = 255


def picture_of(data: bytes, media_type: str) -> Image.Image:
    """Return the pixels of an uploaded file, upright and in sRGB: RGBA where something is transparent, otherwise RGB.

    Nothing else of the file is left: no EXIF, no place, no text, no colour profile.

    Raises:
        Unacceptable: it is not exactly one picture of ``media_type`` that can be read, or one of too many pixels.
    """
    check(data, media_type)
    try:
        file = Image.open(BytesIO(data), formats=(_FORMATS[media_type],))
        check_size(*file.size)
        file.load()
        image = _with_eight_bits(ImageOps.exif_transpose(file))
        return _bare(_in_srgb(image, file.info.get("icc_profile")))
    except _BROKEN as error:
        raise Unacceptable(UploadProblem.BROKEN) from error


def _with_eight_bits(image: Image.Image) -> Image.Image:
    """Return grey of 16 bits as grey of 8: Pillow itself would cut off what is brighter."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda level: level / 257).convert("L")
    return image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture as the colours of its profile look; one that can not be read is left out."""
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"}:
        return image
    mode = "RGB" if image.mode == "CMYK" else image.mode
    try:
        own, common = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, own, common, outputMode=mode)
    except (ImageCms.PyCMSError, *_BROKEN):
        return image
    return converted or image


def _bare(image: Image.Image) -> Image.Image:
    has_alpha = "A" in image.mode or "a" in image.mode or "transparency" in image.info
    image = image.convert("RGBA" if has_alpha else "RGB")
    if has_alpha and image.getchannel("A").getextrema()[0] == _OPAQUE:
        image = image.convert("RGB")
    image.info = {}
    return image
