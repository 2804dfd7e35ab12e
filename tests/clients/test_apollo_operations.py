"""Every documented operation of the community in Apollo Client, whose caches have nothing to complain of."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from apollo import apollo
from apollo_desk import Desk
from graph_client import CORE
from neighbours import neighbours
from node_programs import needs_npm
from waiting import until

if TYPE_CHECKING:
    from conftest import Installation
    from neighbours import Neighbours

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
SAMPLE_FEED = (ROOT / "examples" / "apollo" / "src" / "feed.graphql").read_text()
PAGES = (
    "people",
    "comments",
    "feeds",
    "publishing",
    "recommendations",
    "search",
    "notifications",
    "moderation",
    "sharing",
)
STREAMS = {
    "feedEvents",
    "artworkEvents",
    "savedSearchMatched",
    "notificationReceived",
    "myEvents",
    "moderationQueueChanged",
}
_REFUSED = "... on UserError { code message }"

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300), needs_npm]


def documented(page: str) -> dict[str, str]:
    """Return the operations of a page by ``page.name``, each with its fragments."""
    found = {}
    for text in re.findall(r"```graphql\n(.*?)```", (DOCS / f"{page}.md").read_text(), re.DOTALL):
        parts = [(part, text[part.loc.start : part.loc.end]) for part in parse(text).definitions if part.loc]
        fragments = "".join(written for part, written in parts if isinstance(part, FragmentDefinitionNode))
        for part, written in parts:
            if isinstance(part, OperationDefinitionNode):
                (field, *_) = part.selection_set.selections
                name = part.name.value if part.name else field.name.value  # type: ignore[attr-defined]
                found[f"{page}.{name}"] = f"{written}\n{fragments}"
    return found


OPERATIONS = {key: text for page in PAGES for key, text in documented(page).items()}
FOLLOWED = {key: text for key, text in documented("streaming").items() if any(f"  {each}(" in text for each in STREAMS)}


async def test_all_operations(easel: Installation) -> None:
    async with neighbours(easel) as found, apollo() as program:
        ann, bea, mod = [await Desk(program, found, who).open() for who in ("sea_ann", "sea_bea", "mod")]
        await until(lambda: is_searched(found))
        await reading(ann)
        await writing(ann, found)
        await judging(ann, bea, mod, found)
        for over in ("websocket", "multipart"):
            await following(over, ann, mod, found)
        await showing(ann, found)
        used = ann.used | bea.used | mod.used
        assert used >= OPERATIONS.keys() | FOLLOWED.keys()


async def is_searched(found: Neighbours) -> bool:
    query = (
        '{ search(query: "sea") { artworks { nodes { id } } tags { nodes { id } } } notifications { nodes { id } } }'
    )
    answer = await found.ann.data(query)
    return bool(
        answer["search"]["artworks"]["nodes"] and answer["search"]["tags"]["nodes"] and answer["notifications"]["nodes"]
    )


async def reading(ann: Desk) -> None:
    """Read all that there is, twice: what one query leaves in the cache must not harm another."""
    artwork = ann.found.ids["sea_ann"][0]
    for _ in range(2):
        await ann.read("me", CORE["me"])
        await ann.read("one", CORE["one"], id=artwork)
        feed = await ann.read("feed", CORE["feed"], kind="LATEST", first=3)
        since = feed["feed"]["edges"][1]["cursor"]
        for kind, more in (
            ("LATEST", {}),
            ("POPULAR", {"window": "DAY"}),
            ("FOLLOWING", {}),
            ("TAG", {"filter": {"tag": "sea"}}),
        ):
            await ann.read(*named("feeds.Feed"), kind=kind, first=3, **more)
        newer = await ann.read(*named("feeds.Newer"), kind="LATEST", since=since)
        assert newer["feed"]["newerCount"] == 1
        await ann.read("people.Tag", OPERATIONS["people.Tag"].replace("#Cat", "#Sea"))
        await ann.read(*named("people.Mine"))
        await ann.read(*named("comments.Discussion"), id=artwork)
        await ann.read(*named("comments.Mine"), artworkId=artwork)
        await ann.read(*named("publishing.Remixes"), id=artwork)
        await ann.read(*named("recommendations.Recommended"), first=3)
        await ann.read(*named("search.Search"), query="sea", first=3)
        await ann.read(*named("search.Trends"))
        await ann.read(*named("notifications.Notifications"), first=3)


def done(mutation: str, success: str) -> tuple[str, str]:
    """Return a mutation that no page writes out, and what it is called here."""
    kind = mutation[0].upper() + mutation[1:]
    result = f"... on {kind}Success {{ {success} }} {_REFUSED}"
    return mutation, f"mutation M($input: {kind}Input!) {{ {mutation}(input: $input) {{ {result} }} }}"


def named(key: str, **ids: str) -> tuple[str, str]:
    """Return a documented operation with its placeholders filled, and its name."""
    text = OPERATIONS[key]
    for kind, value in ids.items():
        text = text.replace(f"{kind}_…", value)
    return key, text


async def writing(ann: Desk, found: Neighbours) -> None:
    """Let Ann act, and each list that she has open follow by itself."""
    bea, hers = found.people["sea_bea"].viewer_id, found.ids["sea_bea"][1]
    nothing = "artwork_0198a2c4b6f07d3e8a1b2c3d4e5f6071"
    discussion = {"id": hers}
    await ann.read(*named("comments.Discussion"), **discussion)

    for key in ("Follow", "Like", "Mute"):
        await ann.write(*named(f"people.{key}", user=bea, artwork=hers))
        (refused,) = (
            await ann.found.ann.data(named(f"people.{key}", user=found.ann.viewer_id, artwork=nothing)[1])
        ).values()
        assert refused["code"] in {"INVALID_INPUT", "NOT_FOUND"}
    await ann.write(*done("setMute", "user { id viewerMutes }"), input={"userId": bea, "on": False})
    await ann.write(*named("people.Hide"))
    await ann.write(*done("updateContentPreferences", "viewer { id hiddenTags { id name } }"), input={"hiddenTags": []})

    said = {"artworkId": hers, "text": "Fine", "idempotencyKey": uuid4().hex}
    refusal: dict[str, object] = {"input": said | {"text": " "}}
    comment = (await ann.write(*named("comments.Say"), refusal, input=said))["commentEdge"]["node"]["id"]
    await ann.write(*done("editComment", "comment { id text editedAt }"), {"input": {"commentId": comment, "text": ""}},
                    input={"commentId": comment, "text": "Finer"})  # fmt: skip
    await ann.write(*done("deleteComment", "deletedId comment { id isDeleted } artwork { id commentCount }"),
                    {"input": {"commentId": nothing}}, input={"commentId": comment})  # fmt: skip
    mine, pinned = found.ids["sea_ann"][0], found.ids["comment"][0]
    for on in (True, False):
        await ann.write(*done("pinComment", "comment { id isPinned } artwork { id pinnedComments { id } }"),
                        {"input": {"commentId": nothing, "on": on}}, input={"commentId": pinned, "on": on})  # fmt: skip
        await ann.write(*done("setCommentsLocked", "artwork { id areCommentsLocked viewerCanComment }"),
                        {"input": {"artworkId": hers, "on": on}}, input={"artworkId": mine, "on": on})  # fmt: skip
    kept = await ann.write(*named("comments.Save"), {"input": {"title": " "}}, input={"title": "Seas"})
    collection = {"collectionId": kept["collection"]["id"]}
    await ann.write(*named("comments.Keep"), {"artworkId": nothing}, artworkId=hers)
    await ann.write(*named("comments.Keep"), artworkId=hers, **collection)
    await ann.write(*done("deleteCollection", "deletedId viewer { id collections { nodes { id } } }"),
                    {"input": {"collectionId": nothing}}, input=collection)  # fmt: skip

    published: dict[str, object] = {"assetIds": found.images("sea_ann", 2), "title": "A sea #sea"}
    refusal = {"input": published | {"title": ""}}
    artwork = (await ann.write(*named("publishing.Publish"), refusal, input=published))["artwork"]
    await ann.write("publish", CORE["publish"], refusal, input=published)
    change = {"artworkId": artwork["id"], "title": "Another"}
    await ann.write(*named("publishing.Update"), {"input": change | {"title": ""}}, input=change)
    await ann.write(*done("unpublishArtwork", "artwork { id visibility }"), {"input": {"artworkId": hers}},
                    input={"artworkId": artwork["id"]})  # fmt: skip
    await ann.write(*named("publishing.Delete"), {"id": hers}, id=artwork["id"])
    await ann.write(*named("recommendations.NoteSeen"), {"ids": []}, ids=[hers])
    share = next(key for key in OPERATIONS if key.startswith("sharing."))
    await ann.write(*named(share), {"artworkId": nothing}, artworkId=hers)

    saved = {"name": "Seas", "query": "sea"}
    search = await ann.write(*named("search.Save"), {"input": saved | {"name": ""}}, input=saved)
    await ann.write(*done("deleteSavedSearch", "deletedId viewer { id }"), {"input": {"savedSearchId": nothing}},
                    input={"savedSearchId": search["savedSearch"]["id"]})  # fmt: skip
    head = (await ann.read(*named("notifications.Notifications"), first=3))["notifications"]
    await ann.write(*named("notifications.Read"), {"input": {}},
                    input={"upTo": head["pageInfo"]["startCursor"]})  # fmt: skip
    settings = [{"kind": "LIKE", "inApp": True}]
    await ann.write(*named("notifications.Settings"), {"input": {"settings": settings * 2}},
                    input={"settings": settings})  # fmt: skip
    # and what the cache has without asking is what the server says
    await ann.read(*named("comments.Discussion"), **discussion)
    cal = found.people["sea_cal"].viewer_id
    await ann.write(*named("people.Block", user=cal))
    await ann.write(*done("setBlock", "userId user { id } viewer { id blockedUsers { nodes { id handle } } }"),
                    {"input": {"userId": nothing, "on": True}}, input={"userId": cal, "on": False})  # fmt: skip


async def judging(ann: Desk, bea: Desk, mod: Desk, found: Neighbours) -> None:
    """Let Ann report what Bea published, a moderator decide, and Bea appeal."""
    nothing = "case_0198a2c4b6f07d3e8a1b2c3d4e5f6071"
    for artwork in found.ids["sea_bea"][:2]:
        report = {"subjectId": artwork, "reason": "SPAM"}
        own = {"input": report | {"subjectId": found.ids["sea_ann"][0]}}
        await ann.write(*named("moderation.Report"), own, input=report)
    desk = await mod.read(*named("moderation.Desk"))
    case, other = (edge["node"] for edge in desk["moderationQueue"]["edges"])
    for each in (case, other):
        await mod.write(*named("moderation.Take"), {"input": {"caseId": nothing}}, input={"caseId": each["id"]})
    await mod.write(*done("releaseCase", "case { id status version isTaken }"), {"input": {"caseId": nothing}},
                    input={"caseId": other["id"]})  # fmt: skip
    decision = {
        "caseId": case["id"], "expectedVersion": 0, "decision": "UPHELD", "effect": "WARN", "policy": "CONDUCT",
        "reason": "SPAM", "restrictUntil": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    refusal = {"input": decision | {"expectedVersion": 99}}
    version = (await mod.read("version", VERSION, id=case["id"]))["node"]["version"]
    decided = await mod.write(*named("moderation.Decide"), refusal, input=decision | {"expectedVersion": version})
    published = {"assetIds": found.images("sea_bea"), "title": "More"}
    (refused,) = (
        await mod.program.do(
            "mutate", name="sea_bea sample", query=OPERATIONS["moderation.Publish"], variables={"input": published}
        )
    ).values()
    assert refused["__typename"] == "Restricted"
    appeal = {"decisionId": decided["decision"]["id"], "text": "It is the sea."}
    await bea.write(*named("moderation.Appeal"), {"input": appeal | {"text": ""}}, input=appeal)
    restriction = {"restrictionId": refused["restrictionId"]}
    await mod.write(*done("liftRestriction", "restriction { id isActive liftedAt }"),
                    {"input": {"restrictionId": nothing}}, input=restriction)  # fmt: skip
    await bea.write(*named("moderation.Publish"), input=published)
    await mod.read(*named("moderation.Desk"))


VERSION = "query V($id: ID!) { node(id: $id) { id ... on ModerationCase { version } } }"


async def following(over: str, ann: Desk, mod: Desk, found: Neighbours) -> None:
    """Follow all streams at once, by one protocol, while Bea and Ann act."""
    for desk in (ann, mod):
        await desk.open(over)
    search = await found.all("sea_ann", "saveSearch", "savedSearch { id }", [{"name": f"Over {over}", "query": "wave"}])
    artwork = found.ids["sea_ann"][0]
    await ann.read("feed", CORE["feed"], kind="LATEST", first=3)
    streams: dict[str, tuple[str, dict[str, Any]]] = {
        "FeedEvents": ("FeedEdgeAdded", {"kind": "LATEST"}),
        "Discussion": ("ArtworkCommentAdded", {"id": artwork}),
        "Found": ("SavedSearchMatch", {"id": search[0]["savedSearch"]["id"]}),
        "Mine": ("NotificationReceived", {}),
        "Notifications": ("NotificationReceived", {}),
        "Bell": ("NotificationReceived", {}),
    }
    followed = {}
    for name, (_, variables) in streams.items():
        page = "notifications" if name == "Bell" else "streaming"
        followed[name] = await ann.follow(f"{page}.{name}", (OPERATIONS | FOLLOWED)[f"{page}.{name}"], **variables)
    followed["Desk"] = await mod.follow("streaming.Desk", FOLLOWED["streaming.Desk"])

    (new,) = await found.publish("sea_dan", [f"A wave {over}"])
    said = {"artworkId": artwork, "text": "Oh", "idempotencyKey": uuid4().hex}
    await found.all("sea_dan", "addComment", "comment { id }", [said])
    await found.all("sea_ann", "reportContent", "report { id }", [{"subjectId": new, "reason": "SPAM"}])

    added = await ann.heard(followed.pop("FeedEvents"), "FeedEdgeAdded")
    assert added["edge"]["node"]["id"] == new
    await mod.heard(followed.pop("Desk"), "ModerationCaseChanged")
    for name, stream in followed.items():
        await ann.heard(stream, streams[name][0])


LATEST = {"kind": "LATEST", "first": 3}


async def showing(ann: Desk, found: Neighbours) -> None:
    """Show a list that is liked and followed: all of it changes by itself."""
    name = "sea_ann sample"
    words = {"name": name, "query": CORE["feed"], "variables": LATEST}
    await ann.program.do("pages", path=["feed"], **words)
    before = await ann.program.do("read", **words)
    shown = before["feed"]["edges"]
    liked = next(edge["node"] for edge in shown if not edge["node"]["viewerHasLiked"])
    await ann.program.do("show", stream="list", **words)
    await ann.program.do("told", stream="list")

    # when she likes an artwork, it is liked in the list before the server has answered, and counted once
    artwork = {"__typename": "Artwork", "id": liked["id"], "likeCount": liked["likeCount"] + 1, "viewerHasLiked": True}
    await ann.program.do(
        "mutate", name=name, query=named("people.Like", artwork=liked["id"])[1],
        optimisticResponse={"setReaction": {"__typename": "SetReactionSuccess", "artwork": artwork}},
    )  # fmt: skip
    for view in await ann.program.do("told", stream="list"):
        (now,) = (edge["node"] for edge in view["feed"]["edges"] if edge["node"]["id"] == liked["id"])
        assert (now["likeCount"], now["viewerHasLiked"]) == (liked["likeCount"] + 1, True)

    # when others publish and take back, the list has each edge once, with its cursor, and counts from there
    stream = await ann.follow("sample", SAMPLE_FEED, feed=LATEST, **LATEST)
    (new, gone) = await found.publish("sea_cal", ["Here", "Gone"])
    await found.all("sea_cal", "deleteArtwork", "deletedId", [{"artworkId": gone}])
    await ann.heard(stream, "FeedEdgeRemoved")
    edges = (await ann.program.do("read", **words))["feed"]["edges"]
    told = await found.ann.data(CORE["feed"], {"kind": "LATEST", "first": 100})
    assert [edge["cursor"] for edge in edges] == [edge["cursor"] for edge in told["feed"]["edges"]][: len(edges)]
    assert edges[0]["node"]["id"] == new
    await ann.program.do("leave", stream="list")
    await found.publish("sea_cal", ["Unseen"])
    newer = await ann.read(*named("feeds.Newer"), kind="LATEST", since=edges[0]["cursor"])
    assert newer["feed"]["newerCount"] == 1
    assert (await ann.program.do("read", **words))["feed"]["edges"] == edges

    # when she deletes one, it leaves each list
    (mine,) = await found.publish("sea_ann", ["Mine"])
    await ann.read("feed", CORE["feed"], **LATEST)
    await ann.program.do("evict", name=name, object={"__typename": "Artwork", "id": mine})
    assert mine not in str(await ann.program.do("read", **words))

    # when she blocks somebody, what shows something of theirs is asked for again, and comes without it
    cal = found.people["sea_cal"].viewer_id
    await ann.write(*named("people.Block", user=cal))
    await ann.program.do("evict", name=name, object={"__typename": "User", "id": cal})
    assert cal in str(shown) + str(edges)
    assert cal not in str(await ann.program.do("query", fetchPolicy="cache-first", **words))
