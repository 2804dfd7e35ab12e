"""The stage ``export``: the averaged weights as a pipeline in the stock Stable Diffusion layout."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import torch
from diffusers import StableDiffusionPipeline

from training.autoencoder import new_autoencoder
from training.denoiser import Painter
from training.networks import new_scheduler

if TYPE_CHECKING:
    from pathlib import Path


def averaged(module: torch.nn.Module, checkpoint: Path) -> torch.nn.Module:
    """Return ``module`` with the averaged weights of a stage's checkpoint, ready to be used."""
    stored = torch.load(checkpoint, map_location="cpu", weights_only=True)
    module.load_state_dict(stored["average"]["weights"])
    return module.eval().requires_grad_(requires_grad=False)


def assemble(tokenizer: Any, autoencoder: Path, denoiser: Path) -> Any:
    """Return the pipeline that the two checkpoints make."""
    painter = averaged(Painter(len(tokenizer)), denoiser)
    return StableDiffusionPipeline(
        vae=averaged(new_autoencoder(), autoencoder),
        text_encoder=painter.text_encoder,
        tokenizer=tokenizer,
        unet=painter.unet,
        scheduler=new_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def export(pipeline: Any, target: Path) -> None:
    """Write ``pipeline`` to the folder ``target`` as safetensors of half precision."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline.to(torch.float16).save_pretrained(str(target), safe_serialization=True)
    for config in target.glob("*/config.json"):  # no path of the machine that trained it
        stored = json.loads(config.read_text())
        stored.pop("_name_or_path", None)
        config.write_text(json.dumps(stored, indent=2, sort_keys=True) + "\n")
