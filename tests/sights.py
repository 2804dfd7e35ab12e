"""A small town for the matrix of sight: Olga shows, says and keeps all that one can, and the others look.

Everybody meets all of it while it is public; then it is hidden, deleted and blocked, so that what is out of sight is
something that they have liked, kept, answered and been told of.
"""

from __future__ import annotations

import json
import re
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from graph_client import StreamError, http_client

if TYPE_CHECKING:
    from graph_client import GraphClient

ARTWORKS: Final = {
    "P": "publica",
    "U": "unlista",
    "V": "privata",
    "M": "matura",
    "H": "hidina",
    "R": "remova",
    "X": "deleta",
}
"""Olga's artworks by their letters, each with a word that is its title and one of its tags: PUBLIC, UNLISTED, PRIVATE,
MATURE, hidden and removed by moderation, and deleted."""
_REFUSED: Final = {"UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN"}
"""Codes of what may not be looked at."""


@dataclass
class Sights:
    """The town: clients by handle, ids by name, and by letter the texts that tell of a thing."""

    clients: dict[str, GraphClient] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    marks: dict[str, set[str]] = field(default_factory=dict)

    def fill(self, path: str, letter: str = "") -> str:
        """Return a path with what is in angle brackets replaced by the id that it stands for; ``it`` is the letter."""

        def found(match: re.Match[str]) -> str:
            name = " ".join(letter if word == "it" else word for word in match[1].split())
            return self.ids[name] if path.startswith("/") else json.dumps(self.ids[name])

        return re.sub(r"<([^>]+)>", found, path)

    async def act(self, who: str, mutation: str, answer: str = "", **given: Any) -> Any:  # noqa: ANN401
        """Run a mutation that is not refused; return what its success tells."""
        kind = mutation[0].upper() + mutation[1:]
        success = f"... on {kind}Success {{ {answer} }}" if answer else ""
        document = f"""mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{
          __typename {success} ... on UserError {{ code message path }} }} }}"""
        result = (await self.clients[who].data(document, {"input": given}))[mutation]
        assert result["__typename"] == f"{kind}Success", result
        return result

    async def told(self, who: str, path: str, letters: str) -> str:
        """Return of which things a path tells somebody, by their letters; of one that counts, the greatest number."""
        if path.startswith("#"):
            return max(re.findall(r'ount": (\d+)', await self._answer(who, self.fill(path[1:]))), default=".", key=int)
        if re.search(r"<(?:[^>]+ )?it>", path):
            texts = await self._answers(who, path, letters)
        else:
            texts = dict.fromkeys(letters, await self._answer(who, self.fill(path)))
        return "".join(each for each in letters if any(mark in texts[each] for mark in self.marks[each])) or "."

    async def _answers(self, who: str, path: str, letters: str) -> dict[str, str]:
        """Return what is told of each thing, of all in one operation where that can be."""
        paths = {letter: self.fill(path, letter) for letter in letters}
        if not path.startswith(("/", "subscription")):
            verb = "mutation" if path.startswith("mutation") else "query"
            asked = " ".join(f"{letter}: {each.removeprefix('mutation ')}" for letter, each in paths.items())
            answer = await self.clients[who].post(f"{verb} {{ {asked} }}")
            if "errors" not in answer:
                return {letter: json.dumps(answer["data"][letter]) for letter in letters}
        return {letter: await self._answer(who, each) for letter, each in paths.items()}

    async def _answer(self, who: str, path: str) -> str:
        client = self.clients[who]
        if path.startswith("/"):
            return await _page(client, path)
        if path.startswith("subscription"):
            return await _first_event(client, path)
        verb, field_ = ("mutation", path.removeprefix("mutation ")) if path.startswith("mutation") else ("query", path)
        answer = await client.post(f"{verb} {{ {field_} }}")
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        assert codes <= _REFUSED, (who, path, answer)
        return json.dumps(answer["data"])


async def _page(client: GraphClient, path: str) -> str:
    """Return what a page beside the graph tells, with its address where it is there at all."""
    async with http_client() as http:
        response = await http.get(client.url + path, headers=client.headers)
    assert response.status_code in {200, 302, 404}, (path, response.text)
    return "" if response.status_code == 404 else path + response.text + response.headers.get("location", "")


async def _first_event(client: GraphClient, stream: str) -> str:
    """Return the first event of a stream, nothing where it is refused."""
    async with client.socket() as socket, aclosing(socket.subscribe(stream, {})) as events:
        try:
            return json.dumps(await anext(events))
        except StreamError as refusal:
            if refusal.code not in _REFUSED:
                raise
            return ""
