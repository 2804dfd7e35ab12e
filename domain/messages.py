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
    # artworks
    "assets.count": ("An artwork has 1 to {maximum} images.", "작품에는 1~{maximum}장의 이미지를 넣을 수 있습니다."),
    "assets.repeated": ("An image may appear only once in an artwork.", "같은 이미지를 두 번 넣을 수 없습니다."),
    "asset.not_ready": ("This image is not ready.", "아직 준비되지 않은 이미지입니다."),
    "tags.too_many": ("An artwork may have at most {maximum} tags.", "태그는 최대 {maximum}개까지 붙일 수 있습니다."),
    "tag.invalid": (
        "A tag is one word of at most {maximum} letters, digits or underscores.",
        "태그는 글자, 숫자, 밑줄로 된 최대 {maximum}자의 한 단어여야 합니다.",
    ),
    # all
    "not_found": ("There is no such thing, or it is not yours.", "존재하지 않거나 권한이 없습니다."),
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
