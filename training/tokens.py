"""The stage ``tokenizer``: byte-level BPE over the captions, in the stock format of CLIP's tokenizer."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from training.drawing.captions import caption, corpus_words
from training.drawing.stage import described
from training.drawing.vocabulary import COLOURS, LOOKS, PLACES, SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TOKENS = 40
_VOCABULARY = 2560
_START, _END = "<|startoftext|>", "<|endoftext|>"
_WORD_END = "</w>"
_COMMON = (
    "the of and to in a is that for it as with on by at from this an are was be or has not have but which one were",
    "all their more when other new some time into only over such first made two they between through after most",
    "night day morning light dark water fire people man woman boy girl child dog horse bear rabbit lion tiger dragon",
    "robot castle king queen knight wizard bridge road river lake garden rose cake bread coffee tea pizza book music",
    "train plane bicycle ship street window door chair table lamp summer autumn spring rain storm rainbow portrait",
    "강아지 사람 여자 남자 아이 토끼 곰 호랑이 용 로봇 성 다리 길 강 호수 장미 케이크 커피 책 음악 기차 비행기 자전거",
    "여름 가을 봄 비 무지개 초상화 아침 밤 빛 물 불 그림 사진 이미지 배경 스타일 느낌 색 그리고 위에 아래 옆에 함께",
)
"""Words that the pictures do not show: kept whole, they leave the rest of a prompt its places."""


def train_tokenizer(seed: int, captions: int = 40_000) -> CLIPTokenizer:
    """Return a tokenizer trained on as many captions as given; every text can be told in its bytes."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    bpe = Tokenizer(models.BPE(end_of_word_suffix=_WORD_END))
    bpe.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY - len(letters) - 2,
        min_frequency=8,
        initial_alphabet=letters,
        end_of_word_suffix=_WORD_END,
        show_progress=False,
    )
    bpe.train_from_iterator(_corpus(seed, captions), trainer)
    return _stock(bpe, letters)


def _stock(bpe: Tokenizer, letters: list[str]) -> CLIPTokenizer:
    """Return CLIP's tokenizer with the merges learned: letters, letters that end a word, merges, start and end."""
    import json  # noqa: PLC0415 - used here alone

    merges = [tuple(pair) for pair in json.loads(bpe.to_str())["model"]["merges"]]
    words = [*letters, *(letter + _WORD_END for letter in letters), *("".join(pair) for pair in merges)]
    known = list(dict.fromkeys([*words, _START, _END]))
    return CLIPTokenizer(
        vocab={word: number for number, word in enumerate(known)}, merges=merges, model_max_length=MAX_TOKENS
    )


def _corpus(seed: int, captions: int) -> Iterator[str]:
    random = Random(seed)
    for index in range(captions):
        yield caption(described(index, seed), random)
    nouns = [word for subject in SUBJECTS.values() for word in (*subject.english, *subject.korean)]
    hues = [word for hue in COLOURS.values() for word in (*hue.english, *hue.korean)]
    places = [phrase for place in PLACES.values() for phrase in (*place.english, *place.korean)]
    looks = [words for look in LOOKS.values() for words in look.alone]
    for text in (*corpus_words(), *nouns, *hues, *places, *looks, *_COMMON):
        yield from [text] * 40
