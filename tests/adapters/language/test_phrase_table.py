"""The table of phrases turns real Korean prompts into English captions, and says what it does not know."""

from __future__ import annotations

import asyncio
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.language.lexicon import Kind, entries, lexicon
from adapters.language.phrase_table import PhraseTable
from adapters.language.plurals import plural
from domain.catalogue import STYLES
from domain.words import PromptMeans

pytestmark = pytest.mark.anyio

CAPTIONS = {
    # particles
    "고양이": "cat",
    "고양이가": "cat",
    "고양이는 행복하다": "happy cat",
    "고양이의 파란 눈": "blue eyes of cat",
    "고양이와 강아지": "cat and puppy",
    "고양이, 강아지 그리고 토끼": "cat, puppy and rabbit",
    "바다의 등대": "lighthouse by the sea",
    "봄의 정원": "garden in spring",
    "해변에서 노는 아이": "child playing on the beach",
    "소파에서 자는 고양이": "cat sleeping on the sofa",
    "고양이가 소파에서 자고 있다": "cat sleeping on the sofa",
    "고양이가 소파에서 자고 있는 모습": "cat sleeping on the sofa",
    "달을 보는 고양이": "cat looking at moon",
    "책을 읽는 소녀": "girl reading book",
    "유화로 그린 해바라기": "sunflower painted as oil painting",
    "구름처럼 하얀 강아지": "white puppy like clouds",
    "한 소녀가 웃고 있다": "one girl smiling",
    # colours and qualities
    "빨간 우산": "red umbrella",
    "파란 하늘을 나는 고래": "whale flying in the blue sky",
    "노란색 자동차": "yellow car",
    "하얀 티셔츠에 그려진 빨간 하트": "red heart painted on the white t-shirt",
    "귀엽고 작은 토끼": "cute small rabbit",
    "매우 귀여운 토끼": "very cute rabbit",
    "노을 지는 바다와 작은 배": "sunset sea and small boat",
    "눈 덮인 산과 오두막": "snow-covered mountains and cottage",
    "열대 섬의 해변": "beach on a tropical island",
    # doings
    "빨간 우산을 든 소녀": "girl holding red umbrella",
    "모자를 쓰고 있는 고양이": "cat wearing hat",
    "모자 쓴 고양이": "cat wearing hat",
    "한복을 입은 여자 초상화": "portrait of woman wearing hanbok",
    "소녀가 웃으며 꽃을 들고 있다": "girl smiling and holding flower",
    "용과 싸우는 기사": "knight fighting with dragon",
    "벚꽃이 흩날리는 봄의 정원": "garden in spring with falling cherry blossoms",
    "소녀와 고양이가 벤치에 앉아 있는 공원": "park with girl and cat sitting on the bench",
    "눈이 큰 소녀": "girl with big eyes",
    "긴 머리의 여자": "woman with long hair",
    "분홍 꽃이 가득한 들판": "field full of pink flower",
    "사람이 없는 거리": "street without person",
    "은하수가 보이는 사막의 밤하늘": "night sky in the desert with a view of Milky Way",
    # where
    "책상 위에 놓인 빨간 머그컵": "red mug on desk",
    "집 앞에 있는 커다란 나무": "big tree in front of house",
    "호수 위에 떠 있는 작은 배": "small boat floating on lake",
    "창가에서 책을 읽는 소녀": "girl reading book by the window",
    "구름 위 성": "castle above the clouds",
    "비 오는 밤 네온사인이 빛나는 도시 거리": "city street with shining neon signs on a rainy night",
    "카페에서 커피를 마시는 여자": "woman drinking coffee in a cafe",
    # how many
    "귀여운 강아지 세 마리": "three cute puppies",
    "세 마리의 고양이": "three cats",
    "강아지 3마리": "3 puppies",
    "고양이 한 마리": "one cat",
    "바다 위를 나는 갈매기들": "seagulls flying on sea",
    # media and styles
    "고양이 사진": "photo of cat",
    "우주를 여행하는 우주비행사 수채화": "watercolor of astronaut travelling in space",
    "사이버펑크 스타일의 서울 야경": "Seoul night view in cyberpunk style",
    "픽셀 아트 스타일로 그린 성": "castle painted in pixel art style",
    # spaces
    "빨간고양이": "red cat",
    "숲속의고양이": "cat in the forest",
    "숲 속의 고양이": "cat in the forest",
    "  노을   지는\t바다 ": "sunset sea",
    "눈덮인 산": "snow-covered mountains",
    # signs, lines, weights
    "숲 속의 고양이, 초록빛": "cat in the forest, green",
    "(귀여운 고양이:1.2), 정원": "(cute cat:1.2), garden",
    "고양이\n강아지": "cat\npuppy",
    "고양이!! 정말 귀여운 고양이...": "cat!! very cute cat...",
    # emoji and other languages
    "고양이🐱와 강아지🐶": "cat🐱 and puppy🐶",
    "👩‍👩‍👧‍👦 가족 사진": "👩‍👩‍👧‍👦 photo of family",
    "cute한 고양이": "cute cat",
    "a cat in the 정원": "a cat in the garden",
    "흑백 사진": "black and white photo",
    "4K 고화질 사진": "4K high resolution photo",
    "بحر 바다": "بحر sea",
    "a red fox": "a red fox",
    "": "",
}
"""Prompt and caption."""

STRANGERS = {
    "티라노사우루스를 타는 소년": ("boy riding 티라노사우루스", ("티라노사우루스",)),
    "뽀로로가 춤추는 모습": ("dancing 뽀로로", ("뽀로로",)),
    "김치찌개와 밥": ("김치찌개 and rice", ("김치찌개",)),
    "꿹뷁": ("꿹뷁", ("꿹뷁",)),
    "소방서": ("소방서", ("소방서",)),
}
"""Prompt, caption and the words that nobody here knows."""


@pytest.mark.parametrize("prompt", CAPTIONS)
async def test_a_prompt_becomes_an_english_caption(prompt: str) -> None:
    said = await PhraseTable().to_english(prompt)
    assert (said.text, said.unknown) == (CAPTIONS[prompt], ())
    assert (said.means, said.is_fallback) == (PromptMeans.RULES, False)


@pytest.mark.parametrize("prompt", STRANGERS)
async def test_words_that_are_not_known_stay_and_are_told(prompt: str) -> None:
    said = await PhraseTable().to_english(prompt)
    assert (said.text, said.unknown) == STRANGERS[prompt]


@pytest.mark.parametrize("prompt", CAPTIONS)
async def test_decomposed_hangul_is_the_same_text(prompt: str) -> None:
    decomposed = unicodedata.normalize("NFD", prompt)
    assert await PhraseTable().to_english(decomposed) == await PhraseTable().to_english(prompt)


async def test_a_lone_surrogate_does_no_harm() -> None:
    assert (await PhraseTable().to_english("고양이 \ud800 바다")).text == "cat \ud800 sea"


@given(st.text(st.sampled_from("고양이가 바다에서 자는빨간눈의세마리 강아지와🐱,aB1\n"), max_size=80))
def test_whatever_is_written_is_answered_without_known_words_being_left(text: str) -> None:
    said = asyncio.run(PhraseTable().to_english(text))
    assert said == asyncio.run(PhraseTable().to_english(text))
    korean = set(re.findall("[가-힣]+", said.text))
    assert all(any(word in unknown for unknown in said.unknown) for word in korean)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("가" * 2_000, "가" * 2_000),
        ("꽃 " * 1_000, "flower " * 999 + "flower"),
        ("고양이가 " * 400, ", ".join(["cat"] * 400)),
        ("ㅋ" * 2_000, "ㅋ" * 2_000),
    ],
)
async def test_the_longest_prompts_are_answered(text: str, expected: str) -> None:
    assert (await PhraseTable().to_english(text)).text == expected


def test_the_table_is_large_and_says_nothing_twice() -> None:
    assert len(lexicon()) > 1_500
    for kind in Kind:
        forms = [form for spellings, _ in entries(kind) for form in spellings]
        assert all(forms), kind
        assert [form for form in set(forms) if forms.count(form) > 1] == [], kind


def test_the_table_speaks_english_alone() -> None:
    for words in lexicon().values():
        for word in words:
            assert word.english.isascii(), word
            assert word.kind in (Kind.COUNTER, Kind.QUALITY) or word.english, word


async def test_styles_of_the_catalogue_are_known_by_their_korean_names() -> None:
    for style in STYLES.values():
        assert not (await PhraseTable().to_english(f"{style.name_ko} 고양이")).unknown


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("cat", "cats"),
        ("puppy", "puppies"),
        ("toy", "toys"),
        ("fox", "foxes"),
        ("dress", "dresses"),
        ("branch", "branches"),
        ("old man", "old men"),
        ("polar bear", "polar bears"),
        ("jeans", "jeans"),
        ("sheep", "sheep"),
        ("뽀로로", "뽀로로"),
    ],
)
def test_plurals(noun: str, expected: str) -> None:
    assert plural(noun) == expected
