"""Manifests of registered operations: both formats are read, ours is written, and what is wrong is named."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from graphql import build_schema

from app.manifest import BadManifest, manifest_of, read_manifest
from schema.documents import DocumentReader

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = build_schema("type Query { hello: String } type Mutation { wave: Query }")


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_apollos_and_relays_formats_are_read(tmp_path: Path) -> None:
    operation = {"id": "a1", "name": "Hello", "type": "query", "body": "{ hello }"}
    apollo = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation]}

    for manifest in (apollo, {"a1": "{ hello }"}):
        assert read_manifest(written(tmp_path, "manifest.json", json.dumps(manifest))) == {"a1": "{ hello }"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"a1": 1}',
        '{"format": "other", "version": 1, "operations": []}',
        '{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}',
        '{"format": "apollo-persisted-query-manifest", "version": 1}',
        '{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a1"}]}',
        '{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a1", "body": 1}]}',
    ],
)
def test_anything_else_is_no_manifest(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadManifest, match=r"manifest\.json"):
        read_manifest(written(tmp_path, "manifest.json", text))
    with pytest.raises(BadManifest, match=r"missing\.json can not be read"):
        read_manifest(tmp_path / "missing.json")


def test_a_manifest_is_made_of_files_word_for_word_or_by_operation(tmp_path: Path) -> None:
    one = written(tmp_path, "one.graphql", "# Says hello.\nquery Hello { hello }\n")
    two = written(
        tmp_path, "two.graphql", "query A { ...F } mutation B { wave { ...F } } fragment F on Query { hello }"
    )

    manifest = manifest_of([one, two], DocumentReader(), SCHEMA)

    assert [(each["name"], each["type"]) for each in manifest["operations"]] == [
        ("Hello", "query"), ("A", "query"), ("B", "mutation"),
    ]  # fmt: skip
    assert manifest["operations"][0]["body"] == one.read_text()
    assert manifest["operations"][1]["body"] == "query A {\n  ...F\n}\n\nfragment F on Query {\n  hello\n}"
    for each in manifest["operations"]:
        assert each["id"] == hashlib.sha256(each["body"].encode()).hexdigest()
    # and it is read as it was written
    read = read_manifest(written(tmp_path, "manifest.json", json.dumps(manifest)))
    assert list(read.values()) == [each["body"] for each in manifest["operations"]]


@pytest.mark.parametrize(("text", "reason"), [("{ hello", "Syntax Error"), ("{ missing }", "Cannot query field")])
def test_a_file_that_is_not_valid_is_named(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(BadManifest, match=f"one.graphql: {reason}"):
        manifest_of([written(tmp_path, "one.graphql", text)], DocumentReader(), SCHEMA)
