"""All tables; importing this package fills ``metadata``."""

from sqlmodel import SQLModel

from db.tables.accounts import Follow, RefreshToken, Session, User
from db.tables.archives import Archive, ArchiveItem
from db.tables.artworks import Artwork, ArtworkImage, ArtworkTag, Comment, Reaction, Tag
from db.tables.credits import CreditAccount, CreditBucket, Hold, LedgerEntry
from db.tables.folders import Folder, MediaTag
from db.tables.galleries import Gallery, OwnerEntity
from db.tables.generation import GenerationJob, GenerationMask, GenerationReference, GenerationSlot, IdempotencyKey
from db.tables.guard import BlockedPicture, GuardDecision
from db.tables.line import LineCount, LinePlace, PausedEngine
from db.tables.media import EditRecipe, MediaAsset
from db.tables.outbox import OutboxMessage
from db.tables.presets import PromptPreset
from db.tables.uploads import Upload
from db.tables.workers import Worker

metadata = SQLModel.metadata

__all__ = [
    "Archive",
    "ArchiveItem",
    "Artwork",
    "ArtworkImage",
    "ArtworkTag",
    "BlockedPicture",
    "Comment",
    "CreditAccount",
    "CreditBucket",
    "EditRecipe",
    "Folder",
    "Follow",
    "Gallery",
    "GenerationJob",
    "GenerationMask",
    "GenerationReference",
    "GenerationSlot",
    "GuardDecision",
    "Hold",
    "IdempotencyKey",
    "LedgerEntry",
    "LineCount",
    "LinePlace",
    "MediaAsset",
    "MediaTag",
    "OutboxMessage",
    "OwnerEntity",
    "PausedEngine",
    "PromptPreset",
    "Reaction",
    "RefreshToken",
    "Session",
    "Tag",
    "Upload",
    "User",
    "Worker",
    "metadata",
]
