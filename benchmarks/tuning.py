"""What number types, memory layouts, attention kernels and ``torch.compile`` do to the small model on this device.

Each variant loads the model as a worker does and paints four images, and one, of 256 × 256 pixels in 20 steps: the best
of three. *first* is what the first picture takes longer than that: with ``torch.compile`` the compiling, which is
done anew for another number of images. Its cache on disk is empty at the start. Without a GPU all runs are on the CPU.
"""

from __future__ import annotations

import argparse
import os
import time
from contextlib import nullcontext
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from adapters.engines.diffusion import DiffusersEngine
from benchmarks import ROOT, machine
from benchmarks.report import report
from db.words import Operation
from domain.ports import Brief, ImageTask, PaintRequest

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from benchmarks.report import Row

MODEL: Final = str(ROOT / "models" / "easel-small")
ROUNDS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A way to run the model."""

    dtype: str = "float32"
    is_channels_last: bool = True
    is_compiled: bool = False
    attention: str = ""
    """Kernel of ``scaled_dot_product_attention``; torch's choice where empty."""

    @property
    def name(self) -> str:
        """What it is called in the table."""
        layout = "channels-last" if self.is_channels_last else "contiguous"
        more = [f"{self.attention.lower().removesuffix('_attention')} attention"] if self.attention else []
        return ", ".join([self.dtype, layout, *more, *(["compiled"] if self.is_compiled else [])])


VARIANTS: Final = [
    Variant(is_channels_last=False),
    Variant(),
    Variant(attention="MATH"),
    Variant(attention="FLASH_ATTENTION"),
    Variant(is_compiled=True),
    Variant(dtype="bfloat16", is_channels_last=False),
    Variant(dtype="bfloat16"),
    Variant(dtype="bfloat16", is_compiled=True),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    described = machine.describe()
    with TemporaryDirectory() as cache:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache
        rows = [_row(variant) for variant in VARIANTS]
    report("tuning", rows, described)


def _row(variant: Variant) -> Row:
    engine = DiffusersEngine(MODEL, dtype=variant.dtype)
    loaded = engine.pipelines()
    torch, pipeline = loaded.torch, loaded.words
    torch.compiler.reset()
    for network in (pipeline.unet, pipeline.vae):
        network.to(memory_format=torch.channels_last if variant.is_channels_last else torch.contiguous_format)
    if variant.is_compiled:
        pipeline.unet.compile(dynamic=False)
    with _attention(torch, variant.attention):
        first, four = _seconds(engine, 4)
        _, one = _seconds(engine, 1)
    return {
        "device": loaded.device,
        "variant": variant.name,
        "four s": round(four, 2),
        "one s": round(one, 2),
        "first s": round(first - four, 1),
    }


def _attention(torch: Any, kernel: str) -> AbstractContextManager[object]:  # noqa: ANN401 - an untyped module
    if not kernel:
        return nullcontext()
    kernels: AbstractContextManager[object] = torch.nn.attention.sdpa_kernel(
        [getattr(torch.nn.attention.SDPBackend, kernel), torch.nn.attention.SDPBackend.MATH], set_priority=True
    )
    return kernels


def _seconds(engine: DiffusersEngine, count: int) -> tuple[float, float]:
    """Return how long the first call took, and the fastest of those that follow."""
    brief = Brief("a red house by the sea", "", "anime")
    images = tuple(ImageTask(index, index, brief) for index in range(count))
    request = PaintRequest(Operation.TEXT_TO_IMAGE, 256, 256, 20, 1.2, images)
    took = []
    for _ in range(1 + ROUNDS):
        began = time.perf_counter()
        engine.paint(request, lambda _step: None)
        took.append(time.perf_counter() - began)
    return took[0], min(took[1:])


if __name__ == "__main__":
    main()
