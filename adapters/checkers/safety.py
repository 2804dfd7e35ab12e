"""The safety checker: a model that says which finished pictures must not be shown, in a process of its own."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from adapters.checkers import safety_process
from adapters.engines.hosting import ANEW, SILENCE_S
from db.words import ContentLevel
from domain.ports import Blocked, CheckUnavailable, EngineUnavailable, Rated
from domain.words import BlockReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import BaseContext

    from PIL import Image

    from adapters.engines.recipes import PipelineRecipe

Answer = TypeVar("Answer")


class _ProcessLost(CheckUnavailable):
    """The process died, or is not to be trusted any more; another one may judge the same picture."""


class SafetyChecker:
    """Blocks what diffusers' ``StableDiffusionSafetyChecker`` flags, or says that it is MATURE.

    The model is loaded when it is first needed, and stays. A process that dies, or raises, is replaced once for each
    picture. Pictures are judged one at a time, so that one which breaks the process costs no other picture.
    """

    def __init__(
        self,
        recipe: PipelineRecipe,
        *,
        silence_s: float = SILENCE_S,
        is_lenient: bool = False,
        context: BaseContext = ANEW,
    ) -> None:
        """Start nothing yet.

        Args:
            recipe: How the model is to be had.
            silence_s: Seconds after which a process that does not answer is taken for hung, and killed.
            is_lenient: Whether what the model flags is shown as MATURE, instead of to nobody.
            context: Starts the process.
        """
        self._is_lenient = is_lenient
        self._recipe = recipe
        self._silence_s = silence_s
        self._context = context
        self._turn = ThreadPoolExecutor(1, thread_name_prefix="safety")
        self._pool: ProcessPoolExecutor | None = None
        self._is_closed = False
        self.pid: int | None = None
        """Id of the process, None where there is none."""

    async def judge(self, picture: Image.Image) -> Blocked | Rated | None:
        """Return whether the model flags the picture; see ``domain.ports.OutputChecker``.

        Raises:
            CheckUnavailable: the model can not be loaded, or two processes were lost over this picture.
        """
        return await asyncio.get_running_loop().run_in_executor(self._turn, self._judge, picture)

    def warm_up(self) -> None:
        """Begin to load the model."""
        self._turn.submit(self._ensure)

    def close(self) -> None:
        """Kill the process, whatever it does."""
        self._is_closed = True
        self._turn.shutdown(wait=False, cancel_futures=True)
        self._end()

    def _judge(self, picture: Image.Image) -> Blocked | Rated | None:
        with suppress(_ProcessLost):
            return self._verdict(picture)
        return self._verdict(picture)

    def _verdict(self, picture: Image.Image) -> Blocked | Rated | None:
        if not self._asked(safety_process.is_flagged, self._ensure(), self._recipe, picture):
            return None
        detail = "the safety checker flagged it"
        return Rated(ContentLevel.MATURE, detail) if self._is_lenient else Blocked(BlockReason.UNSAFE, detail)

    def _ensure(self) -> ProcessPoolExecutor:
        """Return the process with its model loaded."""
        if self._pool is None:
            pool = self._pool = ProcessPoolExecutor(1, self._context, initializer=safety_process.begin)
            self.pid = self._asked(os.getpid, pool)
            self._asked(safety_process.load, pool, self._recipe)
        return self._pool

    def _asked(self, question: Callable[..., Answer], pool: ProcessPoolExecutor, *arguments: object) -> Answer:
        if self._is_closed:
            self._end()
            raise CheckUnavailable("the safety checker was closed")
        try:
            return pool.submit(question, *arguments).result(self._silence_s)
        except EngineUnavailable as error:
            self._end()
            raise CheckUnavailable(str(error)) from error
        except TimeoutError as error:
            self._end()
            raise CheckUnavailable("the safety checker's process was silent for too long") from error
        except Exception as error:  # torch raises what it likes, and after an error of CUDA every later call fails too
            self._end()
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise _ProcessLost(f"the safety checker's process was lost: {reason}") from error

    def _end(self) -> None:
        pool, pid = self._pool, self.pid
        self._pool = self.pid = None
        for child in multiprocessing.active_children():
            if child.pid == pid:
                child.kill()
        if pool:
            pool.shutdown(wait=False, cancel_futures=True)
