"""All tables; importing this package fills ``metadata``."""

from sqlmodel import SQLModel

from db.tables.accounts import Follow, RefreshToken, Session, User
from db.tables.archives import Archive, ArchiveItem
from db.tables.artworks import Artwork, ArtworkImage, ArtworkTag, Reaction, Tag
from db.tables.collections import Collection, CollectionItem
from db.tables.comments import Comment, CommentMention
from db.tables.counts import CountChange
from db.tables.credits import CreditAccount, CreditBucket, Hold, LedgerEntry
from db.tables.feeds import ArtworkScore, ScoreMark, ScoreRound
from db.tables.folders import Folder, MediaTag
from db.tables.galleries import Gallery, OwnerEntity
from db.tables.generation import GenerationJob, GenerationMask, GenerationReference, GenerationSlot, IdempotencyKey
from db.tables.guard import BlockedPicture, GuardDecision
from db.tables.line import LineCount, LinePlace, PausedEngine
from db.tables.media import EditRecipe, MediaAsset
from db.tables.moderation import (
    Appeal,
    AuditEntry,
    CasePicture,
    ModerationCase,
    ModerationChange,
    ModerationDecision,
    Report,
    Restriction,
    Strike,
)
from db.tables.notifications import (
    NotificationActor,
    NotificationBox,
    NotificationGroup,
    NotificationItem,
    NotificationNote,
    NotificationPlace,
)
from db.tables.outbox import OutboxMessage
from db.tables.presets import PromptPreset
from db.tables.recommendations import Recommendation, RecommendationList, SeenArtwork, Taste
from db.tables.search import (
    SavedSearch,
    SearchDocument,
    SearchNews,
    SearchPending,
    SearchPosting,
    SearchTerm,
    TagHour,
    TagUser,
    TrendingTag,
)
from db.tables.sharing import ShareLink
from db.tables.social import Block, HiddenTag, Mute, TagFollow
from db.tables.uploads import Upload
from db.tables.workers import Worker

metadata = SQLModel.metadata

__all__ = [
    "Appeal",
    "Archive",
    "ArchiveItem",
    "Artwork",
    "ArtworkImage",
    "ArtworkScore",
    "ArtworkTag",
    "AuditEntry",
    "Block",
    "BlockedPicture",
    "CasePicture",
    "Collection",
    "CollectionItem",
    "Comment",
    "CommentMention",
    "CountChange",
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
    "HiddenTag",
    "Hold",
    "IdempotencyKey",
    "LedgerEntry",
    "LineCount",
    "LinePlace",
    "MediaAsset",
    "MediaTag",
    "ModerationCase",
    "ModerationChange",
    "ModerationDecision",
    "Mute",
    "NotificationActor",
    "NotificationBox",
    "NotificationGroup",
    "NotificationItem",
    "NotificationNote",
    "NotificationPlace",
    "OutboxMessage",
    "OwnerEntity",
    "PausedEngine",
    "PromptPreset",
    "Reaction",
    "Recommendation",
    "RecommendationList",
    "RefreshToken",
    "Report",
    "Restriction",
    "SavedSearch",
    "ScoreMark",
    "ScoreRound",
    "SearchDocument",
    "SearchNews",
    "SearchPending",
    "SearchPosting",
    "SearchTerm",
    "SeenArtwork",
    "Session",
    "ShareLink",
    "Strike",
    "Tag",
    "TagFollow",
    "TagHour",
    "TagUser",
    "Taste",
    "TrendingTag",
    "Upload",
    "User",
    "Worker",
    "metadata",
]
