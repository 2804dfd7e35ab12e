"""Words of prompts that say how a picture looks and not what it shows, and words that exclude each other."""

from __future__ import annotations

from typing import Final

QUALITY: Final = (
    "masterpiece", "best quality", "high quality", "top quality", "highest quality", "ultra detailed",
    "highly detailed", "extremely detailed", "hyper detailed", "ultra high res", "absurdres", "8k", "4k", "16k",
    "uhd", "hdr", "hd", "high resolution", "award winning", "trending on artstation", "professional", "stunning",
    "amazing", "perfect", "걸작", "최고 품질", "최고품질", "고품질", "고화질", "고해상도", "초고화질", "초고해상도",
    "최고의 작품",
)  # fmt: skip
"""What is said of any picture; engines were trained on captions that rarely say it."""

LOOKS: Final = frozenset({
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey", "gray",
    "golden", "silver", "colorful", "colourful", "pastel", "vivid", "bright", "dark", "soft", "warm", "cold",
    "cute", "pretty", "beautiful", "lovely", "cool", "nice", "good", "great", "best", "big", "small", "detailed",
    "intricate", "realistic", "photorealistic", "cinematic", "dramatic", "minimalist", "minimal", "abstract",
    "vintage", "retro", "modern", "anime", "cartoon", "watercolor", "watercolour", "oil", "painting", "photo",
    "photograph", "picture", "image", "illustration", "drawing", "sketch", "style", "art", "digital", "lighting",
    "light", "color", "colour", "quality", "resolution", "high", "very", "really", "ultra", "super", "highly",
    "extremely", "a", "an", "the", "of", "in", "on", "at", "with", "and", "or", "by", "to", "for", "is", "it",
    "draw", "paint", "make", "create", "please", "me", "빨간", "빨간색", "주황색", "노란", "노란색", "초록",
    "초록색", "파란", "파란색", "보라색", "분홍색", "갈색", "검은", "검은색", "하얀", "흰", "하얀색", "회색",
    "귀여운", "예쁜", "이쁜", "아름다운", "멋진", "멋있는", "좋은", "큰", "작은", "밝은", "어두운", "따뜻한",
    "차가운", "화려한", "사실적인", "추상적인", "수채화", "유화", "그림", "사진", "일러스트", "스타일", "스타일로",
    "느낌", "느낌의", "풍", "분위기", "분위기의", "애니메이션", "실사", "그려줘", "그려", "만들어", "만들어줘",
    "주세요", "아주", "매우", "정말", "진짜", "너무", "하나", "좀",
})  # fmt: skip
"""A prompt of these words alone says nothing about what is to be seen."""

OPPOSITES: Final = (
    (("day", "daytime", "noon", "낮", "한낮", "대낮"), ("night", "midnight", "nighttime", "밤", "한밤", "한밤중")),
    (("summer", "여름"), ("winter", "겨울")),
    (("sunny", "화창한", "맑은 날"), ("rainy", "stormy", "비 오는", "비오는", "폭풍우")),
    (("photo", "photograph", "photorealistic", "사진", "실사"), ("cartoon", "anime", "만화", "애니메이션")),
    (
        ("black and white", "monochrome", "grayscale", "흑백"),
        ("colorful", "colourful", "vibrant colors", "알록달록한", "다채로운"),
    ),
    (
        ("minimalist", "minimal", "simple", "미니멀한", "단순한", "심플한"),
        ("intricate", "highly detailed", "ornate", "복잡한", "정교한", "화려한"),
    ),
    (("empty", "deserted", "텅 빈", "텅빈"), ("crowded", "붐비는", "사람이 많은")),
    (("close-up", "closeup", "클로즈업"), ("wide shot", "panorama", "panoramic", "파노라마", "원경")),
    (("indoors", "indoor", "실내"), ("outdoors", "outdoor", "야외", "실외")),
    (("smiling", "laughing", "웃는"), ("crying", "우는")),
    (("bright", "밝은", "환한"), ("dark", "gloomy", "어두운", "캄캄한")),
    (("blurry", "out of focus", "흐릿한"), ("sharp focus", "sharp", "선명한", "또렷한")),
)  # fmt: skip
"""Pairs of groups; a word of each together leave the engine to choose."""

DETAILS: Final[dict[str, tuple[str, str]]] = {
    "realistic": ("soft side light, shallow depth of field", "부드러운 측면광, 얕은 심도"),
    "anime": ("expressive pose, soft cel shading", "생동감 있는 포즈, 부드러운 셀 셰이딩"),
    "painterly": ("rich colours, strong light and shadow", "풍부한 색감, 뚜렷한 명암"),
    "watercolor": ("light background, flowing colours", "밝은 배경, 번지는 색감"),
    "pixel-art": ("clear silhouette, simple background", "또렷한 윤곽, 단순한 배경"),
    "line-art": ("clean outlines, empty background", "깔끔한 윤곽선, 빈 배경"),
}
"""By style, in English and Korean: what a short prompt leaves to chance and its recipe does not say."""
