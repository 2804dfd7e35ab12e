"""The parts of the pipeline that paint: text encoder, denoiser and scheduler, with fresh weights."""

from __future__ import annotations

from typing import Any

from diffusers import DPMSolverMultistepScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from training.autoencoder import CHANNELS
from training.tokens import MAX_TOKENS

WORD_WIDTH = 160


def new_text_encoder(vocabulary: int) -> Any:
    """Return a CLIP text encoder of two layers; the last two of ``vocabulary`` are the start and the end of a text."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=WORD_WIDTH,
            intermediate_size=3 * WORD_WIDTH,
            num_attention_heads=4,
            num_hidden_layers=2,
            max_position_embeddings=MAX_TOKENS,
            bos_token_id=vocabulary - 2,
            eos_token_id=vocabulary - 1,
            pad_token_id=vocabulary - 1,
        )
    )


def new_denoiser() -> Any:
    """Return a UNet for latents of 16 × 16, with attention to itself and to the words at 8 × 8 and 4 × 4."""
    return UNet2DConditionModel(
        sample_size=16,
        in_channels=CHANNELS,
        out_channels=CHANNELS,
        block_out_channels=(48, 96, 160),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=WORD_WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
    )


def new_scheduler() -> Any:
    """Return the sampler: DPM-Solver++ (Lu et al., 2022) on the paths of flow matching (Lipman et al., 2022)."""
    return DPMSolverMultistepScheduler(
        prediction_type="flow_prediction",
        use_flow_sigmas=True,
        flow_shift=1.0,
        algorithm_type="dpmsolver++",
        solver_order=2,
        final_sigmas_type="zero",
    )
