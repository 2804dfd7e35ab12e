"""Hashtags: where one begins and ends in a text, what is none, and when two are the same."""

from __future__ import annotations

import unicodedata

import pytest

from domain.errors import InvalidInput
from domain.hashtags import checked_tags, tags_in

FOUND: dict[str, list[str]] = {
    "": [],
    "no tag # here ## or #": [],
    "#고양이": ["고양이"],
    unicodedata.normalize("NFD", "#고양이"): ["고양이"],
    "＃고양이와 #강아지를": ["고양이와", "강아지를"],
    "#ㅋㅋㅋㅠㅠ #ㅎㅏ #고양ㅇ #ㅋ카 #사랑해ㄳ #ᄏᄏ #ﾡ": [
        "ㅋㅋㅋㅠㅠ",
        "ㅎㅏ",
        "고양ㅇ",
        "ㅋ카",
        "사랑해ㄳ",
        "ㅋㅋ",
        "ㄱ",
    ],
    "#\u1112\u119e\u11ab #호\u11d9 #하\u11ab": ["\u1112\u119e\u11ab", "호\u11d9", "한"],
    "#Sea #SEA #ｓｅａ #Straße #STRASSE": ["sea", "strasse"],
    "#sea, (#sky) #sun. “#moon”": ["sea", "sky", "sun", "moon"],
    "#sea🌊#sky": ["sea", "sky"],
    "#sea#sky": ["sea"],
    "##sea ＃#sky": [],
    "C#major a_#b 가#나 1#x": [],
    "https://easel.example/#top?x=#query &#123; &#x1F600;": ["query"],
    "#1 #2026 #1_000 #③ #३": [],
    "#2026년 #1st #h264": ["2026년", "1st", "h264"],
    "#snake_case #_x #___ #-x": ["snake_case", "_x"],
    "#🌊 #️⃣ #\u20e3abc": [],
    "#हिन्दी #ไทย #العربية #עברית": ["हिन्दी", "ไทย", "العربية", "עברית"],
    "\u202e#abc\u202c #a\u200bb #\u200bc #\u3164 #d\u3164e": ["abc", "a", "d"],
    "#\u0301x": [],
    "#ﷺ #①②x": ["12x"],
    "#" + "x" * 50: ["x" * 50],
    "#" + "x" * 51: [],
    "#" + "가" * 50 + " #" + "가" * 51: ["가" * 50],
    "#" + "x" * 10_000: [],
    "a\n#b\t#c\u3000#d": ["b", "c", "d"],
}


@pytest.mark.parametrize("text", FOUND, ids=lambda text: ascii(text)[:30])
def test_the_hashtags_of_a_text(text: str) -> None:
    assert tags_in(text) == FOUND[text]


def test_hashtags_come_in_the_order_of_their_first_use_and_once() -> None:
    assert tags_in("#b #a", "#c #A #B #d") == ["b", "a", "c", "d"]


def test_a_text_of_signs_takes_no_longer_than_its_length() -> None:
    assert tags_in("#x " * 700) == ["x"]
    assert tags_in(" #" * 1_000) == []


@pytest.mark.parametrize(
    "tag",
    [
        *("", "#", "##a", "a b", "a-b", "🌊", "a🌊", "x" * 51, "___", "_", "\u0301", "\u0301a", "a\0", "\ud800"),
        *("\u3164", "a\u3164", "\u200b", "a\u200bb", "\u202ea", "a\ufe0f", "ﷺ", "\u20e3a"),
    ],
    ids=ascii,
)
def test_what_is_no_word_is_no_tag(tag: str) -> None:
    with pytest.raises(InvalidInput, match=r"tag\.invalid") as refused:
        checked_tags(["good", tag])
    assert refused.value.path == ("input", "tags", "1")


def test_tags_are_the_same_in_every_form() -> None:
    assert checked_tags(["#Sea", "ＳＥＡ", " sea ", "＃sea"]) == ["sea"]
    assert checked_tags([unicodedata.normalize("NFD", "한글"), "한글"]) == ["한글"]
    assert checked_tags(["ß", "SS", "ẞ"]) == ["ss"]
    assert checked_tags(["#2026", "_a", "हिन्दी"]) == ["2026", "_a", "हिन्दी"]
    assert checked_tags(["ㅋㅋㅠ", "\u110f\u110fㅠ", "ﾻﾻￗ"]) == ["ㅋㅋㅠ"]
    assert checked_tags(["İ"]) == checked_tags(checked_tags(["İ"]))


def test_there_are_twenty_at_most() -> None:
    assert len(checked_tags([f"t{n}" for n in range(20)] + ["T1", "#t2"])) == 20
    with pytest.raises(InvalidInput, match=r"tags\.too_many") as refused:
        checked_tags([f"t{n}" for n in range(21)])
    assert refused.value.path == ("input", "tags")
