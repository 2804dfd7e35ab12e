"""What a search finds: words of titles, tags, descriptions and prompts, beginnings and parts of them, typing errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from domain.search_queries import query_json
from searching import HIDDEN_PROMPT, Gallery, searched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gallery(spare_database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Gallery]:
    async with searched(spare_database_url, redis_url, tmp_path) as gallery:
        yield gallery


async def test_words_are_found_wherever_they_stand_and_the_best_match_comes_first(gallery: Gallery) -> None:
    # given artworks with a word in their title, tag, description or prompt, and as a part of another word
    nari, yuna = await gallery.users("nari", "yuna")
    await gallery.add(nari, "A Dragon sleeps")
    await gallery.add(nari, "In its prompt", prompt="a dragon, oil on canvas")
    await gallery.add(yuna, "In its description", description="Here be DRAGON.")
    await gallery.add(yuna, "In its tags", "dragon")
    await gallery.add(yuna, "Two dragons")
    await gallery.add(yuna, "A snapdragon")
    await gallery.add(yuna, "Nothing of it")
    await gallery.add(nari, "In a prompt that is not shown", prompt="dragon", **HIDDEN_PROMPT)
    await gallery.look()

    # then titles and tags come first, then other texts, then words that only have it within; the newest first
    assert await gallery.titles("dragon") == [
        *("In its tags", "A Dragon sleeps"),
        *("In its description", "In its prompt"),
        *("A snapdragon", "Two dragons"),
    ]
    assert await gallery.titles("dragon", order="NEWEST") == [
        *("A snapdragon", "Two dragons", "In its tags", "In its description", "In its prompt", "A Dragon sleeps")
    ]

    # and all words of a query have to be there, none of those that are excluded
    assert await gallery.titles("dragon oil") == ["In its prompt"]
    assert await gallery.titles("dragon -oil -description -tags") == ["A Dragon sleeps", "A snapdragon", "Two dragons"]
    assert await gallery.titles("dragon phoenix") == []
    assert await gallery.titles("dragn") == [
        *("Two dragons", "In its tags", "A Dragon sleeps", "In its description", "In its prompt")
    ]

    # and authors count as words: their handle, or how it begins
    assert await gallery.titles("dragon @yuna", order="NEWEST") == [
        *("A snapdragon", "Two dragons", "In its tags", "In its description")
    ]
    assert await gallery.titles("dragon yun -@nari", order="NEWEST") == [
        *("A snapdragon", "Two dragons", "In its tags", "In its description")
    ]
    assert await gallery.titles("@nobody dragon") == []


async def test_phrases_stand_as_they_are_and_hashtags_are_whole(gallery: Gallery) -> None:
    (nari,) = await gallery.users("nari")
    await gallery.add(nari, "Golden dragon", "gold")
    await gallery.add(nari, "A dragon, golden", "goldfish")
    await gallery.add(nari, "The GOLDEN   DRAGON of the north")
    await gallery.look()
    assert await gallery.titles('"golden dragon"') == ["The GOLDEN   DRAGON of the north", "Golden dragon"]
    assert await gallery.titles("“golden dragon” north") == ["The GOLDEN   DRAGON of the north"]
    assert await gallery.titles('dragon -"golden dragon"', order="NEWEST") == ["A dragon, golden"]
    assert await gallery.titles("#gold") == ["Golden dragon"]
    assert await gallery.titles("＃ＧＯＬＤ") == ["Golden dragon"]
    assert await gallery.titles("gold -#gold", order="NEWEST") == [
        *("The GOLDEN   DRAGON of the north", "A dragon, golden")
    ]


async def test_phrases_are_compared_as_words_are(gallery: Gallery) -> None:
    (nari,) = await gallery.users("nari")
    titles = ["ＧＯＬＤＥＮ\u3000ＨＯＵＲ", "a gol\u200bden hour", "GOLDEN Hour", "golden\u00a0hour"]
    for title in titles:
        await gallery.add(nari, title)
    await gallery.add(nari, "Two lines", description="golden\nhour")
    await gallery.add(nari, "Hidden", prompt="golden hour", **HIDDEN_PROMPT)
    await gallery.add(nari, "Straße am Fluß", prompt="100% _as \\ it_")
    await gallery.look()
    assert await gallery.titles('"Golden hour"', order="NEWEST") == ["Two lines", *reversed(titles)]
    assert await gallery.titles('-"golden hour" -hidden') == ["Straße am Fluß"]
    for phrase in ('"STRASSE AM"', '"straße am"', '"100% _as \\ it_"'):
        assert await gallery.titles(phrase) == ["Straße am Fluß"], phrase
    assert await gallery.titles('"100_ %as"') == []


async def test_of_an_empty_list_anything_is_found(gallery: Gallery) -> None:
    (nari,) = await gallery.users("nari")
    await gallery.add(nari, "A dog")
    await gallery.look()
    empty: dict[str, Any] = {name: [] for name in ("styles", "ratios", "engines", "colors", "contentLevels", "tags")}
    assert await gallery.titles("dog", filter=empty) == await gallery.titles("", filter=empty) == ["A dog"]
    assert await gallery.titles("dog", filter=empty | {"styles": ["oil"]}) == []


async def test_many_frequent_words_cost_lookups_and_no_joins(gallery: Gallery, spare_database_url: str) -> None:
    # given words each of which stands for many others
    (zoe,) = await gallery.users("zoe")
    words = [f"{letter}{number}" for letter in "abcdefghijklmnopqrst" for number in range(10, 14)]
    for _ in range(3):
        await gallery.add(zoe, " ".join(words))
    await gallery.look()

    # when all are asked for, and left out
    plans: list[str] = []
    queries = (" ".join("abcdefghijklmnopqrst"), "a " + " ".join(f"-{word}" for word in words[-19:]))
    with psycopg.connect(spare_database_url, autocommit=True) as connection:
        connection.add_notice_handler(lambda told: plans.append(told.message_primary or ""))
        for setting in ("log_min_duration = 0", "log_nested_statements = on", "log_level = 'notice'"):
            connection.execute(f"LOAD 'auto_explain'; SET auto_explain.{setting}".encode())
        counts = [
            len(connection.execute("SELECT search_artworks(%s, '{}', 1001)", [query_json(query)]).fetchall())
            for query in queries
        ]

    # then each artwork is looked up for each word, and three words stand for one
    assert counts == [3, 0]
    (asked, left_out) = [plan for plan in plans if "search_documents d" in plan]
    for plan in (asked, left_out):
        assert "Semi Join" not in plan
        assert "Anti Join" not in plan
        assert plan.count("SubPlan") >= 19
    assert max(len(ids.split(",")) for ids in re.findall(r"'\{([\d,]+)\}'", asked)) == 3


async def test_a_word_that_many_others_begin_with_is_found_beside_another(gallery: Gallery) -> None:
    (nari,) = await gallery.users("nari")
    words = ("drag", "dragon", "dragons", "dragoon", "dragonfly")
    for word in words:
        await gallery.add(nari, f"Tiny {word}")
        await gallery.add(nari, f"Huge {word}")
    await gallery.add(nari, "Tiny cat")
    await gallery.look()
    assert await gallery.titles("tiny drag") == ["Tiny drag", *(f"Tiny {word}" for word in reversed(words[1:]))]
    assert await gallery.titles("tiny drag -dragons -dragoon") == ["Tiny drag", "Tiny dragonfly", "Tiny dragon"]


async def test_korean_is_found_by_syllables_endings_and_unfinished_letters(gallery: Gallery) -> None:
    (nari,) = await gallery.users("nari")
    await gallery.add(nari, "고양이가 있는 풍경")
    await gallery.add(nari, "길고양이", "야옹")
    await gallery.add(nari, "강")
    await gallery.add(nari, "한강의 밤")
    await gallery.look()
    assert await gallery.titles("고양이") == ["길고양이", "고양이가 있는 풍경"]
    assert await gallery.titles("고양") == ["길고양이", "고양이가 있는 풍경"]
    assert await gallery.titles("강") == ["강", "한강의 밤"]
    assert await gallery.titles("한") == ["한강의 밤"]
    assert await gallery.titles("고양이 풍경") == ["고양이가 있는 풍경"]
    assert await gallery.titles("고얌이가") == ["고양이가 있는 풍경"]
    # composed and decomposed, full width: the same
    assert await gallery.titles("\u1112\u1161\u11ab\u1100\u1161\u11bc") == ["한강의 밤"]
    assert await gallery.titles("#야옹") == ["길고양이"]
    # a syllable that is still being typed
    assert await gallery.titles("고양이가 풍ㄱ") == ["고양이가 있는 풍경"]
    assert await gallery.titles("고양이가 있느") == ["고양이가 있는 풍경"]


async def test_letters_of_hangul_that_stand_alone_are_words_and_tags(gallery: Gallery) -> None:
    (nari,) = await gallery.users("nari")
    await gallery.add(nari, "고양이 ㅋㅋㅋㅠㅠ", "ㅠㅠ")
    await gallery.look()
    for query in ("ㅋㅋㅋ", "ㅋㅋㅋㅠㅠ", "ㅋ", "\u110f\u110f", "#ㅠㅠ", '"고양이 ㅋㅋㅋㅠㅠ"', "고양이 -ㅋㅋㅋ"):
        assert await gallery.titles(query) == ["고양이 ㅋㅋㅋㅠㅠ"]
    assert await gallery.titles("#ㅋㅋㅋ") == []


async def test_one_and_two_letters_find_what_begins_so(gallery: Gallery) -> None:
    (nari,) = await gallery.users("nari")
    for title in ("Cat", "Car", "A scar", "Dog", "C"):
        await gallery.add(nari, title)
    await gallery.look()
    assert await gallery.titles("c") == ["C", "Car", "Cat"]
    assert await gallery.titles("ca") == ["Car", "Cat"]
    assert await gallery.titles("car") == ["Car", "A scar"]
    assert await gallery.titles("x") == []


@pytest.mark.parametrize(
    "query",
    [
        *("%", "_", "%%", "'", '"', '""', "\\", "--", "-", "#", "@", "#-", "…", "🐈", "؟", "\u0000", "cat\u0000"),
        *("\ud800", "cat; DROP TABLE users", "cat' OR '1'='1", "{1,2}", "$1", "cat%", "NULL", "%(x)s", "\u0301" * 31),
    ],
)
async def test_what_is_no_word_finds_nothing_that_has_it_not(gallery: Gallery, query: str) -> None:
    (nari,) = await gallery.users("nari")
    await gallery.add(nari, "A dog")
    await gallery.look()
    assert await gallery.titles(query) == []


async def test_what_nobody_sees_is_not_looked_at(gallery: Gallery) -> None:
    (nari,) = await gallery.users("nari")
    await gallery.add(nari, "ca\u200bt")
    await gallery.add(nari, "שלום עולם")
    await gallery.add(nari, "नमस्ते दुनिया")
    await gallery.add(nari, "100% _cotton_ \\")
    await gallery.look()
    assert await gallery.titles("cat") == ["ca\u200bt"]
    assert await gallery.titles("\u202ec\u200da\ufe0ft\u202c") == ["ca\u200bt"]
    assert await gallery.titles("\u202bשלום\u202c") == ["שלום עולם"]
    assert await gallery.titles("नमस्ते") == ["नमस्ते दुनिया"]
    assert await gallery.titles("मस") == await gallery.titles("é" * 50) == await gallery.titles("a_b_c") == []
    assert await gallery.titles("100%") == ["100% _cotton_ \\"]
    assert len(await gallery.titles(" \u200b\u202e ")) == len(await gallery.titles("")) == 4


async def test_a_query_that_is_too_long_is_refused(gallery: Gallery) -> None:
    text = "query($query: String!) { search(query: $query) { artworks { nodes { id } } } }"
    for query, told in (("x" * 501, "500"), (" ".join(f"w{n}" for n in range(1000)), "500"), ("a b " * 20, None)):
        answer = await gallery.graph.answer(text, {"query": query})
        if told:
            assert [error.extensions["code"] for error in answer.errors] == ["BAD_USER_INPUT"]
            assert told in answer.errors[0].message
        else:
            assert not answer.errors
    answer = await gallery.graph.answer(text, {"query": " ".join(f"w{n}" for n in range(21))})
    assert [error.extensions["code"] for error in answer.errors] == ["BAD_USER_INPUT"]
