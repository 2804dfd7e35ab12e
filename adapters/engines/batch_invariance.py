"""Makes a pipeline on the CPU paint the same picture, bit by bit, whatever else is in its batch.

Two kernels of torch on the CPU choose how they sum by the number of images, as measured with torch 2.13 layer by layer:
matrix products whose rows are the images themselves (of embeddings of time, and pooled texts), and convolutions of one
image against those of several. The products of tokens, attention and norms round the same in any company; so does what
is done number by number, where an image has a multiple of 16 numbers, as in all networks but toys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def make_batch_invariant(pipeline: Any, torch: Any) -> None:  # noqa: ANN401 - any pipeline, an untyped module
    """Change how the networks of ``pipeline`` compute, in place.

    Rows of images are multiplied one at a time, a single image is convolved beside its copy, and the autoencoder
    decodes image by image, as diffusers can.
    """
    for name, network in pipeline.components.items():
        if name == "vae":
            network.enable_slicing()
        elif isinstance(network, torch.nn.Module):
            for layer in network.modules():
                if isinstance(layer, torch.nn.Linear):
                    layer.forward = _row_by_row(layer.forward, torch)
                elif isinstance(layer, torch.nn.Conv2d):
                    layer.forward = _never_alone(layer.forward)


def _row_by_row(forward: Callable[[Any], Any], torch: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - an untyped module
    def multiply(rows: Any) -> Any:  # noqa: ANN401 - a tensor (…, features)
        if rows.dim() != 2 or len(rows) == 1:
            return forward(rows)
        return torch.cat([forward(row) for row in rows.split(1)])

    return multiply


def _never_alone(forward: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def convolve(images: Any) -> Any:  # noqa: ANN401 - a tensor (images, channels, height, width)
        if len(images) > 1:
            return forward(images)
        return forward(images.repeat(2, 1, 1, 1))[:1]

    return convolve
