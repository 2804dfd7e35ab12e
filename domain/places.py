"""Where the pages beside the graph are found: what people share, readers of feeds ask for, and crawlers follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Places:
    """The addresses below ``base_url``, which is how clients reach the API, without a slash at its end."""

    base_url: str

    @property
    def home(self) -> str:
        """The address of the installation."""
        return f"{self.base_url}/"

    @property
    def sitemap_index(self) -> str:
        """The address of the sitemap."""
        return f"{self.base_url}/sitemap.xml"

    def artwork(self, artwork_id: UUID) -> str:
        """Return the address of an artwork's page: its global id is in it."""
        return f"{self.base_url}/a/artwork_{artwork_id.hex}"

    def image(self, artwork_id: UUID, variant: str = "") -> str:
        """Return an address that leads to the picture of an artwork for as long as the artwork is shown.

        It is the file that is shared, or the ``variant`` ``card`` or ``thumb``.
        """
        return f"{self.artwork(artwork_id)}/image" + (f"/{variant}" if variant else "")

    def embed(self, artwork_id: UUID) -> str:
        """Return the address of the page that others may put into a frame."""
        return f"{self.artwork(artwork_id)}/embed"

    def author(self, handle: str) -> str:
        """Return the address of a user's page."""
        return f"{self.base_url}/u/{quote(handle, safe='')}"

    def short(self, code: str) -> str:
        """Return a short link."""
        return f"{self.base_url}/s/{code}"

    def feed(self, name: str, form: str, query: Mapping[str, str] | None = None) -> str:
        """Return the address of a feed, as ``tag/고양이``, in one of the forms ``rss``, ``atom`` and ``json``."""
        asked = f"?{urlencode(query)}" if query else ""
        return f"{self.base_url}/feeds/{quote(name, safe='/')}.{form}{asked}"

    def feeds(self, name: str) -> list[tuple[str, str]]:
        """Return the forms of a feed, each with its address."""
        return [(form, self.feed(name, form)) for form in ("atom", "rss", "json")]

    def oembed(self, url: str, form: str) -> str:
        """Return the address where oEmbed tells of the page at ``url``, as ``json`` or ``xml``."""
        return f"{self.base_url}/oembed?{urlencode({'url': url, 'format': form})}"

    def sitemap(self, name: str) -> str:
        """Return the address of a part of the sitemap."""
        return f"{self.base_url}/sitemaps/{name}.xml"
