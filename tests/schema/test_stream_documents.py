"""The operations that docs/streaming.md gives to copy are valid, and streams are all alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLUnionType, get_named_type

from domain.streams import keeping
from graph_schema import SCHEMA
from schema.documents import DocumentReader

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "streaming.md").read_text()
OPERATIONS = re.findall(r"```graphql\n(.*?)```", DOCUMENT, re.DOTALL)
SUBSCRIPTIONS = SCHEMA.subscription_type.fields if SCHEMA.subscription_type else {}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda text: text.split("(")[0])
def test_operations_to_copy_are_valid(operation: str) -> None:
    assert DocumentReader().validate(SCHEMA, operation) == []


def test_every_stream_is_described_with_its_arguments_and_as_long_as_it_is_kept() -> None:
    rows = re.findall(r"^\| `(\w+)\((.*?)\)` \| .* \| (.*?), ([\d,]+) events \|$", DOCUMENT, re.MULTILINE)
    seconds = {"an hour": 3_600, "a day": 86_400, "ten minutes": 600}
    kinds = {"generationJobEvents": "job", "feedEvents": "feed", "queueStatus": "queue", "entityMediaChanged": "media"}
    kinds |= {"archiveEvents": "archive", "moderationQueueChanged": "moderation", "artworkEvents": "artwork"}
    kinds |= {"savedSearchMatched": "search"}
    assert [(name, arguments.split(", ")) for name, arguments, _, _ in rows] == [
        (name, list(SUBSCRIPTIONS[name].args)) for name, *_ in rows
    ]
    assert {name for name, *_ in rows} == set(SUBSCRIPTIONS)
    for name, _, time, events in rows:
        kept = keeping(kinds.get(name, "user"))
        assert (kept.seconds, kept.events) == (seconds[time], int(events.replace(",", ""))), name


@pytest.mark.parametrize("name", SUBSCRIPTIONS)
def test_all_that_a_stream_tells_can_be_resumed_from(name: str) -> None:
    field = SUBSCRIPTIONS[name]
    assert str(field.args["after"].type) == "Cursor"
    told = get_named_type(field.type)
    members = told.types if isinstance(told, GraphQLUnionType) else [told]
    stream_event = SCHEMA.type_map["StreamEvent"]
    assert isinstance(stream_event, GraphQLInterfaceType)
    for member in members:
        assert isinstance(member, GraphQLObjectType)
        assert stream_event in member.interfaces, member.name
    if isinstance(told, GraphQLUnionType):
        snapshots = [
            member for member in members if isinstance(member, GraphQLObjectType) and "resumed" in member.fields
        ]
        assert [snapshot.name.endswith("Snapshot") for snapshot in snapshots] == [True]
        assert members[0] is snapshots[0]
