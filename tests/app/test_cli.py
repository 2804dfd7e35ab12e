"""The command line, as a person at a shell meets it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from adapters.checkers.block_list import read
from app.contract import breaking_changes, printed_schema
from conftest import install
from domain.pictures.fingerprints import dhash
from shell import easel_command
from stored import row_counts, sql

if TYPE_CHECKING:
    from conftest import Installation

ROOT = Path(__file__).parent.parent.parent


def test_each_part_starts_by_itself(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conftest.nurseries", [])  # elsewhere they are forked from what has loaded their modules
    with install(tmp_path, spare_database_url, spare_redis_url).running("api", "worker", "relay", "sweeper") as easel:
        *_, last = asyncio.run(painting(easel))
    assert last["__typename"] == "GenerationCompleted"
    assert sql(spare_database_url, "SELECT status FROM generation_jobs") == [("SUCCEEDED",)]


async def painting(easel: Installation) -> list[dict[str, Any]]:
    client = await easel.signed_up()
    job = (await client.submit("a cat", "1", count=1))["job"]["id"]
    return [event async for event in client.watch(job)]


def test_pictures_are_hashed_for_the_block_list(tmp_path: Path) -> None:
    # given a picture that hides something behind its transparent half, and the same on white
    hiding, shown = Image.new("RGBA", (90, 80), "black"), Image.new("RGB", (90, 80), "black")
    hiding.paste((0, 0, 200, 0), (0, 0, 45, 80))
    shown.paste("white", (0, 0, 45, 80))
    files = [tmp_path / "hiding.png", tmp_path / "shown.png"]
    hiding.save(files[0])
    shown.save(files[1])

    # when both are hashed
    done = easel_command("pictures", "hash", *map(str, files))

    # then they have one hash, by which a list finds them
    assert done.returncode == 0, done.stderr
    assert [line.split(" ")[1] for line in done.stdout.splitlines()] == ["hiding.png", "shown.png"]
    assert len({line.split(" ")[0] for line in done.stdout.splitlines()}) == 1
    (tmp_path / "blocked.txt").write_text(done.stdout)
    assert read(tmp_path / "blocked.txt") == {dhash(shown): "shown.png"}

    # and what is no picture is told in one line
    refused = easel_command("pictures", "hash", str(tmp_path / "blocked.txt"))
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "blocked.txt can not be read" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.anyio
async def test_explain_prints_each_statement_with_its_plan(easel: Installation) -> None:
    await easel.signed_up("reader")
    sql(easel.environment["DATABASE_URL"], "SELECT pg_clear_relation_stats('public', 'artworks')")  # as in a new one
    feed = "web/graphiql/operations/01-feed.graphql"
    variables = ("--variables", '{"kind": "LATEST"}')

    explained = easel_command("explain", feed, *variables, "--viewer", "reader", **easel.environment)
    assert explained.returncode == 0, explained.stderr
    assert "FROM artworks" in explained.stdout
    assert "ix_artworks_latest" in explained.stdout
    assert explained.stdout.rstrip().endswith("1 statement, by plans alone; cost 140")

    nobody = easel_command("explain", feed, *variables, "--viewer", "nobody_here", **easel.environment)
    assert (nobody.returncode, nobody.stderr.strip()) == (1, "There is no user @nobody_here.")

    mutation = easel_command("explain", "web/graphiql/operations/08-sign-up.graphql", **easel.environment)
    assert mutation.returncode == 1
    assert "Traceback" not in mutation.stderr


@pytest.mark.anyio
async def test_the_ledger_is_proved_or_what_differs_is_listed(easel: Installation) -> None:
    # given a database in which somebody works
    client, url = await easel.signed_up("owner"), easel.environment["DATABASE_URL"]
    job = (await client.submit("a cat", key="k", count=2, steps=1))["job"]["id"]

    proved = easel_command("ledger", "verify", **easel.environment)
    assert (proved.returncode, proved.stdout) == (0, "The ledger is true.\n"), proved.stdout

    # when a balance is not what the entries say
    _ = [event async for event in client.watch(job)]
    sql(url, "UPDATE credit_accounts SET balance = balance + 1")
    refuted = easel_command("ledger", "verify", **easel.environment)
    sql(url, "UPDATE credit_accounts SET balance = balance - 1")

    # then each difference has a line, and the status tells
    assert refuted.returncode == 1
    ((account,),) = sql(url, "SELECT id FROM credit_accounts")
    assert f"account is not the fold of its entries: {account} has (" in refuted.stdout
    assert len(refuted.stdout.splitlines()) == 2
    assert refuted.stderr.strip() == "2 differences."


def test_commands_find_the_database_that_runs_here(home: Path, database_url: str, tmp_path: Path) -> None:
    assert database_url

    found = easel_command("ledger", "verify", EASEL_HOME=str(home))
    assert (found.returncode, found.stderr) == (0, "")

    lost = easel_command("ledger", "verify", EASEL_HOME=str(tmp_path))
    assert (lost.returncode, lost.stderr) == (2, f"DATABASE_URL is not set, and nothing runs in {tmp_path}.\n")
    assert not [*tmp_path.iterdir()]


@pytest.mark.anyio
async def test_an_operator_gives_credits_once_for_each_key(easel: Installation) -> None:
    await easel.signed_up("owner")
    url = easel.environment["DATABASE_URL"]

    for said in ("@owner was given 5 credits.", "This key was used before; nothing was given."):
        given = easel_command(
            "ledger", "grant", "Owner", "5", "--key", "amends 1", "--kind", "PAID", **easel.environment
        )
        assert (given.returncode, given.stdout.strip().lower()) == (0, said.lower()), given.stderr
        assert sql(url, "SELECT balance FROM credit_accounts") == [(105,)]

    before = row_counts(url)
    refused = easel_command("ledger", "grant", "nobody_here", "5", "--key", "amends 2", **easel.environment)
    assert (refused.returncode, refused.stderr.strip()) == (1, "There is no user @nobody_here.")
    for amount, days in (("3000000000", "1"), ("0", "1"), ("5", "1000000000"), ("5", "-1")):
        words = ("owner", amount, "--key", "amends 3", f"--days={days}")
        refused = easel_command("ledger", "grant", *words, **easel.environment)
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False), refused.stderr
    assert row_counts(url) == before


def test_what_breaks_clients_is_named() -> None:
    printed = printed_schema()
    without = printed.replace('  """How many like it."""\n  likeCount: Int!\n', "")
    assert breaking_changes(printed, without) == ["Field Artwork.likeCount was removed."]
    assert breaking_changes(without, printed) == []


def test_an_unknown_revision_is_told_in_words() -> None:
    answer = easel_command("schema", "--since", "no-such-revision")
    assert answer.returncode == 2
    assert "no-such-revision" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_documents_makes_a_manifest_or_says_which_file_is_wrong(tmp_path: Path) -> None:
    feed = "web/graphiql/operations/01-feed.graphql"

    made = easel_command("documents", feed)
    assert made.returncode == 0, made.stderr
    (operation,) = json.loads(made.stdout)["operations"]
    assert (operation["name"], operation["body"]) == ("Feed", (ROOT / feed).read_text())

    wrong, out = tmp_path / "wrong.graphql", tmp_path / "manifest.json"
    wrong.write_text("{ missing }")
    refused = easel_command("documents", feed, str(wrong), "--out", str(out))
    assert refused.returncode == 1
    assert "wrong.graphql: Cannot query field 'missing' on type 'Query'." in refused.stderr
    assert not out.exists()


def test_the_api_does_not_start_with_a_manifest_that_can_not_be_read(tmp_path: Path) -> None:
    servers = {"DATABASE_URL": "postgresql://127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1"}
    environment = servers | {"EASEL_HOME": str(tmp_path), "TRUSTED_DOCUMENTS": str(tmp_path / "missing.json")}

    refused = easel_command("api", **environment)

    assert refused.returncode == 1
    assert "missing.json can not be read" in refused.stderr
    assert "Traceback" not in refused.stderr
