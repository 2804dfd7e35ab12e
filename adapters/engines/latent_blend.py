"""Keeps latents outside of a mask on the way of the picture that is there (blended latent diffusion, Avrahami, 2022).

It works on any image-to-image pipeline, whatever its latents look like: inpainting pipelines of diffusers refuse
denoisers whose latents have neither 4 nor 9 channels, and let go of mask pixels that fill no whole cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

    from adapters.engines.sources import Canvas


class LatentBlend:
    """The pictures of one call, encoded, and where they must be kept."""

    def __init__(self, pipeline: Any, torch: Any, canvases: list[Canvas], seeds: list[int]) -> None:  # noqa: ANN401
        """Encode ``canvases``, which have masks and a size that the pipeline can paint.

        Each image's noise comes from its seed, so that it is the same alone and in a batch.
        """
        self._pipeline = pipeline
        self._torch = torch
        pictures = [self._encoded(canvas.picture) for canvas in canvases]
        masks = [self._cells(canvas.mask, clean) for canvas, clean in zip(canvases, pictures, strict=True)]
        self._clean = torch.cat(pictures)
        self._mask = torch.cat(masks)
        noise = [
            torch.randn(clean.shape, generator=torch.Generator("cpu").manual_seed(seed))
            for clean, seed in zip(pictures, seeds, strict=True)
        ]
        self._noise = torch.cat(noise).to(self._clean)

    def blended(self, index: int, latents: Any) -> Any:  # noqa: ANN401 - tensors
        """Return ``latents`` as they are after step ``index``, with those outside of the mask as they should be."""
        scheduler = self._pipeline.scheduler
        used = scheduler.timesteps[-self._pipeline.num_timesteps :]
        kept = self._clean
        if index + 1 < len(used):
            after = used[index + 1 : index + 2]
            if hasattr(scheduler, "add_noise"):
                kept = scheduler.add_noise(self._clean, self._noise, after)
            else:
                kept = scheduler.scale_noise(self._clean, after, self._noise)
        kept, mask = self._packed(kept, latents), self._packed(self._mask.expand_as(self._clean), latents)
        return (latents * mask + kept.to(latents) * (1 - mask)).to(latents.dtype)

    def _encoded(self, picture: Image.Image) -> Any:  # noqa: ANN401
        """Return the latents of a picture, shape (1, channels, rows, columns), scaled as the denoiser knows them."""
        vae, torch = self._pipeline.vae, self._torch
        pixels = torch.from_numpy(np.asarray(picture, np.float32) / np.float32(127.5) - 1).permute(2, 0, 1)[None]
        precision = vae.dtype
        wide = torch.float32 if precision is torch.float16 and getattr(vae.config, "force_upcast", False) else precision
        with torch.no_grad():
            made = vae.to(wide).encode(pixels.to(self._pipeline._execution_device, wide))  # noqa: SLF001 - text_cache
        vae.to(precision)
        latents = made.latents if hasattr(made, "latents") else made.latent_dist.mode()
        shift = getattr(vae.config, "shift_factor", None) or 0.0
        return ((latents - shift) * vae.config.scaling_factor).to(precision)

    def _cells(self, mask: Image.Image | None, clean: Any) -> Any:  # noqa: ANN401
        """Return 1 for each cell of the latents that the mask touches and 0 elsewhere, shape (1, 1, rows, columns)."""
        pixels = self._torch.from_numpy(np.asarray(mask, np.float32) / np.float32(255))[None, None]
        return self._torch.nn.functional.adaptive_max_pool2d(pixels, clean.shape[2:]).to(clean)

    def _packed(self, grid: Any, latents: Any) -> Any:  # noqa: ANN401
        """Return the grid in the layout of ``latents``: packed in patches of 2 × 2 where those are."""
        if latents.ndim == 4:
            return grid
        return self._pipeline._pack_latents(grid, *grid.shape)  # noqa: SLF001 - FLUX offers no other way
