"""What is acceptable, but told with the accepted job."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.catalogue import ENGINES
from domain.errors import InvalidInput
from domain.generation import GenerationRequest, GenerationSpec, check
from domain.warnings import warnings_for


def checked(engine: str, **values: Any) -> GenerationSpec:  # noqa: ANN401 - fields of the request
    return check(GenerationRequest("a cat", engine=engine, **values), [engine])


def codes(spec: GenerationSpec) -> list[str]:
    return [str(warning.code) for warning in warnings_for(spec)]


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_speaks_against_an_engines_own_defaults(engine: str) -> None:
    assert codes(checked(engine)) == []
    assert codes(checked(engine, ratio="16:9")) == []


@pytest.mark.parametrize(
    ("engine", "values", "expected"),
    [
        ("sd15", {"steps": 14}, ["STEPS_BELOW_SENSIBLE"]),
        ("sd15", {"steps": 15}, []),
        ("sd15", {"negative_prompt": "dog"}, []),
        ("sd15", {"negative_prompt": "dog", "guidance": 1.0}, ["NEGATIVE_PROMPT_IGNORED"]),
        ("sandbox", {"negative_prompt": "dog", "guidance": 0.0}, []),
        ("flux-dev", {"negative_prompt": "dog"}, ["NEGATIVE_PROMPT_IGNORED"]),
        ("flux-dev", {"guidance": 5.0}, []),
        ("flux-schnell", {"guidance": 5.0}, ["GUIDANCE_IGNORED"]),
        ("gpt-image", {"seed": 7}, ["SEED_IGNORED"]),
        ("sdxl", {"seed": 7, "steps": 1, "guidance": 0.0}, ["STEPS_BELOW_SENSIBLE"]),
    ],
)
def test_what_may_surprise_is_told(engine: str, values: dict[str, Any], expected: list[str]) -> None:
    assert codes(checked(engine, **values)) == expected


@pytest.mark.parametrize(("side", "expected"), [(364, []), (724, []), (360, ["far"]), (728, ["far"])])
def test_a_size_far_from_the_trained_one_is_told(side: int, expected: list[str]) -> None:
    spec = replace(checked("sd15"), width=side, height=side)
    assert codes(spec) == ["SIZE_FAR_FROM_TRAINED"] * len(expected)


def test_warnings_are_told_in_english_and_korean() -> None:
    spec = replace(checked("sd15", steps=3), width=64, height=72)
    size, steps = warnings_for(spec)
    assert size.message("en") == "64 × 72 is far from the 512 × 512 that this engine was trained on."
    assert "512 × 512" in size.message("ko")
    assert steps.message("en") == "This engine's pictures look unfinished below 15 steps."
    assert steps.message("ko") == "이 엔진은 15단계보다 적으면 그림이 덜 완성되어 보입니다."
    assert steps.path == ("input", "steps")


@pytest.mark.parametrize(
    ("engine", "values"),
    [
        ("sd-turbo", {"steps": 5}),
        ("sd-turbo", {"guidance": 0.5}),
        ("flux-schnell", {"steps": 9}),
        ("small", {"steps": 51}),
    ],
)
def test_what_an_engine_can_not_do_is_refused(engine: str, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(engine, **values)
    assert refused.value.path == ("input", *values)
    most = ENGINES[engine].max_steps if "steps" in values else ENGINES[engine].max_guidance
    assert refused.value.values["maximum"] == most
