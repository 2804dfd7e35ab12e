"""Small pictures of latents: a linear projection to RGB, thousands of times cheaper than decoding them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import numpy.typing as npt

PREVIEW_SIDE = 96
"""Longest side of a preview, pixels."""

_STABLE_DIFFUSION = np.array(
    ((0.298, 0.207, 0.208), (0.187, 0.286, 0.173), (-0.158, 0.189, 0.264), (-0.184, -0.271, -0.473)), np.float32
)
"""Latent channel to RGB in -1..1, fitted to SD 1.4: https://discuss.huggingface.co/t/23204 (keturn, 2022)."""

_SDXL = np.array(((60, 60, 60), (-60, -5, 10), (25, 15, -5), (-70, -50, -35)), np.float32) / np.float32(127.5)
_SDXL_BIAS = np.array((150, 140, 130), np.float32) / np.float32(127.5) - np.float32(1)
"""The same for SDXL: https://huggingface.co/blog/TimothyAlexisVass/explaining-the-sdxl-latent-space (2023)."""

SDXL_SCALING = 0.13025
"""``scaling_factor`` of SDXL's autoencoder, by which its latents are told from those of SD 1 and 2."""


def previews(latents: npt.NDArray[np.float32], size: tuple[int, int], scaling: float) -> list[Image.Image | None]:
    """Return an RGB picture of each latent, longest side at most 96 px, or None where its shape is not known.

    Args:
        latents: Shape (images, channels, rows, columns), or (images, channels, frames, rows, columns) of which the
            first frame counts, or packed as FLUX does: (images, patches, 4 × channels), a patch being 2 × 2 latents.
        size: Width and height of the pictures in pixels, from which packed latents get their shape.
        scaling: ``scaling_factor`` of the autoencoder.
    """
    if latents.ndim == 5:
        latents = latents[:, :, 0]
    elif latents.ndim == 3:
        unpacked = _unpacked(latents, size)
        if unpacked is None:
            return [None] * len(latents)
        latents = unpacked
    if latents.ndim != 4:
        return [None] * len(latents)
    return [_projected(latent, scaling) for latent in latents]


def _unpacked(packed: npt.NDArray[np.float32], size: tuple[int, int]) -> npt.NDArray[np.float32] | None:
    """Return packed latents as (images, channels, rows, columns), or None where they fit no grid."""
    count, patches, depth = packed.shape
    rows = max(1, round((patches * size[1] / size[0]) ** 0.5))
    columns = patches // rows
    if rows * columns != patches or depth % 4:
        return None
    grid = packed.reshape(count, rows, columns, depth // 4, 2, 2)
    return grid.transpose(0, 3, 1, 4, 2, 5).reshape(count, depth // 4, rows * 2, columns * 2)


def _projected(latent: npt.NDArray[np.float32], scaling: float) -> Image.Image:
    stride = max(1, -(-max(latent.shape[1:]) // PREVIEW_SIDE))
    pixels = np.nan_to_num(latent[:, ::stride, ::stride]).transpose(1, 2, 0)
    if pixels.shape[2] == 4 and abs(scaling - SDXL_SCALING) < 1e-4:
        rgb = pixels @ _SDXL + _SDXL_BIAS
    elif pixels.shape[2] == 4:
        rgb = pixels @ _STABLE_DIFFUSION
    else:
        rgb = np.resize(pixels.transpose(2, 0, 1), (3, *pixels.shape[:2])).transpose(1, 2, 0)
        rgb = (rgb - rgb.mean(axis=(0, 1))) / (2.5 * rgb.std(axis=(0, 1)) + 1e-6)
    return Image.fromarray(((rgb + 1) * 127.5).clip(0, 255).astype(np.uint8))
