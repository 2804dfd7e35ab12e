"""What an operation asks of engines and sizes, without any picture."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from db.words import Operation
from domain.catalogue import ENGINES, RATIOS, ratio_of, size_of
from domain.engines import prices
from domain.errors import InvalidInput
from domain.operations import DEFAULT_STRENGTHS, WORDS_ALONE, checked, engine_for

SANDBOX = ENGINES["sandbox"]


@pytest.fixture
def _only_the_sandbox_enlarges(monkeypatch: pytest.MonkeyPatch) -> None:
    without = replace(ENGINES["diffusers"], prices=prices(1, Operation.UPSCALE))
    monkeypatch.setitem(ENGINES, "diffusers", without)


@pytest.mark.usefixtures("_only_the_sandbox_enlarges")
def test_the_first_engine_that_can_is_the_default() -> None:
    engines = ("diffusers", "sandbox")
    assert engine_for(Operation.UPSCALE, None, engines).key == "sandbox"
    assert engine_for(Operation.RESTYLE, None, engines).key == "diffusers"
    assert engine_for(Operation.UPSCALE, "sandbox", engines).key == "sandbox"


@pytest.mark.usefixtures("_only_the_sandbox_enlarges")
def test_an_engine_that_can_not_is_refused_and_those_that_can_are_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        engine_for(Operation.UPSCALE, "diffusers", ("diffusers", "sandbox"))
    assert (refused.value.reason, refused.value.path) == ("operation.not_offered", ("input", "engine"))
    assert refused.value.values == {"value": "Diffusion pipeline", "choices": "sandbox"}

    with pytest.raises(InvalidInput) as refused:
        engine_for(Operation.UPSCALE, None, ("diffusers",))
    assert refused.value.reason == "operation.nowhere"


@pytest.mark.parametrize("operation", Operation)
def test_strength_has_bounds_where_it_has_a_meaning(operation: Operation) -> None:
    given = replace(WORDS_ALONE, reference_ids=(UUID(int=1),))
    default = DEFAULT_STRENGTHS.get(operation)
    assert checked(operation, given, SANDBOX).strength == default
    for strength in (0.05, 1.0):
        told = checked(operation, replace(given, strength=strength), SANDBOX).strength
        assert told == (None if default is None else strength)
    for strength in (0.0499, 1.0001, float("nan"), float("inf")):
        if default is not None:
            with pytest.raises(InvalidInput) as refused:
                checked(operation, replace(given, strength=strength), SANDBOX)
            assert refused.value.reason == "number.out_of_range"


def test_a_ratio_is_called_by_its_name() -> None:
    for engine in ENGINES.values():
        sizes = [size_of(ratio, engine.base_side, engine.side_multiple) for ratio in RATIOS]
        assert [ratio_of(*size, engine) for size in sizes] == list(RATIOS)
    assert ratio_of(208, 304, SANDBOX) == "13:19"
