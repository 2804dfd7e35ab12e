"""Asking the content guard about what somebody wrote, and keeping what it decides."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from domain import attempts, guard
from domain.bounds import Path
from domain.errors import ContentBlocked, PictureBlocked, UploadRejected
from domain.guard import BLOCKS_PER_USER, QUOTED_BLOCKS_PER_USER, Ruling
from domain.judged import Unjudged
from schema.context import Info

Written = TypeVar("Written")


@asynccontextmanager
async def counting_blocks(info: Info) -> AsyncIterator[None]:
    """Run the block that the guard may refuse, and count it where it does.

    Raises:
        TooManyAttempts: it did so too often of late; whether it would now is not told.
        ContentBlocked, PictureBlocked, UploadRejected: as the block raised them.
    """
    who, limiter = str(info.context.required_viewer_id), info.context.services.limiter
    await attempts.require_room(limiter, "guard-block", who, BLOCKS_PER_USER)
    try:
        yield
    except (ContentBlocked, PictureBlocked, UploadRejected) as refusal:
        if not isinstance(refusal, UploadRejected) or refusal.block:
            await attempts.note(limiter, "guard-block", who, BLOCKS_PER_USER)
        raise


@asynccontextmanager
async def keeping_blocks(info: Info, ruling: Ruling) -> AsyncIterator[None]:
    """Run the block that the ruling may refuse; where it does, write the decision, and nothing else is written.

    Raises:
        TooManyAttempts: prompts of the viewer's were blocked too often of late.
        ContentBlocked: as the block raised it.
    """
    async with counting_blocks(info), _keeping(info, ruling):
        yield


@asynccontextmanager
async def _keeping(info: Info, ruling: Ruling) -> AsyncIterator[None]:
    try:
        yield
    except ContentBlocked:
        async with info.context.services.db.write() as tx:
            guard.record(tx, info.context.required_viewer_id, ruling)
        raise


async def require_quotable(info: Info, ruling: Ruling) -> None:
    """Refuse to quote what is blocked; no decision is written, and few such refusals keep nobody from submitting.

    Raises:
        ContentBlocked: something blocks it.
        TooManyAttempts: prompts of the viewer's were blocked too often of late, submitted or in quotes.
    """
    who, limiter = str(info.context.required_viewer_id), info.context.services.limiter
    await attempts.require_room(limiter, "guard-block", who, BLOCKS_PER_USER)
    await attempts.require_room(limiter, "guard-quote", who, QUOTED_BLOCKS_PER_USER)
    try:
        ruling.require_passed()
    except ContentBlocked:
        await attempts.note(limiter, "guard-quote", who, QUOTED_BLOCKS_PER_USER)
        raise


async def require_passed(info: Info, text: str, *path: str) -> Ruling:
    """Return what the guard says about a text that stands at ``path`` of the input, where nothing blocks it.

    Raises:
        ContentBlocked: something does; the decision is written.
        TooManyAttempts: prompts of the viewer's were blocked too often of late.
    """
    ruling = await guard.rule(info.context.services.guard, text)
    async with keeping_blocks(info, ruling):
        ruling.require_passed(("input", *path))
    return ruling


async def require_said(info: Info, words: Mapping[Path, str]) -> None:
    """See to it that nothing blocks words that others are to read, by where they stand in the input.

    Raises:
        ContentBlocked: something does; the decision is written.
        TooManyAttempts: something of the viewer's was blocked too often of late.
    """
    async with counting_blocks(info):
        for path, text in words.items():
            ruling = await guard.rule_said(info.context.services.guard, text)
            async with _keeping(info, ruling):
                ruling.require_passed(path)


async def require_decent(info: Info, words: Mapping[Path, str]) -> None:
    """See to it that nothing blocks the words of somebody without an account, for whom no decision is kept.

    Raises:
        ContentBlocked: something does.
    """
    for path, text in words.items():
        (await guard.rule_said(info.context.services.guard, text)).require_passed(path)


async def saying(info: Info, write: Callable[[AsyncSession, Collection[str]], Awaitable[Written]]) -> Written:
    """Run a write in a transaction, and again with what the guard passed, until it says nothing that was not judged.

    Raises:
        ContentBlocked: others would read what the guard blocks; the decision is written.
        TooManyAttempts: something of the viewer's was blocked too often of late.
    """
    passed: set[str] = set()
    while True:
        try:
            async with info.context.services.db.write() as tx:
                return await write(tx, passed)
        except Unjudged as unjudged:
            await require_said(info, unjudged.words)
            passed.update(unjudged.words.values())
