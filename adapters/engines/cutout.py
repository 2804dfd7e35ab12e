"""Cuts the subject of a picture out of its background with GrabCut (Rother, Kolmogorov and Blake, 2004) of OpenCV."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from adapters.engines.sources import Unusable
from domain.words import FailureCode

if TYPE_CHECKING:
    import numpy.typing as npt

_WORKING_SIDE = 288
"""Longest side, pixels, of the picture that GrabCut sees: its time grows with the area."""
_RIM = 0.04
"""Share of each side that is background for certain."""
_ROUNDS = 3
_LEAST, _MOST = 0.01, 0.97
"""Share of the picture that a subject takes; what is outside of it was not found."""
_FLAT = 6
"""Picture values within which everything is one colour."""


def cut_out(picture: Image.Image) -> tuple[Image.Image, str]:
    """Return ``picture`` (RGB) as RGBA with its background transparent and a soft edge, and by which means.

    The means is ``grabcut``, or ``centre`` where GrabCut tells nothing apart, neither from the rim nor from an ellipse
    in the middle: then that ellipse is what stays.

    Raises:
        Unusable: the picture is of one colour, or OpenCV is not installed.
    """
    if np.ptp(np.asarray(picture), axis=(0, 1)).max() <= _FLAT:
        raise Unusable(FailureCode.NO_SUBJECT, "the picture is of one colour")
    small = picture.copy()
    small.thumbnail((_WORKING_SIDE, _WORKING_SIDE))
    middle = _ellipse(small.size)
    subject = _grabbed(small, _framed(small.size))
    if subject is None:
        subject = _grabbed(small, np.where(np.asarray(middle) > 0, 3, 2).astype(np.uint8))
    method = "centre" if subject is None else "grabcut"
    alpha = (middle if subject is None else subject).filter(ImageFilter.MinFilter(3)).filter(ImageFilter.MaxFilter(3))
    return with_soft_edge(picture, alpha), method


def with_soft_edge(picture: Image.Image, alpha: Image.Image) -> Image.Image:
    """Return ``picture`` (RGB) as RGBA, seen where ``alpha`` (L, of any size) is bright, with a soft edge."""
    large = alpha.resize(picture.size, Image.Resampling.BICUBIC)
    cut = picture.copy()
    cut.putalpha(large.filter(ImageFilter.GaussianBlur(max(1.0, min(picture.size) / 400))))
    return cut


def _framed(size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return GrabCut's labels: 0, certainly background, at the rim, and 3, probably subject, within."""
    labels = np.full((size[1], size[0]), 3, np.uint8)
    across, down = max(1, round(size[0] * _RIM)), max(1, round(size[1] * _RIM))
    labels[:down], labels[-down:], labels[:, :across], labels[:, -across:] = 0, 0, 0, 0
    return labels


def _ellipse(size: tuple[int, int]) -> Image.Image:
    """Return a mask (L) of an ellipse over the middle two thirds."""
    mask = Image.new("L", size)
    box = (size[0] // 6, size[1] // 6, size[0] - 1 - size[0] // 6, size[1] - 1 - size[1] // 6)
    ImageDraw.Draw(mask).ellipse(box, 255)
    return mask


def _grabbed(picture: Image.Image, labels: npt.NDArray[np.uint8]) -> Image.Image | None:
    """Return the subject's mask (L, 0 or 255) that GrabCut finds from ``labels``, or None where it finds none."""
    try:
        import cv2  # noqa: PLC0415 - large, and needed for this alone
    except ImportError as error:
        raise Unusable(FailureCode.ENGINE_UNAVAILABLE, f"OpenCV is not installed: {error}") from error
    if not {0, 2} & set(np.unique(labels)) or 3 not in labels:
        return None
    cv2.setRNGSeed(0)
    pixels = np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])
    models = np.zeros((1, 65)), np.zeros((1, 65))
    found, *_ = cv2.grabCut(pixels, labels, None, *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    subject = np.isin(found, (1, 3))
    if not _LEAST <= subject.mean() <= _MOST:
        return None
    return Image.fromarray(subject.astype(np.uint8) * np.uint8(255))
