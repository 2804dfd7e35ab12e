"""Finished pictures: their stored renditions, fingerprints and the generation metadata inside them."""

from domain.pictures.metadata import GenerationMetadata, read_metadata
from domain.pictures.rendition import render, render_plain, render_version, seen
from domain.renditions import PictureObject, Rendition

__all__ = [
    "GenerationMetadata",
    "PictureObject",
    "Rendition",
    "read_metadata",
    "render",
    "render_plain",
    "render_version",
    "seen",
]
