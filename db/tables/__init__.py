"""All tables; importing this package fills ``metadata``."""

from sqlmodel import SQLModel

from db.tables.accounts import Follow, RefreshToken, Session, User
from db.tables.artworks import Artwork, ArtworkImage, ArtworkTag, Comment, Reaction, Tag
from db.tables.credits import CreditAccount, Hold, LedgerEntry
from db.tables.galleries import Gallery, OwnerEntity
from db.tables.generation import GenerationJob, GenerationMask, GenerationReference, GenerationSlot, IdempotencyKey
from db.tables.media import EditRecipe, MediaAsset
from db.tables.outbox import OutboxMessage

metadata = SQLModel.metadata

__all__ = [
    "Artwork",
    "ArtworkImage",
    "ArtworkTag",
    "Comment",
    "CreditAccount",
    "EditRecipe",
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
    "OutboxMessage",
    "OwnerEntity",
    "Reaction",
    "RefreshToken",
    "Session",
    "Tag",
    "User",
    "metadata",
]
