"""Atom (RFC 4287)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from app.share.reading import IMAGE_TYPE
from app.share.xml import ATOM, add, document

if TYPE_CHECKING:
    from app.share.reading import Entry, Feed


def atom(feed: Feed) -> bytes:
    """Return a feed as Atom."""
    root = Element("feed", xmlns=ATOM)
    add(root, "id", feed.url)
    add(root, "title", feed.title)
    add(root, "subtitle", feed.description)
    add(root, "updated", _moment(feed.updated))
    add(root, "link", rel="self", type="application/atom+xml", href=feed.url)
    add(root, "link", rel="alternate", type="text/html", href=feed.home)
    add(root, "generator", "Easel")
    for entry in feed.entries:
        _add(root, entry)
    return document(root)


def _add(root: Element, entry: Entry) -> None:
    element = add(root, "entry")
    add(element, "id", entry.id)
    add(element, "title", entry.title)
    add(element, "published", _moment(entry.published))
    add(element, "updated", _moment(entry.published))
    author = add(element, "author")
    add(author, "name", entry.author)
    add(author, "uri", entry.author_url)
    add(element, "link", rel="alternate", type="text/html", href=entry.url)
    add(element, "link", rel="enclosure", type=IMAGE_TYPE, href=entry.image)
    for tag in entry.tags:
        add(element, "category", term=tag)
    add(element, "content", entry.html, type="html")


def _moment(moment: datetime) -> str:
    """Return a moment as RFC 3339 writes it, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
