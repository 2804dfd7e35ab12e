"""RSS 2.0 (https://www.rssboard.org/rss-specification), with Dublin Core's creator and Media RSS's content."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from app.share.reading import IMAGE_TYPE
from app.share.xml import ATOM, DUBLIN_CORE, MEDIA, add, document

if TYPE_CHECKING:
    from app.share.reading import Entry, Feed


def rss(feed: Feed) -> bytes:
    """Return a feed as RSS."""
    root = Element("rss", version="2.0")
    channel = add(root, "channel")
    add(channel, "title", feed.title)
    add(channel, "link", feed.home)
    add(channel, "description", feed.description)
    add(channel, f"{{{ATOM}}}link", rel="self", href=feed.url, type="application/rss+xml")
    add(channel, "lastBuildDate", format_datetime(feed.updated, usegmt=True))
    add(channel, "generator", "Easel")
    for entry in feed.entries:
        _add(channel, entry)
    return document(root)


def _add(channel: Element, entry: Entry) -> None:
    item = add(channel, "item")
    add(item, "title", entry.title)
    add(item, "link", entry.url)
    add(item, "guid", entry.id, isPermaLink="false")
    add(item, "pubDate", format_datetime(entry.published, usegmt=True))
    add(item, f"{{{DUBLIN_CORE}}}creator", entry.author)
    add(item, "description", entry.html)
    for tag in entry.tags:
        add(item, "category", tag)
    # 0 where it is not known: https://www.rssboard.org/rss-profile#element-channel-item-enclosure
    add(item, "enclosure", url=entry.image, length="0", type=IMAGE_TYPE)
    width, height = map(str, entry.size)
    add(item, f"{{{MEDIA}}}content", url=entry.image, type=IMAGE_TYPE, medium="image", width=width, height=height)
