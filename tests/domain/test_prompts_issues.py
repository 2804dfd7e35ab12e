"""What is wrong with a prompt, and what the rules make of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import STYLES
from domain.prompts_difference import MAXIMUM_PARTS, Part, difference
from domain.prompts_improving import Improved, improved
from domain.prompts_issues import MAXIMUM_ISSUES, issues
from domain.prompts_words import DETAILS, OPPOSITES
from domain.words import DifferenceKind, PromptIssueCode

SHORT, NO_SUBJECT, CONTRADICTION, QUALITY, NEGATION, MIXED = PromptIssueCode
KEPT, ADDED, REMOVED = DifferenceKind

FOUND: dict[str, list[PromptIssueCode]] = {
    "a lighthouse on a cliff at dusk": [],
    "노을 지는 바다와 등대": [],
    "AI가 그린 고양이, 4K": [],
    "cat": [SHORT],
    "고양이": [SHORT],
    "🐱": [SHORT],
    "beautiful, best quality": [NO_SUBJECT],
    "아름다운 수채화 그림": [NO_SUBJECT],
    "red": [SHORT, NO_SUBJECT],
    "a street in daytime, midnight stars": [CONTRADICTION],
    "여름 바다의 겨울 풍경": [CONTRADICTION],
    "흑백 사진, 알록달록한 꽃밭": [CONTRADICTION],
    "photo of a cartoon dog": [CONTRADICTION],
    "a knight riding at night": [],
    "a cat, masterpiece, masterpiece": [QUALITY],
    "a cat, masterpiece, 8k, hdr, best quality": [QUALITY],
    "고양이, 고화질, 고화질": [QUALITY],
    "a cat in masterpiece quality, 8k": [],
    "a street without people": [NEGATION],
    "a cat, no text, no watermark": [NEGATION],
    "사람 없는 거리": [NEGATION],
    "글자 없이 그린 고양이": [NEGATION],
    "a knot in a notebook, nobody": [],
    "귀여운 고양이 wearing a hat": [MIXED],
    "a street at night, no daylight, but not day": [NEGATION],
}


@pytest.mark.parametrize("prompt", FOUND)
def test_issues_are_found(prompt: str) -> None:
    assert [issue.code for issue in issues(prompt)] == FOUND[prompt]


def test_an_issue_says_what_it_is_about_in_both_languages() -> None:
    (issue,) = issues("a street in daytime, midnight stars")
    assert issue.message("en").startswith("“daytime” and “midnight” contradict")
    assert "“daytime”와(과) “midnight”" in issue.message("ko")
    (issue,) = issues("a cat, no text, no water {mark}")
    assert issue.message("en").endswith(": text, water.")


def test_all_opposites_at_once_are_a_bounded_list() -> None:
    prompt = ", ".join(f"{one[0]}, {other[0]}" for one, other in OPPOSITES)
    found = issues(prompt)
    assert sum(issue.code is CONTRADICTION for issue in found) == len(OPPOSITES)
    assert len(found) <= MAXIMUM_ISSUES


IMPROVED = {
    "cat": ("cat, soft side light, shallow depth of field", ""),
    "고양이": ("고양이, 부드러운 측면광, 얕은 심도", ""),
    "cat , cat,, Cat  on a mat": ("cat, Cat on a mat, soft side light, shallow depth of field", ""),
    "a street without people at night": ("a street at night, soft side light, shallow depth of field", "people"),
    "a cat and no dogs in the garden": ("a cat in the garden, soft side light, shallow depth of field", "dogs"),
    "a cat, no text, no water": ("a cat, soft side light, shallow depth of field", "text, water"),
    "사람 없는 거리": ("거리, 부드러운 측면광, 얕은 심도", "사람"),
    "beautiful, beautiful, best quality": ("beautiful, best quality", ""),
    "no text": ("no text", ""),
    "": ("", ""),
}


@pytest.mark.parametrize("prompt", IMPROVED)
def test_rules_improve(prompt: str) -> None:
    assert improved(prompt, "realistic") == Improved(*IMPROVED[prompt])


def test_a_prompt_that_says_enough_stays() -> None:
    prompt = "An old fisherman mending his nets on a wooden pier at dawn, thin mist over calm water, muted blues"
    assert improved(prompt, "watercolor") == Improved(prompt, "")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("prompt", ["a cat", "고양이"])
def test_what_was_improved_is_not_improved_again(prompt: str, style: str) -> None:
    once = improved(prompt, style).prompt
    assert once.endswith(DETAILS[style][prompt == "고양이"])
    assert improved(once, style).prompt == once


def test_a_difference_tells_what_was_kept_added_and_removed() -> None:
    assert difference("a cat, no text", "a black cat") == [
        Part(KEPT, "a "),
        Part(ADDED, "black "),
        Part(KEPT, "cat"),
        Part(REMOVED, ", no text"),
    ]
    assert difference("red, green", "blue, grey") == [Part(REMOVED, "red, green"), Part(ADDED, "blue, grey")]
    assert difference("same", "same") == [Part(KEPT, "same")]
    assert difference("", "") == []


WORDS = st.text(st.sampled_from("ab 고,🐱"), max_size=60)


@given(WORDS, WORDS)
def test_a_difference_holds_both_texts(before: str, after: str) -> None:
    parts = difference(before, after)
    assert "".join(part.text for part in parts if part.kind is not ADDED) == before
    assert "".join(part.text for part in parts if part.kind is not REMOVED) == after
    assert all(part.text for part in parts)


@pytest.mark.parametrize("words", [90, 2_000])
def test_a_difference_of_long_texts_is_bounded(words: int) -> None:
    before = "same " + " ".join(f"a{n}" if n % 2 else "x" for n in range(words)) + " end"
    after = "same " + " ".join(f"b{n}" if n % 2 else "x" for n in range(words)) + " end"

    parts = difference(before, after)

    assert len(parts) <= MAXIMUM_PARTS
    assert [part.kind for part in parts] == [KEPT, REMOVED, ADDED, KEPT]
    assert parts[0].text.startswith("same ")
    assert parts[-1].text.endswith(" end")
