"""What is said of what became of jobs: entries of the ledger, failures of images, and what to change after one."""

from __future__ import annotations

from typing import Final

OUTCOMES: Final[dict[str, tuple[str, str]]] = {
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
    "failure.INVALID_SOURCE": (
        "A picture that this image was to be made from can not be read. Choose another; the credits are back.",
        "원본 이미지를 읽을 수 없습니다. 다른 이미지를 골라 주세요. 크레딧은 환불되었습니다.",
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
}
