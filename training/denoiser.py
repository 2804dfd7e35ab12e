"""The stages ``encode`` and ``denoiser``: words and noise to latents, by flow matching with dropped captions."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from training.drawing.captions import caption, style_words
from training.loop import Average, Trainee, device, learning_rate
from training.networks import new_denoiser, new_text_encoder

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from training.drawing.description import Description

_RATE = 1e-3
_UNTOLD, _STYLE_ALONE = 0.1, 0.04
"""Shares of the captions that are left out, for guidance, or cut to the style, for negative prompts."""


class Painter(torch.nn.Module):
    """Text encoder and denoiser, which learn together."""

    def __init__(self, vocabulary: int) -> None:
        """Build both with fresh weights for a tokenizer of so many tokens."""
        super().__init__()
        self.text_encoder = new_text_encoder(vocabulary)
        self.unet = new_denoiser()

    def forward(self, latents: torch.Tensor, times: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Return the velocity from picture to noise at noisy ``latents``; ``times`` are 0 to 1, 1 being noise."""
        words = self.text_encoder(input_ids=tokens).last_hidden_state
        velocity: torch.Tensor = self.unet(latents, times * 1000, words, return_dict=False)[0]
        return velocity


@torch.no_grad()
def encode_set(model: Any, pictures: npt.NDArray[np.uint8], target: Path) -> None:
    """Write the latents of ``pictures`` (count, 256, 256, 3) to ``target``: (count, channels, 16, 16), float16."""
    pieces = []
    for start in range(0, len(pictures), 32):
        pixels = torch.from_numpy(pictures[start : start + 32]).permute(0, 3, 1, 2).float() / 127.5 - 1
        with torch.autocast(device(), torch.bfloat16):
            latents = model.encoder(pixels.to(device()))
        pieces.append(latents.float().cpu().numpy().astype(np.float16))
    fresh = target.with_suffix(".new.npy")
    np.save(fresh, np.concatenate(pieces))
    fresh.replace(target)


def denoiser_trainee(
    latents: npt.NDArray[np.float16],
    descriptions: list[Description],
    tokenizer: Any,
    plan: tuple[int, int, int],
) -> Trainee:
    """Return text encoder and denoiser in training; ``plan`` is the seed, the steps and the batch."""
    seed, steps, batch = plan
    torch.manual_seed(seed)
    painter = Painter(len(tokenizer)).to(device())
    optimizer = torch.optim.AdamW(painter.parameters(), lr=_RATE, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    average = Average(painter, 0.9985)

    def advance(step: int) -> dict[str, float]:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(_RATE, step, steps)
        loss = _loss(painter, _batch(latents, descriptions, tokenizer, (seed, step, batch)))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(painter.parameters(), 1.0)
        optimizer.step()
        average.follow(painter)
        return {"velocity": float(loss.detach())}

    return Trainee({"painter": painter, "optimizer": optimizer, "average": average}, advance)


def _batch(
    latents: npt.NDArray[np.float16],
    descriptions: list[Description],
    tokenizer: Any,
    which: tuple[int, int, int],
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return clean latents, noise, times and tokens for a seed and step, so many at once."""
    seed, step, batch = which
    rng, random = np.random.default_rng((seed, 7, step)), Random(f"{seed}/{step}")
    chosen = rng.integers(0, len(latents), batch)
    texts = [_words(descriptions[index], random) for index in chosen]
    tokens = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt").input_ids
    clean = torch.from_numpy(latents[chosen].astype(np.float32))
    noise = torch.from_numpy(rng.standard_normal(clean.shape, np.float32))
    times = torch.from_numpy(1 / (1 + np.exp(-rng.standard_normal(batch, np.float32) * 1.2 - 0.3))).float()
    return clean.to(device()), noise.to(device()), times.to(device()), tokens.to(device())


def _words(description: Description, random: Random) -> str:
    roll = random.random()
    if roll < _UNTOLD:
        return ""
    if roll < _UNTOLD + _STYLE_ALONE:
        return style_words(description, random)
    return caption(description, random)


def _loss(painter: Painter, batch: tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]) -> torch.Tensor:
    clean, noise, times, tokens = batch
    share = times[:, None, None, None]
    # plain attention: with so few positions the fused one is ten times slower backwards on a CPU
    with torch.autocast(clean.device.type, torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
        velocity = painter(clean * (1 - share) + noise * share, times, tokens)
    return functional.mse_loss(velocity.float(), noise - clean)
