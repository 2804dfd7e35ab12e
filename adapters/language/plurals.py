"""English plurals of the nouns that the table of phrases knows."""

from __future__ import annotations

from typing import Final

_IRREGULAR: Final = {
    "person": "people",
    "child": "children",
    "man": "men",
    "woman": "women",
    "mouse": "mice",
    "goose": "geese",
    "wolf": "wolves",
    "knife": "knives",
    "leaf": "leaves",
    "deer": "deer",
    "sheep": "sheep",
    "fish": "fish",
    "goldfish": "goldfish",
    "starfish": "starfish",
    "jellyfish": "jellyfish",
    "squid": "squid",
    "reindeer": "reindeer",
    "moss": "moss",
    "grass": "grass",
    "snow": "snow",
}


def plural(noun: str) -> str:
    """Return the plural of a noun, whose last word changes; what is one already stays."""
    before, space, last = noun.rpartition(" ")
    if last in _IRREGULAR:
        return before + space + _IRREGULAR[last]
    if not last.isascii() or (last.endswith("s") and not last.endswith("ss")):
        return noun
    if last.endswith(("ss", "x", "ch", "sh")):
        return f"{noun}es"
    if last.endswith("y") and last[-2:-1] not in ("a", "e", "o", "u"):
        return f"{noun[:-1]}ies"
    return f"{noun}s"
