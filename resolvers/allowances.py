"""``generationAllowance``: what the viewer may still have painted today."""

import strawberry

from domain import allowance
from schema.allowances import GenerationAllowance
from schema.context import Info


@strawberry.type
class AllowanceQueries:
    """Root fields about allowances."""

    @strawberry.field(description="How many images the viewer may still submit today.")
    async def generation_allowance(self, info: Info) -> GenerationAllowance:
        """Return the viewer's allowance."""
        viewer_id, services = info.context.required_viewer_id, info.context.services
        limit = services.daily_images
        return GenerationAllowance.of(await services.db.look_up(lambda tx: allowance.today(tx, viewer_id, limit)))
