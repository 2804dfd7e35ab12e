"""The credit account in the graph: its buckets, its entries in words, and what its owner alone is told."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from test_personal_streams import told

from stored import leave, sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio

SMALL: dict[str, Any] = {"steps": 1}
ACCOUNT = """query($first: Int, $after: Cursor) { viewer { creditAccount {
  id balance held available lowMark buckets { id kind amount expiresAt }
  ledger(first: $first, after: $after) {
    nodes { id number kind description amount balanceAfter heldAfter jobId slotId bucket { id kind } }
    pageInfo { hasNextPage endCursor } totalCount
  } } } }"""
LOW = """subscription { myEvents(types: [CREDITS_LOW]) { __typename
  ... on CreditsLow { account { id balance lowMark } entry { kind balanceAfter jobId } } } }"""


async def test_an_account_tells_its_buckets_and_every_movement_in_words(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up(language="ko")
    job = (await client.submit("a cat #fail:1", key="k", count=2, **SMALL))["job"]
    async for _ in client.watch(job["id"]):
        pass

    account = (await client.data(ACCOUNT, {"first": 20}))["viewer"]["creditAccount"]

    (bucket,) = account["buckets"]
    assert (account["balance"], account["held"], account["available"], account["lowMark"]) == (99, 0, 99, 10)
    assert (bucket["kind"], bucket["amount"]) == ("PROMOTIONAL", 99)
    days = "SELECT extract(day FROM expires_at - now()) FROM credit_buckets"
    assert sql(database_url, days) == [(364,)]
    entries = account["ledger"]["nodes"]
    assert [entry["number"] for entry in entries] == [4, 3, 2, 1]
    assert sorted(entry["kind"] for entry in entries) == ["CAPTURE", "GRANT", "HOLD", "RELEASE"]
    assert {entry["kind"]: entry["description"] for entry in entries} == {
        "GRANT": "크레딧이 지급되었습니다.",
        "HOLD": "작업을 위해 크레딧이 예약되었습니다.",
        "CAPTURE": "완성된 이미지에 크레딧이 사용되었습니다.",
        "RELEASE": "이미지가 완성되지 않아 크레딧이 환불되었습니다.",
    }
    assert {entry["bucket"]["id"] for entry in entries} == {bucket["id"]}

    # and each names what it was for: a job, and of it an image
    slots = {slot["status"]: slot for slot in await slots_of(client, job["id"])}
    by_kind = {entry["kind"]: entry for entry in entries}
    assert (by_kind["GRANT"]["jobId"], by_kind["GRANT"]["slotId"]) == (None, None)
    assert (by_kind["HOLD"]["jobId"], by_kind["HOLD"]["slotId"]) == (job["id"], None)
    assert by_kind["CAPTURE"]["slotId"] == slots["READY"]["id"]
    assert by_kind["RELEASE"]["slotId"] == slots["FAILED"]["id"]

    # and pages of it are the same
    paged, after = [], None
    for _ in range(4):
        page = (await client.data(ACCOUNT, {"first": 1, "after": after}))["viewer"]["creditAccount"]["ledger"]
        paged += page["nodes"]
        after = page["pageInfo"]["endCursor"]
    assert (paged, page["totalCount"], page["pageInfo"]["hasNextPage"]) == (entries, 4, False)


async def slots_of(client: Any, job_id: str) -> list[dict[str, Any]]:  # noqa: ANN401
    query = "query($id: ID!) { generationJob(id: $id) { slots { id status } } }"
    slots: list[dict[str, Any]] = (await client.data(query, {"id": job_id}))["generationJob"]["slots"]
    return slots


async def test_buckets_and_entries_are_their_owners_alone(easel: Installation) -> None:
    owner, stranger = await easel.signed_up(), await easel.signed_up()
    account = (await owner.data(ACCOUNT, {"first": 1}))["viewer"]["creditAccount"]
    ids = [account["id"], account["buckets"][0]["id"], account["ledger"]["nodes"][0]["id"]]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    assert (await owner.data(query, {"ids": ids}))["nodes"] == [{"id": each} for each in ids]
    for client in (stranger, easel.client()):
        assert (await client.data(query, {"ids": ids}))["nodes"] == [None] * 3


async def test_a_balance_that_falls_below_the_mark_is_told_once(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    leave(database_url, 11)

    async with aclosing(told(client, LOW)) as stream:
        assert (await anext(stream))["__typename"] == "MyEventsSnapshot"
        jobs = [(await client.submit("a cat", key=key, count=2, **SMALL))["job"]["id"] for key in ("1", "2")]
        low = await anext(stream)

    assert (low["__typename"], low["account"]["lowMark"]) == ("CreditsLow", 10)
    assert (low["entry"]["kind"], low["entry"]["balanceAfter"]) == ("CAPTURE", 9)
    assert low["entry"]["jobId"] == jobs[0]
    async for _ in client.watch(jobs[1]):
        pass
    kind = "SELECT count(*) FROM ledger_entries WHERE balance_after < 10"
    assert sql(database_url, kind) == [(3,)]


MARK = """mutation($credits: Int) { setLowCreditMark(input: {credits: $credits}) { __typename
  ... on SetLowCreditMarkSuccess { account { id balance lowMark } } ... on UserError { code path message } } }"""


async def test_the_mark_of_a_low_balance_is_the_owners_to_set(easel: Installation, database_url: str) -> None:
    # given two accounts of 100 credits
    client, other = await easel.signed_up(), await easel.signed_up()

    async def marked(credits: int | None) -> Any:  # noqa: ANN401
        return (await client.data(MARK, {"credits": credits}))["setLowCreditMark"]

    # when one sets the mark, then it is told of the fall below that one, and nobody else's mark is changed
    account = (await client.data(ACCOUNT, {"first": 1}))["viewer"]["creditAccount"]["id"]
    for _ in range(2):
        assert await marked(100) == {
            "__typename": "SetLowCreditMarkSuccess",
            "account": {"id": account, "balance": 100, "lowMark": 100},
        }
    async with aclosing(told(client, LOW)) as stream:
        assert (await anext(stream))["__typename"] == "MyEventsSnapshot"
        job = (await client.submit("a cat", key="1", count=1, **SMALL))["job"]["id"]
        low = await anext(stream)
    assert (low["account"]["lowMark"], low["entry"]["balanceAfter"], low["entry"]["jobId"]) == (100, 99, job)
    assert (await other.data(ACCOUNT, {"first": 1}))["viewer"]["creditAccount"]["lowMark"] == 10

    # and null turns it off: of two falls, the second below a mark that was set anew, that one alone is told
    assert (await marked(None))["account"]["lowMark"] == 0
    async with aclosing(told(client, LOW)) as stream:
        await anext(stream)
        silent = (await client.submit("a cat", key="2", count=1, **SMALL))["job"]["id"]
        async for _ in client.watch(silent):
            pass
        assert (await marked(98))["account"] == {"id": account, "balance": 98, "lowMark": 98}
        last = (await client.submit("a cat", key="3", count=1, **SMALL))["job"]["id"]
        assert (await anext(stream))["entry"]["jobId"] == last

    # and what is no mark is refused, and changes nothing
    for wrong in (-1, 1_000_001):
        refused = await marked(wrong)
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "credits"])
    assert sql(database_url, "SELECT low_mark FROM credit_accounts ORDER BY low_mark") == [(10,), (98,)]
    answer = await easel.client().post(MARK, {"credits": 1})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
