"""Moderation in the process of a test: people, what they show, and the moderators who decide."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from graph_client import CORE
from local_graph import LocalGraph, local_graph
from people import key_in
from stored import new_asset, sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from domain.policies import Rules

ERROR: Final = "... on UserError { code message path retryable }"
REPORT: Final = f"""mutation($input: ReportContentInput!) {{ reportContent(input: $input) {{
  ... on ReportContentSuccess {{ report {{ id status reason text caseId reporter {{ id }} }} }} {ERROR} }} }}"""
TAKE: Final = f"""mutation($input: TakeCaseInput!) {{ takeCase(input: $input) {{
  ... on TakeCaseSuccess {{ case {{ id status version isTaken isTakenByViewer takenUntil }} }}
  ... on CaseConflict {{ version status takenUntil }} {ERROR} }} }}"""
RELEASE: Final = f"""mutation($input: ReleaseCaseInput!) {{ releaseCase(input: $input) {{
  ... on ReleaseCaseSuccess {{ case {{ id status version isTaken takenUntil }} }} {ERROR} }} }}"""
DECIDE: Final = f"""mutation($input: DecideCaseInput!) {{ decideCase(input: $input) {{
  ... on DecideCaseSuccess {{ case {{ id status version }}
    decision {{ id outcome effect policy policyVersion reason message note restrictedUntil appealableUntil }} }}
  ... on CaseConflict {{ version status takenUntil }} {ERROR} }} }}"""
APPEAL: Final = f"""mutation($input: AppealDecisionInput!) {{ appealDecision(input: $input) {{
  ... on AppealDecisionSuccess {{ appeal {{ id text decision {{ id viewerCanAppeal }} outcome {{ id outcome }} }} }}
  {ERROR} }} }}"""
LIFT: Final = f"""mutation($input: LiftRestrictionInput!) {{ liftRestriction(input: $input) {{
  ... on LiftRestrictionSuccess {{ restriction {{ id isActive liftedAt }} }} {ERROR} }} }}"""
PUBLISH: Final = f"""mutation($input: PublishArtworkInput!) {{ publishArtwork(input: $input) {{
  ... on PublishArtworkSuccess {{ artwork {{ id }} }}
  ... on Restricted {{ until reason canAppeal restrictionId }} {ERROR} }} }}"""
HATE: Final = {"policy": "CONDUCT", "reason": "HATE"}


@dataclass(frozen=True, slots=True)
class Court:
    """People and moderators; all are named by their global ids."""

    graph: LocalGraph
    database_url: str
    mods: tuple[str, str]

    async def user(self, name: str | None = None) -> str:
        """Return a new user."""
        handle = name or f"u{uuid4().hex[:12]}"
        account = {"email": f"{handle}@easel.example", "password": "correct horse", "handle": handle}
        signed = await self.graph.run(CORE["sign-up"], {"input": account | {"displayName": handle}})
        found: str = signed["signUpWithEmail"]["viewer"]["id"]
        return found

    async def ask(self, document: str, who: str | None, **given: Any) -> Any:  # noqa: ANN401 - an answer
        """Return the value of the only root field of a mutation with this input."""
        (value,) = (await self.graph.run(document, {"input": given}, who)).values()
        return value

    def asset(self, owner: str) -> str:
        """Return a new picture."""
        return new_asset(self.database_url, owner)

    async def artwork(self, author: str, *assets: str, **more: Any) -> str:  # noqa: ANN401 - of the input
        """Return a new artwork, of one new picture by default."""
        given = {"assetIds": [*(assets or [self.asset(author)])], "title": "x", **more}
        found: str = (await self.ask(PUBLISH, author, **given))["artwork"]["id"]
        return found

    def comment(self, author: str, artwork: str) -> str:
        """Return a new comment, which is counted."""
        sql(self.database_url, "UPDATE artworks SET comment_count = comment_count + 1 WHERE id = %s", key_in(artwork))
        ((key,),) = sql(
            self.database_url,
            "INSERT INTO comments (id, artwork_id, author_id, text, created_at)"
            " VALUES (gen_random_uuid(), %s, %s, 'nice', now()) RETURNING id",
            key_in(artwork),
            key_in(author),
        )
        return f"comment_{key.hex}"

    async def report(self, who: str, subject: str, **more: Any) -> Any:  # noqa: ANN401 - an answer
        """Report something for HATE; return the result."""
        return await self.ask(REPORT, who, **{"subjectId": subject, "reason": "HATE", **more})

    async def case(self, subject: str, who: str | None = None) -> str:
        """Return the case of a thing that somebody has just reported."""
        found: str = (await self.report(who or await self.user(), subject))["report"]["caseId"]
        return found

    async def decide(self, who: str, case: str, decision: str, effect: str, **more: Any) -> Any:  # noqa: ANN401
        """Decide a case as it is now; return the result."""
        given = {"caseId": case, "decision": decision, "effect": effect, **HATE}
        return await self.ask(DECIDE, who, **{**given, "expectedVersion": self.version(case), **more})

    async def judged(self, subject: str, effect: str = "HIDE", **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Let somebody report a thing and the first moderator act on it; return case and decision."""
        outcome = {"REMOVE": "REMOVED", "NONE": "OVERTURNED"}.get(effect, "UPHELD")
        result: dict[str, Any] = await self.decide(self.mods[0], await self.case(subject), outcome, effect, **more)
        assert "case" in result, result
        return result

    async def appeal(self, who: str, decision: str, text: str = "It is not.") -> Any:  # noqa: ANN401 - an answer
        """Appeal a decision; return the result."""
        return await self.ask(APPEAL, who, decisionId=decision, text=text)

    def version(self, case: str) -> int:
        """Return the version of a case."""
        ((version,),) = sql(self.database_url, "SELECT version FROM moderation_cases WHERE id = %s", key_in(case))
        found: int = version
        return found

    def age(self, *users: str, days: int = 30) -> None:
        """Let accounts be older."""
        for user in users:
            statement = "UPDATE users SET created_at = created_at - make_interval(days => %s) WHERE id = %s"
            sql(self.database_url, statement, days, key_in(user))


@asynccontextmanager
async def court(database_url: str, redis_url: str, folder: Path, rules: Rules | None = None) -> AsyncIterator[Court]:
    """Open a graph with two moderators."""
    async with local_graph(database_url, redis_url, folder) as graph:
        opened = Court(graph, database_url, ("", ""))
        mods = (await opened.user("mod_one"), await opened.user("mod_two"))
        services = replace(graph.services, moderators=frozenset(map(key_in, mods)))
        services = replace(services, rules=rules) if rules else services
        yield replace(opened, graph=replace(graph, services=services), mods=mods)
