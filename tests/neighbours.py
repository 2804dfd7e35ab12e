"""Neighbours who publish, talk, follow, keep and report; one of them has at least three of everything."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from conftest import install
from db.session import Database
from db.tables import MediaAsset
from db.words import OwnerKind
from domain import galleries
from domain.galleries import Owner
from domain.words import MediaChange
from graph_client import GraphClient
from people import key_in, new_users
from stored import new_asset
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from conftest import Installation

NEIGHBOURS = ("sea_ann", "sea_bea", "sea_cal", "sea_dan", "mod")
TAGS = ("sea", "seal", "season")
NUMBERS = range(3)


@dataclass
class Neighbours:
    """Who there is, and the ids of what they have."""

    url: str
    database_url: str
    people: dict[str, GraphClient] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)

    @property
    def ann(self) -> GraphClient:
        """The one who has some of everything."""
        return self.people["sea_ann"]

    async def all(self, who: str, mutation: str, success: str, inputs: Sequence[dict[str, Any]]) -> list[Any]:
        """Run a mutation with several inputs, all of which it accepts."""
        kind = mutation[0].upper() + mutation[1:]
        given = ", ".join(f"$i{n}: {kind}Input!" for n in range(len(inputs)))
        fields = " ".join(
            f"r{n}: {mutation}(input: $i{n}) {{ __typename ... on {kind}Success {{ {success} }}"
            " ... on UserError { code message path } }"
            for n in range(len(inputs))
        )
        variables = {f"i{n}": each for n, each in enumerate(inputs)}
        answers = [*(await self.people[who].data(f"mutation({given}) {{ {fields} }}", variables)).values()]
        assert {answer["__typename"] for answer in answers} == {f"{kind}Success"}, answers
        return answers

    def images(self, who: str, count: int = 1) -> list[str]:
        """Store images that nobody painted."""
        return [new_asset(self.database_url, self.people[who].viewer_id) for _ in range(count)]

    async def publish(self, who: str, titles: Sequence[str], **more: Any) -> list[str]:  # noqa: ANN401 - an input
        """Publish an artwork of each title; return their ids."""
        inputs = [{"assetIds": self.images(who), "title": title, "license": "CC_BY_4_0"} | more for title in titles]
        return [each["artwork"]["id"] for each in await self.all(who, "publishArtwork", "artwork { id }", inputs)]


@asynccontextmanager
async def neighbours(easel: Installation) -> AsyncIterator[Neighbours]:
    """Let them move in, where one of them moderates."""
    database_url = easel.environment["DATABASE_URL"]
    mod = await easel.signed_up("mod")
    settings = {"PUBLIC_URL": easel.url, "ADMINS": json.dumps([mod.viewer_id])}
    served = install(easel.folder, database_url, easel.environment["REDIS_URL"], **settings)
    try:
        served.start("api")
        await served.answering()
        found = Neighbours(served.url, database_url)
        for handle in NEIGHBOURS[:-1]:
            found.people[handle] = GraphClient(served.url)
            await found.people[handle].sign_up(handle)
        found.people["mod"] = GraphClient(served.url, mod.token)
        await _publish(found)
        await _meet(found)
        await _talk(found)
        yield found
    finally:
        served.stop()


async def furnish(found: Neighbours) -> None:
    """Give Ann three of everything else."""
    await _keep(found)
    await _paint(found)
    await _judge(found)


async def _publish(found: Neighbours) -> None:
    for who in NEIGHBOURS[:-1]:
        titles = [f"The sea, {who} {number}" for number in NUMBERS]
        found.ids[who] = await found.publish(who, titles, tags=TAGS)
    original = found.ids["sea_ann"][0]
    for who in NEIGHBOURS[1:-1]:
        found.ids[who] += await found.publish(who, ["Again"], remixOf=original)
    mine = [{"assetId": asset} for asset in found.images("sea_ann", 3)]
    await found.all("sea_ann", "deleteMedia", "deletedId", mine)


async def _meet(found: Neighbours) -> None:
    """Let each follow each, all like the first artwork of each, and Ann like, follow, mute and block more."""
    keys = {who: client.viewer_id for who, client in found.people.items()}
    for who in NEIGHBOURS[:-1]:
        others = [{"target": key, "on": True} for other, key in keys.items() if other not in {who, "mod"}]
        await found.all(who, "setFollow", "viewer { id }", others)
        liked = [{"subjectId": found.ids[each][0], "on": True} for each in NEIGHBOURS[:-1] if each != who]
        await found.all(who, "setReaction", "artwork { id }", liked)
    tags = (
        await found.ann.data("{ " + " ".join(f'{tag}: tag(name: "{tag}") {{ id }}' for tag in TAGS) + " }")
    ).values()
    found.ids["tag"] = [tag["id"] for tag in tags]
    await found.all("sea_ann", "setFollow", "viewer { id }", [{"target": tag, "on": True} for tag in found.ids["tag"]])
    db = Database(found.database_url)
    outsiders = await new_users(db, *(f"out_{number}" for number in range(6)))
    await db.close()
    strangers = [{"userId": each, "on": True} for each in outsiders]
    await found.all("sea_ann", "setMute", "viewer { id }", strangers[:3])
    await found.all("sea_ann", "setBlock", "viewer { id }", strangers[3:])


async def _talk(found: Neighbours) -> None:
    said = {"artworkId": found.ids["sea_ann"][0], "text": "Oh"}
    roots = [said | {"idempotencyKey": uuid4().hex} for _ in NUMBERS]
    comments = await found.all("sea_bea", "addComment", "comment { id }", roots)
    found.ids["comment"] = [each["comment"]["id"] for each in comments]
    replies = [each | {"idempotencyKey": uuid4().hex, "replyTo": found.ids["comment"][0]} for each in roots]
    await found.all("sea_ann", "addComment", "comment { id }", replies)


async def _keep(found: Neighbours) -> None:
    """Let Ann keep collections, folders, presets, searches and more."""

    async def make(kind: str, mutation: str, path: str, **given: Any) -> None:  # noqa: ANN401 - an input
        inputs = [given | {"title" if kind == "collection" else "name": f"{kind} {number}"} for number in NUMBERS]
        answers = await found.all("sea_ann", mutation, f"{path} {{ id }}", inputs)
        found.ids[kind] = [answer[path]["id"] for answer in answers]

    await make("collection", "upsertCollection", "collection", visibility="PUBLIC")
    await make("preset", "savePromptPreset", "preset", prompt="a sea")
    await make("search", "saveSearch", "savedSearch", query="sea")
    for kind in ("character", "story", "origChat"):
        await make(kind, f"create{kind[0].upper()}{kind[1:]}", kind)
    await make("folder", "createFolder", "folder")
    found.ids["folders"] = found.ids["folder"]
    await make("folder", "createFolder", "folder", parentId=found.ids["folders"][0])
    place = {"assetIds": found.images("sea_ann", 3), "folderId": found.ids["folders"][0]}
    await found.all("sea_ann", "moveToFolder", "folder { id }", [place])
    kept = [
        {"artworkId": each, "collectionId": found.ids["collection"][0], "on": True} for each in found.ids["sea_bea"][:3]
    ]
    await found.all("sea_ann", "setCollected", "collection { id }", kept)


async def _paint(found: Neighbours) -> None:
    """Let Ann ask for pictures, of which some are forbidden; give her galleries pictures, and pack some."""
    size = {"width": 256, "height": 256}
    jobs = [{"prompt": "a sea", "idempotencyKey": uuid4().hex, "count": 1, "steps": 1, "size": size} for _ in NUMBERS]
    await found.all("sea_ann", "submitGeneration", "job { id }", jobs)
    for _ in NUMBERS:
        refused = await found.ann.submit("a naked child", uuid4().hex)
        assert refused["code"] == "CONTENT_BLOCKED"
    found.ids["picture"] = found.images("sea_ann", 12)
    owners = [found.ann.viewer_id, *(found.ids[kind][0] for kind in ("character", "story", "origChat"))]
    db = Database(found.database_url)
    for number, (kind, owner) in enumerate(zip(OwnerKind, owners, strict=True)):
        async with db.write() as tx:
            gallery = await galleries.lock(tx, key_in(found.ann.viewer_id), Owner(kind, key_in(owner)))
            for position in NUMBERS:
                asset = await tx.get_one(MediaAsset, key_in(found.ids["picture"][3 * number + position]))
                asset.gallery_id, asset.position = gallery.id, position
                await galleries.welcome(tx, gallery, asset, MediaChange.ADDED)
    await db.close()
    for picture in found.ids["picture"][:3]:
        (asked,) = await found.all("sea_ann", "requestArchive", "archive { id }", [{"assetIds": [picture]}])
        await found.all("sea_ann", "cancelArchive", "archive { id }", [{"archiveId": asked["archive"]["id"]}])
    await until(lambda: _ended(found), 60)


async def _ended(found: Neighbours) -> bool:
    answer = await found.ann.data("{ generationJobs { nodes { finishedAt } } }")
    return all(job["finishedAt"] for job in answer["generationJobs"]["nodes"])


async def _judge(found: Neighbours) -> None:
    """Let all report the same artwork of Ann's, Ann report three of Bea's, and the moderator warn Ann four times."""
    spam = {"reason": "SPAM"}
    subject = found.ids["sea_ann"][1]
    for who in NEIGHBOURS[1:-1]:
        await found.all(who, "reportContent", "report { id caseId }", [spam | {"subjectId": subject}])
    others = [found.ids["sea_ann"][2], found.ids["sea_ann"][0], found.ann.viewer_id]
    reported = await found.all(
        "sea_bea", "reportContent", "report { id caseId }", [spam | {"subjectId": each} for each in (subject, *others)]
    )
    found.ids["case"] = [each["report"]["caseId"] for each in reported]
    warning = {"decision": "UPHELD", "effect": "WARN", "policy": "CONDUCT", "reason": "SPAM"}
    for case in found.ids["case"]:
        node = await found.people["mod"].data(f'{{ node(id: "{case}") {{ ... on ModerationCase {{ version }} }} }}')
        given = warning | {"caseId": case, "expectedVersion": node["node"]["version"]}
        (decided,) = await found.all("mod", "decideCase", "decision { id }", [given])
        found.ids.setdefault("decision", []).append(decided["decision"]["id"])
    mine = [spam | {"subjectId": each} for each in found.ids["sea_bea"][:3]]
    await found.all("sea_ann", "reportContent", "report { id }", mine)
