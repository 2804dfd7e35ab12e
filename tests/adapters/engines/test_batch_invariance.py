"""That an image is the same, to the last bit of its latents, alone and in any company."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from domain.ports import Brief, ImageTask, Painted
from orders import painting

if TYPE_CHECKING:
    from adapters.engines.diffusion import DiffusersEngine
    from domain.ports import PaintRequest

PROMPTS = ("a cat under the moon", "두 마리의 물고기", "", "a red house by the sea, snow, at night, from above")


def bits(engine: DiffusersEngine, request: PaintRequest) -> list[tuple[Any, bytes]]:
    """Return, for each image, what the autoencoder was given and the picture."""
    seen: list[Any] = []
    vae = engine.pipelines().words.vae
    hook = vae.decoder.register_forward_pre_hook(lambda _, given: seen.extend(given[0].detach().clone()))
    outcomes = engine.paint(request, lambda _step: None)
    hook.remove()
    pictures = [outcome.image.tobytes() for outcome in outcomes if isinstance(outcome, Painted)]
    return list(zip([each.numpy().tobytes() for each in seen], pictures, strict=True))


@pytest.mark.parametrize("name", ["diffusers_engine", "flux_engine"])
@pytest.mark.parametrize("size", [(64, 48), (128, 128), (96, 160)])
@pytest.mark.parametrize("guidance", [5.0, 0.0])
def test_an_image_is_the_same_alone_and_in_any_company(
    request: pytest.FixtureRequest, name: str, size: tuple[int, int], guidance: float
) -> None:
    engine: DiffusersEngine = request.getfixturevalue(name)
    asked = painting(Brief("", "blurry", "anime"), size, 3, guidance, ())
    tasks = tuple(ImageTask(index, 40 + index, Brief(prompt, "", "anime")) for index, prompt in enumerate(PROMPTS))
    alone = [bits(engine, replace(asked, images=(task,)))[0] for task in tasks]

    for company in ((1, 0), (2, 1, 0), (3, 3, 0, 1)):
        together = bits(engine, replace(asked, images=tuple(tasks[index] for index in company)))
        assert together == [alone[index] for index in company]
