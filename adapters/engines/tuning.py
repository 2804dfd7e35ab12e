"""Fits a loaded pipeline to its device; docs/engines.md tells what was measured."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters.engines.pipeline_loading import LoadedPipeline


def tune(loaded: LoadedPipeline) -> None:
    """Lay weights of convolutions out channels-last, and leave a core to the rest of the machine on a CPU.

    On CUDA, float32 products may use TensorFloat-32. Attention is torch's ``scaled_dot_product_attention``, which
    diffusers takes by itself and which chooses the best kernel of a device.
    """
    torch = loaded.torch
    for name in ("unet", "vae"):
        part = getattr(loaded.call, name, None)
        if part is not None:
            part.to(memory_format=torch.channels_last)
    if loaded.device.startswith("cuda"):
        torch.set_float32_matmul_precision("high")
    elif loaded.device == "cpu":
        leave_a_core(torch)


def leave_a_core(torch: Any) -> None:  # noqa: ANN401 - an untyped module
    """Calculate on a CPU with as many threads as ``threads_for`` says, unless OMP_NUM_THREADS is set."""
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(threads_for(os.cpu_count() or 1))


def threads_for(cores: int) -> int:
    """Return how many threads paint: all cores but one, since a thread that must wait for a core stops all others."""
    return max(1, cores - 1)
