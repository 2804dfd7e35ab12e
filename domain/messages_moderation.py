"""What people are told of reports, decisions and restrictions, in English and Korean."""

from __future__ import annotations

from typing import Final

MODERATION: Final[dict[str, tuple[str, str]]] = {
    "report.own": ("You can not report yourself, or what is yours.", "자신이나 자신의 것은 신고할 수 없습니다."),
    "moderation.forbidden": ("Only a moderator may do this.", "운영자만 할 수 있습니다."),
    "moderation.own_report": (
        "You have reported this yourself: another moderator has to decide.",
        "직접 신고한 건은 다른 운영자가 판단해야 합니다.",
    ),
    "moderation.same_moderator": (
        "You have made the decision that is appealed: another moderator has to look at it.",
        "이의가 제기된 결정을 내린 본인은 다시 판단할 수 없습니다. 다른 운영자가 맡아야 합니다.",
    ),
    "case.changed": (
        "The case has changed since you looked at it, or another moderator has it.",
        "그사이 사건이 바뀌었거나 다른 운영자가 맡고 있습니다.",
    ),
    "decision.not_now": (
        "A case that is {status} can not be decided like that.",
        "현재 상태({status})에서는 그렇게 결정할 수 없습니다.",
    ),
    "decision.effect": (
        "{effect} does not go with {outcome}.",
        "{outcome} 결정에는 {effect} 조치를 쓸 수 없습니다.",
    ),
    "decision.impossible": (
        "{effect} can not be done to this kind of thing.",
        "이 대상에는 {effect} 조치를 쓸 수 없습니다.",
    ),
    "decision.reason": ("The policy {policy} is not about this.", "{policy} 정책에 해당하지 않는 사유입니다."),
    "decision.level": (
        "Say which level, higher than GENERAL; for RELABEL alone.",
        "등급 변경에는 전체 이용가보다 높은 등급을 지정해야 하며, 다른 조치에는 지정할 수 없습니다.",
    ),
    "decision.until": (
        "A restriction ends at a moment that is to come, within {days} days.",
        "제한은 앞으로 {days}일 이내의 시점에 끝나야 합니다.",
    ),
    "decision.activities": ("Restrict at least one activity.", "제한할 활동을 하나 이상 지정해 주세요."),
    "decision.gone": ("This is not there any more.", "대상이 더 이상 존재하지 않습니다."),
    "appeal.made": ("This decision was appealed before.", "이미 이의를 제기한 결정입니다."),
    "appeal.late": ("It is too late to appeal this decision.", "이의 제기 기간이 지났습니다."),
    "appeal.final": ("This decision can not be appealed.", "이의를 제기할 수 없는 결정입니다."),
    "restricted": (
        "{because} You may not do this until {until}.",
        "{because} {until}까지 이 활동을 할 수 없습니다.",
    ),
    "moderation.effect.NONE": (
        "We looked at this and found nothing against the rules.",
        "검토한 결과 규정 위반이 확인되지 않았습니다.",
    ),
    "moderation.effect.WARN": ("This is a warning.", "경고 조치입니다."),
    "moderation.effect.RELABEL": ("The content level was raised.", "콘텐츠 등급을 올렸습니다."),
    "moderation.effect.HIDE": ("This is hidden from others.", "다른 사람에게 보이지 않도록 숨겼습니다."),
    "moderation.effect.REMOVE": ("This was removed.", "삭제 조치했습니다."),
    "moderation.effect.RESTRICT": ("Your account is restricted for a while.", "계정 활동을 일정 기간 제한합니다."),
    "moderation.reason.SPAM": ("It is spam.", "스팸에 해당합니다."),
    "moderation.reason.HARASSMENT": ("It harasses somebody.", "다른 사람을 괴롭히는 내용입니다."),
    "moderation.reason.HATE": ("It incites hatred.", "혐오를 조장하는 내용입니다."),
    "moderation.reason.IMPERSONATION": ("It impersonates somebody.", "다른 사람을 사칭합니다."),
    "moderation.reason.VIOLENCE": ("It shows cruelty or violence.", "잔혹하거나 폭력적인 내용입니다."),
    "moderation.reason.SEXUAL": ("It is sexually explicit.", "노골적인 성적 내용입니다."),
    "moderation.reason.MINORS": ("It endangers minors.", "미성년자를 위험에 빠뜨리는 내용입니다."),
    "moderation.reason.SELF_HARM": ("It encourages self-harm.", "자해를 부추기는 내용입니다."),
    "moderation.reason.WRONG_LEVEL": ("Its content level was too low.", "콘텐츠 등급이 실제보다 낮았습니다."),
    "moderation.reason.RIGHTS": ("It infringes somebody's rights.", "다른 사람의 권리를 침해합니다."),
    "moderation.reason.PRIVACY": ("It exposes somebody's private life.", "다른 사람의 사생활을 드러냅니다."),
    "moderation.reason.OTHER": ("It is against the rules of this place.", "이곳의 규정에 어긋납니다."),
}
