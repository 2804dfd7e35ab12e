"""What of Olga's is met, by each path and by each who looks: who adds a path adds a row to a table.

Those who look are: nobody who is signed in; sam, a stranger; fay, who follows her; mia, who mutes her; eve, who wants
to see MATURE; bob, whom she has blocked; bea, who has blocked her; Olga, who is restricted from everything; and a
moderator. A cell has the letters of what is met, or a dot for nothing. Rows that count have a number.

Artworks are PUBLIC, UNLISTED, V private, MATURE, hidden or removed by moderation, or X deleted; comments began a
thread, are a reply, were deleted and had an answer, or are hidden; collections are public, unlisted, private, or
bookmarks.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import pytest

from sights_lists import LISTS
from sights_paths import PATHS
from sights_town import town_with_olga
from stored import empty

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.embedded.server import EmbeddedServer
    from sights import Sights

pytestmark = pytest.mark.anyio

LOOKERS: Final = ("nobody", "sam", "fay", "mia", "eve", "bob", "bea", "olga", "mod")
LETTERS: Final = {"artworks": "PUVMHRX", "Olga and what else is hers": "O", "comments": "crdh", "collections": "puvb"}
TABLES: Final = {
    "artworks": """
                           | nobody sam    fay    mia    eve    bob    bea    olga   mod
artwork                    | PU     PU     PU     PU     PUM    .      .      PUVMHR PUHR
node                       | PU     PU     PU     PU     PUM    .      .      PUVMHR PUHR
nodes                      | PU     PU     PU     PU     PUM    .      .      PUVMHR PUHR
its picture                | PU     PU     PU     PU     PUM    .      .      PUVMHX PUHR
feed LATEST                | P      P      P      .      PM     .      .      PM     P
feed LATEST of a style     | P      P      P      .      PM     .      .      PM     P
feed LATEST of a user      | P      P      P      .      PM     .      .      PM     P
feed POPULAR               | P      P      P      .      PM     .      .      PM     P
feed POPULAR of ALL        | P      P      P      .      PM     .      .      PM     P
feed FOLLOWING             | .      .      P      .      .      .      .      .      .
feed TAG                   | P      P      P      .      PM     .      .      PM     P
artworks of a tag          | P      P      P      .      PM     .      .      PM     P
feed RECOMMENDED           | P      P      P      .      P      .      .      .      P
reason: what is liked      | PU     PU     PU     PU     PUM    .      .      PUVMHR PUHR
images in a feed           | P      P      P      .      PM     .      .      PM     P
newer in LATEST            | 2      2      2      0      3      0      0      3      2
newer in TAG               | 2      2      2      0      3      0      0      3      2
total of LATEST            | 2      2      2      0      3      0      0      3      2
of a user                  | P      P      P      P      PM     .      .      PM     P
total of a user            | 2      2      2      2      3      .      .      3      2
count of a user            | 3      3      3      3      3      .      .      3      3
search                     | P      P      P      .      PM     .      .      PM     P
search, newest first       | P      P      P      .      PM     .      .      PM     P
search for its word        | P      P      P      .      PM     .      .      PM     P
search for a hashtag       | P      P      P      .      PM     .      .      PM     P
search by a user           | P      P      P      .      PM     .      .      PM     P
search by a tag            | P      P      P      .      PM     .      .      PM     P
search by a level          | .      .      .      .      M      .      .      M      .
total of a search          | 2      2      2      0      3      0      0      3      2
facets of a search         | 2      2      2      .      3      .      .      3      2
look-alikes                | .      P      P      P      PM     .      .      PUVMHX P
remixes of another         | P      P      P      .      PM     .      .      PM     P
what is remixed            | PU     PU     PU     PU     PUM    .      .      PUVMHR PUHR
its tag                    | PM     PM     PM     PM     PM     PM     PM     PM     PM
its tag in search          | PM     PM     PM     PM     PM     PM     PM     PM     PM
its tag in vogue           | PM     PM     PM     PM     PM     PM     PM     PM     PM
count of a tag             | 3      3      3      3      3      3      3      3      3
liked                      | .      PU     PU     PU     PUM    .      .      .      PUHR
in own bookmarks           | .      PU     PU     PU     PUM    .      .      .      PU
in another's collection    | PU     PU     PU     PU     PUM    .      .      PUVMHR PU
item of a collection       | PU     PU     PU     PU     PUM    .      .      PUVMHR PU
cover of own bookmarks     | .      U      U      U      M      .      .      .      R
cover of a collection      | U      U      U      U      M      .      .      R      R
comments on it             | PU     PU     PU     PU     PUM    .      .      PUVMHR PUHR
comment on it              | PU     PU     PU     PU     PUM    .      .      PUVMHR PU
what is commented          | PU     PU     PU     PU     PUM    .      .      PUVMHR PU
told of it                 | .      PU     PU     PU     PUM    .      .      PUVMHR PU
told of a comment on it    | .      PU     PU     PU     PUM    .      .      PUVMHR PU
reported                   | .      .      .      .      .      .      .      .      .
decided                    | .      .      .      .      .      .      .      HR     .
in a case                  | .      .      .      .      .      .      .      .      H
in a case of removal       | .      .      .      .      .      .      .      .      R
feedEvents                 | P      P      P      .      PM     .      .      PM     P
artworkEvents              | PU     PU     PU     PU     PUM    .      .      PUVMHR PU
notificationReceived       | .      PU     PU     PU     PUM    .      .      PUVMHR PU
liking it                  | .      PU     PU     PU     PUM    .      .      PUVMHR PU
keeping it                 | .      PU     PU     PU     PUM    .      .      PUVMHR PU
page                       | PU     PU     PU     PU     PU     PU     PU     PU     PU
embed page                 | PU     PU     PU     PU     PU     PU     PU     PU     PU
picture of the page        | PU     PU     PU     PU     PU     PU     PU     PU     PU
short link                 | PU     PU     PU     PU     PU     PU     PU     PU     PU
oEmbed                     | PU     PU     PU     PU     PU     PU     PU     PU     PU
page of a user             | P      P      P      P      P      P      P      P      P
home page                  | P      P      P      P      P      P      P      P      P
RSS                        | P      P      P      P      P      P      P      P      P
Atom                       | P      P      P      P      P      P      P      P      P
JSON Feed                  | P      P      P      P      P      P      P      P      P
JSON Feed of popular ones  | P      P      P      P      P      P      P      P      P
JSON Feed of a user        | P      P      P      P      P      P      P      P      P
JSON Feed of a tag         | P      P      P      P      P      P      P      P      P
JSON Feed of a search      | P      P      P      P      P      P      P      P      P
sitemap                    | P      P      P      P      P      P      P      P      P
""",
    "Olga and what else is hers": """
                           | nobody sam    fay    mia    eve    bob    bea    olga   mod
user                       | O      O      O      O      O      .      .      O      O
node                       | O      O      O      O      O      .      .      O      O
nodes                      | O      O      O      O      O      .      .      O      O
oneself                    | .      .      .      .      .      .      .      O      .
author                     | O      O      O      O      O      .      .      O      O
author of what is remixed  | O      O      O      O      O      .      .      O      O
followers                  | O      O      O      O      O      .      .      O      O
followed                   | O      O      O      O      O      .      .      O      O
likers                     | O      O      O      O      O      .      .      O      O
search for people          | O      O      O      O      O      .      .      O      O
reason: whom one follows   | .      .      O      .      .      .      .      .      .
author of a comment        | O      O      O      O      O      .      .      O      O
authors of comments        | O      O      O      O      O      .      .      O      O
authors of replies         | O      O      O      O      O      .      .      O      O
author of a pinned comment | O      O      O      O      O      .      .      O      O
who is answered            | O      O      O      O      O      .      .      O      O
who is named               | O      O      O      O      O      .      .      O      O
who keeps                  | O      O      O      O      O      .      .      O      O
told of her                | .      O      O      O      O      .      .      .      O
muted                      | .      .      .      O      .      .      .      .      .
blocked                    | .      .      .      .      .      .      O      .      .
author of a saved search   | .      O      O      O      O      .      .      O      O
owner of a case            | .      .      .      .      .      .      .      .      O
who is restricted          | .      .      .      .      .      .      .      O      .
who reported               | .      .      .      .      .      .      .      .      O
what one reported          | .      .      .      .      .      .      .      O      .
character                  | O      O      O      O      O      .      .      O      O
story                      | O      O      O      O      O      .      .      O      O
chat                       | O      O      O      O      O      .      .      O      O
characters                 | O      O      O      O      O      .      .      O      O
stories                    | O      O      O      O      O      .      .      O      O
chats                      | O      O      O      O      O      .      .      O      O
gallery                    | O      O      O      O      O      .      .      O      O
gallery of a character     | O      O      O      O      O      .      .      O      O
picture in her gallery     | O      O      O      O      O      .      .      O      O
picture of a character     | O      O      O      O      O      .      .      O      O
preset                     | O      O      O      O      O      .      .      O      O
presets                    | O      O      O      O      O      .      .      O      O
following her              | .      O      O      O      O      .      .      .      O
""",
    "comments": """
                           | nobody sam    fay    mia    eve    bob    bea    olga   mod
node                       | crd    crd    crd    crd    crd    d      d      crdh   crdh
nodes                      | crd    crd    crd    crd    crd    d      d      crdh   crdh
comments                   | cd     cd     cd     cd     cd     d      d      cdh    cd
comments in a feed         | cd     cd     cd     cd     cd     d      d      cdh    cd
pinned                     | c      c      c      c      c      .      .      c      c
replies                    | r      r      r      r      r      .      .      r      r
what is answered           | c      c      c      c      c      .      .      c      c
root of an answer          | c      c      c      c      c      .      .      c      c
root of an answer to a stub| d      d      d      d      d      d      d      d      d
told of it                 | .      r      r      r      r      .      .      c      r
reported                   | .      .      .      .      .      .      .      .      .
decided                    | .      .      .      .      .      .      .      h      .
in a case                  | .      .      .      .      .      .      .      .      h
""",
    "collections": """
                           | nobody sam    fay    mia    eve    bob    bea    olga   mod
node                       | pu     pu     pu     pu     pu     .      .      puvb   pu
nodes                      | pu     pu     pu     pu     pu     .      .      puvb   pu
of a user                  | p      p      p      p      p      .      .      p      p
one's own                  | .      .      .      .      .      .      .      puvb   .
its items                  | pu     pu     pu     pu     pu     .      .      puvb   pu
item                       | pu     pu     pu     pu     pu     .      .      puvb   pu
""",
}


def row(path: str, cells: list[str]) -> str:
    """Return a row of a table."""
    return f"{path:27}| {' '.join(f'{cell:6}' for cell in cells)}".rstrip()


HEADING: Final = row("", [*LOOKERS])


@pytest.fixture(scope="module")
async def town(
    spare_postgres: EmbeddedServer, spare_valkey: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Sights]:
    """Return the town; nobody changes it any more."""
    spare_postgres.start()
    spare_valkey.start()
    empty(spare_postgres.url)
    async with town_with_olga(tmp_path_factory.mktemp("town"), spare_postgres.url, spare_valkey.url) as built:
        yield built


@pytest.mark.parametrize("what", TABLES)
async def test_what_is_met_by_each_path(town: Sights, what: str) -> None:
    rows = [
        row(path, [await town.told(who, where, LETTERS[what]) for who in LOOKERS])
        for path, where in PATHS[what].items()
    ]
    assert [HEADING, *rows] == TABLES[what].strip("\n").splitlines()


async def test_each_list_takes_its_own_cursors_alone(town: Sights) -> None:
    """Neither those of other lists, nor of the same one asked for otherwise, nor ones that were changed."""

    async def ask(name: str, after: str | None) -> tuple[str | None, str | None]:
        """Return a page's last cursor, and what it is refused with."""
        who, path = LISTS[name]
        answer = await town.clients[who].post(f"query($after: Cursor) {{ {town.fill(path)} }}", {"after": after})
        codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
        found = re.search(r'"endCursor": "([^"]+)"', json.dumps(answer["data"]))
        return found and found[1], codes[0] if codes else None

    cursors = {name: (await ask(name, None))[0] for name in LISTS}
    assert [name for name, cursor in cursors.items() if cursor is None] == []
    names = [*LISTS]
    for place, name in enumerate(names):
        own = cursors[name] or ""
        assert (await ask(name, own))[1] is None, name
        others = [cursors[names[(place + step) % len(names)]] for step in (1, 7, len(names) - 1)]
        middle = len(own) // 2
        flipped = f"{own[:middle]}{'A' if own[middle] != 'A' else 'B'}{own[middle + 1 :]}"
        for bad in (*others, own[:-1], flipped):
            assert (await ask(name, bad))[1] == "BAD_CURSOR", (name, bad)
