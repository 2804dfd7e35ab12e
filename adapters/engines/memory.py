"""How many images fit into a device's memory at once, and what to do when they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.engines.sources import Unusable
from domain.words import FailureCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL import Image

    from adapters.engines.pipeline_loading import LoadedPipeline

_MARGIN = 0.8
"""Share of the free memory that a batch may fill; fragments and other processes have the rest."""
_MOST = 16


def fitting_batch(free: int, needed: int) -> int:
    """Return how many images, 1 to 16, fit into ``free`` bytes where one needs ``needed`` bytes at its peak."""
    return max(1, min(_MOST, int(free * _MARGIN) // max(1, needed)))


class CudaMeter:
    """Learns from the images that are painted how much memory one takes, at the largest size so far."""

    def __init__(self, torch: Any, device: str) -> None:  # noqa: ANN401 - an untyped module
        """Measure on ``device``, a CUDA device."""
        self._cuda = torch.cuda
        self._device = device
        self._before = 0
        self._peak_of_pixel = 0.0
        self._pixels = 0

    def begin(self) -> None:
        """A batch begins."""
        self._cuda.reset_peak_memory_stats(self._device)
        self._before = self._cuda.memory_allocated(self._device)

    def end(self, images: int, pixels: int) -> int:
        """A batch of ``images``, each of ``pixels``, was painted; return how many of the largest fit at once."""
        peak = self._cuda.max_memory_allocated(self._device) - self._before
        self._peak_of_pixel = max(self._peak_of_pixel, peak / images / pixels)
        self._pixels = max(self._pixels, pixels)
        unused = self._cuda.memory_reserved(self._device) - self._cuda.memory_allocated(self._device)
        free = self._cuda.mem_get_info(self._device)[0] + unused
        return fitting_batch(free, int(self._peak_of_pixel * self._pixels))


def is_out_of_memory(error: Exception, torch: Any) -> bool:  # noqa: ANN401 - an untyped module
    """Return whether a device or the machine ran out of memory; mps and cpu say so in words alone."""
    text = str(error).lower()
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(
        sign in text for sign in ("out of memory", "can't allocate memory", "not enough memory")
    )


def reliefs(loaded: LoadedPipeline) -> Iterator[str]:
    """Make the pipeline need less memory, each time a further way is asked for, and yield that way's name.

    On CUDA whole models wait in the machine's memory, then single layers; elsewhere attention and decoder work in
    slices. All of it costs time, so none of it is taken back.
    """
    pipeline = loaded.call
    if loaded.device.startswith("cuda"):
        pipeline.enable_model_cpu_offload(device=loaded.device)
        yield "model offload"
        pipeline.enable_sequential_cpu_offload(device=loaded.device)
        yield "sequential offload"
        return
    if getattr(pipeline, "unet", None) is not None:
        pipeline.enable_attention_slicing(1)
    vae = getattr(pipeline, "vae", None)
    if vae is not None and hasattr(vae, "enable_slicing"):
        vae.enable_slicing()
    yield "slices"


def made_within_memory(make: Callable[[], Image.Image], ways: Iterator[str], torch: Any) -> Image.Image:  # noqa: ANN401
    """Return what ``make`` gives, tried again with one more of ``ways`` to need less memory where it does not suffice.

    Raises:
        Unusable: none of them helps; its code is ``OUT_OF_MEMORY``.
    """
    while True:
        try:
            return make()
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error, torch):
                raise
            shortage = (str(error).splitlines() or ["no memory"])[0]
        torch.cuda.empty_cache()  # outside of except, so that the failed attempt is let go of
        if next(ways, None) is None:
            raise Unusable(FailureCode.OUT_OF_MEMORY, shortage)
