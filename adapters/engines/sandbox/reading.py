"""Reads a prompt, English or Korean, for what the sandbox can paint: places, things, light, weather and colours."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from adapters.engines.sandbox.colour import Colour, hexed

_FEATURES: dict[str, tuple[str, str]] = {
    # feature: (English words, Korean words)
    "mountain": ("mountain peak alps hill valley landscape canyon cliff", "산 산맥 언덕 계곡 풍경 설산 절벽"),
    "sea": ("sea ocean beach wave coast island harbor harbour lighthouse", "바다 해변 파도 섬 해안 항구 등대"),
    "lake": ("lake river pond reflection water", "호수 강 연못 물가 강가"),
    "forest": ("forest wood tree jungle pine path", "숲 나무 정글 소나무 오솔길"),
    "city": (
        "city skyline street tokyo seoul building town cyberpunk neon skyscraper",
        "도시 도심 서울 거리 빌딩 골목 네온",
    ),
    "space": ("space galaxy planet nebula cosmos astronaut universe", "우주 은하 행성 성운 우주인"),
    "flower": (
        "flower rose tulip bouquet blossom daisy sunflower garden meadow petal lavender",
        "꽃 장미 튤립 정원 초원 꽃밭",
    ),
    "abstract": ("abstract pattern flow texture fluid geometric swirl", "추상 패턴 무늬 물결무늬 기하학"),
    "cat": ("cat kitten kitty", "고양이 냥이 야옹"),
    "person": (
        "girl boy woman man person portrait traveler traveller wizard knight witch child",
        "소녀 소년 여자 남자 사람 아이 여행자 마법사 기사 마녀",
    ),
    "house": ("house cottage cabin home village hut", "집 오두막 마을 한옥"),
    "boat": ("boat ship sail yacht", "배 돛단배 요트 범선"),
    "balloon": ("balloon", "열기구 풍선"),
    "bird": ("bird seagull crane swallow", "새 갈매기 두루미 제비"),
    "moon": ("moon moonlight crescent moonlit", "달 달빛 달밤 보름달 초승달"),
    "star": ("star starry milky constellation", "별 별빛 은하수 밤하늘 별하늘"),
    "sunset": ("sunset dusk evening twilight golden", "노을 석양 해질녘 저녁 황혼"),
    "night": ("night midnight dark nocturnal", "밤 한밤 심야 밤하늘 달밤 야경 어둠"),
    "dawn": ("dawn sunrise morning mist misty fog foggy", "새벽 일출 아침 안개"),
    "snow": ("snow snowy winter ice frozen christmas", "눈 설경 겨울 눈밭 얼음 크리스마스 설산 눈꽃"),
    "autumn": ("autumn fall maple", "가을 단풍"),
    "spring": ("spring cherry sakura", "봄 벚꽃 봄날"),
    "day": ("day sunny summer noon bright", "낮 한낮 여름 맑은 햇살"),
    "aurora": ("aurora borealis", "오로라"),
}
_COLOURS: dict[str, tuple[str, str]] = {
    "c8363c": ("red crimson scarlet", "빨간 빨강 붉은 빨간색 진홍"),
    "ef7f2d": ("orange", "주황 주황색 오렌지"),
    "f2c230": ("yellow gold", "노란 노랑 노란색 황금 금빛"),
    "4c9a52": ("green emerald", "초록 녹색 초록색 푸른숲 연두"),
    "1fa6a0": ("teal turquoise cyan mint", "청록 민트 청록색 옥색"),
    "2f6fd0": ("blue azure navy", "파란 파랑 푸른 파란색 남색"),
    "7a4fc4": ("purple violet lavender", "보라 보라색 보랏빛 라벤더"),
    "ec7fae": ("pink rose magenta", "분홍 핑크 분홍색 분홍빛"),
    "8a5a3a": ("brown sepia", "갈색 세피아"),
}
_PARTICLES = r"(?:이|가|은|는|을|를|의|에|과|와|도|로|으로|에서|속|위|아래|빛|들|하고|이랑|랑)*"


def _pattern(words: tuple[str, str]) -> re.Pattern[str]:
    english, korean = words
    plain = [rf"\b{word}(?:s|es|y)?\b" for word in english.split()]
    hangul = [rf"(?<!\w){word}{_PARTICLES}(?!\w)" if len(word) == 1 else word for word in korean.split()]
    return re.compile("|".join(plain + hangul))


_FEATURE_PATTERNS = {feature: _pattern(words) for feature, words in _FEATURES.items()}
_COLOUR_PATTERNS = {hexed(code): _pattern(words) for code, words in _COLOURS.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood of a prompt."""

    features: frozenset[str]
    tint: Colour | None
    """The first colour that the prompt names."""
    digest: int
    """The prompt as a number of 64 bits: what words do not decide, it decides."""


def read_prompt(prompt: str, negative_prompt: str) -> Reading:
    """Return what ``prompt`` asks for, less what ``negative_prompt`` rules out. Any string is fine."""
    text = unicodedata.normalize("NFC", prompt).casefold()
    unwanted = unicodedata.normalize("NFC", negative_prompt).casefold()
    features = frozenset(
        feature
        for feature, pattern in _FEATURE_PATTERNS.items()
        if pattern.search(text) and not pattern.search(unwanted)
    )
    named = [(match.start(), colour) for colour, pattern in _COLOUR_PATTERNS.items() if (match := pattern.search(text))]
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return Reading(features, min(named)[1] if named else None, int.from_bytes(digest, "big"))
