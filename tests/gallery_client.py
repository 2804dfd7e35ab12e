"""Galleries as a front end uses them: the operations, and an owner as cards and grids show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from stored import new_asset, sql
from waiting import until

if TYPE_CHECKING:
    from graph_client import GraphClient

OWNER = """fragment Owner on MediaOwner {
  id galleryCount mediaVersion avatarUrl viewerCanGenerate viewerCanEdit
  primaryMedia { id } gallery(first: 100) { totalCount nodes { id isPrimary altText } }
}"""
REFUSAL = "... on UserError { code path message retryable }"
_RESULTS = {
    "setPrimaryMedia": "owner { ...Owner } media { id isPrimary }",
    "reorderMedia": "owner { ...Owner }",
    "deleteMedia": "deletedId restorableUntil owner { ...Owner }",
    "restoreMedia": "media { id status } owner { ...Owner }",
    "setAltText": "media { id altText ownerId } owner { ...Owner }",
    "cropMedia": "media { ...Made } owner { ...Owner }",
    "applyEdit": "media { ...Made } owner { ...Owner }",
    "saveEditedVersion": "media { ...Made } owner { ...Owner }",
}
_DATA = {
    "reorderMedia": "... on VersionConflict { version order }",
    "saveEditedVersion": "... on UploadRejected { problem }",
}
MADE = """fragment Made on MediaAsset {
  id status width height sha256 url parent { id }
  recipe { crop { x y width height } rotation flipHorizontal flipVertical resizedWidth resizedHeight }
}"""


async def change(client: GraphClient, mutation: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    """Run a mutation about galleries and return its result, whatever it is."""
    kind = mutation[0].upper() + mutation[1:]
    extra = _DATA.get(mutation, "")
    made = MADE if "Made" in _RESULTS[mutation] else ""
    query = f"""mutation($input: {kind}Input!) {{
      {mutation}(input: $input) {{
        __typename ... on {kind}Success {{ {_RESULTS[mutation]} }} {extra} {REFUSAL}
      }}
    }} {OWNER} {made}"""
    result: dict[str, Any] = (await client.data(query, {"input": given}))[mutation]
    return result


async def create(client: GraphClient, kind: str = "Character", **given: Any) -> str:  # noqa: ANN401
    """Make an owner entity and return its id."""
    field = kind[0].lower() + kind[1:]
    query = f"""mutation($input: Create{kind}Input!) {{
      create{kind}(input: $input) {{ ... on Create{kind}Success {{ {field} {{ id }} }} {REFUSAL} }}
    }}"""
    result = (await client.data(query, {"input": {"name": "Haru"} | given}))[f"create{kind}"]
    owner: str = result[field]["id"]
    return owner


async def owner_of(client: GraphClient, owner: str) -> Any:  # noqa: ANN401
    """Return an owner as cards and grids show it; None where the client may not see it."""
    query = f"query($id: ID!) {{ node(id: $id) {{ ...Owner }} }} {OWNER}"
    return (await client.data(query, {"id": owner}))["node"]


def ids(owner: dict[str, Any]) -> list[str]:
    """Return the ids of an owner's gallery, in order."""
    return [node["id"] for node in owner["gallery"]["nodes"]]


def hang(database_url: str, client: GraphClient, owner: str, count: int) -> list[str]:
    """Store pictures that nobody painted in an empty gallery, the first as primary; return their ids in order."""
    gallery = UUID(owner.partition("_")[2])
    assets = [new_asset(database_url, client.viewer_id) for _ in range(count)]
    for position, asset in enumerate(assets):
        sql(
            database_url,
            "UPDATE media_assets SET gallery_id = %s, position = %s, is_primary = %s WHERE id = %s",
            *(gallery, position, position == 0, asset.partition("_")[2]),
        )
    sql(database_url, "UPDATE galleries SET image_count = image_count + %s WHERE id = %s", count, gallery)
    return assets


async def painted(client: GraphClient, owner: str | None, count: int = 1, prompt: str = "a cat", **options: Any) -> Any:  # noqa: ANN401
    """Submit a small job for an owner, wait for its end, and return the job."""
    given = {"steps": 2, "ownerId": owner} | options
    result = await client.submit(prompt, key=uuid4().hex, count=count, **given)
    assert "job" in result, result
    job = result["job"]["id"]
    query = """query($id: ID!) { generationJob(id: $id) {
      status releasedCredits owner { id } slots { index status image { id } failure { code message } } finishedAt
    } }"""

    async def ended() -> Any:  # noqa: ANN401
        found = (await client.data(query, {"id": job}))["generationJob"]
        return found if found["finishedAt"] else None

    return await until(ended)
