"""What notifications say.

In Korean, names are followed by 님 or 명, and titles by a noun: so the particle is always the right one.
"""

from __future__ import annotations

from typing import Final

NOTIFICATIONS: Final[dict[str, tuple[str, str]]] = {
    "notifications.count": (
        "Name 1 to {maximum} notifications, or up to where in the list.",
        "알림을 1~{maximum}개 지정하거나 목록의 어디까지인지 지정해 주세요.",
    ),
    "notifications.one_of": (
        "Give either `ids` or `upTo`; `kinds` only with `upTo`.",
        "`ids`와 `upTo` 중 하나만 지정해 주세요. `kinds`는 `upTo`와 함께만 쓸 수 있습니다.",
    ),
    "settings.repeated": ("A kind may be named only once.", "같은 종류를 두 번 지정할 수 없습니다."),
    "notification.people.one": ("{name}", "{name}님"),
    "notification.people.two": ("{name} and 1 other", "{name}님 외 1명"),
    "notification.people.many": ("{name} and {others} others", "{name}님 외 {others}명"),
    "notification.FOLLOW": ("{people} started to follow you.", "{people}이 회원님을 팔로우합니다."),
    "notification.LIKE": ("{people} liked your artwork “{title}”.", "{people}이 “{title}” 작품을 좋아합니다."),
    "notification.COMMENT": (
        "{people} commented on your artwork “{title}”.",
        "{people}이 “{title}” 작품에 댓글을 남겼습니다.",
    ),
    "notification.REPLY": (
        "{people} replied to your comment on “{title}”.",
        "{people}이 “{title}” 작품에 남긴 회원님의 댓글에 답글을 달았습니다.",
    ),
    "notification.MENTION": (
        "{people} mentioned you in a comment on “{title}”.",
        "{people}이 “{title}” 작품의 댓글에서 회원님을 언급했습니다.",
    ),
    "notification.JOB.SUCCEEDED": ("Your images are ready.", "이미지가 완성되었습니다."),
    "notification.JOB.PARTIAL": (
        "Some of your images are ready; the others could not be made, and their credits are back.",
        "일부 이미지가 완성되었습니다. 완성되지 못한 이미지의 크레딧은 환불되었습니다.",
    ),
    "notification.JOB.FAILED": (
        "Your images could not be made; the credits are back.",
        "이미지를 만들지 못했습니다. 크레딧은 환불되었습니다.",
    ),
    "notification.JOB.BLOCKED": (
        "Your images were blocked by the content guard; the credits are back.",
        "콘텐츠 가드가 이미지를 차단했습니다. 크레딧은 환불되었습니다.",
    ),
    "notification.JOB.EXPIRED": (
        "Your job waited too long and was given up; the credits are back.",
        "대기 시간이 너무 길어 작업이 종료되었습니다. 크레딧은 환불되었습니다.",
    ),
    "notification.JOB.many": ("{items} of your jobs have ended.", "작업 {items}개가 끝났습니다."),
    "notification.CREDITS_LOW": ("Your credits are running low.", "크레딧이 얼마 남지 않았습니다."),
    "notification.MODERATION": (
        "Moderation has decided about you or something of yours.",
        "회원님 또는 회원님의 콘텐츠에 대한 운영 결정이 내려졌습니다.",
    ),
    "notification.REPORT": ("What you reported was looked at.", "신고하신 내용의 검토가 끝났습니다."),
    "notification.SAVED_SEARCH.one": (
        "A new artwork matches your saved search “{title}”.",
        "저장한 검색 “{title}”에 맞는 새 작품이 올라왔습니다.",
    ),
    "notification.SAVED_SEARCH.many": (
        "{items} new artworks match your saved search “{title}”.",
        "저장한 검색 “{title}”에 맞는 새 작품 {items}개가 올라왔습니다.",
    ),
    "notification.CREDITS_BACK.one": (
        "1 credit came back, because an image did not come to be.",
        "완성되지 못한 이미지가 있어 1 크레딧이 환불되었습니다.",
    ),
    "notification.CREDITS_BACK.many": (
        "{amount} credits came back, because images did not come to be.",
        "완성되지 못한 이미지가 있어 {amount} 크레딧이 환불되었습니다.",
    ),
}
