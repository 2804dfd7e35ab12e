"""Engines, styles and ratios: within their own limits, and of sizes that engines can paint."""

from __future__ import annotations

import pytest

from domain.catalogue import ENGINES, RATIOS, STYLES, EngineSpec, Style, size_of


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


@pytest.mark.parametrize("key", STYLES)
def test_a_style_is_a_recipe_with_one_place_for_the_prompt(key: str) -> None:
    style: Style = STYLES[key]
    assert style.key == key
    assert style.recipe.format(prompt="a {cat}").count("a {cat}") == 1
    assert style.name_en.isascii()
    assert not style.name_ko.isascii()
