"""What refusals say, in English and Korean; placeholders are filled with the refusal's own data."""

from __future__ import annotations

from typing import Final, Literal

from domain.messages_community import COMMUNITY
from domain.messages_moderation import MODERATION
from domain.messages_notifications import NOTIFICATIONS
from domain.messages_outcomes import OUTCOMES
from domain.messages_prompts import PROMPTS

Language = Literal["en", "ko"]

MESSAGES: Final[dict[str, tuple[str, str]]] = {
    # texts
    "text.empty": ("This must not be empty.", "비워 둘 수 없습니다."),
    "text.too_long": (
        "This may have at most {maximum} characters; it has {length}.",
        "최대 {maximum}자까지 쓸 수 있습니다. 지금은 {length}자입니다.",
    ),
    "text.too_short": ("This needs at least {minimum} characters.", "{minimum}자 이상이어야 합니다."),
    "text.not_text": ("This contains characters that are not text.", "글자가 아닌 문자가 들어 있습니다."),
    # accounts
    "email.invalid": ("This is not an e-mail address.", "올바른 이메일 주소가 아닙니다."),
    "email.taken": ("There is already an account with this e-mail address.", "이미 가입된 이메일 주소입니다."),
    "handle.invalid": (
        "A handle has 3 to 30 letters a-z, digits or underscores, and begins with a letter.",
        "핸들은 영문 소문자로 시작하는 3~30자의 영문 소문자, 숫자, 밑줄이어야 합니다.",
    ),
    "handle.taken": ("This handle is taken.", "이미 사용 중인 핸들입니다."),
    "link.invalid": (
        "A link begins with https:// and has at most {maximum} characters.",
        "링크는 https://로 시작하고 최대 {maximum}자여야 합니다.",
    ),
    "links.too_many": (
        "A profile may have at most {maximum} links.",
        "링크는 최대 {maximum}개까지 등록할 수 있습니다.",
    ),
    "credentials.invalid": ("E-mail address or password is wrong.", "이메일 주소 또는 비밀번호가 올바르지 않습니다."),
    "refresh_token.invalid": ("This session has ended. Sign in again.", "세션이 만료되었습니다. 다시 로그인해 주세요."),
    "attempts.too_many": (
        "Too many attempts. Try again in {seconds} seconds.",
        "시도 횟수가 너무 많습니다. {seconds}초 뒤에 다시 시도해 주세요.",
    ),
    # people
    "follow.oneself": ("Nobody can follow themselves.", "자기 자신을 팔로우할 수 없습니다."),
    "mute.oneself": ("Nobody can mute themselves.", "자기 자신을 뮤트할 수 없습니다."),
    "block.oneself": ("Nobody can block themselves.", "자기 자신을 차단할 수 없습니다."),
    # search
    "search.too_much": (
        "A search may name at most {maximum} words, tags and people.",
        "검색에는 단어, 태그, 사람을 최대 {maximum}개까지 쓸 수 있습니다.",
    ),
    "search.empty": (
        "A saved search names at least one word, tag, person or trait that artworks must have.",
        "저장하는 검색에는 작품이 갖춰야 할 단어, 태그, 사람, 조건이 하나 이상 있어야 합니다.",
    ),
    "search.period": (
        "A saved search tells of what is published from now on; it has no period.",
        "저장한 검색은 앞으로 게시될 작품을 알려 주므로 기간을 지정할 수 없습니다.",
    ),
    "search.values": (
        "This may hold at most {maximum} values.",
        "최대 {maximum}개까지 지정할 수 있습니다.",
    ),
    "searches.too_many": (
        "You may have at most {maximum} saved searches.",
        "검색은 최대 {maximum}개까지 저장할 수 있습니다.",
    ),
    # generation
    "count.out_of_range": (
        "A job makes {minimum} to {maximum} images.",
        "한 번에 {minimum}~{maximum}장까지 만들 수 있습니다.",
    ),
    "engine.unknown": (
        "There is no engine “{value}” here. Choose one of: {choices}.",
        "“{value}” 엔진은 없습니다. 다음 중에서 고르세요: {choices}.",
    ),
    "style.unknown": (
        "There is no style “{value}”. Choose one of: {choices}.",
        "“{value}” 스타일은 없습니다. 다음 중에서 고르세요: {choices}.",
    ),
    "ratio.unknown": (
        "There is no ratio “{value}”. Choose one of: {choices}.",
        "“{value}” 비율은 없습니다. 다음 중에서 고르세요: {choices}.",
    ),
    "number.out_of_range": (
        "This must be between {minimum} and {maximum}.",
        "{minimum}에서 {maximum} 사이여야 합니다.",
    ),
    "operation.not_offered": (
        "The engine “{value}” can not do this. Choose one of: {choices}.",
        "“{value}” 엔진은 이 작업을 할 수 없습니다. 다음 중에서 고르세요: {choices}.",
    ),
    "operation.nowhere": ("No engine here can do this.", "이 작업을 할 수 있는 엔진이 없습니다."),
    "source.and_references": (
        "Give either a source or references, not both.",
        "원본과 참고 이미지 중 하나만 지정할 수 있습니다.",
    ),
    "strength.without_references": (
        "Only references have this strength; that of a source is said there.",
        "이 강도는 참고 이미지에만 쓸 수 있으며, 원본의 강도는 원본에서 지정합니다.",
    ),
    "references.count": (
        "Give 1 to {maximum} references.",
        "참고 이미지는 1~{maximum}장까지 지정할 수 있습니다.",
    ),
    "references.repeated": (
        "An image may be a reference only once.",
        "같은 이미지를 두 번 참고할 수 없습니다.",
    ),
    "size.and_ratio": ("Give either a size or a ratio, not both.", "크기와 비율 중 하나만 지정할 수 있습니다."),
    "size.out_of_range": (
        "This must be {minimum} to {maximum} pixels, and a multiple of {multiple}.",
        "{minimum}~{maximum}픽셀이면서 {multiple}의 배수여야 합니다.",
    ),
    "source.size": (
        "The picture would have {width} × {height} pixels; a side may have {minimum} to {maximum}.",
        "결과 이미지가 {width} × {height} 픽셀이 됩니다. 한 변은 {minimum}~{maximum}픽셀이어야 합니다.",
    ),
    "margins.none": ("Give at least one side something to add.", "적어도 한 변에는 여백을 주어야 합니다."),
    "margins.multiple": (
        "This must be a multiple of {multiple} pixels, and not negative.",
        "0 이상이면서 {multiple}픽셀의 배수여야 합니다.",
    ),
    "factor.unknown": ("A picture is made larger by {choices}.", "확대 배율은 {choices} 중 하나여야 합니다."),
    "mask.not_base64": ("This is not base64.", "올바른 base64가 아닙니다."),
    "mask.too_large": ("A mask may have at most {maximum} KB.", "마스크는 최대 {maximum}KB까지 가능합니다."),
    "mask.unreadable": (
        "This is no PNG that can be read, or it has more than {pixels} pixels.",
        "읽을 수 없는 PNG이거나 {pixels}픽셀보다 큽니다.",
    ),
    "mask.form": (
        "A mask has 8 bits or less for each channel.",
        "마스크는 채널당 8비트 이하여야 합니다.",
    ),
    "mask.shape": (
        "The mask must have the ratio of the picture, which has {width} × {height} pixels.",
        "마스크의 비율이 원본({width} × {height} 픽셀)과 같아야 합니다.",
    ),
    "mask.empty": ("The mask covers nothing.", "마스크에 칠해진 부분이 없습니다."),
    "mask.areas": ("A mask has at most {maximum} areas.", "마스크 영역은 최대 {maximum}개까지 지정할 수 있습니다."),
    "credits.insufficient": (
        "This costs {needed} credits; {available} are available.",
        "{needed} 크레딧이 필요하지만 {available} 크레딧만 남아 있습니다.",
    ),
    "low_mark.range": (
        "The mark is between 0 and {maximum} credits.",
        "0에서 {maximum} 크레딧 사이여야 합니다.",
    ),
    "retry.nothing": (
        "This job has not ended, or has no failed images that are not being made again already.",
        "작업이 아직 끝나지 않았거나, 다시 만들 실패한 이미지가 없습니다.",
    ),
    "job.not_waiting": (
        "This job does not wait in the line, or not in the same one.",
        "이 작업은 대기열에 없거나 같은 대기열에 있지 않습니다.",
    ),
    "forbidden": ("Only an administrator may do this.", "관리자만 할 수 있습니다."),
    "allowance.reached": (
        "{used} of today's {limit} images are used. Ask for fewer, or again after midnight in Seoul.",
        "오늘 만들 수 있는 {limit}장 중 {used}장을 이미 썼습니다. 수를 줄이거나 자정이 지난 뒤 다시 시도해 주세요.",
    ),
    "owner.busy": (
        "Images for this are being made already. Wait for that job, or cancel it.",
        "이미 이미지를 만들고 있습니다. 작업이 끝날 때까지 기다리거나 취소해 주세요.",
    ),
    "preset.engine_gone": (
        "This preset is for the engine “{value}”, which does not run here any more. Choose one of: {choices}.",
        "이 프리셋의 “{value}” 엔진은 더 이상 사용할 수 없습니다. 다음 중에서 고르세요: {choices}.",
    ),
    "presets.too_many": ("You may have {maximum} presets.", "프리셋은 최대 {maximum}개까지 저장할 수 있습니다."),
    "idempotency.conflict": (
        "This idempotency key was used before with another request.",
        "이 멱등 키는 다른 요청에 이미 사용되었습니다.",
    ),
    # pictures that no engine painted
    "picture.KNOWN_PICTURE": (
        "This picture is one that must not be shown here.",
        "여기에서 보여 줄 수 없는 이미지입니다.",
    ),
    "picture.KNOWN_PICTURE.change": (
        "Use another picture. The same one in another size or format is not accepted either.",
        "다른 이미지를 사용해 주세요. 크기나 형식만 바꾼 같은 이미지도 사용할 수 없습니다.",
    ),
    "picture.UNSAFE": (
        "This picture was flagged as unsafe.",
        "안전하지 않다고 판단된 이미지입니다.",
    ),
    "picture.UNSAFE.change": (
        "Use a more harmless picture, or leave out the part that is not.",
        "더 무난한 이미지를 사용하거나 문제가 되는 부분을 빼 주세요.",
    ),
    "media.unavailable": (
        "Pictures can not be read, checked or stored at present. Try again shortly.",
        "지금은 이미지를 읽거나 확인하거나 저장할 수 없습니다. 잠시 후 다시 시도해 주세요.",
    ),
    "job.finished": ("This job has already ended.", "이미 끝난 작업입니다."),
    "avatar.not_general": (
        "Everybody sees an avatar: choose a picture whose content level is GENERAL.",
        "프로필 이미지는 모두에게 보입니다. 전체 이용가 이미지를 골라 주세요.",
    ),
    # artworks
    "assets.count": ("An artwork has 1 to {maximum} images.", "작품에는 1~{maximum}장의 이미지를 넣을 수 있습니다."),
    "assets.repeated": ("An image may appear only once in an artwork.", "같은 이미지를 두 번 넣을 수 없습니다."),
    "asset.not_ready": ("This image is not ready.", "아직 준비되지 않은 이미지입니다."),
    "tags.too_many": ("There may be at most {maximum} tags.", "태그는 최대 {maximum}개까지 붙일 수 있습니다."),
    "tag.invalid": (
        "A tag is one word of at most {maximum} letters, digits or underscores.",
        "태그는 글자, 숫자, 밑줄로 된 최대 {maximum}자의 한 단어여야 합니다.",
    ),
    "seen.count": ("Name 1 to {maximum} artworks.", "작품을 1~{maximum}개 지정해 주세요."),
    "remix.not_allowed": (
        "The licence of this artwork does not allow remixes.",
        "이 작품의 라이선스는 리믹스를 허용하지 않습니다.",
    ),
    "remix.license": (
        "The artwork that this is a remix of asks for one of these licences: {choices}.",
        "원본 작품에 따라 다음 라이선스 중 하나를 골라야 합니다: {choices}.",
    ),
    "share.not_for_all": (
        "Only what somebody who is not signed in may see can be shared.",
        "로그인하지 않은 사람도 볼 수 있는 작품만 공유할 수 있습니다.",
    ),
    # galleries
    "gallery.changed": (
        "The gallery has changed meanwhile. Look at its present order and try again.",
        "그사이 갤러리가 바뀌었습니다. 현재 순서를 확인한 뒤 다시 시도해 주세요.",
    ),
    "gallery.elsewhere": (
        "This image is in the gallery of something else.",
        "다른 갤러리에 들어 있는 이미지입니다.",
    ),
    "order.too_long": (
        "An order names at most {maximum} images.",
        "순서에는 최대 {maximum}장까지 지정할 수 있습니다.",
    ),
    "order.repeated": ("An image may stand in the order only once.", "같은 이미지를 순서에 두 번 넣을 수 없습니다."),
    "order.empty": ("Name at least one image.", "이미지를 한 장 이상 지정해 주세요."),
    "owners.too_many": (
        "You may have {maximum} characters, stories and chats.",
        "캐릭터와 스토리, 원작챗은 모두 합해 최대 {maximum}개까지 만들 수 있습니다.",
    ),
    "asset.hidden": ("Moderators have removed this image.", "운영자가 삭제한 이미지입니다."),
    "asset.not_trashed": ("This image was not deleted.", "삭제된 이미지가 아닙니다."),
    "asset.purged": (
        "This image was deleted more than {days} days ago and can not be restored.",
        "삭제한 지 {days}일이 지나 복구할 수 없습니다.",
    ),
    "crop.outside": (
        "The crop must lie within the picture, which has {width} × {height} pixels.",
        "자르기 영역은 원본({width} × {height} 픽셀) 안에 있어야 합니다.",
    ),
    "edit.nothing": ("This recipe changes nothing.", "바뀌는 것이 없습니다."),
    "edit.size": (
        "This must be 1 to {maximum} pixels.",
        "1~{maximum}픽셀이어야 합니다.",
    ),
    "edit.too_large": (
        "A picture of more than {maximum} pixels can not be edited.",
        "{maximum}픽셀보다 큰 이미지는 편집할 수 없습니다.",
    ),
    # folders
    "folder.cycle": ("A folder can not be in itself.", "폴더를 자기 자신 안으로 옮길 수 없습니다."),
    "folder.too_deep": (
        "Folders may be {maximum} deep.",
        "폴더는 최대 {maximum}단계까지 만들 수 있습니다.",
    ),
    "folder.name_taken": (
        "There is a folder of this name already.",
        "같은 이름의 폴더가 이미 있습니다.",
    ),
    "folders.too_many": ("You may have {maximum} folders.", "폴더는 최대 {maximum}개까지 만들 수 있습니다."),
    "assets.moved": ("Choose 1 to {maximum} images.", "이미지를 1~{maximum}장 골라 주세요."),
    "assets.moved_twice": ("An image may be chosen only once.", "같은 이미지를 두 번 고를 수 없습니다."),
    # archives
    "archive.one_of": (
        "Give either images or a folder, not both.",
        "이미지와 폴더 중 하나만 지정해 주세요.",
    ),
    "archive.empty_folder": ("There are no images in this folder.", "이 폴더에는 이미지가 없습니다."),
    "archive.too_many": (
        "There are more than {maximum} images in this folder. Choose a smaller one.",
        "이 폴더에는 이미지가 {maximum}장보다 많습니다. 더 작은 폴더를 골라 주세요.",
    ),
    "archive.too_large": (
        "These images have more than {maximum} GB together. Choose fewer.",
        "이미지 용량의 합이 {maximum}GB를 넘습니다. 더 적게 골라 주세요.",
    ),
    "archives.too_many": (
        "{limit} archives of yours are not finished. Wait for one of them, or cancel it.",
        "아직 끝나지 않은 압축 작업이 {limit}개 있습니다. 하나가 끝나기를 기다리거나 취소해 주세요.",
    ),
    # uploads
    "upload.mime": ("Upload one of: {choices}.", "다음 형식만 올릴 수 있습니다: {choices}."),
    "upload.bytes": ("A file has 1 byte to {maximum} MB.", "파일 크기는 최대 {maximum}MB입니다."),
    "upload.sha256": ("This is no SHA-256 in hexadecimal.", "올바른 SHA-256 값이 아닙니다."),
    "upload.used": (
        "This upload has become another image already. Upload the file again.",
        "이미 다른 이미지가 된 업로드입니다. 파일을 다시 올려 주세요.",
    ),
    "upload.not_arrived": ("The file has not arrived yet.", "파일이 아직 도착하지 않았습니다."),
    "upload.being_checked": ("The file is being checked.", "파일을 확인하고 있습니다."),
    "upload.busy": (
        "Too much is going on to check the file. Try again shortly.",
        "지금은 파일을 확인할 여유가 없습니다. 잠시 후 다시 시도해 주세요.",
    ),
    "upload.store_away": (
        "Files can not be read or stored at present. Try again shortly.",
        "지금은 파일을 읽거나 저장할 수 없습니다. 잠시 후 다시 시도해 주세요.",
    ),
    "upload.check_away": (
        "Pictures can not be checked at present. Try again shortly.",
        "지금은 이미지를 확인할 수 없습니다. 잠시 후 다시 시도해 주세요.",
    ),
    "upload.given_up": (
        "This upload was given up. Announce the file again.",
        "이 업로드는 만료되었습니다. 다시 올려 주세요.",
    ),
    "upload.WRONG_SIZE": (
        "The file has another size than was announced. Upload it again.",
        "파일 크기가 알려 준 값과 다릅니다. 다시 올려 주세요.",
    ),
    "upload.WRONG_CHECKSUM": (
        "The file did not arrive as it was announced. Upload it again.",
        "파일 내용이 알려 준 값과 다릅니다. 다시 올려 주세요.",
    ),
    "upload.NOT_A_PICTURE": (
        "This is no PNG, JPEG or WebP picture.",
        "PNG, JPEG, WebP 이미지가 아닙니다.",
    ),
    "upload.WRONG_TYPE": (
        "The picture is of another type than was announced.",
        "이미지 형식이 알려 준 것과 다릅니다.",
    ),
    "upload.TOO_MANY_PIXELS": (
        "The picture is too large: 16.8 million pixels at most. Make it smaller.",
        "이미지가 너무 큽니다. 최대 1,680만 화소까지 올릴 수 있으니 크기를 줄여 주세요.",
    ),
    "upload.SEVERAL_FRAMES": (
        "The picture moves. Upload a still one.",
        "움직이는 이미지는 올릴 수 없습니다. 정지 이미지를 올려 주세요.",
    ),
    "upload.HIDDEN_DATA": (
        "The file holds something else behind its picture. Save the picture anew and upload that.",
        "이미지 뒤에 다른 데이터가 붙어 있습니다. 이미지를 다시 저장해서 올려 주세요.",
    ),
    "upload.BROKEN": (
        "The picture is broken, or not all of it arrived.",
        "이미지가 손상되었거나 일부만 도착했습니다.",
    ),
    "upload.BLOCKED": (
        "This picture can not be uploaded: it is one that must not be shown here.",
        "여기에서 보여 줄 수 없는 이미지라서 올릴 수 없습니다.",
    ),
    "upload.TOO_EXPENSIVE": (
        "The picture takes too much to decode. Save it anew, smaller, and upload that.",
        "이미지를 처리하는 데 너무 많은 자원이 필요합니다. 크기를 줄여 다시 저장해 주세요.",
    ),
    # all
    "not_found": ("There is no such thing, or it is not yours.", "존재하지 않거나 권한이 없습니다."),
    **MODERATION,
    **PROMPTS,
    **COMMUNITY,
    **OUTCOMES,
    **NOTIFICATIONS,
}


def message(key: str, language: Language, **values: object) -> str:
    """Return the text of ``key`` in ``language``.

    Raises:
        KeyError: there is no such text.
    """
    return MESSAGES[key][language == "ko"].format(**values)
