"""The vocabularies of painting as GraphQL enums: jobs, engines, prompts, and the content guard."""

from db.words import (
    GuardEffect,
    GuardSubject,
    JobStatus,
    Operation,
    SlotStatus,
)
from domain.words import (
    DifferenceKind,
    EngineFamily,
    EtaConfidence,
    FailureCode,
    GenerationWarningCode,
    GuardReason,
    PlanClass,
    Previews,
    PromptIssueCode,
    PromptMeans,
    Remedy,
    WaitingFor,
    WorkerStatus,
)
from schema.enums import publish

publish(
    JobStatus,
    "Where a job is in its life. From SUCCEEDED on it never changes again, but that archives become EXPIRED.",
    ACCEPTED="Taken in, not yet in the line.",
    QUEUED="Waits in the line.",
    PREPARING="Claimed by a worker that is loading the engine.",
    RUNNING="Being painted.",
    CANCELING="Canceled and refunded; the GPU is finishing its present step.",
    SUCCEEDED="Every image is ready.",
    PARTIAL="Some images are ready.",
    FAILED="No image came to be.",
    BLOCKED="No image came to be, and the content guard blocked at least one.",
    CANCELED="Stopped by its owner. Images that were ready stay.",
    EXPIRED="Waited too long and was given up. Of an archive: was finished, and is removed after a day.",
)
publish(
    SlotStatus,
    "Where one image of a job is in its life. From READY on it never changes again.",
    PENDING="Not begun.",
    RENDERING="Being painted.",
    CHECKING="Painted; being checked and stored.",
    READY="There to be seen; its credits are spent.",
    FAILED="Could not be painted or stored; its credits are back.",
    BLOCKED="Blocked by the content guard; its credits are back.",
    SKIPPED="Never finished, because the job was canceled or expired; its credits are back.",
)
publish(
    Remedy,
    "What to change so that an image may come to be.",
    CHANGE_PROMPT="Describe something else.",
    CHANGE_SOURCE="Start from another picture.",
    CHANGE_AREA="Mark another area, or add a margin.",
    ASK_FOR_LESS="Choose a smaller size or fewer steps.",
    CHANGE_ENGINE="Choose another engine, or try later.",
    TRY_AGAIN="Nothing: try again.",
    TRY_LATER="Nothing: try again later.",
)
publish(
    FailureCode,
    "Why an image, or a whole job, did not come to be.",
    CONTENT_BLOCKED="The content guard blocked it.",
    CHECK_UNAVAILABLE="It was painted, but the content guard could not judge it, and so nobody may see it.",
    ENGINE_ERROR="The engine failed while painting it.",
    ENGINE_UNAVAILABLE="The engine could not be loaded.",
    OUT_OF_MEMORY="The GPU ran out of memory.",
    SOURCE_GONE="A picture that it was to be made from is no longer there.",
    STORAGE_UNAVAILABLE="It was painted but could not be stored.",
    WORKER_LOST="The worker stopped again and again while painting it.",
    CANCELED="The job was canceled.",
    EXPIRED="The job waited too long.",
    NOTHING_TO_PAINT="The mask covers nothing, or no margin is to be added.",
    NO_SUBJECT="The picture shows nothing that stands out from its background.",
    NOTHING_TO_PACK="None of the images of an archive is there any more.",
    ARCHIVE_NOT_STORED="The images could not be read or the archive not be stored, several times.",
    PACKER_LOST="An archive could not be made in several tries.",
    INVALID_SOURCE="A picture that it was to be made from is missing or can not be read.",
)
publish(
    EtaConfidence,
    "How far a waiting time can be trusted, by how far the engine's last hundred were off.",
    HIGH="Half of them by a fifth of the wait at most.",
    MEDIUM="Half of them by half of the wait at most.",
    LOW="More than that, or there were fewer than ten.",
)
publish(
    WaitingFor,
    "What a job in the line waits for.",
    TURN="Those before it.",
    WORKER="A worker that serves its engine: at present none does.",
    RESUME="An administrator, who has paused its engine.",
)
publish(
    WorkerStatus,
    "Whether a worker takes jobs.",
    UP="It does.",
    DRAINING="It takes no more, and finishes what it has in hand.",
    DRAINED="It takes no more, and has nothing in hand: it can be stopped, and no picture is lost.",
)
publish(
    Previews,
    "Which previews a stream of progress carries.",
    NONE="No previews: `preview` is null.",
    LOW="Small ones, at most 96 pixels on their longest side.",
)
publish(
    Operation,
    "What a generation job does.",
    TEXT_TO_IMAGE="Paint from words alone.",
    IMAGE_TO_IMAGE="Paint a variation of a picture.",
    REFERENCES="Paint something similar to several pictures.",
    INPAINT="Paint a part of a picture anew.",
    OUTPAINT="Paint on beyond the edges of a picture.",
    UPSCALE="Make a picture larger.",
    RESTYLE="Paint a picture again in another style.",
    REMOVE_BACKGROUND="Make what is behind the subject transparent.",
)
publish(
    EngineFamily,
    "Which kind of model an engine is.",
    PROCEDURAL="No model: drawn by rules.",
    EASEL="Easel's own small model.",
    SD15="Stable Diffusion 1.",
    SD21="Stable Diffusion 2.",
    SDXL="Stable Diffusion XL.",
    SD3="Stable Diffusion 3.",
    FLUX="FLUX.1.",
    OPENAI="Images of OpenAI's API.",
    CUSTOM="Whatever pipeline this installation was given.",
)
publish(
    PlanClass,
    "For whom an engine is.",
    FREE="For everybody.",
    PAID="For members of a paid plan, once there are plans.",
)
publish(
    GenerationWarningCode,
    "Why a job may turn out otherwise than its owner expects.",
    STEPS_BELOW_SENSIBLE="So few steps leave the picture unfinished.",
    GUIDANCE_IGNORED="The engine does not follow guidance.",
    NEGATIVE_PROMPT_IGNORED="The engine, with this guidance, does not read the negative prompt.",
    SEED_IGNORED="The engine can not repeat a picture.",
    SIZE_FAR_FROM_TRAINED="The engine was trained on pictures of quite another size.",
    PROMPT_TRUNCATED="The engine will probably not read the end of the prompt.",
    PROMPT_NOT_UNDERSTOOD="Words of the prompt could not be translated to the engine's language.",
    LANGUAGE_SERVICE_AWAY="The service that translates did not answer; a table of phrases did.",
    CONTENT_WARNED="The content guard lets the prompt pass with a warning, which the message tells.",
    NO_WORKER="No worker serves the engine at present; the job waits until one does.",
    QUEUE_PAUSED="An administrator has paused the engine; the job waits until it goes on.",
)
publish(
    GuardReason,
    "Why the content guard spoke.",
    SEXUAL_MINORS="Children or young people, and anything sexual or naked.",
    SEXUAL_EXPLICIT="Explicit sexual content.",
    NUDITY="Nudity: a warning, and MATURE pictures.",
    SUGGESTIVE="Suggestive content: SENSITIVE pictures.",
    GORE="Extreme violence and mutilation.",
    VIOLENCE="Blood and violence: SENSITIVE pictures.",
    HATE="Hate against people, or its symbols.",
    SELF_HARM="Suicide or self-harm.",
    REAL_PERSON="A real person, or another protected name.",
    PROTECTED_CHARACTER="A character that belongs to somebody: a warning.",
    BRAND="A brand: a warning.",
    KNOWN_PICTURE="The picture is one that moderators have blocked.",
    UNSAFE="The safety checker flagged the picture.",
    REFUSED_BY_ENGINE="The engine refused to paint it.",
)
publish(
    GuardEffect,
    "What a decision of the content guard does.",
    ALLOW="Lets it pass.",
    WARN="Lets it pass, and warns.",
    BLOCK="Stops it.",
)
publish(
    GuardSubject,
    "What the content guard decides about.",
    PROMPT="A prompt, before anything is painted.",
    PICTURE="A finished picture, before it is stored.",
)
publish(
    PromptMeans,
    "By which means a prompt was put into other words.",
    LLM="A large language model.",
    RULES="Rules and a table of phrases, always with the same result.",
)
publish(
    PromptIssueCode,
    "What is wrong with a prompt.",
    TOO_SHORT="Few words leave most of the picture to chance.",
    NO_SUBJECT="It does not say what the picture shows.",
    CONTRADICTION="Two of its words exclude each other.",
    QUALITY_REPEATED="Words of quality are said again and again.",
    NEGATION="It names what must not be there, which belongs into the negative prompt.",
    MIXED_LANGUAGES="Korean and English are mixed.",
)
publish(
    DifferenceKind,
    "What became of a part of a text.",
    KEPT="It is in both.",
    ADDED="It is only in the new text.",
    REMOVED="It is only in the old text.",
)
