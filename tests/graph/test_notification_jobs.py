"""What becomes of jobs and credits is told to their owner, unless it was their own doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from waiting import until

if TYPE_CHECKING:
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

LIST = """{ notifications { nodes { kind message itemCount amount actorCount actors { id }
  subject { __typename ... on Node { id } } } } }"""
LOW = "mutation M($input: SetLowCreditMarkInput!) { setLowCreditMark(input: $input) { __typename } }"
SMALL: dict[str, Any] = {"steps": 2}


async def groups(client: GraphClient, count: int) -> dict[str, Any]:
    """Return somebody's groups by kind, once there are so many."""

    async def found() -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = (await client.data(LIST))["notifications"]["nodes"]
        return nodes if len(nodes) >= count else []

    nodes = await until(found)
    assert len(nodes) == count
    return {node.pop("kind"): node for node in nodes}


async def end_of(client: GraphClient, job_id: str) -> None:
    async for _ in client.watch(job_id):
        pass


async def test_a_job_that_ended_is_told_and_several_are_one_group(easel: Installation) -> None:
    client = await easel.signed_up()
    first = (await client.submit("a cat", key="1", count=1, **SMALL))["job"]["id"]
    await end_of(client, first)
    assert await groups(client, 1) == {
        "JOB": {
            "message": "Your images are ready.",
            "itemCount": 1,
            "amount": 0,
            "actorCount": 0,
            "actors": [],
            "subject": {"__typename": "GenerationJob", "id": first},
        }
    }

    second = (await client.submit("a dog", key="2", count=1, **SMALL))["job"]["id"]
    await end_of(client, second)

    async def both() -> bool:
        return bool((await groups(client, 1))["JOB"]["itemCount"] == 2)

    await until(both)
    group = (await groups(client, 1))["JOB"]
    assert (group["message"], group["subject"]["id"]) == ("2 of your jobs have ended.", second)


async def test_credits_that_came_back_are_told_with_their_number(easel: Installation) -> None:
    client = await easel.signed_up(language="ko")
    job = (await client.submit("a cat #fail:1 #block:2", key="1", count=3, **SMALL))["job"]["id"]
    await end_of(client, job)

    found = await groups(client, 2)

    assert found["JOB"]["message"].startswith("일부 이미지가 완성되었습니다.")
    assert found["CREDITS_BACK"] == {
        "message": "완성되지 못한 이미지가 있어 2 크레딧이 환불되었습니다.",
        "itemCount": 2,
        "amount": 2,
        "actorCount": 0,
        "actors": [],
        "subject": {"__typename": "User", "id": client.viewer_id},
    }


async def test_what_somebody_cancels_themselves_is_not_told(easel: Installation) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat #slow", key="1", count=2, **SMALL))["job"]["id"]
    await client.core("cancel", {"jobId": job})
    await end_of(client, job)
    other = (await client.submit("a dog", key="2", count=1, **SMALL))["job"]["id"]
    await end_of(client, other)

    found = await groups(client, 1)

    assert (found["JOB"]["itemCount"], found["JOB"]["subject"]["id"]) == (1, other)


async def test_a_balance_that_falls_below_the_mark_is_told(easel: Installation) -> None:
    client = await easel.signed_up()
    await client.data(LOW, {"input": {"credits": 100}})
    job = (await client.submit("a cat", key="1", count=2, **SMALL))["job"]["id"]
    await end_of(client, job)

    found = await groups(client, 2)

    assert (found["CREDITS_LOW"]["message"], found["CREDITS_LOW"]["itemCount"]) == (
        "Your credits are running low.",
        1,
    )
