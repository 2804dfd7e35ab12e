"""Builds tiny text-to-image pipelines with random weights: real components, a few megabytes, no download.

``python tests/tiny_pipeline.py FOLDER`` writes the Stable-Diffusion-type one, for ``make run ENGINE=diffusers
MODEL=FOLDER``; a second argument ``flux`` writes the FLUX-type one instead.
"""

# ruff: noqa: PLC0415 - tests that only name this module do not wait for torch

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image


def _byte_letters() -> list[str]:
    """Return the letters that byte-level BPE writes the 256 bytes with (Radford et al., GPT-2)."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    letters, spare = {byte: chr(byte) for byte in plain}, 256
    for byte in range(256):
        if byte not in letters:
            letters[byte] = chr(spare)
            spare += 1
    return [letters[byte] for byte in range(256)]


def _text_parts() -> tuple[Any, Any]:
    """Return a CLIP tokenizer, whose vocabulary is the bytes, and a text encoder to go with it."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    letters = _byte_letters()
    words = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    tokenizer = CLIPTokenizer(vocab={word: number for number, word in enumerate(words)}, merges=[], model_max_length=77)
    config = CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        bos_token_id=len(words) - 2,
        eos_token_id=len(words) - 1,
        pad_token_id=len(words) - 1,
    )
    return tokenizer, CLIPTextModel(config)


def _autoencoder(channels: int, depth: int = 4) -> Any:  # noqa: ANN401 - diffusers has no types here
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 16, 16, 16)[:depth],
        down_block_types=("DownEncoderBlock2D",) * depth,
        up_block_types=("UpDecoderBlock2D",) * depth,
        latent_channels=channels,
        norm_num_groups=4,
        sample_size=64,
        scaling_factor=0.18215 if channels == 4 else 0.3611,
        shift_factor=None if channels == 4 else 0.1159,
    )


def _denoiser(channels: int, out_channels: int, depth: int = 2, **more: Any) -> Any:  # noqa: ANN401
    from diffusers import UNet2DConditionModel

    plain = depth - 1  # attention is for the smallest alone, or it takes most of the time
    return UNet2DConditionModel(
        in_channels=channels,
        out_channels=out_channels,
        block_out_channels=(8,) * plain + (16,),
        down_block_types=("DownBlock2D",) * plain + ("CrossAttnDownBlock2D",),
        up_block_types=("CrossAttnUpBlock2D",) + ("UpBlock2D",) * plain,
        layers_per_block=1,
        sample_size=8,
        cross_attention_dim=32,
        attention_head_dim=4,
        norm_num_groups=4,
        **more,
    )


def _safety_checker(threshold: float = -2) -> dict[str, Any]:
    """Return a safety checker and its image processor.

    It flags pictures whose likeness to any of its concepts, -1 to 1, is above ``threshold``; below -1 every picture.
    """
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessor

    size = {"hidden_size": 32, "intermediate_size": 37, "num_attention_heads": 4, "num_hidden_layers": 1}
    vision = {**size, "image_size": 32, "patch_size": 16}
    checker = StableDiffusionSafetyChecker(
        CLIPConfig(text_config=size, vision_config=vision, projection_dim=64),
    )
    checker.concept_embeds.data.uniform_(-1, 1)
    checker.concept_embeds_weights.data.fill_(threshold)
    processor = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    return {"safety_checker": checker, "feature_extractor": processor}


def build_tiny_safety_checker(folder: Path, like: Image.Image | None = None) -> Path:
    """Write a safety checker to ``folder`` that flags what looks like ``like``, or every picture where that is None."""
    import torch

    torch.manual_seed(0)
    checker, processor = _safety_checker(-2 if like is None else 0.999).values()
    if like:
        pixels = processor(images=[like], return_tensors="pt").pixel_values
        with torch.no_grad():
            seen = checker.visual_projection(checker.vision_model(pixels)[1])
        checker.concept_embeds.data.copy_(seen.expand_as(checker.concept_embeds))
    for part in (checker, processor):
        part.save_pretrained(str(folder))
    return folder


def build_tiny_pipeline(folder: Path, *, prudish: bool = False) -> Path:
    """Write a Stable-Diffusion-type pipeline (4 latent channels, images in multiples of 8 px) to ``folder``.

    A ``prudish`` one has a safety checker that flags every picture, else it has none.
    """
    import torch
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    torch.manual_seed(0)
    tokenizer, text_encoder = _text_parts()
    scheduler = DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    _save(
        folder,
        StableDiffusionPipeline,
        vae=_autoencoder(4),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=_denoiser(4, 4),
        scheduler=scheduler,
        **(_safety_checker() if prudish else {"safety_checker": None, "feature_extractor": None}),
        requires_safety_checker=prudish,
    )
    return folder


def build_tiny_deep(folder: Path) -> Path:
    """Write a pipeline like Easel's small model (20 latent channels, flow matching) to ``folder``."""
    import torch
    from diffusers import AutoencoderTiny, StableDiffusionPipeline

    from training.networks import new_scheduler

    torch.manual_seed(0)
    tokenizer, text_encoder = _text_parts()
    vae = AutoencoderTiny(
        latent_channels=20,
        encoder_block_out_channels=(8,) * 5,
        decoder_block_out_channels=(8,) * 5,
        num_encoder_blocks=(0,) * 5,
        num_decoder_blocks=(1, 1, 1, 1, 0),
    )
    for weights in vae.parameters():
        weights.data.mul_(2.5)  # else nothing of a picture comes through that many layers
    _save(
        folder,
        StableDiffusionPipeline,
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=_denoiser(20, 20),
        scheduler=new_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    return folder


def build_tiny_upscaler(folder: Path) -> Path:
    """Write a Stable-Diffusion-type upscaler (fourfold, 4 latent channels) to ``folder``."""
    import torch
    from diffusers import DDIMScheduler, DDPMScheduler, StableDiffusionUpscalePipeline

    torch.manual_seed(0)
    tokenizer, text_encoder = _text_parts()
    _save(
        folder,
        StableDiffusionUpscalePipeline,
        vae=_autoencoder(4, depth=3),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=_denoiser(7, 4, depth=4, num_class_embeds=1000),
        low_res_scheduler=DDPMScheduler(),
        scheduler=DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1),
        max_noise_level=350,
    )
    return folder


def build_tiny_latent_upscaler(folder: Path) -> Path:
    """Write an upscaler of latents (twofold, 4 latent channels) to ``folder``."""
    import torch
    from diffusers import EulerDiscreteScheduler, StableDiffusionLatentUpscalePipeline, UNet2DConditionModel

    torch.manual_seed(0)
    tokenizer, text_encoder = _text_parts()
    denoiser = UNet2DConditionModel(
        in_channels=8,  # latents, and those of the source
        out_channels=5,  # latents, and how certain they are
        block_out_channels=(32, 64, 64),
        down_block_types=("KDownBlock2D", "KCrossAttnDownBlock2D", "KCrossAttnDownBlock2D"),
        up_block_types=("KCrossAttnUpBlock2D", "KCrossAttnUpBlock2D", "KUpBlock2D"),
        mid_block_type=None,
        layers_per_block=2,
        sample_size=16,
        cross_attention_dim=32,
        attention_head_dim=8,
        norm_num_groups=None,
        conv_in_kernel=1,
        conv_out_kernel=1,
        act_fn="gelu",
        resnet_time_scale_shift="scale_shift",
        time_embedding_type="fourier",
        timestep_post_act="gelu",
        time_cond_proj_dim=128 + 32,  # the noise on the source, and the text as a whole
    )
    _save(
        folder,
        StableDiffusionLatentUpscalePipeline,
        vae=_autoencoder(4),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=denoiser,
        scheduler=EulerDiscreteScheduler(prediction_type="sample"),
    )
    return folder


def build_tiny_flux(folder: Path) -> Path:
    """Write a FLUX-type pipeline (packed latents, images in multiples of 16 px) to ``folder``."""
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
    from transformers import T5Config, T5EncoderModel, T5Tokenizer

    torch.manual_seed(0)
    tokenizer, text_encoder = _text_parts()
    pieces = [
        ("<pad>", 0.0),
        ("</s>", 0.0),
        ("<unk>", 0.0),
        ("▁", -1.0),
        *((chr(code), -2.0) for code in range(33, 127)),
    ]
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=64,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=(4, 4, 8),
    )
    config = T5Config(vocab_size=len(pieces), d_model=32, d_kv=8, d_ff=37, num_layers=1, num_heads=4)
    _save(
        folder,
        FluxPipeline,
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=_autoencoder(16),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        text_encoder_2=T5EncoderModel(config),
        tokenizer_2=T5Tokenizer(vocab=pieces, extra_ids=0),
        transformer=transformer,
    )
    return folder


def _save(folder: Path, kind: Any, **parts: Any) -> None:  # noqa: ANN401
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kind(**parts).save_pretrained(str(folder))


if __name__ == "__main__":
    build = build_tiny_flux if "flux" in sys.argv[2:] else build_tiny_pipeline
    sys.stdout.write(f"{build(Path(sys.argv[1]))}\n")
