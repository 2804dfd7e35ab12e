"""Moderators follow their queue, administrators read the audit, nobody else does; and nobody changes the audit."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from conftest import install
from court import DECIDE, HATE, REPORT, TAKE
from graph_client import StreamError
from stored import new_asset

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

DESK = """subscription($after: Cursor) { moderationQueueChanged(after: $after) { __typename
  ... on StreamEvent { cursor sequence }
  ... on ModerationQueueSnapshot { resumed queue { nodes { id } } }
  ... on ModerationCaseChanged { case { id status reportCount isTakenByViewer } } } }"""
AUDIT = """query($filter: AuditFilter, $first: Int) { auditLog(filter: $filter, first: $first) {
  nodes { action subjectId before after actor { id } } pageInfo { hasNextPage } } }"""
QUEUE = "{ viewer { isModerator } moderationQueue { nodes { id history { action } } } }"


async def followed(client: GraphClient, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:  # noqa: ANN401
    """Yield what moderators are told, without an end."""
    async with client.socket() as socket, asyncio.timeout(20):
        async for data in socket.subscribe(DESK, variables):
            yield data["moderationQueueChanged"]


async def done(client: GraphClient, document: str, **given: Any) -> Any:  # noqa: ANN401 - an answer
    (value,) = (await client.data(document, {"input": given})).values()
    return value


@pytest.fixture
def easel(tmp_path: Path, spare_database_url: str, spare_redis_url: str) -> Iterator[Installation]:
    """Run an API and a relay whose settings the test may change."""
    with install(tmp_path, spare_database_url, spare_redis_url).running("api", "relay") as installation:
        yield installation


async def test_a_case_is_followed_from_its_report_to_its_decision(easel: Installation, spare_database_url: str) -> None:
    # given people, one of whom MODERATORS names, and one ADMINS
    admin, moderator, author, reporter = [await easel.signed_up() for _ in range(4)]
    easel.stop()
    named = {"ADMINS": json.dumps([admin.viewer_id]), "MODERATORS": json.dumps([moderator.viewer_id])}
    easel.start("api", "relay", **named)
    await easel.answering()
    asset = new_asset(spare_database_url, author.viewer_id)
    artwork = (await author.core("publish", {"assetIds": [asset], "title": "x"}))["artwork"]["id"]

    # when somebody reports, and the moderator takes and decides the case
    async with aclosing(followed(moderator)) as stream:
        first = await anext(stream)
        assert (first["__typename"], first["queue"]) == ("ModerationQueueSnapshot", {"nodes": []})
        report = (await done(reporter, REPORT, subjectId=artwork, reason="HATE"))["report"]
        opened = await anext(stream)
        taken = await done(moderator, TAKE, caseId=report["caseId"])
        reviewed = await anext(stream)
        decided = {"caseId": report["caseId"], "decision": "UPHELD", "effect": "HIDE", **HATE}
        await done(moderator, DECIDE, expectedVersion=taken["case"]["version"], **decided)
        ended = await anext(stream)

    # then each is told, once and in order, and can be resumed from
    case = {"id": report["caseId"], "reportCount": 1, "isTakenByViewer": False}
    assert opened["case"] == {**case, "status": "OPEN"}
    assert reviewed["case"] == {**case, "status": "IN_REVIEW", "isTakenByViewer": True}
    assert ended["case"] == {**case, "status": "UPHELD"}
    assert [each["sequence"] - first["sequence"] for each in (opened, reviewed, ended)] == [1, 2, 3]
    async with aclosing(followed(moderator, after=opened["cursor"])) as stream:
        assert (await anext(stream))["resumed"] is True
        assert (await anext(stream))["cursor"] == reviewed["cursor"]

    # but to nobody else, and cases about oneself are not seen
    for client, code in ((reporter, "FORBIDDEN"), (author, "FORBIDDEN"), (easel.client(), "UNAUTHENTICATED")):
        with pytest.raises(StreamError) as refused:
            await anext(followed(client))
        assert refused.value.code == code
    async with aclosing(followed(moderator)) as stream:
        await anext(stream)
        await done(reporter, REPORT, subjectId=moderator.viewer_id, reason="SPAM")
        assert (await anext(stream))["case"] is None
    assert await moderator.data(QUEUE) == {"viewer": {"isModerator": True}, "moderationQueue": {"nodes": []}}
    assert len((await admin.data(QUEUE))["moderationQueue"]["nodes"]) == 1

    # and the audit has it all, for administrators
    about = {"filter": {"subjectId": report["caseId"]}}
    entries = (await admin.data(AUDIT, about))["auditLog"]["nodes"]
    assert [each["action"] for each in entries] == ["CASE_DECIDED", "CASE_TAKEN", "CASE_OPENED"]
    assert {each["subjectId"] for each in entries} == {report["caseId"]}
    assert [each["actor"] and each["actor"]["id"] for each in entries] == [moderator.viewer_id] * 2 + [None]
    assert json.loads(entries[0]["before"])["status"] == "IN_REVIEW"
    assert json.loads(entries[0]["after"]).items() >= {"status": "UPHELD", "effect": "HIDE"}.items()
    by = {"filter": {"actorId": moderator.viewer_id, "action": "CASE_TAKEN"}, "first": 1}
    page = (await admin.data(AUDIT, by))["auditLog"]
    assert ([each["action"] for each in page["nodes"]], page["pageInfo"]["hasNextPage"]) == (["CASE_TAKEN"], False)
    assert (await admin.data(AUDIT, {"filter": {"subjectId": "\x00"}}))["auditLog"]["nodes"] == []
    assert (await moderator.post(AUDIT))["errors"][0]["extensions"]["code"] == "FORBIDDEN"

    # and nobody changes it, or what was decided
    for table in ("audit_entries", "moderation_decisions"):
        for statement in (
            f"UPDATE {table} SET created_at = now()",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            with psycopg.connect(spare_database_url) as connection, pytest.raises(psycopg.errors.RaiseException):
                connection.execute(statement.encode())
