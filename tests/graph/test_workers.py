"""Workers as administrators see and drain them, and what everybody is told where none paints."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from conftest import install
from stored import new_worker, row_counts, sql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

DRAIN = """mutation Drain($input: DrainWorkerInput!) {
  drainWorker(input: $input) {
    __typename
    ... on DrainWorkerSuccess { worker { id name engines version status jobsInHand startedAt lastSeenAt } }
    ... on UserError { code path retryable message }
  }
}"""
RESUME = DRAIN.replace("DrainWorker", "ResumeWorker").replace("drainWorker", "resumeWorker")
PAUSE = "mutation Pause($input: PauseQueueInput!) { pauseQueue(input: $input) { __typename } }"
STATUS = """{ serviceStatus {
  engines { engine isPossibleNow workerCount etaSeconds } workers { id name engines status jobsInHand }
} }"""
SUBMIT = """mutation Submit($input: SubmitGenerationInput!) { submitGeneration(input: $input) {
  ... on SubmitGenerationSuccess {
    job { id status queue { position etaSeconds etaConfidence waitingFor } } warnings { code message path }
  }
} }"""
QUOTE = """query Quote($input: SubmitGenerationInput!) { generationQuote(input: $input) {
  ... on GenerationQuote { etaSeconds waitingFor warnings { code path } }
} }"""
LINE = "subscription { queueStatus { queue { workerCount isPossibleNow isPaused } } }"
WAIT = """subscription Wait($jobId: ID!) { generationJobEvents(jobId: $jobId) {
  ... on GenerationQueueMoved { position etaSeconds waitingFor }
} }"""


@pytest.fixture
def still(tmp_path: Path, spare_database_url: str, spare_redis_url: str) -> Iterator[Installation]:
    """Run an API and a relay, and nothing that paints."""
    with install(tmp_path, spare_database_url, spare_redis_url).running("api", "relay") as installation:
        yield installation


async def administrator(still: Installation) -> GraphClient:
    """Return a client of somebody who is named in ADMINS."""
    client = await still.signed_up()
    still.stop()
    still.start("api", "relay", ADMINS=f'["{client.viewer_id}"]')
    await still.answering()
    return client


async def changed(client: GraphClient, query: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    (result,) = (await client.data(query, {"input": given})).values()
    found: dict[str, Any] = result
    return found


async def status_of(client: GraphClient) -> dict[str, Any]:
    told: dict[str, Any] = (await client.data(STATUS))["serviceStatus"]
    return told


async def test_an_administrator_drains_and_resumes_a_worker(still: Installation, spare_database_url: str) -> None:
    admin = await administrator(still)
    worker, other = (f"worker_{new_worker(spare_database_url).hex}" for _ in range(2))
    engine = {"engine": "sandbox", "isPossibleNow": True, "workerCount": 2, "etaSeconds": None}
    up = {"name": "host:1", "engines": ["sandbox"], "status": "UP", "jobsInHand": 0}
    assert await status_of(admin) == {"engines": [engine], "workers": [{"id": id_, **up} for id_ in (worker, other)]}

    # when one is drained, it says so itself, and whoever follows the line is told
    async with admin.socket() as socket, aclosing(socket.subscribe(LINE, {})) as line:
        assert (await anext(line))["queueStatus"]["queue"]["workerCount"] == 2
        drained = await changed(admin, DRAIN, workerId=worker)
        while (told := (await anext(line))["queueStatus"]["queue"])["workerCount"] == 2:
            pass
        assert told == {"workerCount": 1, "isPossibleNow": True, "isPaused": False}
        assert (drained["worker"]["id"], drained["worker"]["status"]) == (worker, "DRAINED")
        assert drained["worker"]["version"] == "test"

        # and the last one
        await changed(admin, DRAIN, workerId=other)
        while (told := (await anext(line))["queueStatus"]["queue"])["workerCount"]:
            pass
        assert told == {"workerCount": 0, "isPossibleNow": False, "isPaused": False}
    assert {each["status"] for each in (await status_of(admin))["workers"]} == {"DRAINED"}

    # and resumed, it is up
    resumed = await changed(admin, RESUME, workerId=other)
    assert resumed["worker"]["status"] == "UP"
    assert (await status_of(admin))["engines"] == [engine | {"workerCount": 1}]

    # who is not there is not found, and nothing is written
    before = row_counts(spare_database_url), sql(spare_database_url, "SELECT * FROM workers ORDER BY id")
    for nobody in (f"worker_{uuid4().hex}", admin.viewer_id, "worker_1", ""):
        for query in (DRAIN, RESUME):
            refused = await changed(admin, query, workerId=nobody)
            assert (refused["__typename"], refused["code"]) == ("NotFound", "NOT_FOUND")
            assert (refused["path"], refused["retryable"]) == (["input", "workerId"], False)
    assert (row_counts(spare_database_url), sql(spare_database_url, "SELECT * FROM workers ORDER BY id")) == before


async def test_a_worker_that_ends_as_it_is_drained_is_told_as_none(
    still: Installation, spare_database_url: str
) -> None:
    admin = await administrator(still)
    worker = new_worker(spare_database_url)
    # given that it was seen too long ago from the moment at which it is written that it drains
    sql(
        spare_database_url,
        "CREATE FUNCTION tests_age() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.seen_at = now() - interval '1 min'; RETURN NEW; END $$",
    )
    sql(
        spare_database_url,
        "CREATE TRIGGER tests_age BEFORE UPDATE ON workers FOR EACH ROW EXECUTE FUNCTION tests_age()",
    )
    try:
        drained = await changed(admin, DRAIN, workerId=f"worker_{worker.hex}")
    finally:
        sql(spare_database_url, "DROP FUNCTION tests_age CASCADE")

    assert drained == {"__typename": "DrainWorkerSuccess", "worker": None}
    assert (await changed(admin, DRAIN, workerId=f"worker_{worker.hex}"))["__typename"] == "NotFound"


async def test_nobody_else_drains_a_worker_or_sees_where_it_runs(still: Installation, spare_database_url: str) -> None:
    client = await still.signed_up()
    worker = f"worker_{new_worker(spare_database_url).hex}"
    before = row_counts(spare_database_url), sql(spare_database_url, "SELECT * FROM workers")

    for query in (DRAIN, RESUME):
        for asked in (worker, "worker_1"):
            refused = await changed(client, query, workerId=asked)
            assert (refused["__typename"], refused["code"]) == ("Forbidden", "FORBIDDEN")
        answer = await still.client().post(query, {"input": {"workerId": worker}})
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (row_counts(spare_database_url), sql(spare_database_url, "SELECT * FROM workers")) == before

    for anybody in (client, still.client()):
        told = await status_of(anybody)
        assert told["workers"] is None
        assert told["engines"][0]["workerCount"] == 1
        assert (await anybody.data("query Q($id: ID!) { node(id: $id) { id } }", {"id": worker})) == {"node": None}


async def test_a_job_that_nobody_can_paint_is_taken_with_a_warning(
    still: Installation, spare_database_url: str
) -> None:
    admin = await administrator(still)
    korean = still.client(admin.token, language="ko")
    wanted = {"prompt": "a cat", "count": 1, "ratio": "1:1", "steps": 20}

    # given nobody who serves the engine
    quote = await changed(admin, QUOTE, idempotencyKey="1", **wanted)
    assert quote == {
        "etaSeconds": None,
        "waitingFor": "WORKER",
        "warnings": [{"code": "NO_WORKER", "path": ["input", "engine"]}],
    }
    taken = await changed(admin, SUBMIT, idempotencyKey="1", **wanted)
    place = {"position": 1, "etaSeconds": None, "etaConfidence": None, "waitingFor": "WORKER"}
    assert (taken["job"]["status"], taken["job"]["queue"]) == ("QUEUED", place)
    (warning,) = taken["warnings"]
    assert warning["path"] == ["input", "engine"]
    assert warning["message"].startswith("No worker serves this engine at present.")
    (warning,) = (await changed(korean, SUBMIT, idempotencyKey="2", **wanted))["warnings"]
    assert warning["code"] == "NO_WORKER"
    assert warning["message"].startswith("지금은 이 엔진을 맡은 작업자가 없어")

    # when somebody does, who waits is told
    async with admin.socket() as socket, aclosing(socket.subscribe(WAIT, {"jobId": taken["job"]["id"]})) as waiting:
        await anext(waiting)
        new_worker(spare_database_url)
        await changed(admin, SUBMIT, idempotencyKey="3", **wanted)
        while (told := (await anext(waiting))["generationJobEvents"]).get("waitingFor") != "TURN":
            pass
        assert told == {"position": 1, "etaSeconds": None, "waitingFor": "TURN"}
        assert (await changed(admin, SUBMIT, idempotencyKey="4", **wanted))["warnings"] == []

        # and when the engine is paused
        await changed(admin, PAUSE, engine="sandbox")
        while (told := (await anext(waiting))["generationJobEvents"])["waitingFor"] == "TURN":
            pass
        assert told == {"position": 1, "etaSeconds": None, "waitingFor": "RESUME"}
    (warning,) = (await changed(admin, SUBMIT, idempotencyKey="5", **wanted))["warnings"]
    assert warning["code"] == "QUEUE_PAUSED"
