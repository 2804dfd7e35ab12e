"""What the text encoders of a pipeline made of prompts, kept so that the same words are encoded once."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from typing import Any

_LIMIT_BYTES = 64 * 2**20

Words = tuple[str, str]
"""Prompt and negative prompt."""
_PAIR = ("prompt_embeds", "negative_prompt_embeds")
_POOLED = (*_PAIR, "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
_UNGUIDED = ("prompt_embeds", "pooled_prompt_embeds")


class TextCache:
    """Encodes prompts for one pipeline, and for those that share its text encoders; forgets what was not used longest.

    Every prompt is encoded on its own, whether it is kept or not and whatever stands beside it: an image is the same
    alone, in a batch, and the second time.
    """

    def __init__(self, pipeline: Any, torch: Any, limit_bytes: int = _LIMIT_BYTES) -> None:  # noqa: ANN401 - untyped
        """Keep at most ``limit_bytes`` of tensors."""
        self._pipeline = pipeline
        self._torch = torch
        self._limit = limit_bytes
        self._names = _argument_names(pipeline)
        self._kept: OrderedDict[tuple[Words, bool], tuple[Any, ...]] = OrderedDict()
        self.size = 0
        """Bytes that are kept."""

    def arguments(self, words: list[Words], *, guided: bool) -> dict[str, Any]:
        """Return how to tell the pipeline of ``words``, one pair for each image: encoded where it takes that.

        Args:
            words: Prompts and negative prompts.
            guided: Whether guidance is in force, without which negative prompts are not looked at.
        """
        if not self._names:
            return {"prompt": [prompt for prompt, _ in words], "negative_prompt": [negative for _, negative in words]}
        encoded = [self._encoded(pair, guided) for pair in words]
        columns = zip(self._names, zip(*encoded, strict=True), strict=True)
        return {name: self._torch.cat(parts) for name, parts in columns if parts[0] is not None}

    def _encoded(self, words: Words, guided: bool) -> tuple[Any, ...]:  # noqa: FBT001 - part of the key
        key = (words, guided)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        tensors = self._encode(words, guided=guided)
        self._kept[key] = tensors
        self.size += _bytes(tensors)
        while self.size > self._limit:
            self.size -= _bytes(self._kept.popitem(last=False)[1])
        return tensors

    def _encode(self, words: Words, *, guided: bool) -> tuple[Any, ...]:
        accepted = inspect.signature(self._pipeline.encode_prompt).parameters
        offered = {
            "prompt": words[0],
            "prompt_2": None,
            "prompt_3": None,
            "negative_prompt": words[1],
            "device": self._pipeline._execution_device,  # noqa: SLF001 - as the pipelines themselves ask for it
            "num_images_per_prompt": 1,
            "do_classifier_free_guidance": guided,
        }
        with self._torch.no_grad():
            made = self._pipeline.encode_prompt(**{name: offered[name] for name in accepted if name in offered})
        return tuple(made[: len(self._names)])


def _argument_names(pipeline: Any) -> tuple[str, ...]:  # noqa: ANN401 - any pipeline
    """Return which arguments of the pipeline take what its ``encode_prompt`` returns, in that order; () for none.

    Known are the shapes of Stable Diffusion 1 and 2, of XL and 3, and of FLUX.
    """
    encode = getattr(pipeline, "encode_prompt", None)
    if encode is None:
        return ()
    takes = inspect.signature(type(pipeline).__call__).parameters
    makes = inspect.signature(encode).parameters
    if "prompt_embeds" not in takes or "prompt_attention_mask" in takes or "prompt_embeds_mask" in takes:
        return ()
    if "pooled_prompt_embeds" in takes:
        return _POOLED if "negative_pooled_prompt_embeds" in makes else _UNGUIDED
    return _PAIR if "do_classifier_free_guidance" in makes and "negative_prompt_embeds" in takes else ()


def _bytes(tensors: tuple[Any, ...]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors if tensor is not None)
