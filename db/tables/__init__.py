"""All tables; importing this package fills ``metadata``."""

from sqlmodel import SQLModel

from db.tables.accounts import Follow, RefreshToken, Session, User
from db.tables.artworks import Artwork, ArtworkImage, ArtworkTag, Comment, Reaction, Tag
from db.tables.credits import CreditAccount, Hold, LedgerEntry
from db.tables.folders import Folder, MediaTag
from db.tables.galleries import Gallery
from db.tables.generation import GenerationJob, GenerationMask, GenerationReference, GenerationSlot, IdempotencyKey
from db.tables.media import MediaAsset
from db.tables.outbox import OutboxMessage
from db.tables.uploads import Upload

metadata = SQLModel.metadata

__all__ = [
    "Artwork",
    "ArtworkImage",
    "ArtworkTag",
    "Comment",
    "CreditAccount",
    "Folder",
    "Follow",
    "Gallery",
    "GenerationJob",
    "GenerationMask",
    "GenerationReference",
    "GenerationSlot",
    "Hold",
    "IdempotencyKey",
    "LedgerEntry",
    "MediaAsset",
    "MediaTag",
    "OutboxMessage",
    "Reaction",
    "RefreshToken",
    "Session",
    "Tag",
    "Upload",
    "User",
    "metadata",
]
