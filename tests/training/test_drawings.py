"""The drawings that the small model learns from: regular, complete, and told truly."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from domain.catalogue import STYLES
from training.drawing.captions import caption, style_words, told
from training.drawing.description import Description
from training.drawing.picture import draw
from training.drawing.stage import described, draw_set, load_set
from training.drawing.vocabulary import COLOURS, LOOKS, PLACES, SUBJECTS

if TYPE_CHECKING:
    from pathlib import Path


def test_the_styles_are_those_of_the_catalogue() -> None:
    assert set(LOOKS) == set(STYLES)
    for key, look in LOOKS.items():
        assert look.english[0] == STYLES[key].recipe.replace("{prompt}", "{}")


@pytest.mark.parametrize("style", LOOKS)
def test_the_same_description_and_seed_give_the_same_pixels(style: str) -> None:
    asked = Description("cat", "orange", "meadow", style)
    first, second, other = (np.asarray(draw(asked, seed)) for seed in (5, 5, 6))
    assert first.shape == (256, 256, 3)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_is_drawn_in_its_own_shape(subject: str) -> None:
    shown = [np.asarray(draw(Description(key, "red", "plain", "anime"), 3), np.int16) for key in (subject, "circle")]
    assert shown[0].std() > 10
    if subject != "circle":
        assert np.abs(shown[0] - shown[1]).mean() > 2


def test_every_colour_changes_the_subject_and_every_place_what_is_around_it() -> None:
    by_colour = [np.asarray(draw(Description("t-shirt", key, "plain", "line-art"), 3)) for key in COLOURS]
    assert len({picture[128, 128].tobytes() for picture in by_colour}) == len(COLOURS)
    by_place = [np.asarray(draw(Description("star", "red", key, "anime"), 3)) for key in PLACES]
    assert len({picture.tobytes() for picture in by_place}) == len(PLACES)


def test_a_caption_names_what_is_drawn() -> None:
    for number in range(400):
        shown = described(number, seed=1)
        english, korean = (told(shown, Random(number), korean=language) for language in (False, True))
        subject = SUBJECTS[shown.subject]
        assert any(noun in english for noun in subject.english), english
        assert any(noun in korean for noun in subject.korean), korean
        if shown.colour is not None:
            assert any(word in english for word in COLOURS[shown.colour].english), english
            assert any(word in korean for word in COLOURS[shown.colour].korean), korean
        if shown.place is not None:
            assert any(phrase in english for phrase in PLACES[shown.place].english), english
            assert any(phrase.removesuffix("의") in korean for phrase in PLACES[shown.place].korean), korean


def test_captions_are_phrased_in_many_ways_and_in_both_languages() -> None:
    shown = Description("boat", "red", "beach", "watercolor")
    told_as = {caption(shown, Random(number)) for number in range(200)}
    assert len(told_as) > 100
    assert any("boat" in text for text in told_as)
    assert any("배" in text for text in told_as)
    assert STYLES["line-art"].negative not in {style_words(shown, Random(number)) for number in range(50)}


def test_drawing_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    draw_set(tmp_path / "whole", 6, seed=1, workers=1)
    whole, shown = load_set(tmp_path / "whole", seed=1)
    draw_set(tmp_path / "whole", 6, seed=1, workers=1)
    assert np.array_equal(load_set(tmp_path / "whole", seed=1)[0], whole)
    # given: a set of which nothing is recorded as drawn
    (tmp_path / "whole" / "drawn.json").write_text("[]")
    np.load(tmp_path / "whole" / "pictures.npy", mmap_mode="r+")[:] = 0
    # when
    draw_set(tmp_path / "whole", 6, seed=1, workers=1)
    # then
    again, _ = load_set(tmp_path / "whole", seed=1)
    assert np.array_equal(again[2], np.asarray(draw(shown[2], 10_000_019 + 2)))
