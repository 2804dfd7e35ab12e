"""Builds tiny segmentation models of the stock Segformer type: a few kilobytes, no download."""

# ruff: noqa: PLC0415 - tests that only name this module do not wait for torch

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scenery import landscape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SIDE = 64


def build_tiny_segmenter(
    folder: Path, classes: Sequence[str] = ("cat", "Background", "ball"), *, lessons: int = 60
) -> Path:
    """Write a Segformer to ``folder`` that has learned to tell the ball of ``landscape``, the last of its classes.

    All else is the last class but one.
    """
    import torch
    from transformers import SegformerForSemanticSegmentation

    torch.manual_seed(0)
    model, processor = SegformerForSemanticSegmentation(_settings(classes)), _processor()
    picture = landscape(SIDE, SIDE)
    pixels = processor(images=picture, return_tensors="pt")["pixel_values"]
    is_ball = np.asarray(picture, np.int16)[..., 0] > 150
    labels = torch.from_numpy(np.where(is_ball, len(classes) - 1, len(classes) - 2))[None]
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(lessons):
        optimizer.zero_grad()
        model(pixels, labels=labels).loss.backward()
        optimizer.step()
    model.save_pretrained(str(folder))
    processor.save_pretrained(str(folder))
    return folder


def build_tiny_classifier(folder: Path) -> Path:
    """Write a Segformer to ``folder`` that says what a picture shows, but not where."""
    from transformers import SegformerForImageClassification

    SegformerForImageClassification(_settings(["background", "ball"])).save_pretrained(str(folder))
    _processor().save_pretrained(str(folder))
    return folder


def _settings(classes: Sequence[str]) -> Any:  # noqa: ANN401 - transformers has no types here
    from transformers import SegformerConfig

    return SegformerConfig(
        num_encoder_blocks=2,
        depths=[1, 1],
        sr_ratios=[2, 1],
        hidden_sizes=[8, 16],
        patch_sizes=[3, 3],
        strides=[2, 2],
        num_attention_heads=[1, 2],
        mlp_ratios=[2, 2],
        decoder_hidden_size=16,
        hidden_dropout_prob=0.0,
        classifier_dropout_prob=0.0,
        drop_path_rate=0.0,
        id2label=dict(enumerate(classes)),
        label2id={name: number for number, name in enumerate(classes)},
    )


def _processor() -> Any:  # noqa: ANN401
    from transformers import SegformerImageProcessorPil

    return SegformerImageProcessorPil(size={"height": SIDE, "width": SIDE})
