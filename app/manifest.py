"""Manifests of registered operations: read in the two formats that clients' tools write, and written from documents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, print_ast, separate_operations

from schema.documents import DocumentReader

FORMAT: Final = "apollo-persisted-query-manifest"


class BadManifest(Exception):
    """The manifest can not be read, or can not be made; the message says why."""


def read_manifest(path: Path) -> dict[str, str]:
    """Return the documents of a manifest by their ids.

    Two formats are known: Apollo's persisted-query manifest, version 1, and Relay's object of texts by id.

    Raises:
        BadManifest: it is neither, or not there.
    """
    try:
        manifest = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadManifest(f"{path} can not be read: {error}.") from error
    documents = _of_apollo(manifest) if isinstance(manifest, dict) and "format" in manifest else manifest
    if not isinstance(documents, dict) or not all(isinstance(text, str) for text in documents.values()):
        raise BadManifest(f"{path} is neither an {FORMAT} of version 1 nor an object of texts by id.")
    return documents


def _of_apollo(manifest: Mapping[str, Any]) -> dict[str, str] | None:
    if manifest["format"] != FORMAT or manifest.get("version") != 1:
        return None
    try:
        return {str(operation["id"]): operation["body"] for operation in manifest["operations"]}
    except (KeyError, TypeError):
        return None


def manifest_of(paths: Iterable[Path], reader: DocumentReader, schema: GraphQLSchema) -> dict[str, Any]:
    """Return Apollo's manifest of the operations in ``paths``, whose ids are the SHA-256 of the text.

    A file with one operation is taken word for word; of several each is printed with the fragments that it needs.

    Raises:
        BadManifest: a file can not be read or is not valid in ``schema``.
    """
    operations = [operation for path in paths for operation in _operations(path, reader, schema)]
    return {"format": FORMAT, "version": 1, "operations": operations}


def _operations(path: Path, reader: DocumentReader, schema: GraphQLSchema) -> list[dict[str, str]]:
    try:
        text = path.read_text()
        errors, document = reader.validate(schema, text), reader.parse(text)
    except (OSError, UnicodeDecodeError, GraphQLError) as error:
        raise BadManifest(f"{path}: {error}") from error
    if errors:
        raise BadManifest(f"{path}: {errors[0].message}")
    parts = separate_operations(document)
    if len(parts) == 1:
        return [_operation(text, document)]
    return [_operation(print_ast(part), part) for part in parts.values()]


def _operation(text: str, document: DocumentNode) -> dict[str, str]:
    node = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    return {
        "id": hashlib.sha256(text.encode()).hexdigest(),
        "name": node.name.value if node.name else "",
        "type": node.operation.value,
        "body": text,
    }
