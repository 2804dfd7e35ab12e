"""Credits: when to be told of a low balance."""

from typing import Annotated

import strawberry

from domain import credits
from planner import ref
from schema.context import Info
from schema.credits import CreditAccount, SetLowCreditMarkInput, SetLowCreditMarkResult, SetLowCreditMarkSuccess


@strawberry.type
class CreditMutations:
    """Mutations about credits."""

    @strawberry.mutation(
        description="Say below which balance `CreditsLow` tells on `myEvents`, once each time it falls below; a mark "
        "above the present balance tells of the next fall."
    )
    async def set_low_credit_mark(
        self,
        info: Info,
        input: Annotated[SetLowCreditMarkInput, strawberry.argument(description="Which balance.")],  # noqa: A002
    ) -> SetLowCreditMarkResult:
        """Set the mark of a low balance."""
        viewer_id = info.context.required_viewer_id
        mark = credits.checked_low_mark(input.credits)
        async with info.context.services.db.write() as tx:
            account_id = await credits.set_low_mark(tx, viewer_id, mark)
        return SetLowCreditMarkSuccess(account=ref(CreditAccount, id=account_id))
