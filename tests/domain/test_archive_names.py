"""Names in archives: whatever people call their pictures and folders, the file unpacks everywhere, into its place."""

from __future__ import annotations

import pytest

from domain.archives_names import LENGTH, Directory, safe


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a cat in a hat", "a cat in a hat"),
        ("고양이 🐈 그림", "고양이 🐈 그림"),
        ("고양이", "고양이"),
        ("../../etc/passwd", "etc passwd"),
        ("C:\\Windows\\system32", "C Windows system32"),
        ("/absolute", "absolute"),
        ("..", "picture"),
        (". . .", "picture"),
        ("", "picture"),
        ("\x00\x1f\x7f", "picture"),
        ("tab\tand\nline", "tab and line"),
        (".hidden", "hidden"),
        ("--option", "option"),
        ("~root", "root"),
        ("ends with dots and spaces. . ", "ends with dots and spaces"),
        ('what? "yes" <no> a|b *', "what yes no a b"),
        ("CON", "_CON"),
        ("con .txt", "_con .txt"),
        ("Nul.tar.gz", "_Nul.tar.gz"),
        ("com1", "_com1"),
        ("LPT²", "_LPT²"),
        ("CONIN$", "_CONIN$"),
        ("console", "console"),
        ("com10", "com10"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("x" * 500, "x" * LENGTH),
        ("x" * (LENGTH - 1) + " y", "x" * (LENGTH - 1)),
    ],
)
def test_what_is_left_of_a_text_is_safe_on_every_system(text: str, name: str) -> None:
    assert safe(text, "picture") == name


def test_a_name_with_its_number_and_extension_fits_into_what_file_systems_allow() -> None:
    directory = Directory()
    names = [directory.take(safe("🐈" * 500, "picture"), ".png") for _ in range(1_000)]

    assert max(len(name.encode()) for name in names) <= 255


def test_equal_names_are_numbered_also_where_only_some_systems_take_them_for_equal() -> None:
    directory = Directory()

    names = [directory.take(stem, ".png") for stem in ("A cat", "a cat", "a cat (2)", "A CAT", "a cat", "ａ cat")]

    numbered = ["A cat.png", "a cat (2).png", "a cat (2) (2).png", "A CAT (3).png", "a cat (4).png", "ａ cat (5).png"]
    assert names == numbered
    assert Directory().take("a cat", ".png") == "a cat.png"


def test_a_thousand_pictures_of_one_prompt_are_numbered_in_one_pass() -> None:
    directory = Directory()
    names = [directory.take("a cat", ".png") for _ in range(1_000)]

    assert (names[0], names[1], names[-1]) == ("a cat.png", "a cat (2).png", "a cat (1000).png")
    assert len(set(names)) == 1_000
