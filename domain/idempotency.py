"""Idempotency keys: the same request twice has one effect and one answer."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import IdempotencyKey
from domain.errors import IdempotencyConflict
from domain.texts import clean

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

MAXIMUM_KEY_LENGTH = 255


def checked_key(key: str) -> str:
    """Return an idempotency key without surrounding white space.

    Raises:
        InvalidInput: empty, longer than 255 characters, or no text.
    """
    return clean(key, ("input", "idempotencyKey"), maximum=MAXIMUM_KEY_LENGTH)


async def claim(
    tx: AsyncSession, user_id: UUID, key: str, *, operation: str, request: object, subject_id: UUID
) -> UUID | None:
    """Take ``key`` for this request; wait where another transaction is just taking it.

    Args:
        tx: the transaction in which the effect happens.
        user_id: whose key it is.
        key: what the caller chose for one intended effect.
        operation: name of the mutation.
        request: all that decides the effect; two requests are the same when their ``repr`` is.
        subject_id: what the effect will create.

    Returns:
        None when the key is new and the effect shall happen now, otherwise the subject of its first use.

    Raises:
        IdempotencyConflict: the key was used for another operation or another request.
    """
    digest = _digest(operation, request)
    row = IdempotencyKey(user_id=user_id, key=key, operation=operation, digest=digest, subject_id=subject_id)
    taken = await tx.execute(
        insert(IdempotencyKey)
        .values(row.model_dump())
        .on_conflict_do_nothing()
        .returning(col(IdempotencyKey.subject_id))
    )
    if taken.scalar_one_or_none():
        return None
    return await first_of(tx, user_id, key, operation=operation, request=request)


async def first_of(tx: AsyncSession, user_id: UUID, key: str, *, operation: str, request: object) -> UUID | None:
    """Return the subject of the first use of ``key``, None where it was not used; the arguments are those of ``claim``.

    Raises:
        IdempotencyConflict: the key was used for another operation or another request.
    """
    query = select(IdempotencyKey).where(col(IdempotencyKey.user_id) == user_id, col(IdempotencyKey.key) == key)
    first = (await tx.execute(query)).scalar_one_or_none()
    if first and first.digest != _digest(operation, request):
        raise IdempotencyConflict
    return first.subject_id if first else None


def _digest(operation: str, request: object) -> bytes:
    return hashlib.sha256(f"{operation}\n{request!r}".encode()).digest()
