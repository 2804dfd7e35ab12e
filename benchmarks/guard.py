"""What judging a prompt of 1,000 characters costs: ``python -m benchmarks.guard``; CPU time, whatever else runs."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from adapters.guard.rules import RuleGuard

LENGTH: Final = 1_000
ROUNDS: Final = 5
CALLS: Final = 100
PROMPTS: Final = {
    "English": "a quiet harbour at dawn, fishing boats, soft golden light, 35mm film photo, highly detailed, f/1.8; ",
    "Korean": "새벽의 조용한 항구에 어선들이 떠 있고 부드러운 황금빛이 물 위에 비치는 35mm 필름 사진, 아주 세밀하게 ",
    "jamo alone": "ㅅㅔㄱㅅㅡ ㄱㅏㄴㅏㄷㅏ ",
    "letters alone": "a b c d e ",
    "tricks alone": "p 0 r-n s.e.x l1ke th1s ㅅ ㅔ ㄱ aaaaaa b00k ",
}


async def cost(guard: RuleGuard, prompt: str) -> float:
    """Return milliseconds of CPU time for one judgement: the best of a few rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.thread_time()
        for _ in range(CALLS):
            await guard.judge(prompt)
        best = min(best, (time.thread_time() - start) / CALLS)
    return best * 1_000


def main() -> None:
    """Print one line for each kind of prompt."""
    guard = RuleGuard()
    for name, piece in PROMPTS.items():
        prompt = (piece * (LENGTH // len(piece) + 1))[:LENGTH]
        print(f"{name:<14} {asyncio.run(cost(guard, prompt)):.2f} ms")


if __name__ == "__main__":
    main()
