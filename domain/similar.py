"""Pictures that look alike: difference hashes of which at most seven of 64 bits differ.

Such hashes have, of their four bands of 16 bits, one in which at most one bit differs (the pigeonhole principle): so
one of 68 keys is in the index of bands (``dhash_bands``), and what it finds is counted bit by bit. Source: M. Norouzi
and others, Fast Search in Hamming Space with Multi-Index Hashing, 2012, https://arxiv.org/abs/1307.2982.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import ARRAY, BigInteger, Integer, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.orm import aliased
from sqlmodel import col

from db.tables import Artwork, ArtworkImage, MediaAsset
from db.words import AssetStatus
from domain import artworks, levels, media, sight

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Subquery

    from domain.clauses import Row, Value

MAXIMUM_DISTANCE: Final = 7
"""Bits that may differ."""


def pairs() -> Subquery:
    """Return the pairs of finished pictures that look alike, as (of_id, id, distance, …): found by ``of_id``."""
    one, other = aliased(MediaAsset), aliased(MediaAsset)
    bands = func.dhash_bands(other.dhash, type_=ARRAY(Integer))
    near = func.dhash_near_bands(one.dhash, type_=ARRAY(Integer))
    distance = func.bit_count(cast(cast(one.dhash, BigInteger).op("#")(other.dhash), BIT(64)), type_=Integer)
    return (
        select(
            col(one.id).label("of_id"),
            *(col(other.id), col(other.owner_id), col(other.status), col(other.content_level)),
            distance.label("distance"),
        )
        .join(other, bands.op("&&")(near))
        .where(
            col(one.status) == AssetStatus.READY,
            col(other.status) == AssetStatus.READY,
            col(other.id) != col(one.id),
            distance <= MAXIMUM_DISTANCE,
        )
        .subquery()
    )


def is_known_to(pair: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which pairs somebody may learn of.

    They see the one; the other is their own, or suits them and is publicly shown.
    """
    seen = select(col(MediaAsset.id)).where(col(MediaAsset.id) == pair.of_id, media.visible_to(MediaAsset, viewer_id))
    public = (
        select(col(ArtworkImage.asset_id))
        .join(Artwork, col(Artwork.id) == col(ArtworkImage.artwork_id))
        .where(
            col(ArtworkImage.asset_id) == pair.id,
            artworks.is_out(Artwork),
        )
    )
    shown = and_(levels.suits(pair, viewer_id), sight.in_sight(pair.owner_id, viewer_id), public.exists())
    return and_(seen.exists(), or_(pair.owner_id == viewer_id, shown))
