"""What is said of comments and collections that are refused."""

from __future__ import annotations

from typing import Final

COMMUNITY: Final[dict[str, tuple[str, str]]] = {
    "comments.locked": (
        "The author has closed the comments of this artwork.",
        "작가가 이 작품의 댓글을 닫았습니다.",
    ),
    "comments.pinned": (
        "{maximum} comments are pinned already. Unpin one of them first.",
        "댓글은 최대 {maximum}개까지 고정할 수 있습니다. 먼저 하나를 해제해 주세요.",
    ),
    "comment.pinned_reply": (
        "A reply can not be pinned; pin the comment that began its thread.",
        "답글은 고정할 수 없습니다. 첫 댓글을 고정해 주세요.",
    ),
    "collection.title_taken": (
        "You have a collection of this title already.",
        "같은 제목의 컬렉션이 이미 있습니다.",
    ),
    "collection.bookmarks": (
        "Bookmarks can not be changed or deleted; take artworks out of them instead.",
        "북마크는 수정하거나 삭제할 수 없습니다. 대신 작품을 빼 주세요.",
    ),
    "collection.full": (
        "A collection holds at most {maximum} artworks.",
        "컬렉션에는 작품을 최대 {maximum}개까지 담을 수 있습니다.",
    ),
    "follows.too_many": (
        "You may follow {maximum} people.",
        "최대 {maximum}명까지 팔로우할 수 있습니다.",
    ),
    "tag_follows.too_many": (
        "You may follow {maximum} tags.",
        "태그는 최대 {maximum}개까지 팔로우할 수 있습니다.",
    ),
    "mutes.too_many": (
        "You may mute {maximum} people.",
        "최대 {maximum}명까지 뮤트할 수 있습니다.",
    ),
    "blocks.too_many": (
        "You may block {maximum} people.",
        "최대 {maximum}명까지 차단할 수 있습니다.",
    ),
    "collections.too_many": (
        "You may have {maximum} collections.",
        "컬렉션은 최대 {maximum}개까지 만들 수 있습니다.",
    ),
}
