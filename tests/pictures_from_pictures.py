"""Operations on pictures as a client writes them, on pictures small enough to be painted at once."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from PIL import Image

if TYPE_CHECKING:
    from graph_client import GraphClient

SIDE: Final = 64
SMALL: Final = {"size": {"width": SIDE, "height": SIDE}, "count": 1, "steps": 1}
_JOB = """
    job {
      id status operation width height ratio prompt style strengthOf: source { strength image { id } }
      references { id } margins { left top right bottom } factor count cost seed
    }
"""
OPERATIONS: Final = {
    name: f"""mutation($input: {name[0].upper()}{name[1:]}Input!) {{
      {name}(input: $input) {{
        ... on {name[0].upper()}{name[1:]}Success {{ {_JOB} }}
        ... on InsufficientCredits {{ needed available }}
        ... on UserError {{ code message path retryable }}
      }}
    }}"""
    for name in (
        *("submitGeneration", "inpaint", "outpaint", "upscale", "restyle", "removeBackground"),
        "rerunGeneration",
    )
}
"""The mutations that make jobs, by name."""


NOBODYS: Final = "asset_" + "0" * 32
ALL: Final[dict[str, dict[str, Any]]] = {
    "submitGeneration": {"prompt": "a cat", "source": {"assetId": NOBODYS}},
    "inpaint": {"assetId": NOBODYS, "prompt": "a hat", "mask": {"areas": [{"x": 0, "y": 0, "width": 1, "height": 1}]}},
    "outpaint": {"assetId": NOBODYS, "margins": {"left": 8}},
    "upscale": {"assetId": NOBODYS},
    "restyle": {"assetId": NOBODYS, "style": "anime"},
    "removeBackground": {"assetId": NOBODYS},
    "rerunGeneration": {"fromAssetId": NOBODYS},
}
"""What each mutation needs at least."""


def of(asset_id: str, name: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - any input
    """Return the input of a mutation for a picture."""
    where: dict[str, dict[str, Any]] = {
        "submitGeneration": {"source": {"assetId": asset_id}},
        "rerunGeneration": {"fromAssetId": asset_id},
    }
    return ALL[name] | where.get(name, {"assetId": asset_id}) | given


async def asked(client: GraphClient, name: str, **given: Any) -> Any:  # noqa: ANN401
    """Run one of ``OPERATIONS``, under a key of its own unless one is given; return its result."""
    given = {"idempotencyKey": uuid4().hex} | given
    return (await client.data(OPERATIONS[name], {"input": given}))[name]


async def ended(client: GraphClient, job_id: str) -> dict[str, Any]:
    """Return a job as its watchers see it at its end."""
    last: dict[str, Any] = {}
    async for event in client.watch(job_id):
        last = event
    job: dict[str, Any] = last["job"]
    return job


async def images_of(client: GraphClient, job_id: str) -> list[str]:
    """Return the ids of a job's images when it has ended."""
    await ended(client, job_id)
    query = "query($id: ID!) { generationJob(id: $id) { slots { image { id } } } }"
    slots = (await client.data(query, {"id": job_id}))["generationJob"]["slots"]
    return [slot["image"]["id"] for slot in slots if slot["image"]]


async def a_picture(client: GraphClient, prompt: str = "a cat", **options: Any) -> str:  # noqa: ANN401
    """Have a small picture painted; return its id."""
    submitted = await asked(client, "submitGeneration", prompt=prompt, **SMALL | options)
    (image,) = await images_of(client, submitted["job"]["id"])
    return image


def mask_png(size: tuple[int, int] = (SIDE, SIDE), covered: tuple[int, int, int, int] = (8, 8, 40, 40)) -> str:
    """Return a mask in base64: white within ``covered``."""
    image, file = Image.new("L", size), BytesIO()
    image.paste(255, covered)
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()
