"""How the town of the matrix of sight is built: by the mutations of those who live there, and then much is hidden."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import select
from sqlmodel import col

from conftest import install
from db.session import Database
from db.tables import Recommendation, RecommendationList, Tag, TrendingTag, User
from db.words import NotificationKind, RecommendationReason, TrendWindow
from domain import notifications, notifications_folding, passwords, search_index
from domain.notifications import Note
from graph_client import http_client
from looks import hang
from people import key_in, later
from sights import ARTWORKS, Sights
from stored import new_asset, sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from uuid import UUID

    from conftest import Installation

OTHERS: Final = ("sam", "fay", "mia", "eve", "bob", "bea", "mod")
"""Those who look."""
PEOPLE: Final = (*OTHERS, "olga", "cem")
"""Cem is everybody's friend: what others do is done with what is his."""
_PASSWORD: Final = "correct horse"


@asynccontextmanager
async def town_with_olga(folder: Path, database_url: str, redis_url: str) -> AsyncIterator[Sights]:
    """Run an API with the town in it."""
    db = Database(database_url)
    proof = await passwords.hash_password(_PASSWORD)
    mod = User(email="mod@easel.example", password_hash=proof, handle="mod", display_name="Mod")
    async with db.write() as tx:
        tx.add(mod)
    easel = install(folder, database_url, redis_url, MODERATORS=json.dumps([f"user_{mod.id.hex}"]))
    try:
        easel.start("api")
        await easel.answering()
        yield await _Building(easel, db, database_url).build()
    finally:
        easel.stop()
        await db.close()


class _Building:
    """The town as it is built."""

    def __init__(self, easel: Installation, db: Database, database_url: str) -> None:
        self.easel = easel
        self.db = db
        self.database_url = database_url
        self.town = Sights()
        self.act = self.town.act
        self.ids = self.town.ids

    async def build(self) -> Sights:
        await self._come()
        await self._publish()
        await self._talk()
        await self._collect()
        await self._hang()
        await self._tell()
        await self._hide()
        await self._part()
        await self._find()
        return self.town

    def _mark(self, *names: str, by: str) -> None:
        """Let what tells of things, by the names of their ids, tell of the letter."""
        self.town.marks.setdefault(by, set()).update(self.ids[name].rpartition("_")[2] for name in names)

    def _key(self, name: str) -> UUID:
        return key_in(self.ids[name])

    async def _come(self) -> None:
        """Let everybody sign in, and choose whom and what they want to see."""
        clients = self.town.clients
        clients["nobody"], clients["mod"] = self.easel.client(), self.easel.client()
        account = {"email": "mod@easel.example", "password": _PASSWORD}
        signed = await clients["mod"].core("sign-in", account)
        clients["mod"].token, clients["mod"].viewer_id = signed["session"]["accessToken"], signed["viewer"]["id"]
        for who in PEOPLE:
            if who != "mod":
                clients[who] = await self.easel.signed_up(who)
            self.ids[who] = clients[who].viewer_id
        self.town.marks["O"] = {"Olga"}
        self._mark("olga", by="O")
        await self.act("eve", "updateContentPreferences", maxContentLevel="MATURE")
        for who, target in (("fay", "olga"), ("bob", "olga"), ("olga", "cem"), ("cem", "olga")):
            await self.act(who, "setFollow", target=self.ids[target], on=True)
        for who in PEOPLE:
            await self.act(who, "saveSearch", name="hers", filter={"authorId": self.ids["olga"]})

    async def _publish(self) -> None:
        """Let Olga publish remixes of what is Cem's, and Cem remixes of those; everybody likes and keeps them."""
        self.ids["others"], self.ids["others asset"] = await self._artwork("cem", "others")
        first, _ = await self._artwork("olga", "first", tags=["dusk"])
        await self._remember_places()
        await self.act("olga", "deleteArtwork", artworkId=first)
        for letter, word in ARTWORKS.items():
            artwork, asset = await self._artwork("olga", word, tags=["dusk", word], remixOf=self.ids["others"])
            remix, _ = await self._artwork("cem", "remix", remixOf=artwork)
            link = await self.act("olga", "createShareLink", "url", artworkId=artwork)
            self.ids[f"code {letter}"] = link["url"].rpartition("/")[2]
            self.ids |= {letter: artwork, f"asset {letter}": asset, f"remix {letter}": remix, f"word {letter}": word}
            self.town.marks[letter] = {word}
            self._mark(letter, f"asset {letter}", by=letter)
            for who in OTHERS:
                await self.act(who, "setReaction", subjectId=artwork, on=True)
                await self.act(who, "setCollected", artworkId=artwork, on=True)
        self.ids["new"], self.ids["new asset"] = await self._artwork("olga", "nova", tags=["dusk"])
        self._mark("new", "new asset", by="P")  # PUBLIC as well, and not known yet: what is known is not recommended
        for who in ("olga", "mia"):
            await self.act(who, "setReaction", subjectId=self.ids["others"], on=True)
        ((tag,),) = sql(self.database_url, "SELECT id FROM tags WHERE name = 'dusk'")
        await self.act("fay", "setFollow", target=f"tag_{tag.hex}", on=True)

    async def _artwork(self, author: str, title: str, **given: Any) -> tuple[str, str]:  # noqa: ANN401 - of the input
        """Publish an artwork of one new picture; return the ids of both."""
        asset = new_asset(self.database_url, self.ids[author])
        asked = {"assetIds": [asset], "title": title, "license": "CC_BY_4_0", **given}
        made = await self.act(author, "publishArtwork", "artwork { id }", **asked)
        return made["artwork"]["id"], asset

    async def _remember_places(self) -> None:
        """Keep the places in feeds behind which all else comes."""
        for name, asked in (("LATEST", "authorId: <olga>"), ("TAG", 'tag: "dusk"')):
            path = f"{{ feed(kind: {name}, filter: {{ {asked} }}, first: 1) {{ pageInfo {{ endCursor }} }} }}"
            page = (await self.town.clients["nobody"].data(self.town.fill(path)))["feed"]
            self.ids[f"place {name}"] = page["pageInfo"]["endCursor"]

    async def _talk(self) -> None:
        """Let Olga comment on what is Cem's and answer everybody, and Cem answer and name her, and comment on hers."""
        others = self.ids["others"]
        root = await self._say("cem", others, "root")
        self.ids["root"] = root
        self.ids["c"] = thread = await self._say("olga", others, "thread")
        self.ids["r"] = await self._say("olga", others, "reply", root)
        self.ids["d"] = deleted = await self._say("olga", others, "deleted")
        self.ids["h"] = await self._say("olga", others, "hidden")
        self.ids["answer"] = await self._say("cem", others, "answer", thread)
        self.ids["answer to deleted"] = await self._say("cem", others, "answer", deleted)
        self.ids["naming"] = await self._say("cem", others, "@olga")
        await self.act("cem", "pinComment", commentId=thread, on=True)
        await self.act("olga", "deleteComment", commentId=deleted)
        for letter in "crdh":
            self._mark(letter, by=letter)
        for who in OTHERS:
            said = await self._say(who, others, "hello")
            self.ids[f"to {who}"] = await self._say("olga", others, "hello", said)
            self._mark(f"to {who}", by="r")
        for letter in ARTWORKS:
            self.ids[f"on {letter}"] = await self._say("cem", self.ids[letter], "on hers")
            self._mark(f"on {letter}", by=letter)

    async def _say(self, who: str, artwork: str, text: str, reply_to: str | None = None) -> str:
        given = {"artworkId": artwork, "text": text, "replyTo": reply_to, "idempotencyKey": uuid4().hex}
        said: str = (await self.act(who, "addComment", "comment { id }", **given))["comment"]["id"]
        return said

    async def _collect(self) -> None:
        """Let Olga keep what is Cem's in collections of her own, and Cem all that is hers in one of his."""
        for letter, visibility in (("p", "PUBLIC"), ("u", "UNLISTED"), ("v", "PRIVATE")):
            self.ids[letter] = await self._collection("olga", visibility)
        kept: dict[str, Any] = {"artworkId": self.ids["others"], "on": True}
        bookmarks = (await self.act("olga", "setCollected", "collection { id }", **kept))["collection"]["id"]
        self.ids["b"], self.ids["cems"] = bookmarks, await self._collection("cem", "PUBLIC")
        for letter in "puv":
            await self.act("olga", "setCollected", collectionId=self.ids[letter], **kept)
        for letter in "puvb":
            self._mark(letter, by=letter)
            self.ids[f"item {letter}"] = (await self._items("olga", letter))[0]
            self._mark(f"item {letter}", by=letter)
        for letter in ARTWORKS:
            given: dict[str, Any] = {"artworkId": self.ids[letter], "collectionId": self.ids["cems"], "on": True}
            await self.act("cem", "setCollected", **given)
            self.ids[f"item {letter}"] = (await self._items("cem", "cems"))[0]

    async def _collection(self, who: str, visibility: str) -> str:
        given = {"title": visibility, "visibility": visibility}
        made: str = (await self.act(who, "upsertCollection", "collection { id }", **given))["collection"]["id"]
        return made

    async def _items(self, who: str, name: str) -> list[str]:
        """Return the items of a collection, what came last first."""
        document = "query($id: ID!) { node(id: $id) { ... on Collection { items { nodes { id } } } } }"
        found = (await self.town.clients[who].data(document, {"id": self.ids[name]}))["node"]["items"]["nodes"]
        return [each["id"] for each in found]

    async def _hang(self) -> None:
        """Give Olga galleries with pictures, and a preset."""
        hung: dict[str, str] = {}
        async with self.db.write() as tx:
            await hang(tx, key_in(self.ids["olga"]), hung)
        self.ids |= hung
        self._mark(*hung, by="O")

    async def _tell(self) -> None:
        """Notify everybody of Olga, of what she says and of what is hers; recommend it to them, and put it in vogue."""
        async with self.db.write() as tx:
            for who in OTHERS:
                me = self._key(who)
                notifications.note(tx, Note(NotificationKind.FOLLOW, me, me, self._key("olga")))
                for letter in ARTWORKS:
                    what = Note(
                        NotificationKind.MENTION, me, self._key(letter), self._key("cem"), self._key(f"on {letter}")
                    )
                    notifications.note(tx, what)
        async with self.db.write() as tx:
            await notifications_folding.fold(tx, notifications_folding.BATCH)
        because = RecommendationReason.LOOKS_LIKE_LIKED
        async with self.db.write() as tx:
            for owner in (*(self._key(who) for who in (*OTHERS, "olga")), None):
                listed = RecommendationList(user_id=owner)
                tx.add(listed)
                await tx.flush()
                places: list[tuple[UUID, UUID | None]] = [(self._key(name), None) for name in (*ARTWORKS, "new")]
                places += [(self._key(f"remix {letter}"), self._key(letter)) for letter in ARTWORKS]
                for rank, (artwork, liked) in enumerate(places):
                    entry = Recommendation(list_id=listed.id, rank=rank, artwork_id=artwork, reason=because)
                    entry.liked_id = liked
                    tx.add(entry)
            for tag in (await tx.execute(select(col(Tag.id)))).scalars():
                tx.add(TrendingTag(window=TrendWindow.WEEK, tag_id=tag, uses=5, score=500))

    async def _hide(self) -> None:
        """Hide by the author, by moderation, which restricts her as well, by level and by deletion."""
        await self.act("olga", "updateArtwork", artworkId=self.ids["U"], visibility="UNLISTED")
        await self.act("olga", "unpublishArtwork", artworkId=self.ids["V"])
        sql(self.database_url, "UPDATE artworks SET content_level = 'MATURE' WHERE id = %s", key_in(self.ids["M"]))
        asset = key_in(self.ids["asset M"])
        sql(self.database_url, "UPDATE media_assets SET content_level = 'MATURE' WHERE id = %s", asset)
        until = {"restrictUntil": later().isoformat()}
        await self._judge("H", decision="UPHELD", effect="HIDE", **until)
        await self._judge("R", decision="REMOVED", effect="REMOVE")
        await self._judge("h", decision="UPHELD", effect="HIDE")
        await self.act("olga", "deleteArtwork", artworkId=self.ids["X"])
        await self.act("olga", "reportContent", subjectId=self.ids["others"], reason="SPAM")

    async def _judge(self, letter: str, **decided: Any) -> None:  # noqa: ANN401 - of the input
        reported = {"subjectId": self.ids[letter], "reason": "HATE"}
        told = await self.act("sam", "reportContent", "report { id caseId }", **reported)
        case = told["report"]["caseId"]
        self.ids |= {f"report {letter}": told["report"]["id"], f"case {letter}": case}
        given = {"caseId": case, "policy": "CONDUCT", "reason": "HATE"}
        done = await self.act("mod", "decideCase", "decision { id }", expectedVersion=1, **given, **decided)
        self.ids[f"decision {letter}"] = done["decision"]["id"]

    async def _part(self) -> None:
        await self.act("mia", "setMute", userId=self.ids["olga"], on=True)
        await self.act("olga", "setBlock", userId=self.ids["bob"], on=True)
        await self.act("bea", "setBlock", userId=self.ids["olga"], on=True)

    async def _find(self) -> None:
        """Let search look at all of it, and know where the sitemap is."""
        self.ids["origin"] = self.easel.url
        async with http_client() as http:
            index = (await http.get(f"{self.easel.url}/sitemap.xml")).text
        self.ids["sitemap"] = index.partition(f"<loc>{self.easel.url}/")[2].partition("</loc>")[0]
        async with self.db.write() as tx:
            while await search_index.sweep(tx):
                pass
