"""What refusals say, in English and Korean; placeholders are filled with the refusal's own data."""

from __future__ import annotations

from typing import Final, Literal

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
    "warning.STEPS_BELOW_SENSIBLE": (
        "This engine's pictures look unfinished below {sensible} steps.",
        "이 엔진은 {sensible}단계보다 적으면 그림이 덜 완성되어 보입니다.",
    ),
    "warning.GUIDANCE_IGNORED": ("This engine ignores guidance.", "이 엔진은 가이던스를 사용하지 않습니다."),
    "warning.NEGATIVE_PROMPT_IGNORED": (
        "The negative prompt has no effect on this engine with this guidance.",
        "이 엔진과 가이던스에서는 네거티브 프롬프트가 적용되지 않습니다.",
    ),
    "warning.SEED_IGNORED": (
        "This engine can not repeat a picture: the seed has no effect.",
        "이 엔진은 같은 그림을 다시 만들 수 없어 시드가 적용되지 않습니다.",
    ),
    "warning.SIZE_FAR_FROM_TRAINED": (
        "{width} × {height} is far from the {side} × {side} that this engine was trained on.",
        "{width} × {height}은(는) 이 엔진이 학습한 {side} × {side}와 많이 다릅니다.",
    ),
    "warning.NO_WORKER": (
        "No worker serves this engine at present. The job waits until one does; after too long, its credits come back.",
        "지금은 이 엔진을 맡은 작업자가 없어 대기합니다. 너무 오래 걸리면 크레딧을 돌려드립니다.",
    ),
    "warning.QUEUE_PAUSED": (
        "This engine is paused at present. The job waits until it goes on.",
        "지금은 이 엔진이 일시 중지되어 있습니다. 다시 시작될 때까지 작업이 대기합니다.",
    ),
    "job.finished": ("This job has already ended.", "이미 끝난 작업입니다."),
    # prompts
    "warning.PROMPT_TRUNCATED": (
        "The engine reads about {limit} tokens and will probably not read the end of the prompt: “{unread}”.",
        "엔진은 약 {limit}토큰까지만 읽으므로 프롬프트의 끝부분은 반영되지 않을 수 있습니다: “{unread}”.",
    ),
    "warning.PROMPT_NOT_UNDERSTOOD": (
        "This engine reads English, and these words could not be translated: {words}.",
        "이 엔진은 영어만 이해하며, 다음 단어는 번역하지 못했습니다: {words}.",
    ),
    "warning.LANGUAGE_SERVICE_AWAY": (
        "The language service did not answer; a plain table of phrases served instead.",
        "언어 서비스가 응답하지 않아 내장 표현 사전으로 대신했습니다.",
    ),
    "issue.TOO_SHORT": (
        "Few words leave most of the picture to chance. Say where it is, in which light and colours.",
        "너무 짧으면 그림이 대부분 우연에 맡겨집니다. 장소, 빛, 색을 더해 보세요.",
    ),
    "issue.NO_SUBJECT": (
        "It says how the picture looks, but not what it shows. Name a thing, a person or a place.",
        "어떻게 보이는지만 있고 무엇을 그릴지가 없습니다. 사물, 인물, 장소를 적어 주세요.",
    ),
    "issue.CONTRADICTION": (
        "“{first}” and “{second}” contradict each other; the engine will mix them or choose one.",
        "“{first}”와(과) “{second}”은(는) 서로 모순됩니다. 둘이 섞이거나 하나만 반영됩니다.",
    ),
    "issue.QUALITY_REPEATED": (
        "Words of quality said again and again ({words}) take room from what the picture shows.",
        "품질을 뜻하는 말({words})을 되풀이하면 정작 그릴 내용이 들어갈 자리가 줄어듭니다.",
    ),
    "issue.NEGATION": (
        "Engines paint what a prompt names, also behind “no”. Say it in the negative prompt: {words}.",
        "엔진은 ‘없는’이라고 써도 그 대상을 그리곤 합니다. 네거티브 프롬프트에 적으세요: {words}.",
    ),
    "issue.MIXED_LANGUAGES": (
        "Korean and English are mixed; one language is understood better.",
        "한국어와 영어가 섞여 있습니다. 한 언어로 쓰면 더 잘 이해합니다.",
    ),
    # the content guard, on prompts
    "guard.SEXUAL_MINORS": (
        "Sexual content with children or young people is never painted here.",
        "아동·청소년이 등장하는 성적인 내용은 만들 수 없습니다.",
    ),
    "guard.SEXUAL_MINORS.change": (
        "Leave out everything sexual or naked, or show adults only.",
        "성적이거나 노출된 표현을 모두 빼거나, 성인만 등장하도록 바꿔 주세요.",
    ),
    "guard.SEXUAL_EXPLICIT": ("Explicit sexual content is not painted here.", "노골적인 성적 내용은 만들 수 없습니다."),
    "guard.SEXUAL_EXPLICIT.change": (
        "Take this out, or say something else in its place: {words}.",
        "다음 표현을 빼거나 다른 말로 바꿔 주세요: {words}.",
    ),
    "guard.NUDITY": (
        "Nudity: the pictures will be MATURE, and seen only by those who choose to.",
        "노출이 있는 내용입니다. 결과 이미지는 성인 등급이 되어 선택한 사람에게만 보입니다.",
    ),
    "guard.GORE": ("Extreme violence and mutilation are not painted here.", "지나치게 잔혹한 내용은 만들 수 없습니다."),
    "guard.GORE.change": (
        "Show the mood, not the wounds; take this out: {words}.",
        "상처 대신 분위기로 표현해 주세요. 다음 표현을 빼 주세요: {words}.",
    ),
    "guard.HATE": (
        "Hate against people, and its symbols, are not painted here.",
        "혐오 표현과 혐오 상징은 만들 수 없습니다.",
    ),
    "guard.HATE.change": ("Take this out: {words}.", "다음 표현을 빼 주세요: {words}."),
    "guard.SELF_HARM": (
        "Suicide and self-harm are not painted. If you need help, somebody listens: 109 in Korea, findahelpline.com.",
        "자살과 자해를 묘사할 수 없습니다. 힘드시다면 언제든 이야기할 수 있습니다: 자살예방 상담전화 109.",
    ),
    "guard.SELF_HARM.change": (
        "Show the feeling in another way, and take this out: {words}.",
        "감정을 다른 방식으로 표현하고 다음 표현을 빼 주세요: {words}.",
    ),
    "guard.REAL_PERSON": (
        "Real people are not painted here without their consent.",
        "실존 인물은 동의 없이 만들 수 없습니다.",
    ),
    "guard.REAL_PERSON.change": (
        "Describe a person that you make up, without this name: {words}.",
        "다음 이름 대신 가상의 인물을 묘사해 주세요: {words}.",
    ),
    "guard.PROTECTED_CHARACTER": (
        "“{words}” may belong to somebody: selling or publishing such a picture may need a licence.",
        "“{words}”은(는) 권리자가 있을 수 있습니다. 판매하거나 공개하려면 허락이 필요할 수 있습니다.",
    ),
    "guard.BRAND": (
        "“{words}” is a brand: selling or publishing such a picture may need a licence.",
        "“{words}”은(는) 상표입니다. 판매하거나 공개하려면 허락이 필요할 수 있습니다.",
    ),
    "guard.SUGGESTIVE": ("Suggestive: the pictures will be SENSITIVE.", "선정적인 내용이라 민감 등급이 됩니다."),
    "guard.VIOLENCE": ("Violent: the pictures will be SENSITIVE.", "폭력적인 내용이라 민감 등급이 됩니다."),
    "guard.picture.KNOWN_PICTURE": (
        "This picture is one that must not be shown again. Describe something else.",
        "다시 보여 줄 수 없는 이미지와 같습니다. 다른 내용으로 바꿔 주세요.",
    ),
    "guard.picture.UNSAFE": (
        "The finished picture was flagged as unsafe. Describe it in a more harmless way.",
        "완성된 이미지가 안전하지 않다고 판단되었습니다. 더 무난하게 묘사해 주세요.",
    ),
    "guard.picture.REFUSED_BY_ENGINE": (
        "The engine refused to paint this. Describe something else.",
        "엔진이 그리기를 거부했습니다. 다른 내용으로 바꿔 주세요.",
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
    "avatar.not_general": (
        "Everybody sees an avatar: choose a picture whose content level is GENERAL.",
        "프로필 이미지는 모두에게 보입니다. 전체 이용가 이미지를 골라 주세요.",
    ),
    # artworks
    "assets.count": ("An artwork has 1 to {maximum} images.", "작품에는 1~{maximum}장의 이미지를 넣을 수 있습니다."),
    "assets.repeated": ("An image may appear only once in an artwork.", "같은 이미지를 두 번 넣을 수 없습니다."),
    "asset.not_ready": ("This image is not ready.", "아직 준비되지 않은 이미지입니다."),
    "tags.too_many": ("An artwork may have at most {maximum} tags.", "태그는 최대 {maximum}개까지 붙일 수 있습니다."),
    "tag.invalid": (
        "A tag is one word of at most {maximum} letters, digits or underscores.",
        "태그는 글자, 숫자, 밑줄로 된 최대 {maximum}자의 한 단어여야 합니다.",
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
    # entries of the ledger
    "ledger.GRANT": ("Credits were given.", "크레딧이 지급되었습니다."),
    "ledger.HOLD": ("Credits were set aside for a job.", "작업을 위해 크레딧이 예약되었습니다."),
    "ledger.CAPTURE": ("Credits were spent on a finished image.", "완성된 이미지에 크레딧이 사용되었습니다."),
    "ledger.RELEASE": (
        "Credits came back, because an image did not come to be.",
        "이미지가 완성되지 않아 크레딧이 환불되었습니다.",
    ),
    "ledger.EXPIRE": ("Credits expired.", "크레딧의 유효 기간이 끝났습니다."),
    # what to change after a failure
    "remedy.CHANGE_PROMPT": ("Describe something else.", "다른 내용으로 바꿔 주세요."),
    "remedy.CHANGE_SOURCE": ("Choose another picture.", "다른 이미지를 골라 주세요."),
    "remedy.CHANGE_AREA": ("Mark an area, or add a margin.", "영역을 칠하거나 여백을 더해 주세요."),
    "remedy.ASK_FOR_LESS": ("Choose a smaller size or fewer steps.", "크기나 단계를 줄여 주세요."),
    "remedy.CHANGE_ENGINE": ("Choose another engine, or try later.", "다른 엔진을 고르거나 나중에 다시 시도해 주세요."),
    "remedy.TRY_AGAIN": ("Try again.", "다시 시도해 주세요."),
    "remedy.TRY_LATER": ("Try again later.", "나중에 다시 시도해 주세요."),
    # failures of images
    "failure.CONTENT_BLOCKED": (
        "This image was blocked by the content guard. Describe something else; its credits are back.",
        "콘텐츠 가드가 이 이미지를 차단했습니다. 다른 내용으로 바꿔 주세요. 크레딧은 환불되었습니다.",
    ),
    "failure.CHECK_UNAVAILABLE": (
        "The content guard could not check this image. Try again later; its credits are back.",
        "콘텐츠 가드가 이 이미지를 확인하지 못했습니다. 나중에 다시 시도해 주세요. 크레딧은 환불되었습니다.",
    ),
    "failure.ENGINE_ERROR": (
        "The engine could not paint this image. Try again; its credits are back.",
        "엔진이 이 이미지를 그리지 못했습니다. 다시 시도해 주세요. 크레딧은 환불되었습니다.",
    ),
    "failure.ENGINE_UNAVAILABLE": (
        "The engine is not available at present. Try later or choose another; the credits are back.",
        "지금은 엔진을 사용할 수 없습니다. 나중에 다시 시도하거나 다른 엔진을 고르세요. 크레딧은 환불되었습니다.",
    ),
    "failure.OUT_OF_MEMORY": (
        "The GPU ran out of memory. Choose a smaller size or fewer steps; the credits are back.",
        "GPU 메모리가 부족합니다. 크기나 단계를 줄여 주세요. 크레딧은 환불되었습니다.",
    ),
    "failure.SOURCE_GONE": (
        "The picture that this was to be made from is no longer there; the credits are back.",
        "원본 이미지가 더 이상 존재하지 않습니다. 크레딧은 환불되었습니다.",
    ),
    "failure.STORAGE_UNAVAILABLE": (
        "The image could not be stored. Try again; its credits are back.",
        "이미지를 저장하지 못했습니다. 다시 시도해 주세요. 크레딧은 환불되었습니다.",
    ),
    "failure.WORKER_LOST": (
        "The GPU worker stopped several times during this job. Try again; the credits are back.",
        "작업 중 GPU 워커가 여러 번 멈췄습니다. 다시 시도해 주세요. 크레딧은 환불되었습니다.",
    ),
    "failure.CANCELED": ("Canceled; the credits are back.", "취소되었습니다. 크레딧은 환불되었습니다."),
    "failure.EXPIRED": (
        "This job waited too long and was given up; the credits are back.",
        "대기 시간이 너무 길어 작업이 종료되었습니다. 크레딧은 환불되었습니다.",
    ),
    "failure.NOTHING_TO_PAINT": (
        "There is nothing to paint: the mask covers nothing, or no margin is added. The credits are back.",
        "새로 그릴 곳이 없습니다. 마스크로 칠하거나 여백을 더해 주세요. 크레딧은 환불되었습니다.",
    ),
    "failure.NO_SUBJECT": (
        "Nothing in this picture stands out from its background. Choose another; the credits are back.",
        "이 이미지에는 배경과 구분되는 대상이 없습니다. 다른 이미지를 골라 주세요. 크레딧은 환불되었습니다.",
    ),
    "failure.NOTHING_TO_PACK": (
        "None of the images is there any more. Choose others.",
        "압축할 이미지가 모두 삭제되었습니다. 다른 이미지를 골라 주세요.",
    ),
    "failure.ARCHIVE_NOT_STORED": (
        "The images could not be read, or the archive not be stored, several times. Try again later.",
        "이미지를 읽거나 압축 파일을 저장하지 못했습니다. 나중에 다시 시도해 주세요.",
    ),
    "failure.PACKER_LOST": (
        "The archive could not be made in several tries. Try again.",
        "압축 파일을 만들지 못했습니다. 다시 시도해 주세요.",
    ),
    "failure.INVALID_SOURCE": (
        "A picture that this image was to be made from can not be read. Choose another; the credits are back.",
        "원본 이미지를 읽을 수 없습니다. 다른 이미지를 골라 주세요. 크레딧은 환불되었습니다.",
    ),
}


def message(key: str, language: Language, **values: object) -> str:
    """Return the text of ``key`` in ``language``.

    Raises:
        KeyError: there is no such text.
    """
    return MESSAGES[key][language == "ko"].format(**values)
