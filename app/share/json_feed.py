"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from app.share.reading import IMAGE_TYPE

if TYPE_CHECKING:
    from app.share.reading import Entry, Feed


def json_feed(feed: Feed) -> bytes:
    """Return a feed as JSON."""
    told = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.description,
        "home_page_url": feed.home,
        "feed_url": feed.url,
        "items": [_item(each) for each in feed.entries],
    }
    return orjson.dumps(told, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS)


def _item(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "image": entry.image,
        "date_published": entry.published,
        "authors": [{"name": entry.author, "url": entry.author_url}],
        "tags": entry.tags,
        "attachments": [{"url": entry.image, "mime_type": IMAGE_TYPE}],
    }
