"""``node`` and ``nodes``: anything by its global id, as far as the viewer may see it."""

import strawberry

from planner import node, nodes
from schema.context import Context
from schema.node import Node


@strawberry.type
class NodeQueries:
    """Root fields of the Node interface."""

    node: Node | None = node(
        "The object with this global id; null where there is none that the viewer may see.", Context.require_good_token
    )
    nodes: list[Node | None] = nodes(
        "The objects with these global ids, in their order; null for each that is not found.",
        Context.require_good_token,
    )
