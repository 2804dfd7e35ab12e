"""Engines, styles and ratios: within their own limits, and of sizes that engines can paint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.words import Operation
from domain.catalogue import ENGINES, RATIOS, STYLES, Style, size_of
from domain.words import Precision

if TYPE_CHECKING:
    from domain.engines import EngineSpec


@pytest.mark.parametrize("side", sorted({engine.base_side for engine in ENGINES.values()}))
@pytest.mark.parametrize("ratio", RATIOS)
def test_sizes_have_the_ratio_and_the_area_in_steps_of_eight(ratio: str, side: int) -> None:
    width, height = size_of(ratio, side)
    across, down = RATIOS[ratio]
    assert width % 8 == height % 8 == 0
    assert width / height == pytest.approx(across / down, rel=0.03)
    assert width * height == pytest.approx(side**2, rel=0.03)


def test_a_square_has_the_engines_own_side() -> None:
    assert size_of("1:1", 1024) == (1024, 1024)
    assert size_of("3:4", 1024) == (888, 1184)
    assert size_of("16:9", 512) == (680, 384)


@pytest.mark.parametrize("key", ENGINES)
def test_an_engines_defaults_are_within_its_limits(key: str) -> None:
    engine: EngineSpec = ENGINES[key]
    assert engine.key == key
    assert 1 <= engine.default_steps <= engine.max_steps
    assert 0 <= engine.default_guidance <= engine.max_guidance
    assert engine.price >= 1


@pytest.mark.parametrize("key", ENGINES)
def test_every_ratio_of_an_engine_is_a_size_that_it_paints(key: str) -> None:
    engine = ENGINES[key]
    for ratio, (across, down) in RATIOS.items():
        size = size_of(ratio, engine.base_side, engine.side_multiple)
        assert all(engine.smallest_side <= side <= engine.largest_side for side in size)
        assert all(side % engine.side_multiple == 0 for side in size)
        assert size[0] / size[1] == pytest.approx(across / down, rel=0.03)


@pytest.mark.parametrize("key", ENGINES)
def test_an_engine_says_what_it_can_do_for_what(key: str) -> None:
    engine = ENGINES[key]
    assert Operation.TEXT_TO_IMAGE in engine.operations
    assert engine.price == engine.prices[Operation.TEXT_TO_IMAGE]
    assert min(engine.prices.values()) >= 1
    assert engine.licence.url.startswith("https://")
    assert "en" in engine.languages
    assert 1 <= engine.sensible_steps <= engine.default_steps


@pytest.mark.parametrize("key", ["sd-turbo", "sdxl-turbo"])
def test_turbo_models_take_few_steps_and_no_guidance(key: str) -> None:
    engine = ENGINES[key]
    assert (engine.sensible_steps, engine.max_steps, engine.max_guidance) == (1, 4, 0.0)


def test_the_models_that_the_sources_name_are_there() -> None:
    models = {engine.source.hub_id: engine.key for engine in ENGINES.values() if engine.source}
    assert {hub_id.partition("/")[2] for hub_id in models if hub_id} == {
        "stable-diffusion-v1-5",
        "stable-diffusion-2-1",
        "sd-turbo",
        "stable-diffusion-xl-base-1.0",
        "sdxl-turbo",
        "stable-diffusion-3.5-medium",
        "FLUX.1-schnell",
        "FLUX.1-dev",
    }
    four_bits = ENGINES["flux-dev-nf4"].source
    assert four_bits
    assert (four_bits.precision, four_bits.needs_cuda) == (Precision.NF4, True)


@pytest.mark.parametrize("key", STYLES)
def test_a_style_is_a_recipe_with_one_place_for_the_prompt(key: str) -> None:
    style: Style = STYLES[key]
    assert style.key == key
    assert style.recipe.format(prompt="a {cat}").count("a {cat}") == 1
    assert style.name_en.isascii()
    assert not style.name_ko.isascii()
