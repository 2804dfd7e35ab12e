"""What a drawing may show, in English and Korean: subjects, colours, places and styles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing to draw and the words for it."""

    english: tuple[str, ...]
    """Nouns, with an article that fits in front ("a" where none is written)."""
    korean: tuple[str, ...]
    natural: tuple[str, ...]
    """Colours that it has when none is asked for."""
    homes: tuple[str, ...]
    """Places that it is drawn in when none is asked for."""


SUBJECTS: dict[str, Subject] = {
    "circle": Subject(
        ("circle", "ball", "round shape"), ("원", "동그라미", "공"), ("red", "blue", "yellow"), ("plain",)
    ),
    "square": Subject(("square", "box", "block"), ("사각형", "네모", "정사각형"), ("blue", "orange"), ("plain",)),
    "triangle": Subject(("triangle",), ("삼각형", "세모"), ("green", "purple"), ("plain",)),
    "star": Subject(("star",), ("별",), ("yellow",), ("plain", "night")),
    "heart": Subject(("heart", "love heart"), ("하트", "심장"), ("red", "pink"), ("plain", "clouds")),
    "house": Subject(("house", "cottage", "home"), ("집", "오두막"), ("white", "orange"), ("meadow", "snow", "forest")),
    "tree": Subject(("tree",), ("나무",), ("green",), ("meadow", "plain")),
    "flower": Subject(("flower", "blossom", "daisy"), ("꽃", "꽃 한 송이"), ("pink", "yellow"), ("meadow", "plain")),
    "mug": Subject(
        ("mug", "cup", "coffee mug"), ("머그컵", "컵", "머그잔"), ("white", "blue", "red"), ("room", "plain")
    ),
    "cat": Subject(
        ("cat", "kitten", "kitty"), ("고양이", "새끼 고양이"), ("orange", "black", "white"), ("room", "meadow")
    ),
    "fish": Subject(("fish", "goldfish"), ("물고기", "금붕어"), ("orange", "blue"), ("underwater",)),
    "moon": Subject(("moon", "crescent moon"), ("달", "초승달"), ("yellow",), ("night",)),
    "sun": Subject(("sun",), ("태양", "해", "햇님"), ("yellow", "orange"), ("clouds", "sunset")),
    "mountain": Subject(
        ("mountain", "mountain peak"), ("산", "산봉우리"), ("blue", "brown"), ("meadow", "sunset", "snow")
    ),
    "boat": Subject(
        ("boat", "sailing boat", "sailboat", "ship"), ("배", "돛단배", "요트"), ("brown", "red"), ("beach",)
    ),
    "t-shirt": Subject(("t-shirt", "tshirt", "tee", "shirt"), ("티셔츠", "셔츠"), ("white", "blue"), ("plain", "room")),
    "apple": Subject(("apple",), ("사과",), ("red", "green"), ("room", "plain")),
    "car": Subject(("car", "automobile"), ("자동차", "차"), ("red", "blue"), ("city", "desert")),
    "balloon": Subject(
        ("balloon", "hot air balloon", "hot-air balloon"), ("풍선", "열기구"), ("red", "orange"), ("clouds", "desert")
    ),
    "mushroom": Subject(("mushroom", "toadstool"), ("버섯",), ("red", "brown"), ("forest", "meadow")),
    "umbrella": Subject(("umbrella", "parasol"), ("우산", "양산"), ("red", "purple"), ("beach", "city")),
    "cactus": Subject(("cactus",), ("선인장",), ("green",), ("desert", "room")),
    "rocket": Subject(
        ("rocket", "spaceship", "space rocket"), ("로켓", "우주선"), ("white", "red"), ("night", "clouds")
    ),
    "butterfly": Subject(("butterfly",), ("나비",), ("orange", "blue", "purple"), ("meadow", "plain")),
    "bird": Subject(("bird", "little bird"), ("새", "작은 새"), ("blue", "yellow", "red"), ("clouds", "forest")),
}


@dataclass(frozen=True, slots=True)
class Hue:
    """A colour by name."""

    code: str
    """Six hexadecimal digits, sRGB."""
    english: tuple[str, ...]
    korean: tuple[str, ...]
    """Adjectives that stand before a noun."""


COLOURS: dict[str, Hue] = {
    "red": Hue("dc2f2f", ("red", "scarlet", "crimson"), ("빨간", "빨간색", "붉은")),
    "orange": Hue("f58a1f", ("orange",), ("주황색", "주황", "오렌지색")),
    "yellow": Hue("f7cf1d", ("yellow", "golden"), ("노란", "노란색", "노랑")),
    "green": Hue("3ba34a", ("green", "emerald"), ("초록색", "초록", "녹색")),
    "blue": Hue("2b69d9", ("blue",), ("파란", "파란색", "푸른")),
    "purple": Hue("8a3fc7", ("purple", "violet"), ("보라색", "보라")),
    "pink": Hue("f57fb5", ("pink",), ("분홍색", "분홍", "핑크색")),
    "brown": Hue("85532a", ("brown",), ("갈색", "밤색")),
    "black": Hue("2a2a32", ("black",), ("검은", "검은색", "까만")),
    "white": Hue("f5f3ee", ("white",), ("하얀", "하얀색", "흰")),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A place around the subject: phrases that follow (English) or precede (Korean) it."""

    english: tuple[str, ...]
    korean: tuple[str, ...]


PLACES: dict[str, Setting] = {
    "plain": Setting(
        ("on a plain background", "on a simple background", "in a studio"),
        ("단색 배경의", "심플한 배경의", "스튜디오의"),
    ),
    "meadow": Setting(
        ("in a meadow", "on the grass", "in a green field", "in a garden"),
        ("초원의", "풀밭 위의", "잔디밭의", "정원의"),
    ),
    "beach": Setting(
        ("on the beach", "by the sea", "at the seaside", "on the sea"), ("해변의", "바닷가의", "바다의", "바다 위의")
    ),
    "forest": Setting(("in a forest", "in the woods"), ("숲속의", "숲의", "숲 속의")),
    "desert": Setting(("in the desert", "on sand dunes"), ("사막의", "모래 언덕의")),
    "snow": Setting(
        ("in the snow", "in winter", "in a snowy field"), ("눈 속의", "눈밭의", "겨울의", "눈 덮인 들판의")
    ),
    "city": Setting(
        ("in the city", "in front of skyscrapers", "in a town"), ("도시의", "도심의", "빌딩 앞의", "거리의")
    ),
    "night": Setting(
        ("at night", "under the stars", "in the night sky", "in space"), ("밤하늘의", "밤의", "별빛 아래의", "우주의")
    ),
    "sunset": Setting(("at sunset", "at dusk", "in the evening"), ("노을 지는", "석양의", "해질녘의", "저녁의")),
    "room": Setting(
        ("on a table", "in a room", "at home", "on a wooden desk"), ("탁자 위의", "방 안의", "책상 위의", "테이블 위의")
    ),
    "clouds": Setting(
        ("in the sky", "in the clouds", "against a blue sky"), ("하늘의", "구름 속의", "푸른 하늘의", "하늘을 나는")
    ),
    "underwater": Setting(
        ("under water", "underwater", "in the deep sea", "under the sea"),
        ("물속의", "바닷속의", "깊은 바다의", "수중의"),
    ),
}


@dataclass(frozen=True, slots=True)
class Look:
    """A style of ``domain.catalogue.STYLES``: templates with one ``{}`` for the rest of the caption."""

    english: tuple[str, ...]
    korean: tuple[str, ...]
    alone: tuple[str, ...]
    """Words that name the style and nothing else, as negative prompts do."""


LOOKS: dict[str, Look] = {
    "realistic": Look(
        (
            "photo of {}, natural light, detailed",
            "a photo of {}",
            "{}, realistic",
            "a realistic picture of {}",
            "{}, photo",
        ),
        ("{} 사진", "사실적인 {}", "{} 실사", "{}, 실사"),
        ("photo", "realistic", "사진", "실사"),
    ),
    "anime": Look(
        ("anime illustration of {}, clean lines, vivid", "anime {}", "{}, anime style", "a cartoon of {}"),
        ("애니메이션 {}", "{} 애니메이션", "{}, 애니메이션 스타일", "만화 같은 {}"),
        ("anime", "cartoon", "drawing", "애니메이션"),
    ),
    "painterly": Look(
        ("oil painting of {}, visible brush strokes", "an oil painting of {}", "{}, oil painting", "a painting of {}"),
        ("{} 유화", "유화로 그린 {}", "{}, 회화", "{} 그림"),
        ("oil painting", "painting", "drawing, painting", "유화"),
    ),
    "watercolor": Look(
        ("watercolor of {}, soft washes, paper texture", "a watercolor of {}", "{}, watercolor", "watercolour {}"),
        ("{} 수채화", "수채화로 그린 {}", "{}, 수채화"),
        ("watercolor", "watercolour", "blurry", "수채화"),
    ),
    "pixel-art": Look(
        ("pixel art of {}, limited palette", "pixel art {}", "{}, pixel art", "8-bit {}"),
        ("픽셀 아트 {}", "{} 픽셀 아트", "{}, 도트 그림"),
        ("pixel art", "pixelated", "픽셀 아트"),
    ),
    "line-art": Look(
        ("line art of {}, ink on white paper", "line art {}", "{}, line drawing", "an ink drawing of {}"),
        ("{} 선화", "선으로 그린 {}", "{}, 라인 아트", "{} 펜화"),
        ("line art", "drawing", "선화"),
    ),
}
