"""What an engine is told, how much of it is read, and which warnings there are."""

from __future__ import annotations

import pytest

from adapters.language.phrase_table import PhraseTable
from domain.prompts import AT, ToldPrompt, told
from domain.prompts_tokens import estimated, unread
from domain.warnings import GenerationWarning
from domain.words import GenerationWarningCode

pytestmark = pytest.mark.anyio

CLIP_TOKENS = {
    "A lighthouse on a cliff at dusk, warm light over the sea": 13,
    "photo of a red fox in a snowy forest, natural light, detailed": 14,
    "isometric pixel art of a cozy bakery, limited palette, warm lights in the windows": 17,
    "cyberpunk street market at night, neon signs reflected in puddles, volumetric fog, cinematic composition, "
    "ultra detailed, 8k": 25,
    "masterpiece, best quality, 1girl, solo, long silver hair, blue eyes, detailed background, school uniform, "
    "looking at viewer": 26,
    "빨간 우산을 든 소녀": 13,
    "🐱": 1,
    "1024": 4,
    "": 0,
}
"""Tokens that CLIP's own tokenizer makes of a text, those of its frame not counted."""


@pytest.mark.parametrize("text", CLIP_TOKENS)
def test_tokens_are_estimated_a_little_too_high(text: str) -> None:
    assert CLIP_TOKENS[text] <= estimated(text) <= 1.25 * CLIP_TOKENS[text] + 3


def test_what_is_not_read_is_the_end() -> None:
    text = " ".join(f"cat{n % 10}" for n in range(60))
    # 75 tokens are left of 77: each word is a token, and its digit one more
    assert unread(text, 77) == "7 " + " ".join(f"cat{n % 10}" for n in range(38, 60))
    assert unread("cat " * 75, 77) == ""
    assert unread("cat " * 76, 77) == "cat "
    assert unread("", 77) == ""


@pytest.mark.parametrize("text", ["a" * 2_000, "한" * 2_000, "🐱" * 2_000, "!" * 2_000, "1" * 2_000, "é" * 2_000])
def test_long_texts_of_any_kind_are_not_read_to_their_end(text: str) -> None:
    assert estimated(text) > 77
    assert unread(text, 77)


async def test_an_engine_that_speaks_korean_is_told_what_was_asked_for() -> None:
    said = await told(PhraseTable(), "sandbox", "anime", "빨간 고양이" * 300, "글자")
    assert said == ToldPrompt("빨간 고양이" * 300, "글자")


async def test_an_engine_that_reads_english_is_told_it_in_english() -> None:
    assert await told(PhraseTable(), "diffusers", "anime", "빨간 고양이", "") == ToldPrompt("red cat", "")
    assert await told(PhraseTable(), "diffusers", "anime", "빨간 고양이", "글자, 사람") == ToldPrompt(
        "red cat", "text, person"
    )
    assert await told(PhraseTable(), "diffusers", "anime", "a cat", "글자") == ToldPrompt("a cat", "text")


async def test_english_and_other_languages_stay_as_they_are() -> None:
    for prompt in ("a  cat ,", "قطة", "猫", "🐱", "{prompt} %s"):
        assert await told(PhraseTable(), "diffusers", "anime", prompt, prompt) == ToldPrompt(prompt, prompt)


async def test_words_that_are_not_understood_are_warned_of_once() -> None:
    said = await told(PhraseTable(), "diffusers", "anime", "꿹뷁 고양이", "꿹뷁, 뀱")
    assert said.prompt == "꿹뷁 cat"
    assert said.warnings == (GenerationWarning(GenerationWarningCode.PROMPT_NOT_UNDERSTOOD, AT, {"words": "꿹뷁, 뀱"}),)
    assert "꿹뷁, 뀱" in said.warnings[0].message("en")
    assert "꿹뷁, 뀱" in said.warnings[0].message("ko")


async def test_the_end_of_a_long_prompt_is_warned_of_with_the_recipe_of_its_style() -> None:
    # "anime illustration of {prompt}, clean lines, vivid" leaves 65 of 75 tokens to the prompt
    fits = " ".join(["cat"] * 65)
    assert (await told(PhraseTable(), "sd15", "anime", fits, "")).warnings == ()
    (warning,) = (await told(PhraseTable(), "sd15", "anime", fits + " dog", "")).warnings
    assert warning == GenerationWarning(GenerationWarningCode.PROMPT_TRUNCATED, AT, {"limit": 77, "unread": "vivid"})
    (warning,) = (await told(PhraseTable(), "sd15", "anime", "한" * 2_000, "")).warnings[1:]
    assert warning.code is GenerationWarningCode.PROMPT_TRUNCATED
    assert len(warning.message("ko")) < 400
