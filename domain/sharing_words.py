"""What pages beside the graph say, and the texts with which artworks are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from domain.messages import Language

WORDS: Final[dict[str, tuple[str, str]]] = {
    "share.text": ("“{title}” by {author}", "{author}님의 작품 「{title}」"),
    "share.about": ("A picture by {author} on Easel.", "Easel에 올라온 {author}님의 작품입니다."),
    "share.look": ("See the picture", "작품 보기"),
    # pages
    "page.likes": ("Likes", "좋아요"),
    "page.comments": ("Comments", "댓글"),
    "page.followers": ("Followers", "팔로워"),
    "page.published": ("Published", "게시일"),
    "page.date": ("{year}-{month:02}-{day:02}", "{year}년 {month}월 {day}일"),
    "page.nothing_yet": ("Nothing is shown here yet.", "아직 공개된 작품이 없습니다."),
    "page.pictures_of": ("Pictures by {author}", "{author}님의 작품들"),
    "page.missing": ("There is nothing here", "찾을 수 없는 페이지입니다"),
    "page.missing_why": (
        "It was never there, it is no longer shown, or it is not for everybody.",
        "처음부터 없었거나, 더 이상 공개되지 않거나, 모두에게 공개된 것이 아닙니다.",
    ),
    "page.home": ("The newest pictures", "최신 작품"),
    "page.description": ("Pictures that people have painted with Easel.", "Easel에서 그린 그림들입니다."),
    # feeds
    "feed.latest": ("The newest pictures on Easel", "Easel 최신 작품"),
    "feed.popular": ("What is popular on Easel", "Easel 인기 작품"),
    "feed.author": ("Pictures by {author} on Easel", "Easel {author}님의 작품"),
    "feed.search": ("Pictures on Easel: {query}", "Easel 작품 검색: {query}"),
    "feed.tag": ("Pictures on Easel tagged #{tag}", "Easel #{tag} 작품"),
}


def words(key: str, language: Language, **values: object) -> str:
    """Return the words of ``key`` in ``language``.

    Raises:
        KeyError: there are none.
    """
    return WORDS[key][language == "ko"].format(**values)
