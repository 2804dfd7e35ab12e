"""Words for a drawing, in English or Korean, phrased in many ways and with words around them that mean nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.drawing.vocabulary import COLOURS, LOOKS, PLACES, SUBJECTS

if TYPE_CHECKING:
    from random import Random

    from training.drawing.description import Description

_ADJECTIVES = (
    "beautiful", "cute", "small", "little", "tiny", "big", "large", "old", "new", "lovely", "pretty", "nice", "simple",
    "funny", "happy", "shiny", "bright", "single", "lonely", "magical", "elegant", "round", "modern", "cosy",
)  # fmt: skip
_TAGS = (
    "high quality", "4k", "8k", "masterpiece", "highly detailed", "trending", "award winning", "centered", "close up",
    "best quality", "soft light", "minimalist", "sharp focus", "for my mug", "for kids", "no text", "colorful", "clean",
)  # fmt: skip
_KOREAN_ADJECTIVES = (
    "예쁜", "귀여운", "작은", "큰", "아름다운", "멋진", "조그만", "커다란", "오래된", "새로운", "행복한", "외로운",
    "반짝이는", "한 개의", "단순한", "신비로운", "사랑스러운",
)  # fmt: skip
_KOREAN_TAGS = ("고화질", "디테일한", "선명하게", "예쁘게", "걸작", "밝은 느낌", "따뜻한 느낌", "깔끔하게", "중앙에")
_OPENINGS = ("draw ", "paint ", "please draw ", "an image of ", "a picture of ", "show me ", "I want ", "make ")
_SYLLABLES = (
    "ka",
    "lo",
    "mi",
    "ten",
    "ru",
    "sha",
    "vo",
    "pel",
    "dri",
    "n",
    "st",
    "ou",
    "ing",
    "er",
    "bra",
    "qui",
    "xa",
)
_BROKEN = ("photo", "blurry, photo", "colour, photo", "drawing, painting", "blurry", "low quality", "text, watermark")


def caption(description: Description, random: Random, *, korean: float = 0.4) -> str:
    """Return one phrasing of ``description``; a share of ``korean`` names its things in Korean."""
    in_korean = random.random() < korean
    core = told(description, random, korean=in_korean)
    look = LOOKS[description.style]
    if in_korean and random.random() < 0.5:
        return random.choice(look.korean).format(core)
    if random.random() < 0.5:
        return look.english[0].format(core)  # the catalogue's recipe
    return random.choice(look.english).format(core)


def told(description: Description, random: Random, *, korean: bool) -> str:
    """Return one phrasing of ``description`` without its style, as people write prompts beside a chosen style."""
    return _korean(description, random) if korean else _english(description, random)


def style_words(description: Description, random: Random) -> str:
    """Return words that tell the style of ``description`` and nothing else, as negative prompts do."""
    if description.style == "realistic" and random.random() < 0.6:
        return random.choice(_BROKEN[:3])
    if description.style != "realistic" and random.random() < 0.2:
        return _BROKEN[3]
    return random.choice(LOOKS[description.style].alone)


def corpus_words() -> list[str]:
    """Return the words that no description names, for the tokenizer to know them too."""
    return [*_ADJECTIVES, *_TAGS, *_KOREAN_ADJECTIVES, *_KOREAN_TAGS, *_OPENINGS, *_BROKEN]


def _english(description: Description, random: Random) -> str:
    noun = random.choice(SUBJECTS[description.subject].english)
    words = [noun]
    if description.colour is not None:
        hue = random.choice(COLOURS[description.colour].english)
        roll = random.random()
        if roll < 0.08:
            words.append(f"in {hue}")
        elif roll < 0.14:
            words.append(f"that is {hue}")
        else:
            words.insert(0, hue)
    if random.random() < 0.25:
        words.insert(0, random.choice(_ADJECTIVES) if random.random() < 0.8 else _gibberish(random))
    roll = random.random()
    if roll < 0.7:
        words.insert(0, "an" if words[0][0] in "aeiou" else "a")
    elif roll < 0.8:
        words.insert(0, "the")
    text = " ".join(words)
    if description.place is not None:
        place = random.choice(PLACES[description.place].english)
        roll = random.random()
        text = f"{text}, {place}" if roll < 0.15 else f"{place}, {text}" if roll < 0.25 else f"{text} {place}"
    if random.random() < 0.12:
        text = random.choice(_OPENINGS) + text
    if random.random() < 0.2:
        text = f"{text}, {random.choice(_TAGS) if random.random() < 0.8 else _gibberish(random)}"
    return text


def _korean(description: Description, random: Random) -> str:
    noun = random.choice(SUBJECTS[description.subject].korean)
    words = [noun]
    if description.colour is not None:
        words.insert(0, random.choice(COLOURS[description.colour].korean))
    if random.random() < 0.2:
        words.insert(random.choice((0, len(words) - 1)), random.choice(_KOREAN_ADJECTIVES))
    roll = random.random()
    closed = (ord(noun[-1]) - ord("가")) % 28 != 0
    if roll < 0.1:
        words[-1] += "을 그려줘" if closed else "를 그려줘"
    elif roll < 0.18:
        words[-1] += "이 있는 풍경" if closed else "가 있는 풍경"
    elif roll < 0.24:
        words[-1] += random.choice((" 한 개", " 그림", " 하나"))
    if description.place is not None:
        place = random.choice(PLACES[description.place].korean)
        if place.endswith("의") and random.random() < 0.4:
            place = place[:-1] + random.choice(("에 있는", "에서", "에"))
        words.insert(0, place)
    text = " ".join(words)
    if random.random() < 0.15:
        text = f"{text}, {random.choice(_KOREAN_TAGS)}"
    return text


def _gibberish(random: Random) -> str:
    """Return a word that nobody knows, so that unknown words do no harm."""
    return "".join(random.choice(_SYLLABLES) for _ in range(random.randint(1, 4)))
