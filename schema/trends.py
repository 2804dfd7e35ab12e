"""Tags that are used more than usual, in the graph."""

import strawberry

from db import tables
from planner import column, expression, planned, to_one
from schema.tags import Tag


@strawberry.type(description="A tag that is more used than usual.")
@planned(tables.TrendingTag)
class TrendingTag:
    """A tag that is more used than usual."""

    tag: Tag = to_one("The tag.", by="tag_id", seen=True)
    uses: int = column("How many people published artworks with it within the window, each counted once an hour.")
    rise: float = expression(
        "How surprising that is: how far the uses are beyond what was usual before, in standard deviations.",
        lambda _ask, trend: trend.score / 100.0,
    )
