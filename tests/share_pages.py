"""Pages beside the graph as browsers and scrapers read them, and artworks that they show."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, fromstring

from graph_client import http_client
from stored import new_asset, sql

if TYPE_CHECKING:
    import httpx2

    from conftest import Installation
    from graph_client import GraphClient

HOSTILE = "\"><script>alert('1')</script>&amp; ]]> \u202egnp.exe\u202c 👩‍👩‍👧‍👦 \u0085 <!--"
"""A title that tries everything that one may hold."""


class Document(HTMLParser):
    """An HTML document, as a browser understands it: its elements with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """Return the attributes of all elements of a kind that have these."""
        found = [attributes for name, attributes in self.elements if name == tag]
        return [each for each in found if wanted.items() <= each.items()]

    @property
    def meta(self) -> dict[str, str]:
        """What is told to scrapers, by name or property."""
        return {each.get("property") or each["name"]: each["content"] for each in self.all("meta") if "content" in each}


@dataclass
class Reader:
    """Somebody who is not signed in, and reads pages."""

    url: str
    language: str = "en"
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, method: str = "GET", **headers: str) -> httpx2.Response:
        """Return the answer, redirects too."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with http_client() as http:
            own = {"accept-language": self.language, "accept-encoding": "identity"}
            address = path if path.startswith("http") else self.url + path
            return await http.request(method, address, headers=own | self.headers | named)

    async def document(self, path: str) -> Document:
        """Return a page that is there."""
        response = await self.get(path)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        return Document(response.text)

    async def json(self, path: str) -> Any:  # noqa: ANN401 - whatever it tells
        """Return what a page tells that is there."""
        response = await self.get(path)
        assert response.status_code == 200, response.text
        return response.json()


def reader_of(easel: Installation, language: str = "en") -> Reader:
    return Reader(easel.url, language)


async def published(author: GraphClient, database_url: str, **given: Any) -> str:  # noqa: ANN401 - of the input
    """Publish a picture of 64 × 64 pixels; return the artwork's global id."""
    asset = new_asset(database_url, author.viewer_id)
    artwork: str = (await author.core("publish", {"assetIds": [asset], "title": "Harbour", **given}))["artwork"]["id"]
    return artwork


def xml_of(data: bytes) -> Element:
    """Return the root of a document that we have written."""
    return fromstring(data)  # noqa: S314 - ours


def renamed(database_url: str, artwork: str, title: str) -> None:
    """Give an artwork a title that was let in at another time, or by another way."""
    sql(database_url, "UPDATE artworks SET title = %s WHERE id = %s", title, artwork.partition("_")[2])
