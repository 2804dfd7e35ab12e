"""XML documents, element by element: ElementTree escapes, and what XML forbids is left out."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from domain.plain import legible

ATOM = "http://www.w3.org/2005/Atom"
MEDIA = "http://search.yahoo.com/mrss/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"

register_namespace("media", MEDIA)
register_namespace("dc", DUBLIN_CORE)
register_namespace("atom", ATOM)


def add(parent: Element, name: str, text: str | None = None, /, **attributes: str) -> Element:
    """Append an element with a text and attributes."""
    element = SubElement(parent, name, {key: legible(value) for key, value in attributes.items()})
    if text is not None:
        element.text = legible(text)
    return element


def document(root: Element) -> bytes:
    """Return a document in UTF-8, with its declaration."""
    written: bytes = tostring(root, "utf-8", xml_declaration=True)
    return written
