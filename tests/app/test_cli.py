"""The command line, as a person at a shell meets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.contract import breaking_changes, printed_schema

if TYPE_CHECKING:
    from conftest import Installation

ROOT = Path(__file__).parent.parent.parent


def easel_command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    argv = (sys.executable, "-m", "app", *words)
    return subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.anyio
async def test_explain_prints_each_statement_with_its_plan(easel: Installation) -> None:
    await easel.signed_up("reader")
    feed = "web/graphiql/operations/01-feed.graphql"
    variables = ("--variables", '{"kind": "LATEST"}')

    explained = easel_command("explain", feed, *variables, "--viewer", "reader", **easel.environment)
    assert explained.returncode == 0, explained.stderr
    assert "FROM artworks" in explained.stdout
    assert "ix_artworks_latest" in explained.stdout
    assert explained.stdout.rstrip().endswith("statements")

    nobody = easel_command("explain", feed, *variables, "--viewer", "nobody_here", **easel.environment)
    assert (nobody.returncode, nobody.stderr.strip()) == (1, "There is no user @nobody_here.")

    mutation = easel_command("explain", "web/graphiql/operations/08-sign-up.graphql", **easel.environment)
    assert mutation.returncode == 1
    assert "Traceback" not in mutation.stderr


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
