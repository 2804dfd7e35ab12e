"""What processes are made of: each part built from the settings, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from adapters.checkers.known_pictures import KnownPictures
from adapters.checkers.renditions import RenditionGuard
from adapters.event_log import RedisEventLog, event_of
from adapters.guard.rules import RuleGuard
from adapters.hub import Hub, redis_client
from adapters.language.phrase_table import PhraseTable
from adapters.storage.folder import FolderStore
from db.session import Database
from domain.picture_checks import PATIENCE_S

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from app.settings import Settings
    from domain.ports import DepositStore, Language, OutputChecker, PictureGuard, PromptGuard
    from planner import Reader
    from workers.broker import WakingBroker


@dataclass(frozen=True, slots=True)
class Messaging:
    """Redis as this process uses it: one client for commands, one hub for what is published."""

    redis: Redis
    hub: Hub
    events: RedisEventLog

    async def close(self) -> None:
        """Close all connections."""
        await self.redis.aclose()


def open_database(settings: Settings) -> Database:
    """Return the database; it connects on first use."""
    return Database(
        settings.database_url, pool_size=settings.database_pool, statement_timeout_s=settings.statement_timeout_s
    )


def open_reader(settings: Settings) -> Reader:
    """Return what runs the statements of planned reads; it connects on first use."""
    from planner import Reader  # noqa: PLC0415 - only the API plans, and Strawberry is large

    return Reader(settings.database_url, size=settings.database_pool, statement_timeout_s=settings.statement_timeout_s)


def open_messaging(settings: Settings) -> Messaging:
    """Return Redis; it connects on first use."""
    redis, hub = redis_client(settings.redis_url), Hub(settings.redis_url, event_of)
    return Messaging(redis, hub, RedisEventLog(redis, hub))


def open_broker(settings: Settings) -> WakingBroker:
    """Return the broker of the GPU queue; it connects on first use."""
    from workers.broker import WakingBroker  # noqa: PLC0415 - the API has no broker, and dramatiq is large

    return WakingBroker(settings.redis_url)


def open_store(settings: Settings) -> DepositStore:
    """Return the object store: a bucket where one is set, else a folder in ``EASEL_HOME``."""
    if settings.s3_bucket:
        from adapters.storage.s3 import S3Bucket, S3Store  # noqa: PLC0415 - boto3 is large

        bucket = S3Bucket(
            settings.s3_bucket,
            settings.s3_access_key_id,
            settings.s3_secret_access_key,
            settings.s3_region,
            settings.s3_endpoint_url or None,
            settings.s3_public_url or None,
        )
        return S3Store(bucket)
    return FolderStore(settings.easel_home / "media", settings.base_url, settings.secret_bytes())


def open_checker(settings: Settings, db: Database) -> OutputChecker:
    """Return what judges finished pictures: the block list, and the safety checker where one is set."""
    from adapters.checkers.block_list import BlockList  # noqa: PLC0415 - the API sees no pictures
    from adapters.checkers.in_turn import InTurn  # noqa: PLC0415

    checkers: list[OutputChecker] = [BlockList(KnownPictures(db, timedelta(seconds=settings.lease_s)))]
    if settings.safety_checker:
        checkers.append(open_safety_checker(settings))
    return InTurn(checkers)


def open_safety_checker(settings: Settings) -> OutputChecker:
    """Return the model that judges pictures; its process starts when it is first asked."""
    from adapters.checkers.safety import SafetyChecker  # noqa: PLC0415 - where none is set, nothing of it is loaded
    from adapters.engines.factory import SAFETY_CHECKER, recipe_of  # noqa: PLC0415
    from app.engines import engine_options  # noqa: PLC0415

    recipe = recipe_of(SAFETY_CHECKER, engine_options(settings))
    return SafetyChecker(recipe, is_lenient=not settings.safety_checker_blocks)


def open_picture_guard(settings: Settings, db: Database) -> PictureGuard:
    """Return what judges pictures that no engine painted: as ``open_checker``, with a model of this process's own."""
    known = KnownPictures(db, timedelta(seconds=PATIENCE_S))
    return RenditionGuard(known, partial(open_safety_checker, settings) if settings.safety_checker else None)


def open_guard(settings: Settings) -> PromptGuard:
    """Return what judges prompts: the shipped rules, and the lists of the installation.

    Raises:
        BadGuardLists: the lists can not be read or understood.
    """
    return RuleGuard(settings.guard_lists)


def open_language(settings: Settings) -> Language:
    """Return what puts prompts into other words: a model where one is set, else the shipped table of phrases."""
    if settings.language_url:
        from adapters.language.chat import ChatLanguage, ChatService  # noqa: PLC0415 - the HTTP client is large

        service = ChatService(
            settings.language_url, settings.language_model, settings.language_key, settings.language_timeout_s
        )
        return ChatLanguage(service, PhraseTable())
    return PhraseTable()
