"""The stage ``autoencoder``: pictures of 256 pixels to latents of 16 × 16 with 20 channels, and back.

The encoder is not learned but set: means of 4 × 4 pixels, two levels of Haar wavelets over them (brightness in full,
colour at half of that), and the principal components of the result. The latents are therefore known at once, colours
are never lost, and only the decoder, which draws the sharp picture that such a sketch stands for, has to learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch.nn import functional

from training.loop import Average, Trainee, device, learning_rate

if TYPE_CHECKING:
    import numpy.typing as npt

CHANNELS = 20
_WIDTH = 40
_RATE = 4e-4
_NOISE = 0.06
"""Standard deviation of what is added to the latents, so that a denoiser's small errors do not show."""
_EARLY, _LATE = (64, 5), (96, 6)
"""Side of the crops in pixels and how many a step takes: at first many light steps, later fewer of more weight."""
_EARLY_SHARE = 0.6
_OPPONENTS = ((1 / 3, 1 / 3, 1 / 3), (-0.25, -0.25, 0.5), (0.5, -0.5, 0.0))
"""Brightness and two colour axes of red, green and blue."""
_MEAN, _STEP = (0.0, 0.5, 0.5), (0.0, -0.5, 0.5)
"""Haar's two filters, in the three taps of a convolution that halves."""


def new_autoencoder() -> Any:
    """Return an autoencoder of 16-fold reduction whose encoder lacks its last layer, with a fresh decoder."""
    model = AutoencoderTiny(
        latent_channels=CHANNELS,
        encoder_block_out_channels=(_WIDTH,) * 5,
        decoder_block_out_channels=(_WIDTH,) * 5,
        num_encoder_blocks=(0, 0, 0, 0, 0),
        num_decoder_blocks=(4, 4, 3, 1, 0),
    )
    _set_wavelets(model.encoder.layers)
    for name, layer in model.decoder.named_modules():
        if isinstance(layer, torch.nn.Conv2d):
            _begin(layer, inner=".conv." in name, closing=name.endswith("conv.4"))
    return model


@torch.no_grad()
def _set_wavelets(layers: Any) -> None:
    """Set the encoder's convolutions to opponent colours, means, and Haar wavelets: 24 channels before the last."""
    for layer in layers:
        layer.weight.zero_()
        if layer.bias is not None:
            layer.bias.zero_()
    layers[0].weight[:3, :, 1, 1] = torch.tensor(_OPPONENTS)
    layers[0].bias[0] = -0.5
    whole = ((_MEAN, _MEAN),)
    bands = ((_MEAN, _MEAN), (_MEAN, _STEP), (_STEP, _MEAN), (_STEP, _STEP))
    for layer, plan in (
        (layers[1], (whole,) * 3),
        (layers[2], (whole,) * 3),
        (layers[3], (bands, whole, whole)),
        (layers[4], (bands,) * 6),
    ):
        row = 0
        for source, filters in enumerate(plan):
            for down, across in filters:
                layer.weight[row, source] = torch.outer(torch.tensor(down), torch.tensor(across))
                row += 1


@torch.no_grad()
def _set_components(model: Any, pixels: torch.Tensor) -> None:
    """Set the encoder's last layer to the principal components of ``pixels``, strong ones toned down to about 1."""
    features, last = model.encoder.layers[:-1](pixels.add(1).div(2)), model.encoder.layers[-1]
    flat = features.permute(1, 0, 2, 3).flatten(1).double()
    mean = flat.mean(dim=1, keepdim=True)
    strengths, axes = torch.linalg.eigh((flat - mean) @ (flat - mean).T / flat.shape[1])
    strengths, axes = strengths.flip(0)[:CHANNELS], axes.flip(1)[:, :CHANNELS]
    axes = axes * axes.sum(dim=0).sign()
    components = (axes * (strengths / strengths[0]).pow(-0.25) / strengths[0].sqrt()).T
    last.weight[:, :, 1, 1] = components.float()
    last.bias.copy_(-(components @ mean)[:, 0])


@torch.no_grad()
def _begin(layer: torch.nn.Conv2d, *, inner: bool, closing: bool) -> None:
    """Give a layer of the decoder weights with which the whole mixes and smooths at first, and refines later."""
    torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    if layer.bias is not None:
        layer.bias.zero_()
    if inner:
        layer.weight *= 0.1 if closing else 1.0
        return
    across, smooth = layer.weight.shape[:2], torch.tensor((1.0, 2.0, 1.0)) / 4
    mixture = torch.eye(*across) if across[0] == across[1] else torch.randn(*across) / across[1] ** 0.5
    layer.weight.mul_(0.1).add_(mixture[:, :, None, None] * smooth[:, None] * smooth)


@torch.no_grad()
def _set_last(model: Any, pixels: torch.Tensor) -> None:
    """Set the decoder's last layer to what is best in least squares with all other layers as they are."""
    before = model.decoder.layers[:-1](torch.tanh(model.encoder(pixels) / 3) * 3)
    sides = functional.unfold(before, 3, padding=1).transpose(1, 2).flatten(0, 1)
    sides = torch.cat((sides, torch.ones_like(sides[:, :1])), dim=1).double()
    wanted = pixels.add(1).div(2).permute(0, 2, 3, 1).reshape(-1, 3).double()
    ridge = torch.eye(sides.shape[1], dtype=torch.double, device=pixels.device) * len(sides) * 0.03
    solved = torch.linalg.solve(sides.T @ sides + ridge, sides.T @ wanted).float()
    last = model.decoder.layers[-1]
    last.weight.copy_(solved[:-1].T.reshape(last.weight.shape))
    last.bias.copy_(solved[-1])


def autoencoder_trainee(pictures: npt.NDArray[np.uint8], seed: int, steps: int) -> Trainee:
    """Return the autoencoder in training on random crops of ``pictures`` (count, 256, 256, 3)."""
    torch.manual_seed(seed)
    model = new_autoencoder()
    _set_components(model, _crops(pictures, (seed, 0), (128, 96))[0])
    _set_last(model, _crops(pictures, (seed, 0), (48, 12))[0])
    model.to(device()).encoder.requires_grad_(requires_grad=False)
    optimizer = torch.optim.AdamW(
        model.decoder.parameters(), lr=_RATE, betas=(0.9, 0.99), weight_decay=1e-4, fused=True
    )
    average = Average(model, 0.998)

    def advance(step: int) -> dict[str, float]:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(_RATE, step, steps)
        size = _EARLY if step < _EARLY_SHARE * steps else _LATE
        pixels, noise = (part.to(device()) for part in _crops(pictures, (seed, step), size))
        losses = _losses(model, pixels, noise)
        optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(model.decoder.parameters(), 0.5)
        optimizer.step()
        average.follow(model)
        return {name: float(value.detach()) for name, value in losses.items()}

    return Trainee({"model": model, "optimizer": optimizer, "average": average}, advance)


def _crops(
    pictures: npt.NDArray[np.uint8], chance: tuple[int, int], size: tuple[int, int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return square crops in -1..1, whose corners lie on the latents' grid, and noise for their latents.

    ``chance`` is the seed and the step, ``size`` the side of the crops and how many.
    """
    rng, (side, batch) = np.random.default_rng(chance), size
    chosen = rng.integers(0, len(pictures), batch)
    corners = rng.integers(0, (pictures.shape[1] - side) // 16 + 1, (batch, 2)) * 16
    crops = [pictures[n, y : y + side, x : x + side] for n, (y, x) in zip(chosen, corners.tolist(), strict=True)]
    pixels = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 127.5 - 1
    noise = rng.standard_normal((batch, CHANNELS, side // 16, side // 16), np.float32) * np.float32(_NOISE)
    return pixels.contiguous(), torch.from_numpy(noise)


def _losses(model: Any, pixels: torch.Tensor, noise: torch.Tensor) -> dict[str, torch.Tensor]:
    with torch.no_grad():
        latents = model.encoder(pixels)
    with torch.autocast(pixels.device.type, torch.bfloat16):
        painted = model.decoder(latents + noise).float()
    error = painted - pixels
    down = (error[:, :, 1:] - error[:, :, :-1]).abs().mean()
    across = (error[:, :, :, 1:] - error[:, :, :, :-1]).abs().mean()
    tones = functional.avg_pool2d(error, 8).square().mean()
    return {"pixels": error.abs().mean(), "edges": 0.5 * (down + across), "tones": tones}
