"""What is said about prompts and settings: warnings of accepted jobs, issues, and what the content guard finds."""

from __future__ import annotations

from typing import Final

PROMPTS: Final[dict[str, tuple[str, str]]] = {
    # settings
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
}
