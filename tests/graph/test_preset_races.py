"""Presets that several change at once: the losing order of events is made certain."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from db.words import ContentLevel, OwnerKind, Visibility
from domain import generation, presets, presets_settings
from domain.errors import InvalidInput, NotFound
from domain.galleries import Owner
from domain.generation import GenerationRequest
from domain.presets_settings import MAXIMUM_PRESETS, Draft
from stored import row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.generation import GenerationSpec
    from workshop import Workshop

pytestmark = pytest.mark.anyio

ENGINES = ("sandbox",)


async def save(tx: AsyncSession, user: UUID, preset: UUID | None = None, name: str = "Film") -> UUID:
    request = GenerationRequest("a cat", count=1, size=(64, 64), steps=2)
    checked = presets_settings.check(Draft(name, Visibility.PUBLIC, request), ENGINES)
    return await presets_settings.save(tx, user, preset, checked, ContentLevel.GENERAL)


async def saved(shop: Workshop, user: UUID) -> UUID:
    async with shop.db.write() as tx:
        return await save(tx, user)


async def filled(shop: Workshop, user: UUID, preset: UUID) -> GenerationSpec:
    """Return the specification of a job that a preset fills."""
    request = replace(GenerationRequest(""), preset_id=preset)
    async with shop.db.read() as tx:
        return generation.check(await presets_settings.filled(tx, user, request, ENGINES), ENGINES)


async def delete(shop: Workshop, user: UUID, preset: UUID) -> None:
    async with shop.db.write() as tx:
        await presets.delete(tx, user, preset)


def is_anyone_waiting(shop: Workshop) -> bool:
    return sql(shop.database_url, "SELECT count(*) FROM pg_locks WHERE NOT granted") != [(0,)]


async def test_of_two_that_are_saved_at_once_one_is_the_last(shop: Workshop) -> None:
    user = await shop.user()
    async with shop.db.write() as tx:
        for _ in range(MAXIMUM_PRESETS - 1):
            await save(tx, user)

    # given one is saved and not yet committed, and the other waits for it
    async with shop.db.write() as tx:
        await save(tx, user)
        other = asyncio.create_task(saved(shop, user))
        await until(lambda: is_anyone_waiting(shop))

    with pytest.raises(InvalidInput, match=r"presets\.too_many"):
        await other
    assert sql(shop.database_url, "SELECT count(*) FROM prompt_presets") == [(MAXIMUM_PRESETS,)]


async def test_of_two_who_save_the_same_the_last_is_right_as_a_whole(shop: Workshop) -> None:
    user = await shop.user()
    preset = await saved(shop, user)

    async def rename() -> None:
        async with shop.db.write() as tx:
            await save(tx, user, preset, "second")

    async with shop.db.write() as tx:
        await save(tx, user, preset, "first")
        other = asyncio.create_task(rename())
        await until(lambda: is_anyone_waiting(shop))
    await other

    assert sql(shop.database_url, "SELECT name FROM prompt_presets") == [("second",)]


async def test_a_deletion_waits_for_a_job_that_is_being_submitted(shop: Workshop) -> None:
    author, user = await shop.user(), await shop.user()
    preset = await saved(shop, author)
    spec = await filled(shop, user, preset)

    async with shop.db.write() as tx:
        job = await generation.submit(tx, user, spec, uuid4().hex)
        deleting = asyncio.create_task(delete(shop, author, preset))
        await until(lambda: is_anyone_waiting(shop))
    await deleting

    assert sql(shop.database_url, "SELECT id, preset_id FROM generation_jobs") == [(job, None)]


async def test_a_job_that_waits_for_a_deletion_is_none(shop: Workshop) -> None:
    author, user = await shop.user(), await shop.user()
    preset = await saved(shop, author)
    spec, before = await filled(shop, user, preset), row_counts(shop.database_url)

    async def submit() -> None:
        async with shop.db.write() as tx:
            await generation.submit(tx, user, spec, uuid4().hex)

    async with shop.db.write() as tx:
        await presets.delete(tx, author, preset)
        await tx.flush()
        submitting = asyncio.create_task(submit())
        await until(lambda: is_anyone_waiting(shop))
    with pytest.raises(NotFound):
        await submitting

    assert row_counts(shop.database_url) == before | {"prompt_presets": 0}


async def test_uses_of_jobs_that_are_submitted_at_once_are_all_counted(shop: Workshop) -> None:
    author, one, other = await shop.user(), await shop.user(), await shop.user()
    preset = await saved(shop, author)
    first, second = await filled(shop, one, preset), await filled(shop, other, preset)

    async def submit() -> None:
        async with shop.db.write() as tx:
            await generation.submit(tx, other, second, uuid4().hex)

    async with shop.db.write() as tx:
        await generation.submit(tx, one, first, uuid4().hex)
        submitting = asyncio.create_task(submit())
        await until(lambda: is_anyone_waiting(shop))
    await submitting

    assert sql(shop.database_url, "SELECT use_count FROM prompt_presets") == [(2,)]


async def test_a_default_and_the_deletion_of_its_preset_do_not_block_each_other(shop: Workshop) -> None:
    user = await shop.user()
    preset, owner = await saved(shop, user), Owner(OwnerKind.USER, user)
    async with shop.db.write() as tx:
        await presets.set_default(tx, user, owner, preset)

    async with shop.db.write() as tx:
        await presets.set_default(tx, user, owner, preset)
        deleting = asyncio.create_task(delete(shop, user, preset))
        await until(lambda: is_anyone_waiting(shop))
    await deleting

    assert sql(shop.database_url, "SELECT default_preset_id FROM galleries") == [(None,)]
