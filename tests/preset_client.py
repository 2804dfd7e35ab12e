"""Presets as a front end uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

if TYPE_CHECKING:
    from graph_client import GraphClient

REFUSAL: Final = "... on UserError { code path message retryable } ... on EngineGone { engine engines }"
PRESET: Final = """on PromptPreset {
  id name prompt negativePrompt style ratio width height count engine steps guidance seed isAvailable visibility
  contentLevel author { id } createdAt updatedAt useCount viewerCanEdit
}"""
SAVE: Final = f"""mutation($input: SavePromptPresetInput!) {{ savePromptPreset(input: $input) {{
  ... on SavePromptPresetSuccess {{ preset {{ ... {PRESET} }} warnings {{ code }} }}
  ... on UserError {{ code path message }} }} }}"""
DELETE: Final = """mutation($input: DeletePromptPresetInput!) { deletePromptPreset(input: $input) {
  ... on DeletePromptPresetSuccess { deletedId viewer { id } } ... on UserError { code path message } } }"""
SET_DEFAULT: Final = """mutation($input: SetDefaultPresetInput!) { setDefaultPreset(input: $input) {
  ... on SetDefaultPresetSuccess { owner { id defaultPreset { id } } } ... on UserError { code path message } } }"""
LIST: Final = """query($filter: PromptPresetFilter, $first: Int, $after: Cursor) {
  promptPresets(filter: $filter, first: $first, after: $after) {
    totalCount nodes { id } pageInfo { hasNextPage endCursor } } }"""
SUBMIT: Final = f"""mutation($input: SubmitGenerationInput!) {{ submitGeneration(input: $input) {{
  ... on SubmitGenerationSuccess {{ job {{
    id prompt negativePrompt style ratio width height count engine steps guidance seed preset {{ id useCount }} }} }}
  {REFUSAL} }} }}"""
DRAFT: Final = """query($owner: ID!, $preset: ID) { promptDraft(owner: $owner, presetId: $preset) {
  prompt negativePrompt style ratio width height count engine steps guidance seed preset { id } owner { id } } }"""


async def ask(client: GraphClient, mutation: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401
    """Run a mutation and return its result, whatever it is."""
    (result,) = (await client.data(mutation, {"input": values})).values()
    found: dict[str, Any] = result
    return found


async def saved(client: GraphClient, **values: Any) -> str:  # noqa: ANN401
    """Save a preset and return its id."""
    result = await ask(client, SAVE, **{"name": "Film"} | values)
    assert "preset" in result, result
    preset: str = result["preset"]["id"]
    return preset


async def listed(client: GraphClient, **filter: Any) -> list[str]:  # noqa: A002, ANN401
    """Return the ids of presets that a list has."""
    page = (await client.data(LIST, {"filter": filter} if filter else {}))["promptPresets"]
    return [node["id"] for node in page["nodes"]]


async def loaded(client: GraphClient, preset: str, key: str | None = None, **values: Any) -> dict[str, Any]:  # noqa: ANN401
    """Submit a job that a preset fills, and return the result."""
    return await ask(client, SUBMIT, **{"presetId": preset, "idempotencyKey": key or uuid4().hex} | values)


async def draft_of(client: GraphClient, owner: str, preset: str | None = None) -> dict[str, Any]:
    """Return the draft for an owner."""
    draft: dict[str, Any] = (await client.data(DRAFT, {"owner": owner, "preset": preset}))["promptDraft"]
    return draft
