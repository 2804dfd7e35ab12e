"""What docs/sharing.md gives to copy is valid, and the addresses that it names are there."""

from __future__ import annotations

import re
from pathlib import Path

from graphql import parse, validate

from graph_schema import SCHEMA
from schema.documents import DocumentReader

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "sharing.md").read_text()


def test_its_operations_are_valid() -> None:
    documents = re.findall(r"```graphql\n(.*?)```", TEXT, re.DOTALL)
    assert len(documents) == 1
    for text in documents:
        assert DocumentReader().validate(SCHEMA, text) == []
        assert validate(SCHEMA, parse(text)) == []


def test_its_pictures_and_pages_are_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", TEXT) if not link.startswith("https:")]
    assert {"images/share.webp", "images/embed.webp", "http.md"} <= {*links}
    assert not [link for link in links if not (ROOT / "docs" / link).exists()]


def test_it_names_every_route() -> None:
    routes = re.findall(r'desk\.route\("([^"]+)"', (ROOT / "app" / "share" / "routes.py").read_text())
    table = TEXT.partition("|---|---|")[2].partition("\n\n")[0]
    firsts = {"/" + route.split("/")[1].partition("{")[0] for route in routes}
    assert firsts == {"/", "/a", "/s", "/u", "/oembed", "/feeds", "/sitemap.xml", "/sitemaps", "/robots.txt"}
    assert not [first for first in firsts if first not in table]
