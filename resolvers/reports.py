"""Everybody's side of moderation: reporting what is against the rules, and appealing decisions."""

from typing import Annotated

import strawberry

from domain import appeals, attempts, reports
from domain.errors import NotFound
from domain.moderation_subjects import KINDS
from domain.reports import Complaint
from planner import ref, split_id
from schema.context import Info
from schema.moderation import Appeal, Report
from schema.moderation_inputs import (
    AppealDecisionInput,
    AppealDecisionResult,
    AppealDecisionSuccess,
    ReportContentInput,
    ReportContentResult,
    ReportContentSuccess,
)
from schema.node import required_key


def _complaint(input: ReportContentInput) -> Complaint:  # noqa: A002
    """Return what is reported.

    Raises:
        NotFound: the id is of nothing that can be reported.
    """
    found = split_id(input.subject_id)
    if found is None or found[0] not in KINDS:
        raise NotFound(("input", "subjectId"))
    key = required_key(found[0], input.subject_id, "subjectId")
    return Complaint(KINDS[found[0]], key, input.reason, input.text)


@strawberry.type
class ReportMutations:
    """Mutations about what is against the rules."""

    @strawberry.mutation(
        description="Tell moderators of what is against the rules. Again, while nobody has answered, it returns the "
        "first report. Who is reported never learns by whom."
    )
    async def report_content(
        self,
        info: Info,
        input: Annotated[ReportContentInput, strawberry.argument(description="What, and why.")],  # noqa: A002
    ) -> ReportContentResult:
        """Report something."""
        viewer_id, services = info.context.required_viewer_id, info.context.services
        await attempts.count(services.limiter, "report", str(viewer_id), reports.PER_USER)
        complaint = _complaint(input)
        async with services.db.write() as tx:
            report_id = await reports.make(tx, viewer_id, complaint, services.rules)
        return ReportContentSuccess(report=ref(Report, id=report_id))

    @strawberry.mutation(
        description="Ask another moderator to look at a decision about the viewer again: once, and while "
        "`appealableUntil` is not past."
    )
    async def appeal_decision(
        self,
        info: Info,
        input: Annotated[AppealDecisionInput, strawberry.argument(description="Which, and why.")],  # noqa: A002
    ) -> AppealDecisionResult:
        """Appeal a decision."""
        viewer_id, services = info.context.required_viewer_id, info.context.services
        await attempts.count(services.limiter, "appeal", str(viewer_id), appeals.PER_USER)
        decision_id = required_key("ruling", input.decision_id, "decisionId")
        async with services.db.write() as tx:
            appeal_id = await appeals.make(tx, viewer_id, decision_id, input.text)
        return AppealDecisionSuccess(appeal=ref(Appeal, id=appeal_id))
